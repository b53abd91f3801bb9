// UsageTests.swift: calls in the wrong order, and with what does not fit, are refused with a message that says what to do;
// and a refused call changes nothing.

import Foundation
import NeuralMemory
import Synchronization
import TestSupport
import Testing

extension NetworkSuites {
    @Suite struct UsageTests {
        private static let signature = Signature(inputs: .symbols(5), outputs: .symbols(4))
        private static let memories: [any MemoryKind] = [
            NeuralStack(width: 3), NeuralQueue(width: 3), NeuralDeque(width: 3), TuringMemory(rows: 6, columns: 3),
            NoMemory()
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

        // MARK: Backward

        @Test func backwardNeedsALossOfItsOwn() throws {
            for memory in Self.memories {
                let network = try network(memory)
                let batch = batch(1)
                expectUsageError("Network.backward: no step is done yet; call forward") { try network.backward() }
                try network.forward(batch)
                expectUsageError("no loss with gradients") { try network.backward() }
                _ = try network.loss(batch)
                _ = try network.loss(batch, withGradients: false)
                expectUsageError("no loss with gradients") { try network.backward() }
                _ = try network.loss(batch)
                try network.backward()
                let gradients = try network.parameters.slices.map { try network.parameters.gradient(of: $0) }
                expectUsageError("done for this loss already") { try network.backward() }
                expectUsageError("call forward again first") { _ = try network.loss(batch) }
                expectUsageError("backward has taken the memory back") { _ = try network.trace() }
                #expect(try network.parameters.slices.map { try network.parameters.gradient(of: $0) } == gradients)
                // What was given is there still, and can be scored.
                #expect(try network.outputs(step: 3).count == 8)
                #expect(try network.loss(batch, withGradients: false).sequences == 2)
                try network.forward(batch)
                expectUsageError("no loss with gradients") { try network.backward() }
                network.parameters.zeroGradients()
                _ = try network.loss(batch)
                try network.backward()
                #expect(try network.parameters.slices.map { try network.parameters.gradient(of: $0) } == gradients)
            }
        }

        @Test func backwardNeedsAWholeEpisode() throws {
            let network = try network()
            let (first, second) = (batch(1), batch(2))
            try network.begin(steps: 8, batch: 2)
            try network.advance(first.inputs, steps: 4)
            _ = try network.loss(first)
            expectUsageError("4 of the episode's 8 steps are done") { try network.backward() }
            try network.proceed(steps: 4)
            try network.advance(second.inputs, steps: 4)
            _ = try network.loss(second)
            expectUsageError("proceed has forgotten") { try network.backward() }
        }

        // MARK: Steps

        @Test func stepsMustBeDone() throws {
            let network = try network()
            expectUsageError("Network.outputs: no step is done yet") { _ = try network.outputs(step: 0) }
            expectUsageError("Network.trace: no step is done yet") { _ = try network.trace() }
            try network.begin(steps: 4, batch: 2)
            expectUsageError("no step is done yet") { _ = try network.outputs(step: 0) }
            try network.forward(batch(1))
            for step in [-1, 4, Int.max, Int.min] {
                expectUsageError("step is \(step); the steps done are 0 to 3") { _ = try network.outputs(step: step) }
            }
            for sequence in [-1, 2, Int.max, Int.min] {
                expectUsageError("the batch has sequences 0 to 1") { _ = try network.trace(sequence: sequence) }
            }
            expectUsageError("largest is -1") { _ = try network.trace(largest: -1) }
        }

        @Test func stepsMustHaveRoom() throws {
            let network = try network()
            let inputs = Batch.Inputs.symbols([0, 1])
            expectUsageError("Network.advance: there is no episode to go on with") {
                try network.advance(inputs, steps: 1)
            }
            expectUsageError("Network.proceed: there is no episode to go on with") { try network.proceed(steps: 1) }
            try network.forward(batch(1))
            expectUsageError("call begin first") { try network.advance(inputs, steps: 1) }
            expectUsageError("call begin first") { try network.proceed(steps: 1) }
            for (steps, count) in [(0, 1), (1, 0), (-1, 2), (2, -1), (Int.max, 2), (Int.min, Int.min)] {
                expectUsageError("both must be at least 1") { try network.begin(steps: steps, batch: count) }
            }
            try network.begin(steps: 2, batch: 2)
            try network.advance(inputs, steps: 1)
            for steps in [2, 0, -1, Int.max, Int.min] {
                expectUsageError("\(steps) steps are asked for, and the episode has room for 1 more of its 2") {
                    try network.advance(inputs, steps: steps)
                }
            }
            expectUsageError("both must be at least 1") { try network.proceed(steps: 0) }
            expectUsageError("both must be at least 1") { try network.proceed(steps: 3, rows: []) }
            expectUsageError("rows have 2; the batch has sequences 0 to 1") {
                try network.proceed(steps: 3, rows: [1, 2])
            }
            expectUsageError("rows have -1") { try network.proceed(steps: 3, rows: [-1]) }
            try network.advance(inputs, steps: 1)
            expectUsageError("room for 0 more") { try network.advance(inputs, steps: 1) }
            try network.proceed(steps: 1, rows: [1])
            expectUsageError("inputs have 2 numbers") { try network.advance(inputs, steps: 1) }
            try network.advance(.symbols([4]), steps: 1)
        }

        @Test func anEpisodeThatWasUndoneDoesNotGoOn() throws {
            let network = try network()
            let batch = batch(1)
            try network.begin(steps: 4, batch: 2)
            try network.advance(batch.inputs, steps: 4)
            _ = try network.loss(batch)
            try network.backward()
            expectUsageError("call begin for another one") { try network.proceed(steps: 4) }
        }

        // MARK: Batches

        @Test func theLossIsOfTheBatchThatWasRun() throws {
            for memory in Self.memories {
                let network = try network(memory)
                let batch = batch(1, steps: 12, count: 37)
                expectUsageError("Network.loss: no step is done yet") { _ = try network.loss(batch) }
                try network.forward(batch)
                let report = try network.loss(batch)
                expectUsageError("12 steps of 36 sequences") {
                    _ = try network.loss(self.batch(1, steps: 12, count: 36))
                }
                expectUsageError("11 steps of 37 sequences") {
                    _ = try network.loss(self.batch(1, steps: 11, count: 37))
                }
                guard case .symbols(let inputs) = batch.inputs else { continue }
                for index in [0, 100, inputs.count - 1] {
                    var changed = inputs
                    changed[index] = (changed[index] + 1) % 5
                    let other = try Batch(
                        steps: 12, count: 37, inputs: .symbols(changed), targets: batch.targets, mask: batch.mask)
                    expectUsageError("inputs are not those that were run") { _ = try network.loss(other) }
                }
                // The loss before is the last one still.
                try network.backward()
                #expect(try network.loss(batch, withGradients: false) == report)
                // A copy is the same batch.
                let copy = try Batch(
                    steps: 12, count: 37, inputs: .symbols(Array(inputs.reversed().reversed())), targets: batch.targets,
                    mask: batch.mask)
                #expect(try network.loss(copy, withGradients: false) == report)
            }
        }

        @Test func theLossOfVectorsToo() throws {
            let signature = Signature(inputs: .vectors(2), outputs: .bits(3))
            let network = try network(signature: signature)
            var generator = RandomGenerator(seed: 1)
            let batch = Batch.random(signature, steps: 3, count: 2, using: &generator)
            let other = Batch.random(signature, steps: 3, count: 2, using: &generator)
            try network.forward(batch)
            expectUsageError("inputs are not those that were run") { _ = try network.loss(other) }
            #expect(try network.loss(batch).outputs > 0)
        }

        @Test func inputsAndTargetsMustBeTheNetworks() throws {
            let network = try network()
            let (mask, zeros) = ([Float](repeating: 1, count: 4), [Int32](repeating: 0, count: 4))
            func batch(_ inputs: Batch.Inputs, _ targets: Batch.Targets = .symbols([0, 0, 0, 0])) throws -> Batch {
                try Batch(steps: 2, count: 2, inputs: inputs, targets: targets, mask: mask)
            }
            for symbol in [5, -1, Int32.max, .min] {
                expectUsageError("Network.forward: input symbol 2 is \(symbol); it must be from 0 to 4") {
                    try network.forward(batch(.symbols([0, 0, symbol, 0])))
                }
            }
            expectUsageError("inputs are vectors; this network takes symbols from 0 to 4") {
                try network.forward(batch(.vectors([0, 0, 0, 0])))
            }
            expectUsageError("inputs have 8 numbers") { try network.forward(batch(.symbols(zeros + zeros))) }
            try network.forward(batch(.symbols(zeros)))
            for symbol in [4, -2, Int32.max, .min] {
                expectUsageError("Network.loss: target symbol 1 is \(symbol); it must be from -1 to 3") {
                    _ = try network.loss(batch(.symbols(zeros), .symbols([0, symbol, 0, 0])))
                }
            }
            expectUsageError("targets have 8 numbers") {
                _ = try network.loss(batch(.symbols(zeros), .symbols(zeros + zeros)))
            }
            expectUsageError("targets are bits; this network gives symbols from 0 to 3") {
                _ = try network.loss(batch(.symbols(zeros), .bits([0, 0, 0, 0])))
            }
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
            expectUsageError("inputs have 3 numbers") { try make(inputs: .symbols([0, 0, 0])) }
            expectUsageError("inputs have 5 numbers") { try make(inputs: .vectors([0, 0, 0, 0, 0])) }
            expectUsageError("targets have 0 numbers") { try make(targets: .bits([])) }
            expectUsageError("targets have 5 numbers") { try make(targets: .symbols([0, 0, 0, 0, 0])) }
        }

        // MARK: Parameters

        @Test func parametersAreDeclaredBeforeTheNetworkIsMade() throws {
            let network = try network()
            let slices = network.parameters.slices
            expectUsageError("Parameters.declare: more: the network is made already") {
                _ = try network.parameters.declare("more", [2], .zeros)
            }
            #expect(network.parameters.slices == slices)
            for (kind, part) in [
                (Declaring(name: "output.bias", shape: [2]), "there is a parameter of this name"),
                (Declaring(name: "x", shape: [2, 0]), "sizes must be at least 1"),
                (Declaring(name: "x", shape: [-2, -2]), "sizes must be at least 1"),
                (Declaring(name: "x", shape: [Int.max, 2]), "its shape is"),
                (Declaring(name: "x", shape: [Int.max / 8]), "its shape is")
            ] {
                expectUsageError(part) { _ = try self.network(kind) }
            }
        }

        @Test func slicesAreTheNetworksOwn() throws {
            let network = try network()
            let other = try self.network(NeuralStack(width: 4)).parameters.slices
            let own = try #require(network.parameters.slice(named: "interface.bias"))
            let foreign = try #require(other.first { $0.name == "interface.bias" })
            expectUsageError("Parameters.values: this network has no parameter interface.bias of shape [6]") {
                _ = try network.parameters.values(of: foreign)
            }
            expectUsageError("Parameters.gradient: this network has no") {
                _ = try network.parameters.gradient(of: foreign)
            }
            expectUsageError("Parameters.setValues: this network has no") {
                try network.parameters.setValues(Array(repeating: 0, count: foreign.count), of: foreign)
            }
            expectUsageError("interface.bias has 5 numbers; 4 were given") {
                try network.parameters.setValues([1, 2, 3, 4], of: own)
            }
            try network.parameters.setValues([1, 2, 3, 4, 5], of: own)
            #expect(try network.parameters.values(of: own) == [1, 2, 3, 4, 5])
        }

        // MARK: Several at once

        @Test func oneCallAtATime() throws {
            var calling = Calling()
            let network = Shared()
            var messages: [String] = []
            let batch = batch(1)
            calling.call = {
                guard let network = network.network else { return }
                messages = [
                    usageError { try network.forward(batch) }, usageError { try network.backward() },
                    usageError { try network.begin(steps: 1, batch: 1) }, usageError { try network.proceed(steps: 1) },
                    usageError { try network.advance(batch.inputs, steps: 4) },
                    usageError { _ = try network.outputs(step: 0) }, usageError { _ = try network.trace() },
                    usageError { _ = try network.loss(batch) }
                ]
            }
            network.network = try self.network(calling)
            try network.network?.forward(batch)
            let refusal = ": another thread is using this network; make a network for each thread"
            let isRefused = messages.map { $0.hasSuffix(refusal) }
            #expect(isRefused == Array(repeating: true, count: 8), "\(messages)")
        }

        @Test func threadsDoNotMeet() throws {
            nonisolated(unsafe) let network = try network()
            let batch = batch(1, steps: 200, count: 16)
            try network.forward(batch)
            let expected = try network.loss(batch, withGradients: false)
            let refusals = Mutex<[String]>([])
            DispatchQueue.concurrentPerform(iterations: 4) { _ in
                for _ in 0..<50 {
                    do {
                        try network.forward(batch)
                    } catch { refusals.withLock { $0.append("\(error)") } }
                }
            }
            let wanted = "Network.forward: another thread is using this network; make a network for each thread"
            #expect(refusals.withLock { $0 }.allSatisfy { $0 == wanted })
            #expect(try network.loss(batch, withGradients: false) == expected)
        }

        @Test func aStreamKeepsItsNetworkForItself() throws {
            let network = try network()
            expectUsageError("both must be at least 1") { _ = try NetworkStream(network, batch: 0) }
            let stream = try NetworkStream(network)
            expectUsageError("NetworkStream.advance: inputs have 1 numbers; 2 steps") {
                _ = try stream.advance(.symbols([1]), steps: 2)
            }
            for steps in [0, -1, Int.min] {
                expectUsageError("both must be at least 1") { _ = try stream.advance(.symbols([]), steps: steps) }
            }
            expectUsageError("input symbol 0 is 7") { _ = try stream.advance(.symbols([7]), steps: 1) }
            #expect(try stream.advance(.symbols([1, 2]), steps: 2).count == 8)
            try network.forward(batch(1))
            expectUsageError("the network was used for another episode") {
                _ = try stream.advance(.symbols([1]), steps: 1)
            }
        }
    }
}

/// No memory, that declares a parameter of its own.
private struct Declaring: MemoryKind {
    static let kind = "declaring"
    static let summary = ""
    var name = ""
    var shape: [Int] = []

