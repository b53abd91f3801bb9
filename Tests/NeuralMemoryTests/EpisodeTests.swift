// EpisodeTests.swift: one network over many episodes: buffers that are reused, episodes in pieces, numbers of threads.

import NeuralMemory
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

            /// The largest error of outputs, loss and gradients, each against its largest number.
            func error(against other: Outcome) -> Double {
                func error(_ x: [Double], _ y: [Double]) -> Double {
                    largestError(x, y, scale: magnitude(y, atLeast: 1e-3))
                }
                return max(
                    error(outputs.doubles, other.outputs.doubles), error([report.nats], [other.report.nats]),
                    error(gradients.doubles, other.gradients.doubles))
            }
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
            var generator = RandomGenerator(seed: 14)
            let networkCase = NetworkCase.all[0]
            let network = try networkCase.network(using: &generator)
            let batch = Batch.random(networkCase.signature, steps: 4, count: 2, using: &generator)
            let longer = Batch.random(networkCase.signature, steps: 11, count: 5, using: &generator)
            let first = try outcome(network, batch)
            try network.forward(longer)
            #expect(try network.loss(longer, withGradients: false) == network.loss(longer))
            #expect(try outcome(network, batch).isTheSame(as: first))
        }

        @Test func stepsInPiecesAreTheStepsAtOnce() throws {
            for (number, networkCase) in NetworkCase.all.enumerated() {
                let seed = caseSeed(11, number)
                var generator = RandomGenerator(seed: seed)
                let network = try networkCase.network(using: &generator)
                let (steps, count) = (7, 3)
                let batch = Batch.random(networkCase.signature, steps: steps, count: count, using: &generator)
                let atOnce = try outcome(network, batch)
                for pieces in [[1, 1, 1, 1, 1, 1, 1], [2, 4, 1], [6, 1], [3, 4]] {
                    try network.begin(steps: steps, batch: count)
                    var first = 0
                    for piece in pieces {
                        let rows = Array(first * count..<(first + piece) * count)
                        try network.advance(batch.inputs.rows(rows, of: steps * count), steps: piece)
                        first += piece
                    }
                    compare(try finish(network, batch), atOnce, "\(pieces) of \(networkCase); seed \(seed)")
                }
            }
        }

        /// The same bits with our own matrix product; oneDNN may sum in another order for another number of rows.
        private func compare(
            _ actual: Outcome, _ expected: Outcome, _ context: String,
            at location: SourceLocation = #_sourceLocation
        ) {
            if Runtime.usesOneDNN {
                #expect(actual.error(against: expected) <= 2e-5, "\(context)", sourceLocation: location)
            } else {
                #expect(actual.isTheSame(as: expected), "\(context)", sourceLocation: location)
            }
        }

        /// Batches with enough to do for several strands, and for every kernel to share its work.
        private func forEachLargeBatch(
            _ seed: Int, _ body: (_ memory: any MemoryKind, _ network: Network, _ batch: Batch) throws -> Void
        ) throws {
            let memories: [any MemoryKind] = [
                NeuralStack(width: 33), NeuralQueue(width: 33), NeuralDeque(width: 17),
                TuringMemory(rows: 30, columns: 11, heads: 2), NoMemory()
            ]
            for (number, memory) in memories.enumerated() {
                var configuration = NetworkConfiguration(controller: LSTM(units: 67, layers: 2), memory: memory)
                configuration.output = OutputConfiguration(source: .controllerAndReads, hiddenSize: 48)
                configuration.controllerOutputSize = number % 2 == 0 ? 50 : 0
                configuration.reconstruction.weight = number % 3 == 0 ? 0.5 : 0
                let signature = Signature(inputs: .symbols(40), outputs: .symbols(41))
                var generator = RandomGenerator(seed: caseSeed(seed, number))
                let network = try Network(configuration, signature: signature, seed: generator.next())
                try body(memory, network, Batch.random(signature, steps: 12, count: 37, using: &generator))
            }
        }

        /// `forward` cuts a batch into strands, `begin` and `advance` do not.
        @Test func strandsTogetherAreTheWholeBatch() throws {
            try forEachLargeBatch(15) { memory, network, batch in
                func figures() throws -> [[Double]] {
                    try [0, 20, 36].map { try network.trace(sequence: $0).figures.map(\.value) }
                }
                try network.forward(batch)
                let traces = try figures()
                let inStrands = try finish(network, batch)
                try network.begin(steps: batch.steps, batch: batch.count)
                try network.advance(batch.inputs, steps: batch.steps)
                let expectedTraces = try figures()
                let whole = try finish(network, batch)
                // Sums over all sequences are taken strand by strand.
                #expect(inStrands.error(against: whole) <= 2e-5, "\(memory.kind)")
                #expect(abs(inStrands.report.objective - whole.report.objective) <= 1e-6 * whole.report.objective)
                #expect(inStrands.report.outputs == whole.report.outputs && whole.report.sequences == batch.count)
                #expect(inStrands.report.rightPrefixes == whole.report.rightPrefixes)
                for (trace, expected) in zip(traces, expectedTraces) {
                    #expect(largestError(trace, expected, scale: 1) <= 1e-4, "\(memory.kind)")
                }
            }
        }

        @Test func threadsDoNotChangeTheResult() throws {
            let threads = Runtime.threads
            defer { Runtime.threads = threads }
            try forEachLargeBatch(12) { memory, network, batch in
                Runtime.threads = 1
                let serial = try outcome(network, batch)
                for threads in [2, 3, 7] {
                    Runtime.threads = threads
                    // Whatever multiplies: a strand's products are one thread's.
                    #expect(try outcome(network, batch).isTheSame(as: serial), "\(memory.kind), \(threads) threads")
                }
                #expect(try outcome(network, batch).isTheSame(as: outcome(network, batch)), "\(memory.kind)")
            }
        }

        @Test func theNumberOfThreadsIsWhatWasSet() {
            let threads = Runtime.threads
            defer { Runtime.threads = threads }
            for count in [1, 2, 3, 7] {
                Runtime.threads = count
                #expect(Runtime.threads == (Runtime.usesOpenMP ? count : 1))
            }
            Runtime.threads = 0
            #expect(Runtime.threads == 1)
            #expect(Runtime.processors >= 1 && !Runtime.summary.isEmpty)
        }
    }
}
