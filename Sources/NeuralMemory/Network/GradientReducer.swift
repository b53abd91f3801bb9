// How the gradients of shards are added: the seam for shards that are in other processes.

/// Adds the gradients of the shards of a batch.
public protocol GradientReducer: Sendable {
    /// Leaves the sum of all buffers in the first one; what is then in the others is of no use. At least one buffer; all of one
    /// layout. The order in which numbers are added must depend on the number of buffers alone.
    func reduce(_ gradients: [ParameterBuffer])
}

/// Adds neighbours, then neighbouring sums, and so on: a balanced tree. A group of shards that is aligned in the tree (shards
/// 4 to 7, for example) has the same sum, bit for bit, wherever it is computed.
public struct TreeReducer: GradientReducer {
    public init() {}

    public func reduce(_ gradients: [ParameterBuffer]) {
        var distance = 1
        while distance < gradients.count {
            for index in stride(from: 0, to: gradients.count - distance, by: 2 * distance) {
                gradients[index].add(gradients[index + distance])
            }
            distance *= 2
        }
    }
}
