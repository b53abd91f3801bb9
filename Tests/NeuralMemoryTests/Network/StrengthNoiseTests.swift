// StrengthNoiseTests.swift: noise on strengths is a sequence's own, is in training alone, and leaves gradients right.

import TestSupport
import Testing

import NeuralMemory

extension NetworkSuites {
    @Suite struct StrengthNoiseTests {
        private let signature = Signature(inputs: .symbols(5), outputs: .symbols(4))
        private let noise = StrengthNoise(deviation: 1, seed: 3, number: 7)

        private func network(_ memory: any MemoryKind) throws -> Network {
            try Network(
                NetworkConfiguration(controller: ElmanRNN(units: 6), memory: memory), signature: signature, seed: 2)
        }

        private func batch() -> Batch {
            var generator = RandomGenerator(seed: 5)
            return Batch.random(signature, steps: 6, count: 8, using: &generator)
        }

        @Test func aSequenceHasItsOwnNoise() {
            func draw(_ source: StrengthNoise.Source) -> [Float] {
                var source = source
                var row: [Float] = [0, 0, 0]
                row.withUnsafeMutableBufferPointer { source.add(to: $0.baseAddress!, columns: 2) }
                return row
            }
            let all = noise.sources(0..<8).map(draw)
            #expect(noise.sources(5..<7).map(draw) == Array(all[5..<7]))
            #expect(Set(all.map { $0[0] }).count == 8 && all.allSatisfy { $0[2] == 0 })
            let others = [
                StrengthNoise(deviation: 1, seed: 4, number: 7), StrengthNoise(deviation: 1, seed: 3, number: 8)
            ]
            for other in others { #expect(other.sources(0..<8).map(draw) != all) }
        }

        @Test func onlyTrainingHasNoise() throws {
            let (network, batch) = (try network(NeuralStack(width: 3)), batch())
            let before = try network.evaluate(batch).objective
            #expect(try network.forward(batch, noise: noise).loss().report.objective != before)
            #expect(try network.evaluate(batch).objective == before)
            #expect(try network.forward(batch).loss().report.objective == before)
        }

        @Test func aMemoryWithoutStrengthsHasNone() throws {
            let (network, batch) = (try network(TuringMemory(rows: 4, columns: 3)), batch())
            let expected = try network.forward(batch).loss().report.objective
            #expect(try network.forward(batch, noise: noise).loss().report.objective == expected)
        }

        /// Along the gradient the loss changes as the gradient's square says.
        @Test func gradientsAreThoseOfTheNoisyLoss() throws {
            for memory in [NeuralStack(width: 3), NeuralQueue(width: 3), NeuralDeque(width: 3)] as [any MemoryKind] {
                let (network, batch) = (try network(memory), batch())
                let gradients = network.makeGradients()
                try network.forward(batch, noise: noise).loss().backward(into: gradients)
                let start = Array(network.parameters.floats)
                let direction = Array(gradients.floats)
                let square = direction.reduce(0) { $0 + Double($1) * Double($1) }
                func objective(_ length: Float) throws -> Double {
                    for index in start.indices {
                        network.parameters.floats[index] = start[index] + length * direction[index]
                    }
                    return try network.forward(batch, noise: noise).loss().report.objective
                }
                let slope = (try objective(0.005) - objective(-0.005)) / 0.01
                #expect(abs(slope - square) < 0.02 * square, "\(memory.kind): \(slope), not \(square)")
            }
        }
    }
}
