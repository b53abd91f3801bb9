// NetworkReferenceTests.swift: whole networks against the Double reference network, over combinations of all settings.

import NeuralMemory
import ReferenceKernels
import TestSupport
import Testing
import NeuralMemoryTraining

extension NetworkSuites {
    /// Outputs and loss against the reference; gradients against central differences of the reference.
    @Suite struct NetworkReferenceTests {
        private static let steps = 6
        private static let sequences = 3

        private func sample(_ networkCase: NetworkCase, test: Int, number: Int) throws -> NetworkSample {
            try NetworkSample(
                networkCase, test: test, number: number, steps: Self.steps, sequences: Self.sequences)
        }

        @Test func allPairsOfSettingsOccur() {
            var pairs: Set<[String]> = []
            for networkCase in NetworkCase.all {
                for x in networkCase.settings { for y in networkCase.settings { pairs.insert([x, y]) } }
            }
            let columns = NetworkCase.all[0].settings.indices.map { column in
                Set(NetworkCase.all.map { $0.settings[column] })
            }
            #expect(columns.map(\.count) == [10, 14, 2, 2, 2, 3, 4, 2])
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
            #expect(Set(NetworkCase.all.map(\.controller.kind.kind)) == Set(Registry.standard.controllers.names))
            #expect(Set(NetworkCase.all.map(\.memory.kind.kind)) == Set(Registry.standard.memories.names))
        }

        @Test func outputsAndLossAreTheReferences() throws {
            for (number, networkCase) in NetworkCase.all.enumerated() {
                let sample = try sample(networkCase, test: 1, number: number)
                let context = "\(networkCase); seed \(sample.seed)"
                let (expected, bounds) = ErrorBound.conditioned(ErrorBound.Factor.network, seed: sample.seed) {
                    nudged in
                    var reference = sample.reference
                    for name in reference.parameters.keys.sorted() {
                        reference.parameters[name] = nudged(reference.parameters[name]!)
                    }
                    let result = reference.run(sample.batch)
                    return [result.logits, [result.loss]]
                }
                let episode = try sample.network.forward(sample.batch)
                var outputs: [Float] = []
                for step in 0..<Self.steps { outputs += try episode.outputs(step: step) }
                expectClose(outputs, expected[0], within: bounds[0], "outputs", context)
                let report = episode.loss().report
                expectClose([report.objective], expected[1], within: bounds[1], "loss", context)
            }
        }

        @Test func gradientsAreTheReferencesDifferences() throws {
            var rejected = 0
            for (number, networkCase) in NetworkCase.all.enumerated() {
                let sample = try sample(networkCase, test: 2, number: number)
                rejected += sample.rejected
                let slices = sample.network.parameters.layout.parameters
                let (gradients, bounds) = try sample.network.conditioned(
                    ErrorBound.Factor.networkGradients, seed: sample.seed
                ) {
                    let gradients = sample.network.makeGradients()
                    try sample.network.forward(sample.batch).loss().backward(into: gradients)
                    return try slices.map { try gradients.values(of: $0).doubles }
                }
                for (index, slice) in slices.enumerated() {
                    compareGradient(gradients[index], bounds[index], sample, slice, "\(networkCase)")
                }
            }
            #expect(rejected <= 2 * NetworkCase.all.count, "\(rejected) draws were too close to a kink")
        }

        /// Compares the largest gradient of a parameter, and some others.
        private func compareGradient(
            _ gradient: [Double], _ bound: ErrorBound, _ sample: NetworkSample, _ slice: Parameter,
            _ name: String
        ) {
            var generator = RandomGenerator(seed: sample.seed, stream: 9)
            var chosen = Set((0..<4).map { _ in generator.integer(in: 0...slice.count - 1) })
            chosen.insert(gradient.indices.max { abs(gradient[$0]) < abs(gradient[$1]) }!)
            let indices = chosen.sorted()
            let differences = indices.map { difference(sample, slice.name, $0) }
            expectClose(
                indices.map { gradient[$0] }, differences.map(\.slope),
                within: bound + ErrorBound(each: differences.map(\.error)), "gradient",
                "\(slice.name) \(indices) of \(name); seed \(sample.seed)")
        }

        /// The central difference of the reference's loss.
        private func difference(_ sample: NetworkSample, _ name: String, _ index: Int) -> CentralDifference {
            // Links get no gradient.
            var reference = sample.reference.holdingLinks(of: sample.batch)
            return CentralDifference(step: 5e-6, roundings: 100, magnitude: max(1, sample.result.loss)) { change in
                var parameter = sample.reference.parameters[name]!
                parameter[index] += change
                reference.parameters[name] = parameter
                return reference.run(sample.batch).loss
            }
        }
    }
}
