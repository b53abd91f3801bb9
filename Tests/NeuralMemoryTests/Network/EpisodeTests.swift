// EpisodeTests.swift: one network over many episodes: buffers that are reused, episodes under way at the same time,
// shards, numbers of threads.

import Foundation
import NeuralMemory
import ReferenceKernels
import Synchronization
import TestSupport
import Testing

extension NetworkSuites {
    @Suite struct EpisodeTests {
        /// All that a training episode computes.
        private struct Outcome {
            var outputs: [Float]
            var report: LossReport
            var gradients: [Float]

            func isTheSame(as other: Outcome) -> Bool {
                sameBits(outputs, other.outputs) && report == other.report && sameBits(gradients, other.gradients)
            }
        }

        private func outcome(_ network: Network, _ batch: Batch) throws -> Outcome {
            try finish(network, network.forward(batch), steps: batch.steps)
        }

        private func finish(
            _ network: Network, _ episode: consuming TrainingEpisode, steps: Int
        ) throws -> Outcome {
            let outputs = try episode.outputs(ofSteps: steps)
            let gradients = network.makeGradients()
            let loss = episode.loss()
            let report = loss.report
            try loss.backward(into: gradients)
            return Outcome(outputs: outputs, report: report, gradients: Array(gradients.floats))
        }