    init() {}

    init(name: String, shape: [Int]) {
        self.name = name
        self.shape = shape
    }

    func makeMemory(_ parameters: Parameters) throws -> any Memory {
        _ = try parameters.declare(name, shape, .zeros)
        return try NoMemory().makeMemory(parameters)
    }
}

/// A network that is made later.
private final class Shared {
    var network: Network?
}

/// No memory, that makes a call when an episode begins.
private struct Calling: MemoryKind {
    static let kind = "calling"
    static let summary = ""
    nonisolated(unsafe) var call: () -> Void = {}

    init() {}
    init(from decoder: any Decoder) throws {}
    func encode(to encoder: any Encoder) throws {}

    func makeMemory(_ parameters: Parameters) throws -> any Memory { AtWork(call) }

    private final class AtWork: Memory {
        let interfaceSize = 0
        let readSize = 0
        let interfaceBias: [Float] = []
        let carriedSteps = 0
        private let call: () -> Void

        func footprint(steps: Int, batch: Int) -> Footprint { .none }

        init(_ call: @escaping () -> Void) { self.call = call }

        func begin(steps: Int, batch: Int, interface: Rows, reads: Rows) { call() }
        func forward(steps: Range<Int>) {}
        func proceed(steps: Int, rows: [Int], interface: Rows, reads: Rows) {}
        func beginBackward(interfaceGradients: Rows, readGradients: Rows) {}
        func backward(steps: Range<Int>) {}
        func finishBackward() {}
    }
}
