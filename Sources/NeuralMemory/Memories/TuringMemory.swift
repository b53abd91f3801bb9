// The memory of the Neural Turing machine (Graves et al. 2014): rows addressed by content and by location.

import Foundation

/// Settings of the Neural Turing machine's memory: N rows of M numbers, read heads and write heads.
///
/// Heads are counted in pairs (`heads`), or read heads and write heads apart (`readHeads`, `writeHeads`). In each step
/// each pair reads, then writes. Read heads that are in no pair read before the last write, and write heads that are in
/// none write after the last pair.
public struct TuringMemory: MemoryKind {
    public static let kind = "ntm"
    public static let summary =
        "Turing machine's memory: rows read and written through heads that focus by content and shift"

    /// The weighting of each head before the first step.
    public enum InitialFocus: String, Codable, Sendable, CaseIterable {
        /// All weight on row 0.
        case oneHot = "one-hot"
        /// The softmax of trained numbers.
        case learned
    }

    /// N, at least 1.
    public var rows = 128
    /// M, numbers in a row.
    public var columns = 20
    /// P, pairs of a read head and a write head, at least 1; not used where `readHeads` and `writeHeads` are given.
    public var heads = 1
    /// R, read heads, at least 1; given with `writeHeads`, in place of `heads`.
    public var readHeads: Int?
    /// W, write heads, at least 1; given with `readHeads`, in place of `heads`.
    public var writeHeads: Int?
    /// The most rows that a head can shift by in a step, in either direction.
    ///
    /// The 2·maximumShift + 1 shifts must fit N.
    public var maximumShift = 1
    /// Raw head parameters are limited to ±clip, from 0 to 1e6; `nil` sets no limit.
    public var clip: Double?
    /// M_0.
    public var initialMemory: InitialMemory = .constant
    /// w_0 of all heads.
    public var initialFocus: InitialFocus = .oneHot
    /// r_0.
    public var initialReads: InitialReads = .zero
    /// The memory is kept every so many steps for the backward pass, which replays the writes in between.
    ///
    /// `nil` takes the number that needs least room. Results do not depend on it.
    public var segment: Int?

    public init() {}

    /// N rows of M columns, and P pairs of heads; the other settings are the defaults.
    public init(rows: Int, columns: Int, heads: Int = 1) {
        self.rows = rows
        self.columns = columns
        self.heads = heads
    }

    /// N rows of M columns, R read heads and W write heads; the other settings are the defaults.
    public init(rows: Int, columns: Int, readHeads: Int, writeHeads: Int) {
        self.rows = rows
        self.columns = columns
        self.readHeads = readHeads
        self.writeHeads = writeHeads
    }

    public func makeMemory(_ layout: inout ParameterLayout) throws -> any Memory {
        try require("network.memory.rows", rows, in: 1...largestSize)
        try require("network.memory.columns", columns, in: 1...largestSize)
        try requireHeads()
        guard 0...(rows - 1) / 2 ~= maximumShift else {
            throw ConfigurationError(
                field: "network.memory.maximumShift", value: maximumShift,
                allowed: "from 0 to \((rows - 1) / 2), so that its 2n+1 shifts fit the \(rows) memory rows")
        }
        if let clip, !(clip > 0 && clip <= 1e6) {
            throw ConfigurationError(
                field: "network.memory.clip", value: clip, allowed: "above 0 and at most 1000000, or null for none")
        }
        try require("network.memory.segment", segment, in: 1...Int.max)
        try requireMemory(
            "network.memory.rows", rows, bytes: 4 * Double(rows) * Double(columns + reads + writes),
            allowed: "smaller, for one memory of \(columns) columns and its heads' focuses")
        return try NTMMemory(self, &layout)
    }

    private func requireHeads() throws {
        try require("network.memory.heads", heads, in: Self.headCounts)
        for (name, count) in [("readHeads", readHeads), ("writeHeads", writeHeads)] {
            if let count { try require("network.memory.\(name)", count, in: Self.headCounts) }
        }
        if (readHeads == nil) != (writeHeads == nil) {
            let (missing, given) = readHeads == nil ? ("readHeads", "writeHeads") : ("writeHeads", "readHeads")
            throw ConfigurationError(
                field: "network.memory.\(missing)", value: "null",
                allowed: "from 1 to 256, since \(given) is given; or leave out both, and set heads to the number of "
                    + "pairs")
        }
        guard readHeads == nil || heads == 1 else {
            throw ConfigurationError(
                field: "network.memory.heads", value: heads,
                allowed: "left out, or 1, since readHeads and writeHeads are given; or leave out these two for pairs")
        }
    }

    fileprivate static let headCounts = 1...256

    /// R.
    package var reads: Int { readHeads ?? heads }
    /// W.
    package var writes: Int { writeHeads ?? heads }

    public var rowCount: Int? { rows }

    public func withRowCount(_ rows: Int) throws -> TuringMemory {
        try initialMemory.requireRowCount(rows, trained: self.rows)
        if initialFocus == .learned, rows != self.rows {
            throw ConfigurationError.learnedRows("initialFocus", trained: self.rows, allowed: "one-hot")
        }
        var changed = self
        changed.rows = rows
        return changed
    }

    public static let usualOutputSource = OutputConfiguration.Source.controllerAndReads
}

extension TuringMemory: FormerSentinels {
    public static let formerSentinels = ["clip": 0.0, "segment": 0]
}

extension TuringMemory {
    public static let settingDescriptions = [
        SettingDescription("rows", "N, the rows of the memory", unit: "rows", in: 1...largestSize),
        SettingDescription("columns", "M, the numbers of a row", unit: "numbers", in: 1...largestSize),
        SettingDescription(
            "heads", "P, the pairs of a read head and a write head, where these are not counted apart", unit: "pairs",
            in: headCounts),
        SettingDescription(
            "readHeads", "R, the read heads, where these and write heads are counted apart, in place of heads",
            unit: "heads", in: headCounts, note: "together with writeHeads"),
        SettingDescription(
            "writeHeads", "W, the write heads, likewise", unit: "heads", in: headCounts, note: "together with readHeads"
        ),
        SettingDescription(
            "maximumShift", "The most rows that a head can shift by in a step, in either direction", unit: "rows",
            in: 0...(largestSize - 1) / 2, note: "not above (rows − 1) / 2"),
        SettingDescription("clip", "Raw parameters of the heads are limited to ±clip", above: 0, atMost: 1e6),
        InitialMemory.settingDescription,
        SettingDescription(
            "initialFocus",
            "The weighting of each head before the first step: all weight on row 0 (one-hot), or trained (learned)"),
        InitialReads.settingDescription,
        SettingDescription(
            "segment",
            "The memory is kept every so many steps for the way back; without it, as often as needs least room. Results "
                + "do not depend on it", unit: "steps", in: 1...Int.max)
    ]
}