        // MARK: One after the other

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
                    for parameter in used.parameters.layout.parameters {
                        try fresh.parameters.setValues(used.parameters.values(of: parameter), of: parameter)
                    }
                    #expect(
                        try outcome(used, batch).isTheSame(as: outcome(fresh, batch)),
                        "episode \(index) of \(networkCase); seed \(seed)")
                }
            }
        }

        /// An episode that ends after its forward pass, or after its loss, leaves nothing behind either.
        @Test func anEpisodeMayEndBeforeItsGradients() throws {
            var generator = RandomGenerator(seed: testSeed(14))
            let networkCase = NetworkCase.all[0]
            let network = try networkCase.network(using: &generator)
            let batch = Batch.random(networkCase.signature, steps: 4, count: 2, using: &generator)
            let longer = Batch.random(networkCase.signature, steps: 11, count: 5, using: &generator)
            let first = try outcome(network, batch)
            _ = try network.forward(longer)
            #expect(try outcome(network, batch).isTheSame(as: first))
            _ = try network.forward(longer).loss()
            #expect(try outcome(network, batch).isTheSame(as: first))
        }

        /// Nothing is kept of an evaluation's steps, and still it computes the same.
        @Test func anEvaluationsLossIsTheTrainingLoss() throws {
            for (number, networkCase) in NetworkCase.all.enumerated() {
                let seed = caseSeed(16, number)
                var generator = RandomGenerator(seed: seed)
                let network = try networkCase.network(using: &generator)
                let batch = Batch.random(networkCase.signature, steps: 9, count: 5, using: &generator)
                let report = try network.forward(batch).loss().report
                #expect(try network.evaluate(batch) == report, "\(networkCase); seed \(seed)")
            }
            for (number, configuration) in Self.large.enumerated() {
                let seed = caseSeed(17, number)
                var generator = RandomGenerator(seed: seed)
                let (network, batch) = try largeBatch(configuration, &generator)
                let report = try network.forward(batch).loss().report
                #expect(try network.evaluate(batch) == report, "\(configuration.memory.kind); seed \(seed)")
            }
        }

        // MARK: Under way at the same time

        @Test func othersInBetweenChangeNothing() throws {
            for (number, networkCase) in NetworkCase.all.enumerated() {
                let seed = caseSeed(18, number)
                var generator = RandomGenerator(seed: seed)
                let network = try networkCase.network(using: &generator)
                let batch = Batch.random(networkCase.signature, steps: 6, count: 3, using: &generator)
                let other = Batch.random(networkCase.signature, steps: 8, count: 4, using: &generator)
                let expected = try [batch, other].map { try outcome(network, $0) }
                let context = "\(networkCase); seed \(seed)"

                // Two for training, an evaluation after each call, and the loss of the second one first.
                let episode = try network.forward(batch)
                #expect(try network.evaluate(other) == expected[1].report, "\(context)")
                let second = try network.forward(other)
                let outputs = try episode.outputs(ofSteps: 6)
                let (gradients, otherGradients) = (network.makeGradients(), network.makeGradients())
                let secondLoss = second.loss()
                let loss = episode.loss()
                #expect(try network.evaluate(batch) == expected[0].report, "\(context)")
                let reports = [loss.report, secondLoss.report]
                try loss.backward(into: gradients)
                try secondLoss.backward(into: otherGradients)
                #expect(sameBits(outputs, expected[0].outputs), "\(context)")
                #expect(reports == expected.map(\.report), "\(context)")
                #expect(sameBits(Array(gradients.floats), expected[0].gradients), "\(context)")
                #expect(sameBits(Array(otherGradients.floats), expected[1].gradients), "\(context)")
            }
        }

        /// Each thread has its own network; the kernels' threads are shared.
        @Test func twoThreadsWithTwoNetworks() throws {
            let configurations = Array(Self.large.prefix(2))
            let batches = configurations.indices.map { number in
                var generator = RandomGenerator(seed: caseSeed(19, number))
                return Batch.random(Self.largeSignature, steps: 12, count: 37, using: &generator)
            }
            /// Reports, then gradients, of some steps of training.
            @Sendable func train(_ index: Int) throws -> (reports: [LossReport], parameters: [Float]) {
                let network = try Network(configurations[index], signature: Self.largeSignature, seed: 1)
                let gradients = network.makeGradients()
                var reports: [LossReport] = []
                for _ in 0..<6 {
                    gradients.zero()
                    let loss = try network.forward(batches[index]).loss()
                    reports.append(loss.report)
                    try loss.backward(into: gradients)
                    for place in gradients.floats.indices {
                        network.parameters.floats[place] -= 0.5 * gradients.floats[place]
                    }
                }
                return (reports, Array(network.parameters.floats))
            }
            let alone = try configurations.indices.map { try train($0) }
            let together = Mutex<[Int: (reports: [LossReport], parameters: [Float])]>([:])
            let failures = Mutex<[String]>([])
            DispatchQueue.concurrentPerform(iterations: configurations.count) { index in
                do {
                    let result = try train(index)
                    together.withLock { $0[index] = result }
                } catch { failures.withLock { $0.append("\(error)") } }
            }
            #expect(failures.withLock { $0 } == [])
            for (index, expected) in alone.enumerated() {
                let result = try #require(together.withLock { $0[index] })
                #expect(result.reports == expected.reports)
                #expect(sameBits(result.parameters, expected.parameters))
            }
        }

        // MARK: Shards

        private static let largeSignature = Signature(inputs: .symbols(40), outputs: .symbols(41))

        /// Networks for batches with enough to do for several shards, and for every kernel to share its work.
        private static let large: [NetworkConfiguration] = {
            // Rows that differ, and few of them: of rows that are alike or many, some nearly tie in usage.
            var dnc = DNC(rows: 3, columns: 11, readHeads: 2)
            dnc.initialMemory = .random
            let memories: [any MemoryKind] = [
                NeuralStack(width: 33), NeuralQueue(width: 33), NeuralDeque(width: 17),
                TuringMemory(rows: 30, columns: 11, heads: 2), dnc, NoMemory(),
                SparseMemory(rows: 300, columns: 11, heads: 2), SparseDNC(rows: 300, columns: 11, heads: 2),
                TuringMemory(rows: 30, columns: 11, readHeads: 4, writeHeads: 1)
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
            let network = try Network(configuration, signature: Self.largeSignature, seed: generator.next())
            return (network, Batch.random(Self.largeSignature, steps: 12, count: 37, using: &generator))
        }

        /// Otherwise the tests of shards would say nothing.
        ///
        /// Both layers' weights are about 60,000.
        @Test func largeBatchesHaveSeveralShards() throws {
            for configuration in Self.large {
                let model = try NetworkModel(configuration, signature: Self.largeSignature)
                let partition = BatchPartition(
                    steps: 12, batch: 37, stepWeights: 60_000, parameters: model.layout.count)
                #expect(partition.shards.count > 1, "\(configuration.memory.kind)")
            }
        }

        /// A batch, cut into shards, computes what its sequences do in parts that are run one after the other, with the
        /// totals of the whole batch; sums over sequences are taken in another order.
        @Test func partsTogetherAreTheWholeBatch() throws {
            for (number, configuration) in Self.large.enumerated() {
                // In so many steps some choice of a sparse memory's rows is always close.
                if configuration.memory is SparseMemory || configuration.memory is SparseDNC { continue }
                // So many strengths are not all far from kinks; a hundred units in the last place are far enough.
                let sample = try NetworkSample(test: 15, number: number, leastMargin: 1e-5) {
                    try largeBatch(configuration, &$0)
                }
                let (network, batch) = (sample.network, sample.batch)
                let context = "\(configuration.memory.kind); seed \(sample.seed)"
                func numbers(_ report: LossReport, _ gradients: ParameterBuffer) -> [[Double]] {
                    [[report.nats], [report.objective], Array(gradients.floats).doubles]
                }
                func runWhole() throws -> [[Double]] {
                    let whole = try outcome(network, batch)
                    return [[whole.report.nats], [whole.report.objective], whole.gradients.doubles]
                }
                let bounds = try network.conditioned(ErrorBound.Factor.evaluations, seed: sample.seed) {
                    try runWhole()
                }.bounds
                let whole = try runWhole()
                let gradients = network.makeGradients()
                var report = LossReport.empty
                for part in [0..<1, 1..<20, 20..<37] {
                    let loss = try network.forward(batch.part(part)).loss(over: network.totals(batch))
                    report = report.adding(loss.report)
                    try loss.backward(into: gradients)
                }
                let inParts = numbers(report, gradients)
                for (index, name) in ["loss", "objective", "gradients"].enumerated() {
                    expectClose(inParts[index], whole[index], within: bounds[index], name, context)
                }
                let expected = try network.evaluate(batch)
                #expect(report.outputs == expected.outputs && report.sequences == expected.sequences)
                expectClose(
                    [report.rightPrefixes], [expected.rightPrefixes],
                    within: .rounding(batch.count, of: Double(batch.count), .double), "right prefixes", context)
            }
        }

        /// An inference episode runs all sequences in one shard.
        @Test func shardsGiveTheOutputsOfTheWholeBatch() throws {
            for (number, configuration) in Self.large.enumerated() {
                let seed = caseSeed(23, number)
                var generator = RandomGenerator(seed: seed)
                let (network, batch) = try largeBatch(configuration, &generator)
                func runWhole() throws -> [Float] {
                    try InferenceEpisode(network, batch: batch.count, room: batch.steps)
                        .advance(batch.inputs, steps: batch.steps)
                }
                let bounds = try network.conditioned(ErrorBound.Factor.evaluations, seed: seed) {
                    [try runWhole().doubles]
                }.bounds
                let outputs = try network.forward(batch).outputs(ofSteps: batch.steps)
                expectClose(
                    outputs, try runWhole().doubles, within: bounds[0], "outputs",
                    "\(configuration.memory.kind); seed \(seed)")
            }
        }

        // MARK: Threads

        /// Whatever multiplies: a shard's products are one thread's.
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
                    #expect(try network.evaluate(batch) == serial.report, "\(context), \(threads) threads")
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
            #expect(Runtime.threads == (Runtime.usesOpenMP ? Runtime.mostThreads : 1))
            #expect(Runtime.processors >= 1 && !Runtime.summary.isEmpty)
        }
    }
}

extension TrainingEpisode {
    /// Outputs of the first steps, (steps, B, size) row-major.
    func outputs(ofSteps steps: Int) throws -> [Float] {
        var outputs: [Float] = []
        for step in 0..<steps { outputs += try self.outputs(step: step) }
        return outputs
    }
}

extension Batch {
    /// Some of the sequences.
    fileprivate func part(_ sequences: Range<Int>) -> Batch {
        let rows = (0..<steps).flatMap { step in sequences.map { step * count + $0 } }
        return Batch(
            checked: steps, count: sequences.count, inputs: inputs.rows(rows, of: steps * count),
            targets: targets.rows(rows, of: steps * count), mask: rows.map { mask[$0] })
    }
}
