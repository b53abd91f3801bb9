// ProceedTests.swift: episodes that go on without their tape: the same outputs as in one piece, whatever the pieces; rows
// that are copied, dropped and put in another order; streams.

import NeuralMemory
import ReferenceKernels
import TestSupport
import Testing

extension NetworkSuites {
    @Suite struct ProceedTests {
        /// The inputs of a range of steps.
        private func inputs(_ batch: Batch, _ steps: Range<Int>) -> Batch.Inputs {
            let rows = Array(steps.lowerBound * batch.count..<steps.upperBound * batch.count)
            return batch.inputs.rows(rows, of: batch.steps * batch.count)
        }

        /// Outputs of one episode that is advanced in pieces; `proceeds`: before each piece but the first, or never.
        private func outputs(_ network: Network, _ batch: Batch, pieces: [Int], proceeds: Bool) throws -> [Float] {
            var outputs: [Float] = []
            var first = 0
            try network.begin(steps: proceeds ? pieces[0] : batch.steps, batch: batch.count)
            for piece in pieces {
                if proceeds, first > 0 { try network.proceed(steps: piece) }
                try network.advance(inputs(batch, first..<first + piece), steps: piece)
                let start = proceeds ? 0 : first
                for step in start..<start + piece { outputs += try network.outputs(step: step) }
                first += piece
            }
            return outputs
        }

        @Test func theSameBitsAsInOnePiece() throws {
            for (number, networkCase) in NetworkCase.all.enumerated() {
                let seed = caseSeed(20, number)
                var generator = RandomGenerator(seed: seed)
                let network = try networkCase.network(using: &generator)
                let batch = Batch.random(networkCase.signature, steps: 23, count: 3, using: &generator)
                for pieces in [[1, 1, 2, 19], [12, 11], [7, 7, 1, 8], Array(repeating: 1, count: 23)] {
                    let whole = try outputs(network, batch, pieces: pieces, proceeds: false)
                    let inPieces = try outputs(network, batch, pieces: pieces, proceeds: true)
                    #expect(sameBits(inPieces, whole), "\(pieces) of \(networkCase); seed \(seed)")
                }
            }
        }

        /// Each row of the new batch goes on as its parent would have, alone.
        @Test func rowsGoOnFromTheirParents() throws {
            for (number, networkCase) in NetworkCase.all.enumerated() {
                let seed = caseSeed(21, number)
                var generator = RandomGenerator(seed: seed)
                let network = try networkCase.network(using: &generator)
                let first = Batch.random(networkCase.signature, steps: 6, count: 3, using: &generator)
                let parents = [2, 0, 2, 2, 1]
                let second = Batch.random(networkCase.signature, steps: 5, count: parents.count, using: &generator)
                // Products of other numbers of rows may be summed in another order.
                let (together, bounds) = try network.conditioned(ErrorBound.Factor.evaluations, seed: seed) {
                    try network.begin(steps: 6, batch: 3)
                    try network.advance(first.inputs, steps: 6)
                    try network.proceed(steps: 5, rows: parents)
                    try network.advance(second.inputs, steps: 5)
                    return [try (0..<5).flatMap { try network.outputs(step: $0).doubles }]
                }
                let size = networkCase.signature.outputs.size
                for (row, parent) in parents.enumerated() {
                    try network.begin(steps: 11, batch: 1)
                    try network.advance(first.sequence(parent, steps: 6).inputs, steps: 6)
                    try network.advance(second.sequence(row, steps: 5).inputs, steps: 5)
                    let alone = try (6..<11).flatMap { try network.outputs(step: $0) }
                    let outputs = (0..<5).flatMap { step -> ArraySlice<Double> in
                        let first = (step * parents.count + row) * size
                        return together[0][first..<first + size]
                    }
                    expectClose(
                        alone, outputs, within: bounds[0], "row \(row)", "\(networkCase); seed \(seed)")
                }
            }
        }

