// UsageTests.swift: what the compiler cannot refuse: calls with what does not fit. They throw a message that says what
// to do, and change nothing.

import NeuralMemory
import TestSupport
import Testing

extension NetworkSuites {
    @Suite struct UsageTests {
        private static let signature = Signature(inputs: .symbols(5), outputs: .symbols(4))
        private static let memories: [any MemoryKind] = [
            NeuralStack(width: 3), NeuralQueue(width: 3), NeuralDeque(width: 3), TuringMemory(rows: 6, columns: 3),
            DNC(rows: 6, columns: 3), NoMemory(), SparseMemory(rows: 6, columns: 3), SparseDNC(rows: 6, columns: 3)
        ]

        private func network(
            _ memory: any MemoryKind = NeuralStack(width: 3), signature: Signature = signature
        ) throws -> Network {
            try Network(
                NetworkConfiguration(controller: LSTM(units: 6), memory: memory), signature: signature, seed: 1)
        }

        private func batch(_ seed: UInt64, steps: Int = 4, count: Int = 2) -> Batch {
            var generator = RandomGenerator(seed: seed)
            return Batch.random(Self.signature, steps: steps, count: count, using: &generator)
        }

        // MARK: Batches

        @Test func inputsAndTargetsMustBeTheNetworks() throws {
            let network = try network()
            let valid = batch(1)
            let expected = try network.evaluate(valid)
            let zeros = [Int32](repeating: 0, count: 4)
            func refuse(
                _ part: String, _ inputs: Batch.Inputs = .symbols([0, 0, 0, 0]),
                _ targets: Batch.Targets = .symbols([0, 0, 0, 0]), at location: SourceLocation = #_sourceLocation
            ) throws {
                let batch = try Batch(
                    steps: 2, count: 2, inputs: inputs, targets: targets, mask: [Float](repeating: 1, count: 4))
                expectUsageError("Network.forward: " + part, at: location) { _ = try network.forward(batch) }
                expectUsageError("Network.evaluate: " + part, at: location) { _ = try network.evaluate(batch) }
            }
            for symbol in [5, -1, Int32.max, .min] {
                try refuse("input symbol 2 is \(symbol); it must be from 0 to 4", .symbols([0, 0, symbol, 0]))
            }
            try refuse("inputs are vectors; this network takes symbols from 0 to 4", .vectors([0, 0, 0, 0]))
            try refuse("inputs have 8 numbers; 2 steps of 2 sequences, 1 numbers each, take 4", .symbols(zeros + zeros))
            for symbol in [4, -2, Int32.max, .min] {
                try refuse(
                    "target symbol 1 is \(symbol); it must be from -1 to 3", .symbols(zeros),
                    .symbols([0, symbol, 0, 0]))
            }
            try refuse("targets have 8 numbers", .symbols(zeros), .symbols(zeros + zeros))
            try refuse(
                "targets are bits; this network gives symbols from 0 to 3", .symbols(zeros), .bits([0, 0, 0, 0]))
            #expect(try network.evaluate(valid) == expected)
        }

        @Test func vectorsAndBitsMustBeTheNetworks() throws {
            let network = try network(signature: Signature(inputs: .vectors(2), outputs: .bits(3)))
            func refuse(_ part: String, _ inputs: Batch.Inputs, _ targets: Batch.Targets) throws {
                let batch = try Batch(steps: 1, count: 2, inputs: inputs, targets: targets, mask: [1, 1])
                expectUsageError("Network.forward: " + part) { _ = try network.forward(batch) }
                expectUsageError("Network.evaluate: " + part) { _ = try network.evaluate(batch) }
            }
            let (vectors, bits) = ([Float](repeating: 0.5, count: 4), [Float](repeating: 1, count: 6))
            try refuse("inputs are symbols; this network takes vectors of 2 numbers", .symbols([0, 1]), .bits(bits))
            try refuse("inputs have 2 numbers; 1 steps of 2 sequences, 2 numbers each", .vectors([0, 0]), .bits(bits))
            try refuse("targets are symbols; this network gives 3 bits", .vectors(vectors), .symbols([0, 1]))
            try refuse("targets are numbers; this network gives 3 bits", .vectors(vectors), .numbers(bits))
            try refuse("targets have 4 numbers", .vectors(vectors), .bits([0, 1, 1, 0]))
        }

