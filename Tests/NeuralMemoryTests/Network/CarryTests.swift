// CarryTests.swift: episodes for training that begin where other ones ended, so that a stream is trained on in stretches.

import NeuralMemory
import TestSupport
import Testing

/// A memory's episode for training, from raw interface vectors to their gradients.
private struct CarriedEpisode {
    let reads, interfaceGradients: [Float]
    let snapshots: [Snapshot]

    /// - Parameters:
    ///   - interface: (T, B, I).
    ///   - readGradients: (T, B, R).
    ///   - snapshots: where the sequences begin.
    init(
        _ memory: any Memory, _ parameters: ParameterBuffer, interface: [Float], readGradients: [Float], batch: Int,
        from snapshots: [Snapshot]? = nil
    ) throws {
        let steps = interface.count / batch / memory.interfaceSize
        let (raw, reads) = (FloatBuffer(zeros: interface.count), FloatBuffer(zeros: batch * memory.readSize))
        reads.reserve((steps + 1) * batch * memory.readSize)
        let (dRaw, dReads) = (
            FloatBuffer(zeros: interface.count), FloatBuffer(zeros: (steps + 1) * batch * memory.readSize)
        )
        raw.pointer.update(from: interface, count: interface.count)
        (dReads.pointer + batch * memory.readSize).update(from: readGradients, count: readGradients.count)
        func ports(_ interface: FloatBuffer, _ reads: FloatBuffer) -> MemoryPorts {
            MemoryPorts(
                interface: Rows(interface.pointer, stride: memory.interfaceSize),
                reads: Rows(reads.pointer, stride: memory.readSize))
        }
        let state = memory.makeState(parameters)
        try state.begin(steps: steps, batch: batch, mode: .training, ports(raw, reads), from: snapshots)
        for step in 0..<steps { state.forward(steps: step..<step + 1) }
        self.snapshots = (0..<batch).map { sequence in
            var snapshot = Snapshot()
            state.save(sequence: sequence, to: &snapshot)
            return snapshot
        }
        state.beginBackward(ports(dRaw, dReads))
        for step in (0..<steps).reversed() { state.backward(steps: step..<step + 1) }
        let gradients = ParameterBuffer(zeros: parameters.layout)
        state.accumulateGradients(into: gradients)
        #expect(snapshots == nil || gradients.floats.allSatisfy { $0 == 0 }, "gradients of an initial state")
        self.reads = Array(
            UnsafeBufferPointer(start: reads.pointer + batch * memory.readSize, count: readGradients.count))
        interfaceGradients = Array(UnsafeBufferPointer(start: dRaw.pointer, count: interface.count))
    }
}

extension NetworkSuites {
    @Suite struct CarryTests {
        private static let memories: [any MemoryKind] = NetworkCase.memories.map(\.kind).filter { !($0 is NoMemory) }

        /// Reads of the second half, and the gradients of its interface vectors, are those of an episode of both halves
        /// of which only the second half's reads have gradients: to the bit, for nothing else is computed.
        @Test func aMemoryGoesOnAndBackToTheBit() throws {
            for (kind, number) in Self.memories.flatMap({ kind in (0..<6).map { (kind, $0) } }) {
                var generator = RandomGenerator(seed: caseSeed(760, number))
                var layout = ParameterLayout()
                let memory = try kind.makeMemory(&layout)
                let parameters = ParameterBuffer(layout, WeightInitialization(), using: &generator)
                let (batch, first) = (1 + number % 3, 1 + 4 * number)
                let scale = [0.3, 1, 4][number % 3]
                func random(_ count: Int, _ scale: Double) -> [Float] {
                    (0..<count).map { _ in Float(scale * generator.normal()) }
                }
                let (rows, columns) = (batch * memory.interfaceSize, batch * memory.readSize)
                let interface = random((first + 7) * rows, scale)
                let gradients = random(7 * columns, 1)
                let whole = try CarriedEpisode(
                    memory, parameters, interface: interface,
                    readGradients: [Float](repeating: 0, count: first * columns) + gradients, batch: batch)
                let before = try CarriedEpisode(
                    memory, parameters, interface: Array(interface.prefix(first * rows)),
                    readGradients: [Float](repeating: 0, count: first * columns), batch: batch)
                let after = try CarriedEpisode(
                    memory, parameters, interface: Array(interface.dropFirst(first * rows)), readGradients: gradients,
                    batch: batch, from: before.snapshots)
                let context = "\(kind), case \(number)"
                #expect(sameBits(before.reads + after.reads, whole.reads), "reads, \(context)")
                #expect(
                    sameBits(after.interfaceGradients, Array(whole.interfaceGradients.dropFirst(first * rows))),
                    "gradients, \(context)")
            }
        }

