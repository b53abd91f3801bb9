// How a batch is cut into shards, each of which runs through all steps on one thread.

/// The shards of a batch: ranges of its sequences, in order.
///
/// The cut depends on sizes alone, never on the number of threads. So sums over shards do not depend on threads either.
package struct BatchPartition: Sendable, Equatable {
    package let shards: [Range<Int>]

    /// One shard.
    package init(whole batch: Int) { shards = [0..<batch] }

    /// - Parameters:
    ///   - stepWeights: the weights that every step multiplies with.
    ///   - memoryOperations: `Memory.operations`.
    ///   - parameters: the numbers that each shard has gradients of.
    ///   - least: the fewest shards, as far as there are sequences for them.
    package init(
        steps: Int, batch: Int, stepWeights: Int, memoryOperations: Int = 0, parameters: Int, least: Int = 1
    ) {
        // 2 for each weight forward, and twice as many backward.
        let isMemoryMost = memoryOperations > 6 * stepWeights
        let fastest = Self.count(
            steps: steps, batch: batch, stepWeights: stepWeights, isMemoryMost: isMemoryMost, parameters: parameters)
        let count = max(fastest, min(least, batch))
        shards = (0..<count).map { $0 * batch / count..<($0 + 1) * batch / count }
    }

    /// How many shards are fastest.
    ///
    /// The limits come from paired runs on two cores with 1 MiB of L2 cache each. Products of four rows are as fast as
    /// those of more, and a shard's memories then fit into L2 beside the weights. Up to 200,000 weights fit into L2,
    /// and two rows are nearly as fast; up to 800,000 are read from L3 fast enough. So there are two sequences in a
    /// shard where most of the work is the memory's, which is then large: a DNC of 128 rows takes a tenth less time.
    /// With more weights, or with so few steps that starting threads takes as long as the work, there is one shard, and
    /// threads share its products.
    private static func count(
        steps: Int, batch: Int, stepWeights: Int, isMemoryMost: Bool, parameters: Int
    ) -> Int {
        let work = Double(steps) * Double(batch) * Double(stepWeights)
        guard stepWeights <= 800_000, work > 1_000_000 else { return 1 }
        let isCached = stepWeights <= cachedWeights
        let wanted = isCached && isMemoryMost ? batch / 2 : isCached && 4..<8 ~= batch ? 2 : batch / 4
        return max(1, min(wanted, Int(work / leastWork), mostGradients / parameters))
    }

    /// The fewest multiplications, forward, that are worth a shard of their own: with fewer, beginning it takes as
    /// long.
    private static let leastWork = 100_000.0
    /// The most floats that the gradients of all shards take together.
    private static let mostGradients = 8_000_000
    /// The most weights that stay in a core's L2 cache from step to step.
    static let cachedWeights = 200_000
}
