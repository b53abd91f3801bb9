// The sparse access memory (Rae et al. 2016): many rows, of which each step reads and writes a few.

/// Settings of the sparse access memory: N rows of M numbers, and heads that read and write K of them.
///
/// In each step all heads write, then all heads read. The time of a step does not depend on N, nor does the room that
/// training takes.
public struct SparseMemory: MemoryKind {
    public static let kind = "sam"
    public static let summary =
        "sparse access memory: of any number of rows each step reads the few nearest and writes these and an unused one"

    /// N, at least 1.
    public var rows = 128
    /// M, numbers in a row.
    public var columns = 32
    /// P, heads, each of which writes and reads; at most N.
    public var heads = 1
    /// K, the rows that a head reads, at most N.
    public var neighbors = 4
    /// A row counts as accessed where it is read or written with a weight above this, from 0 to 1.
    public var accessThreshold = 0.005
    /// The bias of raw key strengths β at the start, in all heads.
    ///
    /// With 0 the weights of the K rows begin almost alike, since cosines do not exceed 1: reads mix rows, and so do the
    /// writes of the next step.
    public var strengthBias = 0.0
    /// The bias of raw interpolation gates γ at the start, in all heads; below 0, heads begin by writing to the least
    /// recently used row more than to those that they have read.
    public var interpolationBias = 0.0

    public init() {}

    /// N rows of M columns, P heads that read K rows each; the other settings are the defaults.
    public init(rows: Int, columns: Int, heads: Int = 1, neighbors: Int = 4) {
        self.rows = rows
        self.columns = columns
        self.heads = heads
        self.neighbors = neighbors
    }

    public func makeMemory(_ layout: inout ParameterLayout) throws -> any Memory {
        try requireSizes()
        return SAMMemory(self, kind: Self.kind)
    }

    /// Throws `ConfigurationError` where a setting is out of its range.
    func requireSizes() throws {
        try require("network.memory.rows", rows, in: 1...largestSize)
        try require("network.memory.columns", columns, in: 1...largestSize)
        try require("network.memory.heads", heads, in: 1...256)
        try require("network.memory.neighbors", neighbors, in: 1...1024)
        for (name, value, what) in [("heads", heads, "writes a row of its own"), ("neighbors", neighbors, "is one")]
        where value > rows {
            throw ConfigurationError(
                field: "network.memory.\(name)", value: value,
                allowed: "at most \(rows), the memory's rows, since each of them \(what)")
        }
        try require("network.memory.accessThreshold", accessThreshold, in: 0...1)
        try require("network.memory.strengthBias", strengthBias, in: -100...100)
        try require("network.memory.interpolationBias", interpolationBias, in: -100...100)
    }

    public var rowCount: Int? { rows }

    public func withRowCount(_ rows: Int) throws -> SparseMemory {
        var changed = self
        changed.rows = rows
        return changed
    }

    public static let withFewRows =
        "a head writes the row whose last access is longest ago, and so loses what it wrote there and has not read since"

    public static let usualOutputSource = OutputConfiguration.Source.controllerAndReads
}

extension SparseMemory {
    public static let settingDescriptions = [
        SettingDescription("rows", "N, the rows of the memory", unit: "rows", in: 1...largestSize),
        SettingDescription("columns", "M, the numbers of a row", unit: "numbers", in: 1...largestSize),
        SettingDescription(
            "heads", "P, the heads, each of which writes and reads", unit: "heads", in: 1...256,
            note: "not above rows"),
        SettingDescription(
            "neighbors", "K, the rows that a head reads: those whose cosine with its key is largest", unit: "rows",
            in: 1...1024, note: "not above rows"),
        SettingDescription(
            "accessThreshold",
            "A row counts as accessed where it is read or written with a weight above this; a head writes the row whose "
                + "last access is longest ago", in: 0...1),
        SettingDescription(
            "strengthBias",
            "The bias of key strengths at the start; above 0, a read begins by being of the nearest row more than of "
                + "the others", in: -100...100.0),
        SettingDescription(
            "interpolationBias",
            "The bias of interpolation gates at the start; below 0, heads begin by writing to unused rows more than to "
                + "those that they have read", in: -100...100.0)
    ]
}