        /// Three stretches of five steps give the outputs of an inference episode in pieces of five steps, to the bit,
        /// and those of one piece up to the rounding of products with other numbers of rows.
        @Test func stretchesGiveTheOutputsOfOnePiece() throws {
            for (number, networkCase) in NetworkCase.all.enumerated() {
                var generator = RandomGenerator(seed: caseSeed(761, number))
                let network = try networkCase.network(using: &generator)
                let batches = (0..<3).map { _ in
                    Batch.random(networkCase.signature, steps: 5, count: 3, using: &generator)
                }
                let pieces = try InferenceEpisode(network, batch: 3, room: 5)
                var snapshots: [Snapshot]?
                for batch in batches {
                    let expected = try pieces.advance(batch.inputs, steps: 5)
                    let episode = try network.forward(batch, from: snapshots)
                    let outputs = try (0..<5).flatMap { try episode.outputs(step: $0) }
                    #expect(sameBits(outputs, expected), "\(networkCase)")
                    let evaluated = try network.evaluate(batch, from: snapshots)
                    snapshots = episode.snapshots()
                    #expect(evaluated.snapshots == snapshots, "\(networkCase)")
                    let report = episode.loss().report
                    #expect(evaluated.report == report, "\(networkCase)")
                }
            }
        }

        /// The gradient along itself, by the difference of two losses on both sides.
        ///
        /// A stack's kinks may fall between the two, so most cases must agree and not all.
        @Test func gradientsAreThoseOfAStretch() throws {
            var agreeing = 0
            for (number, networkCase) in NetworkCase.all.enumerated() {
                var generator = RandomGenerator(seed: caseSeed(762, number))
                let network = try networkCase.network(using: &generator)
                let batches = (0..<2).map { _ in
                    Batch.random(networkCase.signature, steps: 6, count: 2, using: &generator)
                }
                let snapshots = try network.forward(batches[0]).snapshots()
                let gradients = network.makeGradients()
                try network.forward(batches[1], from: snapshots).loss().backward(into: gradients)
                for name in ["h0", "c0", "initial_memory", "initial_focus", "initial_reads"] {
                    for slice in gradients.layout.parameters where slice.name.hasSuffix(name) {
                        let values = try gradients.values(of: slice)
                        #expect(values.allSatisfy { $0 == 0 }, "\(slice.name), \(networkCase)")
                    }
                }
                let direction = Array(gradients.floats)
                let norm = direction.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
                func loss(_ distance: Double) throws -> Double {
                    let original = Array(network.parameters.floats)
                    defer { for index in original.indices { network.parameters.floats[index] = original[index] } }
                    for index in original.indices {
                        network.parameters.floats[index] += Float(distance * Double(direction[index]) / norm)
                    }
                    return try network.forward(batches[1], from: snapshots).loss().report.objective
                }
                let step = 2e-3
                let slope = try (loss(step) - loss(-step)) / (2 * step)
                agreeing += abs(slope - norm) < 0.02 * norm ? 1 : 0
            }
            #expect(10 * agreeing >= 9 * NetworkCase.all.count, "\(agreeing) of \(NetworkCase.all.count)")
        }

        @Test func snapshotsMustBeOnesOfTheBatch() throws {
            let network = try Network(
                NetworkConfiguration(controller: LSTM(units: 4), memory: NeuralStack(width: 2)),
                signature: Signature(inputs: .symbols(3), outputs: .symbols(3)), seed: 1)
            var generator = RandomGenerator(seed: 1)
            let batch = Batch.random(network.signature, steps: 3, count: 2, using: &generator)
            let snapshots = try network.forward(batch).snapshots()
            expectUsageError("there are 1 snapshots for 2 sequences") {
                _ = try network.forward(batch, from: Array(snapshots.prefix(1)))
            }
            expectUsageError("there is no") { _ = try network.evaluate(batch, from: [Snapshot(), Snapshot()]) }
        }

