// NetworkReferenceTests.swift: whole networks against the Double reference network, over combinations of all settings.

import NeuralMemory
import Testing

extension NetworkSuites {
    /// Outputs and loss against the reference; gradients against central differences of the reference.
    @Suite struct NetworkReferenceTests {
        private static let steps = 6
        private static let sequences = 3
        /// How far memories must stay from their kinks: far beyond Float's rounding and the differences' steps.
        private static let leastMargin = 1e-3
        private static let attempts = 40

        /// A network, a batch, and the reference's result, drawn again until no memory is close to a kink.
        private struct Sample {
            let seed: UInt64
            let network: Network
            let batch: Batch
            let reference: ReferenceNetwork
            let result: ReferenceNetwork.Result
            let rejected: Int

            init?(_ networkCase: NetworkCase, test: Int, number: Int) throws {
                for attempt in 0..<attempts {
                    let seed = caseSeed(test, number * attempts + attempt)
                    var generator = RandomGenerator(seed: seed)
                    let network = try networkCase.network(using: &generator)
                    let batch = Batch.random(
                        networkCase.signature, steps: steps, count: sequences, using: &generator)
                    let reference = try ReferenceNetwork(network)
                    let result = reference.run(batch)
                    guard result.margin >= leastMargin else { continue }
                    self.seed = seed
                    self.network = network
                    self.batch = batch
                    self.reference = reference
                    self.result = result
                    rejected = attempt
                    return
                }
                return nil
            }
        }

        @Test func allPairsOfSettingsOccur() {
            var pairs: Set<[String]> = []
            for networkCase in NetworkCase.all {
                for x in networkCase.settings { for y in networkCase.settings { pairs.insert([x, y]) } }
            }
            let columns = NetworkCase.all[0].settings.indices.map { column in
                Set(NetworkCase.all.map { $0.settings[column] })
            }
            #expect(columns.map(\.count) == [10, 6, 2, 2, 2, 3, 2, 2])
            for (index, column) in columns.enumerated() {
                for other in columns[(index + 1)...] {
                    for x in column {
                        // Vectors are not reconstructed.
                        for y in other where [x, y] != ["vectors", "reconstruction 0.5"] {
                            #expect(pairs.contains([x, y]), "\(x) with \(y)")
                        }
                    }
                }
            }
        }

        @Test func allKindsOccur() {
            #expect(Set(NetworkCase.all.map(\.controller.kind.kind)) == Set(controllerChoices.names))
            #expect(Set(NetworkCase.all.map(\.memory.kind.kind)) == Set(memoryChoices.names))
        }

        @Test func outputsAndLossAreTheReferences() throws {
            var worst = Worst()
            var numbers = 0
            for (number, networkCase) in NetworkCase.all.enumerated() {
                let sample = try #require(
                    try Sample(networkCase, test: 1, number: number), "always close to a kink: \(networkCase)")
                let context = "\(networkCase); seed \(sample.seed)"
                try sample.network.forward(sample.batch)
                let outputs = try (0..<Self.steps).flatMap { try sample.network.outputs(step: $0).doubles }
                let outputError = largestError(
                    outputs, sample.result.logits, scale: magnitude(sample.result.logits, atLeast: 1))
                #expect(outputError <= 5e-6, "outputs: \(context)")
                let report = try sample.network.loss(sample.batch)
                let lossError = largestError(
                    [report.objective], [sample.result.loss], scale: max(1, sample.result.loss))
                #expect(lossError <= 2e-6, "loss: \(context)")
                worst.note(max(outputError, lossError), context)
                numbers += outputs.count
            }
            print("outputs and loss: \(NetworkCase.all.count) networks, \(numbers) outputs, \(worst)")
        }

        @Test func gradientsAreTheReferencesDifferences() throws {
            var worst = Worst()
            var elements = 0
            var rejected = 0
            for (number, networkCase) in NetworkCase.all.enumerated() {
                let sample = try #require(
                    try Sample(networkCase, test: 2, number: number), "always close to a kink: \(networkCase)")
                rejected += sample.rejected
                sample.network.parameters.zeroGradients()
                try sample.network.forward(sample.batch)
                _ = try sample.network.loss(sample.batch)
                try sample.network.backward()
                for slice in sample.network.parameters.slices {
                    elements += try compareGradient(sample, slice, "\(networkCase)", &worst)
                }
            }
            #expect(rejected <= 2 * NetworkCase.all.count, "\(rejected) draws were too close to a kink")
            print(
                "gradients: \(NetworkCase.all.count) networks, \(elements) elements, \(rejected) draws rejected, \(worst)"
            )
        }

        /// Compares the largest gradient of a parameter, and some others. Returns how many.
        private func compareGradient(
            _ sample: Sample, _ slice: Parameters.Slice, _ name: String, _ worst: inout Worst
        ) throws -> Int {
            let gradient = try sample.network.parameters.gradient(of: slice).doubles
            var generator = RandomGenerator(seed: sample.seed, stream: 9)
            var chosen = Set((0..<4).map { _ in generator.integer(in: 0...slice.count - 1) })
            chosen.insert(gradient.indices.max { abs(gradient[$0]) < abs(gradient[$1]) }!)
            let indices = chosen.sorted()
            let differences = indices.map { difference(sample, slice.name, $0) }
            // The floor is for parameters without any influence, where differences give rounding alone.
            let error = largestError(
                indices.map { gradient[$0] }, differences, scale: magnitude(gradient + differences, atLeast: 1e-4))
            let context = "\(slice.name) \(indices) of \(name); seed \(sample.seed)"
            #expect(error <= 5e-5, "gradient of \(context)")
            worst.note(error, context)
            return indices.count
        }

        /// The central difference of the reference's loss.
        private func difference(_ sample: Sample, _ name: String, _ index: Int) -> Double {
            let step = 1e-6
            var reference = sample.reference
            func loss(_ change: Double) -> Double {
                var parameter = sample.reference.parameters[name]!
                parameter[index] += change
                reference.parameters[name] = parameter
                return reference.run(sample.batch).loss
            }
            return (loss(step) - loss(-step)) / (2 * step)
        }
    }
}

/// The largest error so far, and where it was.
struct Worst: CustomStringConvertible {
    private var error = 0.0
    private var place = "nowhere"

    mutating func note(_ error: Double, _ place: String) {
        guard !(error <= self.error) else { return }
        self.error = error
        self.place = place
    }

    var description: String { "largest error \(error) at \(place)" }
}
