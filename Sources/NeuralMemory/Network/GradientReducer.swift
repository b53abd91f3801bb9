// How the gradients of shards are added. A reducer of another kind could add those of other processes too.

/// Adds the gradients of the shards of a batch.
public protocol GradientReducer: Sendable {
    /// Leaves the sum of all buffers in the first one, and anything in the others. There is at least one buffer, and
    /// all have the same layout. The order of the additions must depend on the number of buffers alone.
    func reduce(_ gradients: [ParameterBuffer])
}

/// Adds neighbours, then neighbouring sums, and so on: a balanced tree.
///
/// A group of shards that is aligned in the tree, such as shards 4 to 7, has the same sum, bit for bit, wherever it is
/// computed.
public struct TreeReducer: GradientReducer {
    /// There is nothing to set.
    public init() {}

    public func reduce(_ gradients: [ParameterBuffer]) {
        precondition(
            gradients.allSatisfy { $0.count == gradients[0].count }, "buffers of one layout have as many floats")
        Kernels.sumTree(gradients.map(\.pointer), count: gradients[0].count)
    }
}
