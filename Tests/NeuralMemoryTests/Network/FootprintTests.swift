// FootprintTests.swift: what a network states that it will take is what it then allocates.

import NeuralMemory
import TestSupport
import Testing

extension NetworkSuites {
    @Suite struct FootprintTests {
        private static let signatures = [
            Signature(inputs: .symbols(30), outputs: .symbols(40)), Signature(inputs: .vectors(9), outputs: .bits(8))
        ]

        private static var memories: [any MemoryKind] {
            var learned = TuringMemory(rows: 50, columns: 12, heads: 2)
            learned.initialMemory = .learned
            learned.initialFocus = .learned
            learned.initialReads = .learned
            var segments = TuringMemory(rows: 64, columns: 20)
            segments.segment = 2
            return [
                NeuralStack(width: 33), NeuralQueue(width: 64), NeuralDeque(width: 20),
                TuringMemory(rows: 128, columns: 20), learned, segments, DNC(rows: 40, columns: 12, readHeads: 3),
                SparseMemory(rows: 70, columns: 20, heads: 2), SparseDNC(rows: 70, columns: 20, heads: 2), NoMemory(),
                TuringMemory(rows: 64, columns: 12, readHeads: 5, writeHeads: 1),
                TuringMemory(rows: 64, columns: 12, readHeads: 1, writeHeads: 4)
            ]
        }

        private static var controllers: [any ControllerKind] {
            var skipping = LSTM(units: 24, layers: 3)
            skipping.inputLayer = true
            skipping.skipConnections = true
            return [LSTM(units: 64), skipping, ElmanRNN(units: 32), FeedForward(units: 48, layers: 2)]
        }

        private func forEachNetwork(_ body: (_ network: () throws -> Network, _ name: String) throws -> Void) throws {
            let threads = Runtime.threads
            defer { Runtime.threads = threads }
            // What is counted is what one thread allocates.
            Runtime.threads = 1
            var number = 0
            for memory in Self.memories {
                for controller in Self.controllers {
                    number += 1
                    let signature = Self.signatures[number % 2]
                    var configuration = NetworkConfiguration(controller: controller, memory: memory)
                    configuration.controllerOutputSize = number % 3 == 0 ? 40 : nil
                    configuration.output.hiddenSize = number % 4 == 0 ? 30 : nil
                    configuration.reconstruction.weight = number % 5 == 0 && signature == Self.signatures[0] ? 0.5 : 0
                    try body(
                        { try Network(configuration, signature: signature, seed: 1) },
                        "\(memory.kind), \(controller.kind), case \(number)")
                }
            }
        }

        /// What a network and its gradients hold after some calls, beside what it is.
        private func held(
            _ make: () throws -> Network, _ body: (Network, _ gradients: ParameterBuffer) throws -> Void
        ) throws -> (bytes: Double, model: NetworkModel) {
            let count = AlignedMemory.Count()
            return try AlignedMemory.$count.withValue(count) {
                let network = try make()
                let gradients = network.makeGradients()
                try body(network, gradients)
                return withExtendedLifetime(gradients) { (Double(count.bytes), network.model) }
            }
        }

        private func batch(_ signature: Signature, steps: Int, count: Int) -> Batch {
            var generator = RandomGenerator(seed: 1)
            return Batch.random(signature, steps: steps, count: count, using: &generator)
        }

        // MARK: Whole batches

        private enum Use: CaseIterable {
            case training, pass, evaluation
        }

        private func run(
            _ network: Network, _ gradients: ParameterBuffer, steps: Int, count: Int, _ use: Use
        ) throws -> NetworkUse {
            let batch = batch(network.signature, steps: steps, count: count)
            switch use {
            case .training:
                try network.forward(batch).loss().backward(into: gradients)
                return .training(steps: steps, batch: count)
            case .pass:
                _ = try network.accumulateGradients(of: batch, into: gradients)
                return .pass(steps: steps, batch: count)
            case .evaluation:
                _ = try network.evaluate(batch)
                return .evaluation(steps: steps, batch: count)
            }
        }

        /// The rows that a Turing memory starts with are stated, and not counted here, for they are not aligned; beside
        /// an evaluation's workspace they are not small.
        @Test func batchesTakeWhatIsStated() throws {
            for (steps, count) in [(40, 1), (25, 16), (7, 37)] {
                try forEachNetwork { make, name in
                    for use in Use.allCases {
                        var uses: [NetworkUse] = []
                        let (bytes, model) = try held(make) { network, gradients in
                            uses = [try run(network, gradients, steps: steps, count: count, use)]
                        }
                        let share = model.bytes(of: uses) / bytes
                        #expect(
                            0.95...(use == .evaluation ? 1.25 : 1.1) ~= share,
                            "\(share) of \(use), \(steps) steps of \(count): \(name)")
                    }
                }
            }
        }

