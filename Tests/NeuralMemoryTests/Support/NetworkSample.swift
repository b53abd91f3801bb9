// NetworkSample.swift: networks with batches whose results may be compared up to rounding.

import NeuralMemory
import ReferenceKernels
import TestSupport

/// A network, a batch, and the reference's result, drawn again until no memory is close to a kink, and no output to a
/// tie: there the smallest rounding would choose between two gradients, or two answers.
struct NetworkSample {
    let seed: UInt64
    let network: Network
    let batch: Batch
    let reference: ReferenceNetwork
    let result: ReferenceNetwork.Result
    /// How many draws were too close.
    let rejected: Int

    /// Far beyond Float's rounding, and beyond the steps of finite differences.
    static let leastMargin = 1e-3
    private static let attempts = 1_000

    /// Draws from seeds that `test`, the test's own number, and `number`, the case's, decide.
    init(_ networkCase: NetworkCase, test: Int, number: Int, steps: Int, sequences: Int) throws {
        try self.init(test: test, number: number, leastMargin: Self.leastMargin) { generator in
            let network = try networkCase.network(using: &generator)
            return (
                network,
                Batch.random(networkCase.signature, steps: steps, count: sequences, using: &generator)
            )
        }
    }

    /// The same for any network; `draw` makes it and its batch.
    init(
        test: Int, number: Int, leastMargin: Double,
        draw: (_ generator: inout RandomGenerator) throws -> (network: Network, batch: Batch)
    ) throws {
        for attempt in 0..<Self.attempts {
            let seed = caseSeed(test, number, attempt)
            var generator = RandomGenerator(seed: seed)
            let (network, batch) = try draw(&generator)
            let reference = try ReferenceNetwork(network)
            let result = reference.run(batch)
            let margin = min(result.margin, batch.decisionMargin(result.logits, network.signature.outputs))
            guard margin >= leastMargin else { continue }
            self.seed = seed
            self.network = network
            self.batch = batch
            self.reference = reference
            self.result = result
            rejected = attempt
            return
        }
        throw AlwaysClose(test: test, number: number)
    }

    private struct AlwaysClose: Error, CustomStringConvertible {
        let test, number: Int
        var description: String { "test \(test), case \(number): every draw is close to a kink or a tie\(seedNote)" }
    }
}

extension Batch {
    /// How far the outputs that count are from another answer: the least difference between the two largest logits of
    /// symbols, the least magnitude of a bit's.
    ///
    /// Numbers are no answers.
    fileprivate func decisionMargin(_ logits: [Double], _ outputs: Signature.Outputs) -> Double {
        mask.indices.reduce(.infinity) { least, row in
            guard mask[row] > 0 else { return least }
            let row = logits[row * outputs.size..<(row + 1) * outputs.size]
            if outputs.isBits { return min(least, row.map { abs($0) }.min() ?? .infinity) }
            guard !outputs.isNumbers else { return least }
            let sorted = row.sorted(by: >)
            return sorted.count < 2 ? least : min(least, sorted[0] - sorted[1])
        }
    }
}
