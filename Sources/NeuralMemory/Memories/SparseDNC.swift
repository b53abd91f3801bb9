// The memory of the sparse differentiable neural computer (Rae et al. 2016, appendix): a sparse access memory with
// links in the order of writing.

/// Settings of the sparse differentiable neural computer: those of the sparse access memory, and how many links it
/// keeps.
///
/// Each head also links the rows that it writes in their order, as the memory of the DNC does (Graves et al. 2016), and
/// of these links each row keeps the strongest in each direction. A read mixes three weightings by three modes: the K
/// rows nearest to the key, and the K rows that the links lead to most strongly from the last read, backward and
/// forward. So a read has at most 3K rows. That each weighting is cut and not their mixture is a choice made here: so
/// each mode has its gradient. As in the paper, links get no gradients; the weights that are read along them do.
public struct SparseDNC: MemoryKind {
    public static let kind = "sdnc"
    public static let summary =
        "sparse differentiable neural computer's memory: that of sam, with links in the order of writing"

    /// N, at least 1.
    public var rows = 128
    /// M, numbers in a row.
    public var columns = 32
    /// P, heads, each of which writes and reads; at most N.
    public var heads = 1
    /// K, the rows that a head reads by content, and by the links in each direction; at most N.
    public var neighbors = 4
    /// K_L, the strongest links that a row keeps in each direction, for each head.
    public var links = 8
    /// A row counts as accessed where it is read or written with a weight above this, from 0 to 1.
    public var accessThreshold = 0.005
    /// The bias of key strengths at the start, from −100 to 100, as in `SparseMemory`.
    public var strengthBias = 0.0
    /// The bias of interpolation gates at the start, from −100 to 100, as in `SparseMemory`.
    public var interpolationBias = 0.0

    public init() {}

    /// N rows of M columns, P heads that read K rows each way; the other settings are the defaults.
    public init(rows: Int, columns: Int, heads: Int = 1, neighbors: Int = 4, links: Int = 8) {
        self.rows = rows
        self.columns = columns
        self.heads = heads
        self.neighbors = neighbors
        self.links = links
    }

    public func makeMemory(_ layout: inout ParameterLayout) throws -> any Memory {
        var sizes = SparseMemory(rows: rows, columns: columns, heads: heads, neighbors: neighbors)
        sizes.accessThreshold = accessThreshold
        sizes.strengthBias = strengthBias
        sizes.interpolationBias = interpolationBias
        try sizes.requireSizes()
        try require("network.memory.links", links, in: 1...Kernels.SAM.mostLinks)
        return SAMMemory(sizes, links: links, kind: Self.kind)
    }

    public var rowCount: Int? { rows }

    public func withRowCount(_ rows: Int) throws -> SparseDNC {
        var changed = self
        changed.rows = rows
        return changed
    }

    public static let usualOutputSource = SparseMemory.usualOutputSource
}

extension SparseDNC {
    public static let settingDescriptions =
        SparseMemory.settingDescriptions + [
            SettingDescription(
                "links",
                "K_L, the strongest links that a row keeps to rows written before it, and to rows written after it",
                unit: "links", in: 1...Kernels.SAM.mostLinks)
        ]
}