        // MARK: Long streams

        /// A network made by hand: its stack gets the first symbol, 0 or 1, and nothing after it.
        private func keeper() throws -> Network {
            var configuration = NetworkConfiguration(controller: FeedForward(units: 3), memory: NeuralStack(width: 1))
            configuration.output = OutputConfiguration(source: .controllerAndReads, hiddenSize: nil)
            configuration.input = InputConfiguration(encoding: .oneHot)
            let network = try Network(
                configuration, signature: Signature(inputs: .symbols(3), outputs: .symbols(2)), seed: 1)
            func set(_ name: String, _ values: [Float]) throws {
                let slice = try #require(network.parameters.layout.parameters.first { $0.name == name })
                try network.parameters.setValues(values, of: slice)
            }
            // Unit j is 1 at symbol j. Rows of weights are inputs: three symbols, then one read.
            try set("controller.layer0.weight", [20, 0, 0, 0, 20, 0, 0, 0, 20, 0, 0, 0])
            try set("controller.layer0.bias", [0, 0, 0])
            // Pop, push, value: nothing is popped, and symbol 2 is pushed with a strength of exactly 0.
            try set("interface.weight", [0, 400, 5, 0, 400, -5, 0, 0, 0])
            try set("interface.bias", [-200, -200, 0])
            // The outputs see the read alone.
            try set("output.weight", [0, 0, 0, 0, 0, 0, 9, -9])
            try set("output.bias", [0, 0])
            return network
        }

        /// 100,000 steps in stretches of 100, with a backward pass now and then.
        @Test func aStackKeepsWhatItGotOverAHundredThousandSteps() throws {
            let network = try keeper()
            let gradients = network.makeGradients()
            let mask = [Float](repeating: 1, count: 200)
            var snapshots: [Snapshot]?
            for stretch in 0..<1000 {
                let inputs = (0..<200).map { Int32(stretch == 0 && $0 < 2 ? $0 : 2) }
                let batch = try Batch(
                    steps: 100, count: 2, inputs: .symbols(inputs),
                    targets: .symbols((0..<200).map { Int32($0 % 2) }), mask: mask)
                let episode = try network.forward(batch, from: snapshots)
                snapshots = episode.snapshots()
                let loss = episode.loss()
                #expect(loss.report.rightSequences == 2, "stretch \(stretch)")
                if stretch.isMultiple(of: 100) { try loss.backward(into: gradients) }
            }
            // The last step pushed one of strength 0, too.
            #expect(snapshots?.allSatisfy { $0.arrays["stack/strengths"] == [1, 0] } ?? false)
            #expect(snapshots?.first?.arrays["stack/steps"] == [100_000])
        }

        /// Entries that count least go first; what is left is in its order.
        @Test func snapshotsAreShortened() throws {
            func shortened(_ kind: any MemoryKind, _ strengths: [Float], to most: Int) throws -> [Float] {
                var layout = ParameterLayout()
                let memory = try kind.makeMemory(&layout)
                var snapshot = Snapshot()
                snapshot.set("\(kind.kind)/strengths", strengths)
                snapshot.set("\(kind.kind)/values", strengths.indices.flatMap { [Float($0), -Float($0)] })
                snapshot.set("\(kind.kind)/entries", strengths.indices.map { Float(10 * $0) })
                memory.shorten(&snapshot, toEntries: most)
                let entries = snapshot.arrays["\(kind.kind)/entries"] ?? []
                #expect(snapshot.arrays["\(kind.kind)/values"] == entries.flatMap { [$0 / 10, -$0 / 10] })
                #expect(snapshot.arrays["\(kind.kind)/strengths"] == entries.map { strengths[Int($0 / 10)] })
                return entries.map { $0 / 10 }
            }
            let kinds: [any MemoryKind] = [NeuralStack(width: 2), NeuralQueue(width: 2), NeuralDeque(width: 2)]
            for kind in kinds {
                #expect(try shortened(kind, [0.5, 0.1, 0.9, 0.3], to: 2) == [0, 2])
                #expect(try shortened(kind, [0.5, 0.1], to: 2) == [0, 1])
            }
            let equal = [Float](repeating: 0.5, count: 6)
            #expect(try kinds.map { try shortened($0, equal, to: 3) } == [[3, 4, 5], [0, 1, 2], [0, 1, 5]])
        }
    }
}
