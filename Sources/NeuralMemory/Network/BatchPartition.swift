// How a batch is cut into shards, each of which runs through all steps on one thread.

/// The shards of a batch: ranges of its sequences, in order.
///
/// It depends on sizes alone, never on the number of threads; and so do sums over shards.
package struct BatchPartition: Sendable, Equatable {
    package let shards: [Range<Int>]

    /// One shard.
    package init(whole batch: Int) { shards = [0..<batch] }

    /// - Parameters:
    ///   - stepWeights: the weights that every step multiplies with.
    ///   - parameters: the numbers that each shard has gradients of.
    package init(steps: Int, batch: Int, stepWeights: Int, parameters: Int) {
        let count = Self.count(steps: steps, batch: batch, stepWeights: stepWeights, parameters: parameters)
        shards = (0..<count).map { $0 * batch / count..<($0 + 1) * batch / count }
    }

    /// From paired runs on two cores with 1 MiB of second cache each. With four sequences a product is as fast as it gets, and
    /// the memories of a shard still fit into the second cache beside the weights. Up
    /// to 200,000 weights stay in the cache, where two sequences do nearly as well; up to 800,000 come from the third one fast
    /// enough. With more weights, or so few steps that a fork costs as much, there is one shard, and threads share its
    /// products.
    private static func count(steps: Int, batch: Int, stepWeights: Int, parameters: Int) -> Int {
        let work = Double(steps) * Double(batch) * Double(stepWeights)
        guard stepWeights <= 800_000, work > 1_000_000 else { return 1 }
        let wanted = stepWeights <= cachedWeights && 4..<8 ~= batch ? 2 : batch / 4
        return max(1, min(wanted, mostGradients / parameters))
    }

    /// The floats that gradients of all shards may take.
    private static let mostGradients = 8_000_000
    static let cachedWeights = 200_000
}