        /// Shorter and longer, wider and narrower: each buffer is as large as the largest needs.
        @Test func severalUsesTakeTheLargestOfEach() throws {
            try forEachNetwork { make, name in
                var uses: [NetworkUse] = []
                let (bytes, model) = try held(make) { network, gradients in
                    let all = [(20, 16, Use.training), (60, 5, .evaluation), (4, 40, .evaluation), (9, 40, .pass)]
                    for (steps, count, use) in all {
                        uses.append(try run(network, gradients, steps: steps, count: count, use))
                    }
                }
                let share = model.bytes(of: uses) / bytes
                #expect(0.95...1.1 ~= share, "\(share): \(name)")
            }
        }

        /// Expects that a use takes less than half of what training takes.
        private func expectLess(_ use: Use, steps: Int, count: Int, _ make: () throws -> Network) throws {
            let bytes = try [use, .training].map { use in
                try held(make) { network, gradients in
                    _ = try run(network, gradients, steps: steps, count: count, use)
                }.bytes
            }
            #expect(bytes[0] < bytes[1] / 2, "\(bytes)")
        }

        /// An evaluation keeps no tape of a Turing memory, whose steps are most of what training takes.
        @Test func anEvaluationTakesLessThanTraining() throws {
            let memory = TuringMemory(rows: 128, columns: 20)
            let make = {
                try Network(
                    NetworkConfiguration(controller: LSTM(units: 64), memory: memory), signature: Self.signatures[0],
                    seed: 1)
            }
            try expectLess(.evaluation, steps: 100, count: 4, make)
        }

        /// A pass keeps the shards that its threads are at, not all.
        @Test func aPassTakesLessThanTraining() throws {
            let make = {
                try Network(
                    NetworkConfiguration(controller: LSTM(units: 64), memory: DNC(rows: 32, columns: 8)),
                    signature: Self.signatures[0], seed: 1)
            }
            let threads = Runtime.threads
            defer { Runtime.threads = threads }
            Runtime.threads = 2
            try expectLess(.pass, steps: 60, count: 64, make)
        }

        // MARK: Inference

        /// Step by step and without end; memories that grow are small here.
        @Test func streamsTakeWhatIsStated() throws {
            try forEachNetwork { make, name in
                let (bytes, model) = try held(make) { network, _ in
                    let batch = batch(network.signature, steps: 3000, count: 1)
                    _ = try InferenceEpisode(network).advance(batch.inputs, steps: 3000)
                }
                let share = model.bytes(of: InferenceEpisode.uses) / bytes
                // Live entries are carried over, and are not known beforehand.
                let grows = !["ntm", "dnc", "sam", "sdnc", "none"].contains { name.hasPrefix($0) }
                #expect((grows ? 0.4 : 0.95)...1.15 ~= share, "\(share): \(name)")
            }
        }

        /// All stretches from the fifth on are equally long, and the memory is the same.
        @Test(arguments: [
            TuringMemory(rows: 32, columns: 8), DNC(rows: 16, columns: 8),
            SparseMemory(rows: 40, columns: 8), SparseDNC(rows: 40, columns: 8), NoMemory() as any MemoryKind
        ])
        func aStreamDoesNotGrow(memory: any MemoryKind) throws {
            let signature = Self.signatures[0]
            let count = AlignedMemory.Count()
            try AlignedMemory.$count.withValue(count) {
                let network = try Network(
                    NetworkConfiguration(controller: LSTM(units: 16), memory: memory), signature: signature, seed: 1)
                let episode = try InferenceEpisode(network)
                let batch = batch(signature, steps: 2500, count: 1)
                _ = try episode.advance(batch.inputs, steps: 2500)
                let held = count.bytes
                #expect(held > 0)
                for _ in 0..<4 { _ = try episode.advance(batch.inputs, steps: 2500) }
                #expect(count.bytes == held && episode.steps == 12_500)
            }
        }

        @Test func aTuringMemorysStepsAreNotKept() throws {
            var layout = ParameterLayout()
            let memory = try TuringMemory(rows: 128, columns: 20, heads: 2).makeMemory(&layout)
            func bytes(_ steps: Int, _ mode: EpisodeMode) -> Double {
                memory.footprint(steps: steps, batch: 3, mode: mode).bytes(withGradients: mode == .training)
            }
            #expect(bytes(1, .inference) == bytes(1_000_000, .inference))
            #expect(bytes(1000, .training) > 20 * bytes(1000, .inference))
        }