        @Test func targetChoicesMustBeTheNetworks() throws {
            let network = try network(signature: Signature(inputs: .vectors(1), outputs: .choices(2, of: 2)))
            func refuse(_ part: String, _ targets: Batch.Targets) throws {
                let batch = try Batch(steps: 1, count: 2, inputs: .vectors([0, 0]), targets: targets, mask: [1, 1])
                expectUsageError("Network.forward: " + part) { _ = try network.forward(batch) }
                expectUsageError("Network.evaluate: " + part) { _ = try network.evaluate(batch) }
            }
            try refuse("targets are symbols; this network takes 4 bits, for 2 choices", .symbols([0, 1]))
            try refuse("targets have 2 numbers", .bits([0, 1]))
            try refuse("target bits 4 to 5 have more than one 1; they are one choice", .bits([0, 1, 0, 0, 1, 1, 0, 1]))
        }

        @Test func targetNumbersMustBeTheNetworks() throws {
            let network = try network(signature: Signature(inputs: .vectors(1), outputs: .numbers(2)))
            func refuse(_ part: String, _ targets: Batch.Targets) throws {
                let batch = try Batch(steps: 1, count: 2, inputs: .vectors([0, 0]), targets: targets, mask: [1, 1])
                expectUsageError("Network.forward: " + part) { _ = try network.forward(batch) }
                expectUsageError("Network.evaluate: " + part) { _ = try network.evaluate(batch) }
            }
            try refuse("targets are bits; this network gives 2 numbers", .bits([0, 1, 1, 0]))
            try refuse("targets are symbols; this network gives 2 numbers", .symbols([0, 1]))
            try refuse("targets have 2 numbers", .numbers([0.5, -3]))
        }

        @Test func batchesAreCheckedWhenMade() {
            func make(
                steps: Int = 2, count: Int = 2, inputs: Batch.Inputs = .symbols([0, 0, 0, 0]),
                targets: Batch.Targets = .symbols([0, 0, 0, 0]), mask: [Float] = [1, 1, 0, 0]
            ) throws {
                _ = try Batch(steps: steps, count: count, inputs: inputs, targets: targets, mask: mask)
            }
            #expect(throws: Never.self) { try make() }
            for (steps, count) in [(0, 2), (2, 0), (-2, -2), (Int.max, 2), (Int.min, 1)] {
                expectUsageError("Batch: steps are \(steps) and count is \(count)") {
                    try make(steps: steps, count: count)
                }
            }
            expectUsageError("mask has 3 numbers; it must have steps · count, 4") { try make(mask: [1, 1, 1]) }
            expectUsageError("mask has 5 numbers") { try make(mask: [1, 1, 1, 1, 1]) }
            for value in [-1, 0.5, 2, .nan, .infinity] as [Float] {
                expectUsageError("mask 3 is \(value); it must be 0 or 1") { try make(mask: [1, 0, 1, value]) }
                expectUsageError("target bit 0 is \(value)") { try make(targets: .bits([value, 0, 0, 0])) }
            }
            for value in [.nan, .infinity, -.infinity] as [Float] {
                expectUsageError("target number 2 is \(value); it must be finite") {
                    try make(targets: .numbers([-1e30, 7, value, 0]))
                }
            }
            expectUsageError("inputs have 3 numbers") { try make(inputs: .symbols([0, 0, 0])) }
            expectUsageError("inputs have 5 numbers") { try make(inputs: .vectors([0, 0, 0, 0, 0])) }
            expectUsageError("targets have 0 numbers") { try make(targets: .bits([])) }
            expectUsageError("targets have 5 numbers") { try make(targets: .symbols([0, 0, 0, 0, 0])) }
        }

        // MARK: Training episodes

        @Test func stepsMustBeTheBatchs() throws {
            for memory in Self.memories {
                let network = try network(memory)
                let episode = try network.forward(batch(1))
                for step in [-1, 4, Int.max, Int.min] {
                    let part = "TrainingEpisode.outputs: step is \(step); the batch has steps 0 to 3"
                    var message = "no error"
                    do { _ = try episode.outputs(step: step) } catch { message = "\(error)" }
                    #expect(message == part)
                }
                let outputs = try episode.outputs(step: 3)
                #expect(outputs.count == 8)
            }
        }

        @Test func gradientsMustBeTheNetworks() throws {
            for memory in Self.memories {
                let network = try network(memory)
                let batch = batch(1)
                let expected = network.makeGradients()
                try network.forward(batch).loss().backward(into: expected)
                let other = try Network(
                    NetworkConfiguration(controller: LSTM(units: 7), memory: memory), signature: Self.signature, seed: 1
                )
                let foreign = other.makeGradients()
                expectUsageError(
                    "EpisodeLoss.backward: these gradients are another network's; make some with Network.makeGradients"
                ) {
                    try network.forward(batch).loss().backward(into: foreign)
                }
                #expect(foreign.floats.allSatisfy { $0 == 0 })
                // Another network of the same shapes has the same layout.
                let gradients = try self.network(memory).makeGradients()
                try network.forward(batch).loss().backward(into: gradients)
                #expect(sameBits(Array(gradients.floats), Array(expected.floats)))
            }
        }

