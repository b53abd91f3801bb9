// The memory of the differentiable neural computer (Graves et al. 2016): rows addressed by content, by the order in
// which they were written, and by whether they are free.

/// Settings of the differentiable neural computer's memory: N rows of M numbers, R read heads and one write head.
///
/// Each step writes, then reads. The defaults are the paper's equations. Three settings follow the authors' published
/// code where it differs; three are the repairs of Csordás & Schmidhuber 2019.
public struct DNC: MemoryKind {
    public static let kind = "dnc"
    public static let summary =
        "Differentiable neural computer's memory: rows allocated, freed, and linked in the order of their writing"

    /// N, at least 1.
    ///
    /// The links take N² numbers.
    public var rows = 64
    /// M, numbers in a row.
    public var columns = 16
    /// R, at least 1.
    public var readHeads = 1
    /// M_0.
    public var initialMemory: InitialMemory = .constant
    /// r_0.
    public var initialReads: InitialReads = .zero
    /// As in the published code, usage gives the write weighting of the step before no gradient.
    public var stopsUsageGradient = false
    /// As in the published code, allocation takes ε + (1 − ε)u for u, with ε = 1e-6.
    public var floorsUsage = false
    /// As in the published code, the cosine adds 1e-6 under the root of each norm and to the product of norms.
    public var smoothsCosine = false
    /// Each key has a mask of M numbers from 0 to 1, which key and rows are multiplied by before they are compared.
    public var masksKeys = false
    /// Rows that are freed are emptied: row i is multiplied by its retention before the write.
    public var deallocates = false
    /// What a read head finds along the links is raised to a power, which the head chooses for each direction.
    public var sharpensLinks = false
    /// Memory and links are kept every so many steps for the backward pass, which replays the writes in between.
    ///
    /// `nil` takes the number that needs least room. Results do not depend on it.
    public var segment: Int?

    public init() {}

    /// N rows of M columns, and R read heads; the other settings are the defaults.
    public init(rows: Int, columns: Int, readHeads: Int = 1) {
        self.rows = rows
        self.columns = columns
        self.readHeads = readHeads
    }

    public func makeMemory(_ layout: inout ParameterLayout) throws -> any Memory {
        try require("network.memory.rows", rows, in: 1...largestSize)
        try require("network.memory.columns", columns, in: 1...largestSize)
        try require("network.memory.readHeads", readHeads, in: 1...256)
        try require("network.memory.segment", segment, in: 1...Int.max)
        let numbers = Double(rows) * (Double(rows) + Double(columns + 3 * readHeads))
        try requireMemory(
            "network.memory.rows", rows, bytes: 4 * numbers,
            allowed: "smaller, for one memory of \(columns) columns and the links of all pairs of rows")
        return try DNCMemory(self, &layout)
    }

    public var rowCount: Int? { rows }

    public func withRowCount(_ rows: Int) throws -> DNC {
        try initialMemory.requireRowCount(rows, trained: self.rows)
        var changed = self
        changed.rows = rows
        return changed
    }

    public static let withFewRows =
        "allocation writes to rows that are free, and only read heads free rows, so that it must have at least as many "
        + "rows as vectors are kept at once"

    public static let usualOutputSource = OutputConfiguration.Source.controllerAndReads
}

extension DNC {
    public static let settingDescriptions = [
        SettingDescription(
            "rows", "N, the rows of the memory; links take N² numbers", unit: "rows", in: 1...largestSize),
        SettingDescription("columns", "M, the numbers of a row", unit: "numbers", in: 1...largestSize),
        SettingDescription("readHeads", "R, the read heads; there is one write head", unit: "heads", in: 1...256),
        InitialMemory.settingDescription,
        InitialReads.settingDescription,
        SettingDescription(
            "stopsUsageGradient",
            "As in the published code: usage gives the write weighting of the step before no gradient"),
        SettingDescription(
            "floorsUsage", "As in the published code: allocation takes ε + (1 − ε)u for usage u, with ε = 1e-6"),
        SettingDescription(
            "smoothsCosine",
            "As in the published code: the cosine adds 1e-6 under the root of each norm and to the product of norms"),
        SettingDescription(
            "masksKeys",
            "Masking (Csordás & Schmidhuber 2019): each key has a mask, by which key and rows are multiplied before they "
                + "are compared"),
        SettingDescription(
            "deallocates",
            "De-allocation (Csordás & Schmidhuber 2019): rows that are freed are emptied before the write"),
        SettingDescription(
            "sharpensLinks",
            "Sharpness (Csordás & Schmidhuber 2019): what is found along the links is raised to a power that the head "
                + "chooses"),
        SettingDescription(
            "segment",
            "Memory and links are kept every so many steps for the way back; without it, as often as needs least room. "
                + "Results do not depend on it", unit: "steps", in: 1...Int.max)
    ]
}
