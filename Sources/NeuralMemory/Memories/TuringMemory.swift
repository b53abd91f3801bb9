// The memory of the Neural Turing machine (Graves et al. 2014): rows addressed by content and by location.

import Foundation

/// Settings of the Neural Turing machine's memory: N rows of M numbers, and pairs of heads.
///
/// In each step each pair reads, then writes.
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
    /// P, pairs of a read head and a write head, at least 1.
    public var heads = 1
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

    public func makeMemory(_ layout: inout ParameterLayout) throws -> any Memory {
        try require("network.memory.rows", rows, in: 1...largestSize)
        try require("network.memory.columns", columns, in: 1...largestSize)
        try require("network.memory.heads", heads, in: 1...256)
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
            "network.memory.rows", rows, bytes: 4 * Double(rows) * Double(columns + 2 * heads),
            allowed: "smaller, for one memory of \(columns) columns and its heads' focuses")
        return try NTMMemory(self, &layout)
    }

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
        SettingDescription("heads", "P, the pairs of a read head and a write head", unit: "pairs", in: 1...256),
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