        /// Not even of the same network.
        @Test func valuesAreNoPlaceForGradients() throws {
            let network = try network()
            let values = Array(network.parameters.floats)
            expectUsageError("EpisodeLoss.backward: ") {
                try network.forward(batch(1)).loss().backward(into: network.parameters)
            }
            #expect(network.parameters.floats.elementsEqual(values))
        }

        // MARK: Inference episodes

        @Test func anEpisodeHasStepsAndSequences() throws {
            let network = try network()
            for count in [0, -1, Int.min] {
                expectUsageError("InferenceEpisode: there are 64 steps of \(count) sequences; both must be at least 1")
                {
                    _ = try InferenceEpisode(network, batch: count)
                }
            }
            for (room, count) in [(0, 1), (-1, 2), (Int.max, 2), (Int.min, 1), (Int.min, Int.min)] {
                expectUsageError("InferenceEpisode: there are \(room) steps of \(count) sequences; both must be") {
                    _ = try InferenceEpisode(network, batch: count, room: room)
                }
            }
            expectUsageError("InferenceEpisode: there are 64 steps of 0 sequences") {
                _ = try InferenceEpisode(network, from: [])
            }
        }

        @Test func stepsAndSequencesOfAnEpisodeMustBeThere() throws {
            for memory in Self.memories {
                let network = try network(memory)
                let batch = batch(1, steps: 6, count: 2)
                let undisturbed = try InferenceEpisode(network, batch: 2)
                _ = try undisturbed.advance(batch.inputs(ofSteps: 0..<3), steps: 3)
                let expected = try undisturbed.advance(batch.inputs(ofSteps: 3..<6), steps: 3)

                let episode = try InferenceEpisode(network, batch: 2)
                try refuse(episode)
                _ = try episode.advance(batch.inputs(ofSteps: 0..<3), steps: 3)
                let snapshots = episode.snapshots()
                try refuse(episode)
                #expect(episode.steps == 3 && episode.batch == 2 && episode.snapshots() == snapshots)
                #expect(sameBits(try episode.advance(batch.inputs(ofSteps: 3..<6), steps: 3), expected))
            }
        }

        /// Everything that an episode of two sequences refuses.
        private func refuse(_ episode: InferenceEpisode) throws {
            let call = "InferenceEpisode.advance: "
            expectUsageError(call + "inputs have 2 numbers; 2 steps of 2 sequences, 1 numbers each, take 4") {
                _ = try episode.advance(.symbols([1, 1]), steps: 2)
            }
            for steps in [0, -1, Int.min, Int.max] {
                expectUsageError(call + "there are \(steps) steps of 2 sequences; both must be at least 1") {
                    _ = try episode.advance(.symbols([]), steps: steps)
                }
            }
            expectUsageError(call + "input symbol 3 is 7") { _ = try episode.advance(.symbols([0, 1, 2, 7]), steps: 2) }
            expectUsageError(call + "inputs are vectors") { _ = try episode.advance(.vectors([0, 1]), steps: 1) }
            for sequence in [-1, 2, Int.max, Int.min] {
                expectUsageError("InferenceEpisode.keep: sequences have \(sequence); the batch has sequences 0 to 1") {
                    try episode.keep([1, sequence])
                }
                expectUsageError("InferenceEpisode.fork: sequences have \(sequence); the batch has sequences 0 to 1") {
                    _ = try episode.fork([sequence, 0])
                }
                let recorder = Recorder(episode.network, sequences: [1, sequence])
                expectUsageError(
                    call + "the recorder wants sequence \(sequence); the batch has sequences 0 to 1"
                ) {
                    _ = try episode.advance(.symbols([0, 1]), steps: 1, recorder: recorder)
                }
                #expect(recorder.recording.sequences == [[], []])
            }
            expectUsageError("InferenceEpisode.keep: there are 1 steps of 0 sequences") { try episode.keep([]) }
            expectUsageError("InferenceEpisode.fork: there are 1 steps of 0 sequences") { _ = try episode.fork([]) }
        }

