// StepWeightTests.swift: layers whose weights are copied for episodes of some length compute what they do without the
// copy.

import NeuralMemory
import ReferenceKernels
import TestSupport
import Testing

extension NetworkSuites {
    @Suite struct StepWeightTests {
        /// Gate rows of 256 numbers, which levels other than `avx512` copy, in one layer and in two.
        private static let controllers: [any ControllerKind] = [
            LSTM(units: 64), LSTM(units: 64, layers: 2), ElmanRNN(units: 256)
        ]
        /// Too short for a copy, and long enough.
        private let short = 7
        private let long = 11

        /// A batch of short episodes, and the same with steps behind them that do not count.
        private func batches(using generator: inout RandomGenerator) -> (short: Batch, padded: Batch) {
            let signature = Signature(inputs: .symbols(5), outputs: .symbols(4))
            let padded = Batch.random(signature, steps: long, count: 3, using: &generator)
            let rows = Array(0..<short * padded.count)
            let mask = Array(repeating: Float(1), count: rows.count)
            let behind = Array(repeating: Float(0), count: (long - short) * padded.count)
            let all = Array(0..<long * padded.count)
            func batch(_ steps: Int, _ rows: [Int], _ mask: [Float]) -> Batch {
                Batch(
                    checked: steps, count: padded.count, inputs: padded.inputs.rows(rows, of: all.count),
                    targets: padded.targets.rows(rows, of: all.count), mask: mask)
            }
            return (batch(short, rows, mask), batch(long, all, mask + behind))
        }

        @Test(arguments: controllers.indices)
        func aCopyChangesNothing(_ index: Int) throws {
            let seed = caseSeed(24, index)
            var generator = RandomGenerator(seed: seed)
            let configuration = NetworkConfiguration(
                controller: Self.controllers[index], memory: NeuralStack(width: 3))
            let network = try Network(
                configuration, signature: Signature(inputs: .symbols(5), outputs: .symbols(4)), seed: seed)
            let batches = batches(using: &generator)
            func run(_ batch: Batch) throws -> (outputs: [Float], gradients: [[Float]]) {
                let episode = try network.forward(batch)
                var outputs: [Float] = []
                for step in 0..<short { outputs += try episode.outputs(step: step) }
                let gradients = network.makeGradients()
                try episode.loss().backward(into: gradients)
                return (outputs, try gradients.layout.parameters.map { try gradients.values(of: $0) })
            }
            // Products and sums over all rows, of which the longer episode has more.
            let (expected, bounds) = try network.conditioned(ErrorBound.Factor.evaluations, seed: seed) {
                let (outputs, gradients) = try run(batches.short)
                return [outputs.doubles] + gradients.map(\.doubles)
            }
            let (outputs, gradients) = try run(batches.padded)
            expectClose(outputs, expected[0], within: bounds[0], "outputs", "seed \(seed)")
            for (index, slice) in network.parameters.layout.parameters.enumerated() {
                expectClose(
                    gradients[index], expected[index + 1], within: bounds[index + 1], slice.name, "seed \(seed)")
            }
        }
    }
}