        /// Training takes no more for rows that it cannot reach, and a million rows fit into 300 MB.
        @Test func rowsOfASparseMemoryTakeNothing() throws {
            func bytes(rows: Int, steps: Int, _ mode: EpisodeMode) throws -> Double {
                var layout = ParameterLayout()
                let memory = try SparseMemory(rows: rows, columns: 32).makeMemory(&layout)
                return memory.footprint(steps: steps, batch: 1, mode: mode).bytes(withGradients: mode == .training)
            }
            let training = try bytes(rows: 10_000, steps: 1000, .training)
            #expect(try bytes(rows: 1_000_000, steps: 1000, .training) == training && training < 4e6)
            #expect(try bytes(rows: 1_000_000, steps: 1_000_000_000, .inference) < 280e6)
        }

        /// Nor with links.
        @Test func rowsOfASparseDNCTakeNothing() throws {
            func bytes(rows: Int) throws -> Double {
                var layout = ParameterLayout()
                let memory = try SparseDNC(rows: rows, columns: 32).makeMemory(&layout)
                return memory.footprint(steps: 1000, batch: 1, mode: .training).bytes(withGradients: true)
            }
            let training = try bytes(rows: 10_000)
            #expect(try bytes(rows: 1_000_000) == training && training < 8e6)
        }

        /// 16 MiB of rows, and as much again to start from.
        @Test func aLargeTuringMemoryTakesLittle() throws {
            let memory = TuringMemory(rows: 65_536, columns: 64)
            let signature = Self.signatures[0]
            let make = {
                try Network(
                    NetworkConfiguration(controller: LSTM(units: 64), memory: memory), signature: signature, seed: 1)
            }
            let batch = batch(signature, steps: 3, count: 1)
            let (bytes, model) = try held(make) { network, _ in
                let outputs = try InferenceEpisode(network).advance(batch.inputs, steps: 3)
                #expect(outputs.count == 3 * 40 && outputs.allSatisfy(\.isFinite))
            }
            let stated = model.bytes(of: InferenceEpisode.uses)
            #expect(bytes < 120e6 && stated < 120e6 && bytes < stated, "\(bytes) of \(stated)")
        }

        // MARK: Sizes beyond all bounds

        /// Refused by what they would take, and not by an overflow on the way.
        @Test func episodesBeyondMemoryAreRefused() throws {
            try forEachNetwork { make, name in
                let network = try make()
                for (steps, count) in [(1 << 40, 1), (1, 1 << 40), (1 << 31, 1 << 31), (1 << 61, 1)] {
                    let message = usageError { _ = try InferenceEpisode(network, batch: count, room: steps) }
                    let isRefused = message.contains("it would take about") || message.contains("count up to")
                    #expect(message.hasPrefix("InferenceEpisode: ") && isRefused, "\(message): \(name)")
                }
                // It works as before.
                _ = try InferenceEpisode(network, room: 1)
            }
        }

        @Test func pushesAreNumberedIn32Bits() throws {
            for (memory, most) in [
                (NeuralStack(width: 1) as any MemoryKind, 2_147_483_647), (NeuralDeque(width: 1), 1_073_741_823)
            ] {
                let network = try Network(
                    NetworkConfiguration(controller: ElmanRNN(units: 1), memory: memory),
                    signature: Signature(inputs: .vectors(1), outputs: .bits(1)), seed: 1)
                let message = usageError { _ = try InferenceEpisode(network, room: most + 1) }
                #expect(message.hasSuffix("would have \(most + 1) steps; this memory's kernels count up to \(most)"))
            }
        }

        /// Segments longer than an episode are the episode.
        @Test(arguments: [1, 7, 1000, Int.max]) func anySegmentServesAnyEpisode(segment: Int) throws {
            var memory = TuringMemory(rows: 9, columns: 4)
            let signature = Self.signatures[0]
            let expected = try Network(
                NetworkConfiguration(controller: ElmanRNN(units: 8), memory: memory), signature: signature, seed: 1)
            memory.segment = segment
            let network = try Network(
                NetworkConfiguration(controller: ElmanRNN(units: 8), memory: memory), signature: signature, seed: 1)
            let batch = batch(signature, steps: 2500, count: 1)
            let outputs = try [network, expected].map { try InferenceEpisode($0).advance(batch.inputs, steps: 2500) }
            #expect(sameBits(outputs[0], outputs[1]))
            for (steps, count) in [(5, 2), (400, 1)] {
                let batch = self.batch(signature, steps: steps, count: count)
                let gradients = try [network, expected].map { network in
                    let gradients = network.makeGradients()
                    try network.forward(batch).loss().backward(into: gradients)
                    return Array(gradients.floats)
                }
                #expect(sameBits(gradients[0], gradients[1]), "\(steps) steps")
            }
        }
    }
}
