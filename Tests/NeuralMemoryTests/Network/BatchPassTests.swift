// BatchPassTests.swift: a pass forward and back, shard by shard, is forward, loss and backward of the whole batch.

import NeuralMemory
import TestSupport
import Testing

extension NetworkSuites {
    @Suite struct BatchPassTests {
        private func sample(_ networkCase: NetworkCase, _ number: Int) throws -> (network: Network, batches: [Batch]) {
            var generator = RandomGenerator(seed: caseSeed(46, number))
            let network = try networkCase.network(using: &generator)
            let batches = [(3, 2), (12, 37), (1, 1), (5, 6)].map {
                Batch.random(networkCase.signature, steps: $0.0, count: $0.1, using: &generator)
            }
            return (network, batches)
        }

        /// Loss, gradients and states, with noise, from the initial state and from others, on any number of threads.
        @Test func aPassHasTheBitsOfItsParts() throws {
            let threads = Runtime.threads
            defer { Runtime.threads = threads }
            for (number, networkCase) in NetworkCase.all.enumerated() {
                let (network, batches) = try sample(networkCase, number)
                for (place, batch) in batches.enumerated() {
                    let noise = place == 1 ? StrengthNoise(deviation: 0.3, seed: 5, number: 7) : nil
                    var start: [Snapshot]?
                    for stretch in 1...2 {
                        let context = "\(networkCase), batch \(place), stretch \(stretch)"
                        let expected = network.makeGradients()
                        let episode = try network.forward(batch, from: start, noise: noise)
                        let ends = episode.snapshots()
                        let report = try episode.loss().backward(into: expected)
                        for count in [1, 2, 3, 7] {
                            Runtime.threads = count
                            let gradients = network.makeGradients()
                            let pass = try network.accumulateGradients(
                                of: batch, from: start, noise: noise, keepsSnapshots: true, into: gradients)
                            #expect(pass.report == report, "\(context)")
                            expectSameBits(Array(gradients.floats), Array(expected.floats), "gradients", context)
                            #expect(pass.snapshots == ends, "\(context)")
                        }
                        Runtime.threads = threads
                        start = ends
                    }
                }
            }
        }

        @Test func gradientsAreAddedToWhatIsThere() throws {
            let (network, batches) = try sample(NetworkCase.all[0], 100)
            let (once, twice) = (network.makeGradients(), network.makeGradients())
            let pass = try network.accumulateGradients(of: batches[0], into: once)
            #expect(pass.snapshots.isEmpty)
            for _ in 1...2 { _ = try network.accumulateGradients(of: batches[0], into: twice) }
            expectSameBits(Array(twice.floats), once.floats.map { 2 * $0 }, "gradients", "")
        }

        /// A loss that is not finite is reported, and leaves the gradients of its shard out.
        @Test func aLossThatIsNotFiniteHasNoGradients() throws {
            let (network, batches) = try sample(NetworkCase.all[0], 101)
            for slice in network.parameters.layout.parameters {
                try network.parameters.setValues(Array(repeating: .nan, count: slice.count), of: slice)
            }
            let gradients = network.makeGradients()
            let pass = try network.accumulateGradients(of: batches[1], into: gradients)
            #expect(!pass.report.objective.isFinite)
            #expect(gradients.floats.allSatisfy { $0 == 0 })
        }

        @Test func otherBuffersAreRefused() throws {
            let (network, batches) = try sample(NetworkCase.all[0], 102)
            let other = try sample(NetworkCase.all[1], 103).network
            #expect(throws: UsageError.self) {
                try network.accumulateGradients(of: batches[0], into: network.parameters)
            }
            #expect(throws: UsageError.self) {
                try network.accumulateGradients(of: batches[0], into: other.makeGradients())
            }
            #expect(throws: UsageError.self) {
                try network.accumulateGradients(of: batches[0], from: [], into: network.makeGradients())
            }
        }
    }
}
