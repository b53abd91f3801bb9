// ProceedTests.swift: episodes that go on without their tape: the same outputs as in one piece, whatever the pieces; rows
// that are copied, dropped and put in another order; streams.

import Foundation
import NeuralMemory
import Testing

extension NetworkSuites {
    @Suite struct ProceedTests {
        /// The inputs of a range of steps.
        private func inputs(_ batch: Batch, _ steps: Range<Int>) -> Batch.Inputs {
            let rows = Array(steps.lowerBound * batch.count..<steps.upperBound * batch.count)
            return batch.inputs.rows(rows, of: batch.steps * batch.count)
        }

        /// Outputs of one episode that is advanced in pieces; `proceeds`: before each piece but the first, or never.
        private func outputs(_ network: Network, _ batch: Batch, pieces: [Int], proceeds: Bool) -> [Float] {
            var outputs: [Float] = []
            var first = 0
            network.begin(steps: proceeds ? pieces[0] : batch.steps, batch: batch.count)
            for piece in pieces {
                if proceeds, first > 0 { network.proceed(steps: piece) }
                network.advance(inputs(batch, first..<first + piece), steps: piece)
                let start = proceeds ? 0 : first
                for step in start..<start + piece { outputs += network.outputs(step: step) }
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
                    let whole = outputs(network, batch, pieces: pieces, proceeds: false)
                    let inPieces = outputs(network, batch, pieces: pieces, proceeds: true)
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
                network.begin(steps: 6, batch: 3)
                network.advance(first.inputs, steps: 6)
                network.proceed(steps: 5, rows: parents)
                network.advance(second.inputs, steps: 5)
                let size = networkCase.signature.outputs.size
                let together = (0..<5).map { network.outputs(step: $0) }
                for (row, parent) in parents.enumerated() {
                    network.begin(steps: 11, batch: 1)
                    network.advance(first.sequence(parent, steps: 6).inputs, steps: 6)
                    network.advance(second.sequence(row, steps: 5).inputs, steps: 5)
                    let alone = (6..<11).flatMap { network.outputs(step: $0) }
                    let outputs = together.flatMap { $0[row * size..<(row + 1) * size] }
                    // Products of other numbers of rows may be summed in another order.
                    let error = largestError(
                        outputs.doubles, alone.doubles, scale: magnitude(alone.doubles, atLeast: 1e-3))
                    #expect(error <= 2e-5, "row \(row) of \(networkCase); seed \(seed)")
                }
            }
        }

        @Test func aProceedRightAfterTheBeginningChangesNothing() throws {
            for (number, networkCase) in NetworkCase.all.enumerated() {
                var generator = RandomGenerator(seed: caseSeed(22, number))
                let network = try networkCase.network(using: &generator)
                let batch = Batch.random(networkCase.signature, steps: 4, count: 2, using: &generator)
                network.forward(batch)
                let expected = (0..<4).flatMap { network.outputs(step: $0) }
                network.begin(steps: 1, batch: 2)
                network.proceed(steps: 4)
                network.advance(batch.inputs, steps: 4)
                #expect(sameBits((0..<4).flatMap { network.outputs(step: $0) }, expected), "\(networkCase)")
            }
        }

        /// The processor time of this thread, in seconds.
        private func processorTime() -> Double {
            var time = timespec()
            clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
            return Double(time.tv_sec) + 1e-9 * Double(time.tv_nsec)
        }

        /// Also where nothing is ever popped whole, so that the window grows with every step.
        @Test(arguments: [-1.0, -100.0]) func aStepCostsTheSameHoweverManyCameBefore(popBias: Double) throws {
            let threads = Runtime.threads
            defer { Runtime.threads = threads }
            Runtime.threads = 1
            var memory = NeuralStack(width: 8)
            memory.popBias = popBias
            let signature = Signature(inputs: .symbols(4), outputs: .symbols(4))
            let network = try Network(
                NetworkConfiguration(controller: ElmanRNN(units: 32), memory: memory), signature: signature, seed: 1)
            let stream = NetworkStream(network)
            var generator = RandomGenerator(seed: 2)
            let seconds = (0..<20).map { _ in
                let batch = Batch.random(signature, steps: 20_000, count: 1, using: &generator)
                let start = processorTime()
                _ = stream.advance(batch.inputs, steps: 20_000)
                return processorTime() - start
            }
            // The least of a quarter each, and room to spare: the machine may be busy.
            let (first, last) = (seconds.prefix(5).min() ?? 0, seconds.suffix(5).min() ?? .infinity)
            #expect(last < 2 * first, "\(seconds)")
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
                    NetworkConfiguration(controller: LSTM(units: 6), memory: memory), signature: signature, seed: 3)
                var generator = RandomGenerator(seed: 4)
                let steps = 5000
                let batch = Batch.random(signature, steps: steps, count: 2, using: &generator)
                // One step at a time on both sides: the same products.
                network.begin(steps: steps, batch: 2)
                for step in 0..<steps { network.advance(inputs(batch, step..<step + 1), steps: 1) }
                let whole = (0..<steps).flatMap { network.outputs(step: $0) }
                let single = NetworkStream(network, batch: 2)
                let outputs = (0..<steps).flatMap { single.advance(inputs(batch, $0..<$0 + 1), steps: 1) }
                #expect(sameBits(outputs, whole), "\(memory.kind)")
                // In larger pieces.
                let stream = NetworkStream(network, batch: 2)
                let pieces = stride(from: 0, to: steps, by: 700).flatMap { first in
                    let end = min(first + 700, steps)
                    return stream.advance(inputs(batch, first..<end), steps: end - first)
                }
                let error = largestError(pieces.doubles, whole.doubles, scale: magnitude(whole.doubles, atLeast: 1e-3))
                #expect(error <= 1e-4, "\(memory.kind)")
            }
        }
    }
}
