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
                TuringMemory(rows: 128, columns: 20), learned, segments, NoMemory()
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

        /// What a network holds, with its plan, after a call.
        private func held(
            _ make: () throws -> Network, _ body: (Network) throws -> Void
        ) throws -> (bytes: Double, plan: NetworkPlan) {
            let count = AlignedMemory.Count()
            return try AlignedMemory.$count.withValue(count) {
                let network = try make()
                try body(network)
                return (Double(count.bytes), network.plan)
            }
        }

        private func batch(_ signature: Signature, steps: Int, count: Int) -> Batch {
            var generator = RandomGenerator(seed: 1)
            return Batch.random(signature, steps: steps, count: count, using: &generator)
        }

        @Test func trainingTakesWhatIsStated() throws {
            for (steps, count) in [(40, 1), (25, 16), (7, 37)] {
                try forEachNetwork { make, name in
                    for isTraining in [false, true] {
                        let (bytes, plan) = try held(make) { network in
                            let batch = batch(network.signature, steps: steps, count: count)
                            try network.forward(batch)
                            _ = try network.loss(batch, withGradients: isTraining)
                            if isTraining { try network.backward() }
                        }
                        let use = NetworkPlan.Use.whole(steps: steps, batch: count, isTraining: isTraining)
                        let share = plan.bytes(of: [use]) / bytes
                        #expect(0.95...1.15 ~= share, "\(share) of \(steps) steps of \(count): \(name)")
                    }
                }
            }
        }

        /// Shorter and longer, wider and narrower: each buffer is as large as the largest needs.
        @Test func severalUsesTakeTheLargestOfEach() throws {
            try forEachNetwork { make, name in
                let shapes = [(20, 16, true), (60, 5, false), (4, 40, false)]
                let (bytes, plan) = try held(make) { network in
                    for (steps, count, isTraining) in shapes {
                        let batch = batch(network.signature, steps: steps, count: count)
                        try network.forward(batch)
                        _ = try network.loss(batch, withGradients: isTraining)
                        if isTraining { try network.backward() }
                    }
                }
                let uses = shapes.map { NetworkPlan.Use.whole(steps: $0.0, batch: $0.1, isTraining: $0.2) }
                let share = plan.bytes(of: uses) / bytes
                #expect(0.95...1.15 ~= share, "\(share): \(name)")
            }
        }

        /// Step by step and without end; memories that grow are small here.
        @Test func streamsTakeAtMostWhatIsStated() throws {
            try forEachNetwork { make, name in
                let (bytes, plan) = try held(make) { network in
                    let batch = batch(network.signature, steps: 3000, count: 1)
                    _ = try NetworkStream(network).advance(batch.inputs, steps: 3000)
                }
                let share = plan.bytes(of: NetworkStream.uses) / bytes
                // Live entries are carried over, and are not known beforehand. Stretches after the first take the best
                // segment, which may be less than the one that is set, and that is what is stated.
                #expect(0.4...2.5 ~= share, "\(share): \(name)")
            }
        }

        // MARK: Sizes beyond all bounds

        /// Refused by what they would take, and not by an overflow on the way.
        @Test func episodesBeyondMemoryAreRefused() throws {
            try forEachNetwork { make, name in
                let network = try make()
                for (steps, count) in [(1 << 40, 1), (1, 1 << 40), (1 << 31, 1 << 31), (1 << 61, 1)] {
                    let message = usageError { try network.begin(steps: steps, batch: count) }
                    let isRefused = message.contains("it would take about") || message.contains("count up to")
                    #expect(message.hasPrefix("Network.begin: ") && isRefused, "\(message): \(name)")
                }
                // It works as before.
                try network.begin(steps: 1, batch: 1)
            }
        }

        @Test func pushesAreNumberedIn32Bits() throws {
            for (memory, most) in [
                (NeuralStack(width: 1) as any MemoryKind, 2_147_483_647), (NeuralDeque(width: 1), 1_073_741_823)
            ] {
                let network = try Network(
                    NetworkConfiguration(controller: ElmanRNN(units: 1), memory: memory),
                    signature: Signature(inputs: .vectors(1), outputs: .bits(1)), seed: 1)
                let message = usageError { try network.begin(steps: most + 1, batch: 1) }
                #expect(message.hasSuffix("would have \(most + 1) steps; this memory's kernels count up to \(most)"))
            }
        }

        /// Segments longer than an episode are the episode.
        @Test(arguments: [1, 7, 1000, Int.max]) func anySegmentServesAnyEpisode(segment: Int) throws {
            var memory = TuringMemory(rows: 9, columns: 4)
            let signature = Self.signatures[0]
            let configuration = NetworkConfiguration(controller: ElmanRNN(units: 8), memory: memory)
            let expected = try Network(configuration, signature: signature, seed: 1)
            memory.segment = segment
            let network = try Network(
                NetworkConfiguration(controller: ElmanRNN(units: 8), memory: memory), signature: signature, seed: 1)
            let batch = batch(signature, steps: 2500, count: 1)
            let outputs = try [network, expected].map { try NetworkStream($0).advance(batch.inputs, steps: 2500) }
            #expect(sameBits(outputs[0], outputs[1]))
            let short = self.batch(signature, steps: 5, count: 2)
            for network in [network, expected] {
                try network.forward(short)
                _ = try network.loss(short)
                try network.backward()
            }
            for slice in network.parameters.slices {
                let gradients = try [network, expected].map { try $0.parameters.gradient(of: slice) }
                #expect(sameBits(gradients[0], gradients[1]), "\(slice.name)")
            }
        }
    }
}
