// EpisodeTests.swift: one network over many episodes: buffers that are reused, episodes in pieces, numbers of threads.

import NeuralMemory
import ReferenceKernels
import TestSupport
import Testing

extension NetworkSuites {
    @Suite struct EpisodeTests {
        /// All that an episode computes.
        private struct Outcome {
            var outputs: [Float]
            var report: LossReport
            var gradients: [Float]

            func isTheSame(as other: Outcome) -> Bool {
                sameBits(outputs, other.outputs) && report == other.report && sameBits(gradients, other.gradients)
            }

            /// What is compared up to rounding.
            var numbers: [[Double]] { [outputs.doubles, [report.nats], [report.objective], gradients.doubles] }
        }

        private func outcome(_ network: Network, _ batch: Batch) throws -> Outcome {
            try network.forward(batch)
            return try finish(network, batch)
        }

        private func finish(_ network: Network, _ batch: Batch) throws -> Outcome {
            network.parameters.zeroGradients()
            let report = try network.loss(batch)
            try network.backward()
            return Outcome(
                outputs: try (0..<batch.steps).flatMap { try network.outputs(step: $0) }, report: report,
                gradients: try network.parameters.slices.flatMap { try network.parameters.gradient(of: $0) })
        }

        @Test func anEpisodeDoesNotDependOnThoseBefore() throws {
            for (number, networkCase) in NetworkCase.all.enumerated() {
                let seed = caseSeed(10, number)
                var generator = RandomGenerator(seed: seed)
                // Longer, shorter, wider, single, and the first shape again.
                let shapes = [(4, 3), (9, 3), (3, 2), (5, 6), (1, 1), (4, 3)]
                let batches = shapes.map {
                    Batch.random(networkCase.signature, steps: $0.0, count: $0.1, using: &generator)
                }
                let used = try networkCase.network(using: &generator)
                for (index, batch) in batches.enumerated() {
                    let fresh = try Network(networkCase.configuration, signature: networkCase.signature, seed: 1)
                    for slice in used.parameters.slices {
                        try fresh.parameters.setValues(used.parameters.values(of: slice), of: slice)
                    }
                    #expect(
                        try outcome(used, batch).isTheSame(as: outcome(fresh, batch)),
                        "episode \(index) of \(networkCase); seed \(seed)")
                }
            }
        }

        @Test func anEvaluationBetweenChangesNothing() throws {
            var generator = RandomGenerator(seed: testSeed(14))
            let networkCase = NetworkCase.all[0]
            let network = try networkCase.network(using: &generator)
            let batch = Batch.random(networkCase.signature, steps: 4, count: 2, using: &generator)
            let longer = Batch.random(networkCase.signature, steps: 11, count: 5, using: &generator)
            let first = try outcome(network, batch)
            try network.forward(longer)
            #expect(try network.loss(longer, withGradients: false) == network.loss(longer))
            #expect(try outcome(network, batch).isTheSame(as: first))
        }

        /// The same bits with our own matrix product; oneDNN may sum in another order for another number of rows.
        @Test func stepsInPiecesAreTheStepsAtOnce() throws {
            for (number, networkCase) in NetworkCase.all.enumerated() {
                let (steps, count) = (7, 3)
                let sample = try NetworkSample(networkCase, test: 11, number: number, steps: steps, sequences: count)
                let (network, batch) = (sample.network, sample.batch)
                let atOnce = try outcome(network, batch)
                let bounds = try network.conditioned(ErrorBound.Factor.evaluations, seed: sample.seed) {
                    try outcome(network, batch).numbers
                }.bounds
                for pieces in [[1, 1, 1, 1, 1, 1, 1], [2, 4, 1], [6, 1], [3, 4]] {
                    try network.begin(steps: steps, batch: count)
                    var first = 0
                    for piece in pieces {
                        let rows = Array(first * count..<(first + piece) * count)
                        try network.advance(batch.inputs.rows(rows, of: steps * count), steps: piece)
                        first += piece
                    }
                    let context = "\(pieces) of \(networkCase); seed \(sample.seed)"
                    let inPieces = try finish(network, batch)
                    if Runtime.usesOneDNN {
                        expectClose(inPieces, atOnce, bounds, context)
                    } else {
                        #expect(inPieces.isTheSame(as: atOnce), "\(context)")
                    }
                }
            }
        }

        private func expectClose(
            _ actual: Outcome, _ expected: Outcome, _ bounds: [ErrorBound], _ context: String,
            at location: SourceLocation = #_sourceLocation
        ) {
            for (index, name) in ["outputs", "loss", "objective", "gradients"].enumerated() {
                TestSupport.expectClose(
                    actual.numbers[index], expected.numbers[index], within: bounds[index], name, context, at: location)
            }
        }

