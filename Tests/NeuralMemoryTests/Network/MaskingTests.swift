// MaskingTests.swift: ragged batches: a padded sequence counts for as much as it does alone, and padding for nothing.

import NeuralMemory
import ReferenceKernels
import TestSupport
import Testing

extension NetworkSuites {
    @Suite struct MaskingTests {
        private static let steps = 7
        private static let sequences = 4

        /// The loss of a batch, and all gradients.
        private func run(_ network: Network, _ batch: Batch) throws -> (report: LossReport, gradients: [Float]) {
            let gradients = network.makeGradients()
            let loss = try network.forward(batch).loss()
            let report = loss.report
            try loss.backward(into: gradients)
            return (report, try gradients.layout.parameters.flatMap { try gradients.values(of: $0) })
        }

        /// Losses and gradients are compared up to what rounding makes of them.
        private func expectSame(
            _ sample: NetworkSample, nats: Double, gradients: [Double], _ context: String,
            at location: SourceLocation = #_sourceLocation
        ) throws {
            let (results, bounds) = try sample.network.conditioned(ErrorBound.Factor.evaluations, seed: sample.seed) {
                let (report, gradients) = try run(sample.network, sample.batch)
                return [[report.nats], gradients.doubles]
            }
            expectClose([nats], results[0], within: bounds[0], "loss", context, at: location)
            expectClose(gradients, results[1], within: bounds[1], "gradients", context, at: location)
        }

        @Test func aPaddedSequenceCountsAsItDoesAlone() throws {
            for (number, drawn) in NetworkCase.all.enumerated() {
                // Reconstruction losses are a mean over other steps, and would need other weights below.
                var networkCase = drawn
                networkCase.reconstruction = 0
                let sample = try NetworkSample(
                    networkCase, test: 3, number: number, steps: Self.steps, sequences: Self.sequences)
                let (network, batch) = (sample.network, sample.batch)
                let together = try run(network, batch).report
                let alone = try (0..<Self.sequences).map {
                    try run(network, batch.sequence($0, steps: batch.length(of: $0)))
                }

                let total = alone.dropFirst().reduce(alone[0].report) { $0.adding($1.report) }
                let context = "\(networkCase); seed \(sample.seed)"
                #expect(total.outputs == together.outputs, "\(context)")
                #expect(total.rightSequences == together.rightSequences, "\(context)")
                expectClose(
                    [total.rightPrefixes], [together.rightPrefixes],
                    within: .rounding(4, of: Double(Self.sequences), .double), "right prefixes", context)
                #expect(total.wrongOutputs == together.wrongOutputs, "\(context)")

                // Each mean over a sequence's own outputs, weighted by how many they are.
                let sum = alone[0].gradients.indices.map { index in
                    alone.reduce(0) { $0 + Double($1.gradients[index]) * Double($1.report.outputs) }
                        / Double(total.outputs)
                }
                try expectSame(sample, nats: total.nats, gradients: sum, context)
            }
        }

        @Test func paddingDoesNotMatter() throws {
            for (number, networkCase) in NetworkCase.all.enumerated() {
                let seed = caseSeed(4, number)
                var generator = RandomGenerator(seed: seed)
                let network = try networkCase.network(using: &generator)
                let batch = Batch.random(
                    networkCase.signature, steps: Self.steps, count: Self.sequences, using: &generator)
                let other = batch.withOtherPadding(networkCase.signature, using: &generator)
                let (first, second) = try (run(network, batch), run(network, other))
                #expect(first.report == second.report, "\(networkCase); seed \(seed)")
                #expect(sameBits(first.gradients, second.gradients), "\(networkCase); seed \(seed)")
            }
        }

        @Test func aSequenceThatDoesNotCountChangesNothing() throws {
            let networkCase = NetworkCase.all[0]
            let sample = try NetworkSample(test: 5, number: 0, leastMargin: NetworkSample.leastMargin) { generator in
                let network = try networkCase.network(using: &generator)
                let both = Batch.random(networkCase.signature, steps: Self.steps, count: 2, using: &generator)
                let mask = both.mask.enumerated().map { $0.offset % 2 == 0 ? $0.element : 0 }
                return (
                    network,
                    try Batch(steps: both.steps, count: 2, inputs: both.inputs, targets: both.targets, mask: mask)
                )
            }
            let alone = try run(sample.network, sample.batch.sequence(0, steps: Self.steps))
            #expect(try run(sample.network, sample.batch).report.outputs == alone.report.outputs)
            try expectSame(
                sample, nats: alone.report.nats, gradients: alone.gradients.doubles,
                "\(networkCase); seed \(sample.seed)")
        }

        @Test func aBatchWithoutOutputsHasNoLossAndNoGradient() throws {
            var generator = RandomGenerator(seed: testSeed(6))
            let networkCase = NetworkCase.all[0]
            let network = try networkCase.network(using: &generator)
            let some = Batch.random(networkCase.signature, steps: 3, count: 2, using: &generator)
            let batch = try Batch(
                steps: 3, count: 2, inputs: some.inputs, targets: some.targets, mask: Array(repeating: 0, count: 6))
            let (report, gradients) = try run(network, batch)
            #expect(report.nats == 0 && report.mean == 0 && report.outputs == 0)
            #expect(gradients.allSatisfy { $0 == 0 })
        }
    }
}

extension Batch {
    /// The same batch with other inputs and targets after each sequence's last output that counts.
    fileprivate func withOtherPadding(_ signature: Signature, using generator: inout RandomGenerator) -> Batch {
        let rows = steps * count
        let isPadding = (0..<rows).map { $0 / count >= length(of: $0 % count) }
        func mixed<Value>(_ kept: [Value], _ other: [Value]) -> [Value] {
            let columns = kept.count / rows
            return kept.indices.map { isPadding[$0 / columns] ? other[$0] : kept[$0] }
        }
        let otherInputs = Inputs.random(signature.inputs, rows: rows, using: &generator)
        let otherTargets = Targets.random(signature.outputs, rows: rows, using: &generator)
        return Batch(
            checked: steps, count: count, inputs: inputs.combined(with: otherInputs, mixed, mixed),
            targets: targets.combined(with: otherTargets, mixed, mixed), mask: mask)
    }
}

extension Batch.Inputs {
    fileprivate func combined(
        with other: Self, _ symbols: ([Int32], [Int32]) -> [Int32], _ vectors: ([Float], [Float]) -> [Float]
    ) -> Self {
        switch (self, other) {
        case (.symbols(let x), .symbols(let y)): .symbols(symbols(x, y))
        case (.vectors(let x), .vectors(let y)): .vectors(vectors(x, y))
        default: preconditionFailure("inputs of two kinds")
        }
    }
}

extension Batch.Targets {
    fileprivate func combined(
        with other: Self, _ symbols: ([Int32], [Int32]) -> [Int32], _ bits: ([Float], [Float]) -> [Float]
    ) -> Self {
        switch (self, other) {
        case (.symbols(let x), .symbols(let y)): .symbols(symbols(x, y))
        case (.bits(let x), .bits(let y)): .bits(bits(x, y))
        case (.numbers(let x), .numbers(let y)): .numbers(bits(x, y))
        default: preconditionFailure("targets of two kinds")
        }
    }
}
