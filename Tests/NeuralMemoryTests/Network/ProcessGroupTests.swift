// ProcessGroupTests.swift: several processes compute the bits of one.

import NeuralMemory
import TestSupport
import Testing

@Suite struct ProcessGroupTests {
    /// The tree's sum of some shards alone, as text: what is added to what, in which order.
    private func sum(_ shards: Range<Int>, distanceBelow limit: Int) -> String {
        guard shards.count > 1 else { return "\(shards.lowerBound)" }
        var half = 1
        while 2 * half < shards.count { half *= 2 }
        let middle = shards.lowerBound + half
        return
            "(\(sum(shards.lowerBound..<middle, distanceBelow: half))+\(sum(middle..<shards.upperBound, distanceBelow: half)))"
    }

    /// However shards are spread, what is added to what is the same.
    @Test func nodesOfAllProcessesMakeTheTree() {
        for count in 1...40 {
            let whole = sum(0..<count, distanceBelow: count)
            #expect(ShardTree.nodes(of: 0..<count, outOf: count) == [0..<count])
            for processes in 1...12 {
                let shares = SharesOnly(rank: 0, count: processes).shares(of: count)
                #expect(shares.flatMap { Array($0) } == Array(0..<count))
                let sizes = shares.map(\.count)
                #expect((sizes.max() ?? 0) - (sizes.min() ?? 0) <= 1 && sizes[0] == sizes.max())
                let nodes = shares.flatMap { ShardTree.nodes(of: $0, outOf: count) }
                #expect(nodes.flatMap { Array($0) } == Array(0..<count))
                var sums = nodes.map { sum($0, distanceBelow: $0.count) }
                for (first, second) in ShardTree.additions(nodes.map(\.lowerBound), outOf: count) {
                    sums[first] = "(\(sums[first])+\(sums[second]))"
                }
                #expect(sums[0] == whole, "\(count) shards of \(processes) processes")
            }
        }
    }

    static let memories: [any MemoryKind & Sendable] = [
        NeuralStack(width: 6), NeuralDeque(width: 4), TuringMemory(rows: 8, columns: 4),
        DNC(rows: 8, columns: 4, readHeads: 2), SparseMemory(rows: 9, columns: 4, neighbors: 2), NoMemory()
    ]

    /// Gradients, losses, states and evaluations are the same bits in every process, and those of one alone.
    @Test func processesComputeTheBitsOfOne() throws {
        let seed = testSeed(71)
        for index in Self.memories.indices {
            let alone = try Self.outcome(index, seed, nil)
            #expect(alone.shards == 5)
            // Of seven processes two have nothing to do.
            for count in [2, 3, 7] {
                let outcomes = try ThreadGroup.run(count) { try Self.outcome(index, seed, $0) }
                for (rank, outcome) in outcomes.enumerated() {
                    #expect(
                        outcome == alone,
                        "\(type(of: Self.memories[index]).kind), rank \(rank) of \(count), seed \(seed)")
                }
            }
        }
    }

    private struct Outcome: Equatable, Sendable {
        var gradients: [UInt32]
        var report: LossReport
        var snapshots: [Snapshot]
        var evaluation: LossReport
        var shards: Int
    }

    /// Of two batches, one after the other: gradients add up, and the second begins where the first one ended.
    private static func outcome(_ memory: Int, _ seed: UInt64, _ group: ThreadGroup?) throws -> Outcome {
        var generator = RandomGenerator(seed: seed)
        let configuration = NetworkConfiguration(controller: LSTM(units: 24), memory: memories[memory])
        let signature = Signature(inputs: .symbols(7), outputs: .symbols(5))
        let network = try Network(configuration, signature: signature, seed: seed)
        network.group = group
        // So many sequences that there are several shards, not all of one size.
        let use = NetworkUse.training(steps: 40, batch: 23)
        let batches = (0..<2).map { _ in
            Batch.random(signature, steps: use.steps, count: use.batch, using: &generator)
        }
        let gradients = network.makeGradients()
        var snapshots: [Snapshot]?
        var report: LossReport?
        for (number, batch) in batches.enumerated() {
            let noise = StrengthNoise(deviation: 0.3, seed: seed, number: number)
            let episode = try network.forward(batch, from: snapshots, noise: noise)
            snapshots = episode.snapshots()
            let loss = episode.loss()
            report = report?.adding(loss.report) ?? loss.report
            try loss.backward(into: gradients)
        }
        return Outcome(
            gradients: gradients.floats.map(\.bitPattern), report: try #require(report),
            snapshots: try #require(snapshots), evaluation: try network.evaluate(batches[0]),
            shards: network.model.partition(use).shards.count)
    }
}

/// A group that sends nothing.
private final class SharesOnly: ProcessGroup {
    let rank: Int
    let count: Int

    init(rank: Int, count: Int) { (self.rank, self.count) = (rank, count) }

    func gather(_ own: UnsafeRawBufferPointer, counts: [Int], into all: UnsafeMutableRawPointer) {}
    func exchange(
        _ numbers: UnsafePointer<Float>, counts sent: [Int], into target: UnsafeMutablePointer<Float>,
        counts received: [Int]
    ) {}
}