        /// Networks for batches with enough to do for several strands, and for every kernel to share its work.
        private static let large: [NetworkConfiguration] = {
            let memories: [any MemoryKind] = [
                NeuralStack(width: 33), NeuralQueue(width: 33), NeuralDeque(width: 17),
                TuringMemory(rows: 30, columns: 11, heads: 2), NoMemory()
            ]
            return memories.enumerated().map { number, memory in
                var configuration = NetworkConfiguration(controller: LSTM(units: 67, layers: 2), memory: memory)
                configuration.output = OutputConfiguration(source: .controllerAndReads, hiddenSize: 48)
                configuration.controllerOutputSize = number % 2 == 0 ? 50 : nil
                configuration.reconstruction.weight = number % 3 == 0 ? 0.5 : 0
                return configuration
            }
        }()

        private func largeBatch(
            _ configuration: NetworkConfiguration, _ generator: inout RandomGenerator
        ) throws -> (network: Network, batch: Batch) {
            let signature = Signature(inputs: .symbols(40), outputs: .symbols(41))
            let network = try Network(configuration, signature: signature, seed: generator.next())
            return (network, Batch.random(signature, steps: 12, count: 37, using: &generator))
        }

        /// `forward` cuts a batch into strands, `begin` and `advance` do not. Sums over all sequences are taken strand by
        /// strand.
        @Test func strandsTogetherAreTheWholeBatch() throws {
            for (number, configuration) in Self.large.enumerated() {
                // So many strengths are not all far from kinks; a hundred units in the last place are far enough.
                let sample = try NetworkSample(test: 15, number: number, leastMargin: 1e-5) {
                    try largeBatch(configuration, &$0)
                }
                let (network, batch) = (sample.network, sample.batch)
                let context = "\(configuration.memory.kind); seed \(sample.seed)"
                func rest() throws -> (outcome: Outcome, traces: [[Double]]) {
                    let traces = try [0, 20, 36].map { try network.trace(sequence: $0).figures.map(\.value) }
                    return (try finish(network, batch), traces)
                }
                func runWhole() throws -> (outcome: Outcome, traces: [[Double]]) {
                    try network.begin(steps: batch.steps, batch: batch.count)
                    try network.advance(batch.inputs, steps: batch.steps)
                    return try rest()
                }
                let bounds = try network.conditioned(ErrorBound.Factor.evaluations, seed: sample.seed) {
                    let whole = try runWhole()
                    return whole.outcome.numbers + whole.traces
                }.bounds
                let whole = try runWhole()
                try network.forward(batch)
                let inStrands = try rest()
                expectClose(inStrands.outcome, whole.outcome, bounds, context)
                let (report, expected) = (inStrands.outcome.report, whole.outcome.report)
                #expect(report.outputs == expected.outputs && expected.sequences == batch.count)
                TestSupport.expectClose(
                    [report.rightPrefixes], [expected.rightPrefixes],
                    within: .rounding(batch.count, of: Double(batch.count), .double), "right prefixes", context)
                for (index, trace) in whole.traces.enumerated() {
                    TestSupport.expectClose(
                        inStrands.traces[index], trace, within: bounds[4 + index], "trace", context)
                }
            }
        }

        /// Whatever multiplies: a strand's products are one thread's.
        @Test func threadsDoNotChangeTheResult() throws {
            let threads = Runtime.threads
            defer { Runtime.threads = threads }
            for (number, configuration) in Self.large.enumerated() {
                let seed = caseSeed(12, number)
                var generator = RandomGenerator(seed: seed)
                let (network, batch) = try largeBatch(configuration, &generator)
                let context = "\(configuration.memory.kind), seed \(seed)"
                Runtime.threads = 1
                let serial = try outcome(network, batch)
                for threads in [2, 3, 7] {
                    Runtime.threads = threads
                    #expect(try outcome(network, batch).isTheSame(as: serial), "\(context), \(threads) threads")
                }
                #expect(try outcome(network, batch).isTheSame(as: outcome(network, batch)), "\(context)")
            }
        }

        @Test func theNumberOfThreadsIsWhatWasSet() {
            let threads = Runtime.threads
            defer { Runtime.threads = threads }
            for count in [1, 2, 3, 7] {
                Runtime.threads = count
                #expect(Runtime.threads == (Runtime.usesOpenMP ? count : 1))
            }
            for count in [0, -1, Int.min] {
                Runtime.threads = count
                #expect(Runtime.threads == 1)
            }
            Runtime.threads = Int.max
            #expect(Runtime.threads == (Runtime.usesOpenMP ? 1024 : 1))
            #expect(Runtime.processors >= 1 && !Runtime.summary.isEmpty)
        }
    }
}