        /// Signals of another network may be others.
        @Test func aRecorderIsForOneNetwork() throws {
            for memory in Self.memories {
                let episode = try InferenceEpisode(network(memory))
                let other = try Network(
                    NetworkConfiguration(controller: LSTM(units: 7), memory: memory), signature: Self.signature, seed: 1
                )
                let recorder = Recorder(other)
                expectUsageError("InferenceEpisode.advance: ") {
                    _ = try episode.advance(.symbols([0]), steps: 1, recorder: recorder)
                }
                #expect(recorder.recording.sequences == [[]] && episode.steps == 0)
            }
        }

        // MARK: Parameters

        @Test func declarationsMustFit() throws {
            for (kind, part) in [
                (Declaring(name: "output.bias", shape: [2]), "output.bias: there is a parameter of this name"),
                (Declaring(name: "x", shape: [2, 0]), "sizes must be at least 1"),
                (Declaring(name: "x", shape: [-2, -2]), "sizes must be at least 1"),
                (Declaring(name: "x", shape: [Int.max, 2]), "its shape is"),
                (Declaring(name: "x", shape: [Int.max / 8]), "its shape is")
            ] {
                expectUsageError("ParameterLayout.declare: ") { _ = try self.network(kind) }
                expectUsageError(part) { _ = try self.network(kind) }
            }
            #expect(try network(Declaring(name: "x", shape: [2, 3])).parameters.layout["x"]?.count == 6)
        }

        @Test func theInterfacesBiasMustFit() throws {
            for (size, bias) in [(0, 1), (2, 3)] {
                let kind = Declaring(interfaceSize: size, interfaceBias: Array(repeating: 1, count: bias))
                expectUsageError("Memory.interfaceBias: it has \(bias) numbers; the interface has \(size)") {
                    _ = try self.network(kind)
                }
            }
            let network = try network(Declaring(interfaceSize: 3, interfaceBias: [5, 6]))
            let bias = try #require(network.parameters.layout["interface.bias"])
            #expect(try network.parameters.values(of: bias) == [5, 6, 0])
        }

        @Test func parametersMustBeTheBuffers() throws {
            let network = try network()
            let other = try self.network(NeuralStack(width: 4)).parameters.layout
            let own = try #require(network.parameters.layout["interface.bias"])
            let foreign = try #require(other["interface.bias"])
            for buffer in [network.parameters, network.makeGradients()] {
                let before = Array(buffer.floats)
                expectUsageError("ParameterBuffer.values: this network has no parameter interface.bias of shape [6]") {
                    _ = try buffer.values(of: foreign)
                }
                expectUsageError("ParameterBuffer.setValues: this network has no") {
                    try buffer.setValues(Array(repeating: 0, count: foreign.count), of: foreign)
                }
                expectUsageError("interface.bias has 5 numbers; 4 were given") {
                    try buffer.setValues([1, 2, 3, 4], of: own)
                }
                #expect(sameBits(Array(buffer.floats), before))
                try buffer.setValues([1, 2, 3, 4, 5], of: own)
                #expect(try buffer.values(of: own) == [1, 2, 3, 4, 5])
            }
        }
    }
}

/// No memory, that declares a parameter of its own, and an interface that nothing comes of.
private struct Declaring: MemoryKind {
    static let kind = "declaring"
    static let summary = ""
    var name = "x"
    var shape: [Int] = [1]
    var interfaceSize = 0
    var interfaceBias: [Float] = []

    init() {}

    init(name: String, shape: [Int]) {
        self.name = name
        self.shape = shape
    }

    init(interfaceSize: Int, interfaceBias: [Float]) {
        self.interfaceSize = interfaceSize
        self.interfaceBias = interfaceBias
    }

    func makeMemory(_ layout: inout ParameterLayout) throws -> any Memory {
        _ = try layout.declare(name, shape, .zeros)
        return Made(interfaceSize: interfaceSize, interfaceBias: interfaceBias)
    }

    private struct Made: Memory {
        let interfaceSize: Int
        let readSize = 0
        let interfaceBias: [Float]

        func footprint(steps: Int, batch: Int, mode: EpisodeMode) -> Footprint { .none }
        func makeState(_ parameters: ParameterBuffer) -> any MemoryState { State() }
    }

    private final class State: MemoryState {
        func begin(steps: Int, batch: Int, mode: EpisodeMode, _ ports: MemoryPorts, from snapshots: [Snapshot]?) {}
        func forward(steps: Range<Int>) {}
        func save(sequence: Int, to snapshot: inout Snapshot) {}
        func beginBackward(_ gradients: MemoryPorts) {}
        func backward(steps: Range<Int>) {}
        func accumulateGradients(into gradients: ParameterBuffer) {}
    }
}