        @Test func aProceedRightAfterTheBeginningChangesNothing() throws {
            for (number, networkCase) in NetworkCase.all.enumerated() {
                let seed = caseSeed(22, number)
                var generator = RandomGenerator(seed: seed)
                let network = try networkCase.network(using: &generator)
                let batch = Batch.random(networkCase.signature, steps: 4, count: 2, using: &generator)
                try network.forward(batch)
                let expected = try (0..<4).flatMap { try network.outputs(step: $0) }
                try network.begin(steps: 1, batch: 2)
                try network.proceed(steps: 4)
                try network.advance(batch.inputs, steps: 4)
                let outputs = try (0..<4).flatMap { try network.outputs(step: $0) }
                #expect(sameBits(outputs, expected), "\(networkCase); seed \(seed)")
            }
        }

        /// Also where nothing is ever popped whole, so that the window grows with every step. What a step does in the
        /// window does not depend on the window's length either; the kernels' tests say so.
        @Test(arguments: [3.0, -100.0]) func aStepCopiesAFewVectorsHoweverManyCameBefore(popBias: Double) throws {
            var memory = NeuralStack(width: 8)
            memory.popBias = popBias
            let signature = Signature(inputs: .symbols(4), outputs: .symbols(4))
            let network = try Network(
                NetworkConfiguration(controller: ElmanRNN(units: 32), memory: memory), signature: signature,
                seed: testSeed(1))
            let stream = try NetworkStream(network)
            var generator = RandomGenerator(seed: testSeed(2))
            let (pieces, steps) = (10, 10_000)
            for _ in 0..<pieces {
                let batch = Batch.random(signature, steps: steps, count: 1, using: &generator)
                _ = try stream.advance(batch.inputs, steps: steps)
            }
            // And what is copied for the last stretch, which may be at its beginning: all of the window.
            let most = NetworkStream.copiesPerStep * pieces * steps + pieces * steps
            #expect(stream.copiedSteps <= most, "\(stream.copiedSteps)")
            // Otherwise the test would say nothing.
            #expect(popBias > -100 || stream.copiedSteps > pieces * steps, "\(stream.copiedSteps)")
        }

        /// Over several stretches of a stream, in pieces that do not divide them.
        @Test func aStreamIsOneEpisode() throws {
            let memories: [any MemoryKind] = [
                NeuralStack(width: 3), NeuralQueue(width: 3), NeuralDeque(width: 3), TuringMemory(rows: 5, columns: 3),
                NoMemory()
            ]
            for memory in memories {
                let signature = Signature(inputs: .symbols(5), outputs: .symbols(4))
                let network = try Network(
                    NetworkConfiguration(controller: LSTM(units: 6), memory: memory), signature: signature,
                    seed: testSeed(3))
                let seed = testSeed(4)
                var generator = RandomGenerator(seed: seed)
                let steps = 5000
                let batch = Batch.random(signature, steps: steps, count: 2, using: &generator)
                // One step at a time on both sides: the same products.
                func runWhole() throws -> [Float] {
                    try network.begin(steps: steps, batch: 2)
                    for step in 0..<steps { try network.advance(inputs(batch, step..<step + 1), steps: 1) }
                    return try (0..<steps).flatMap { try network.outputs(step: $0) }
                }
                let bounds = try network.conditioned(ErrorBound.Factor.evaluations, seed: seed) {
                    [try runWhole().doubles]
                }.bounds
                let whole = try runWhole()
                let single = try NetworkStream(network, batch: 2)
                let outputs = try (0..<steps).flatMap { try single.advance(inputs(batch, $0..<$0 + 1), steps: 1) }
                #expect(sameBits(outputs, whole), "\(memory.kind)")
                // In larger pieces.
                let stream = try NetworkStream(network, batch: 2)
                let pieces = try stride(from: 0, to: steps, by: 700).flatMap { first in
                    let end = min(first + 700, steps)
                    return try stream.advance(inputs(batch, first..<end), steps: end - first)
                }
                expectClose(pieces, whole.doubles, within: bounds[0], "pieces", "\(memory.kind), seed \(seed)")
            }
        }
    }
}
