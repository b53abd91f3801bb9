// ConfigurationTests.swift: settings: what is refused and how it is said, and the way to JSON and back.

import Foundation
import NeuralMemory
import NeuralMemoryTasks
import TestSupport
import Testing
import NeuralMemoryTraining

@Suite struct ConfigurationTests {
    private static let signature = Signature(inputs: .symbols(5), outputs: .symbols(4))

    /// The error of making a network, or nil.
    private func error(
        _ controller: any ControllerKind = LSTM(units: 2), _ memory: any MemoryKind = NeuralStack(width: 2),
        signature: Signature = signature, _ change: (inout NetworkConfiguration) -> Void = { _ in }
    ) -> ConfigurationError? {
        var configuration = NetworkConfiguration(controller: controller, memory: memory)
        change(&configuration)
        do {
            _ = try Network(configuration, signature: signature, seed: 1)
            return nil
        } catch {
            return error as? ConfigurationError
        }
    }

    // MARK: Out of range

    @Test func sizesOutOfRangeAreNamed() {
        for size in [0, -1, largestSize + 1, Int.max, Int.min] {
            var lstm = LSTM(units: size)
            #expect(error(lstm)?.field == "network.controller.units")
            #expect(error(ElmanRNN(units: size))?.field == "network.controller.units")
            #expect(error(FeedForward(units: size))?.field == "network.controller.units")
            lstm = LSTM(units: 2, layers: size)
            #expect(error(lstm)?.field == "network.controller.layers")
            #expect(error(FeedForward(units: 2, layers: size))?.field == "network.controller.layers")
            #expect(error(LSTM(units: 2), NeuralStack(width: size))?.field == "network.memory.width")
            #expect(error(LSTM(units: 2), NeuralQueue(width: size))?.field == "network.memory.width")
            #expect(error(LSTM(units: 2), NeuralDeque(width: size))?.field == "network.memory.width")
            #expect(error { $0.input.embeddingSize = size }?.field == "network.input.embeddingSize")
        }
        #expect(error(LSTM(units: 2, layers: 65))?.field == "network.controller.layers")
        for size in [0, -1, largestSize + 1, Int.max, Int.min] {
            #expect(error { $0.controllerOutputSize = size }?.field == "network.controllerOutputSize")
            #expect(error { $0.output.hiddenSize = size }?.field == "network.output.hiddenSize")
        }
    }

    @Test func numbersOutOfRangeAreNamed() {
        for number in [Double.nan, .infinity, -.infinity, 1e9, -1e9] {
            var stack = NeuralStack(width: 2)
            stack.popBias = number
            #expect(error(LSTM(units: 2), stack)?.field == "network.memory.popBias")
            var queue = NeuralQueue(width: 2)
            queue.pushBias = number
            #expect(error(LSTM(units: 2), queue)?.field == "network.memory.pushBias")
            var lstm = LSTM(units: 2)
            lstm.forgetBias = number
            #expect(error(lstm)?.field == "network.controller.forgetBias")
            #expect(error { $0.weights.scale = number }?.field == "network.weights.scale")
        }
        #expect(error { $0.weights.scale = -0.1 }?.field == "network.weights.scale")
    }

    @Test func shiftsMustFitTheRows() {
        for (shift, isAllowed) in [(0, true), (1, true), (2, false), (-1, false), (Int.max, false), (Int.min, false)] {
            var turing = TuringMemory(rows: 4, columns: 3)
            turing.maximumShift = shift
            #expect(error(LSTM(units: 2), turing)?.field == (isAllowed ? nil : "network.memory.maximumShift"))
        }
    }

    /// Heads are counted in pairs, or read heads and write heads apart, both of them.
    @Test func headsAreCountedInOneWay() {
        func refusal(heads: Int = 1, _ reads: Int?, _ writes: Int?) -> ConfigurationError? {
            var turing = TuringMemory(rows: 4, columns: 3, heads: heads)
            (turing.readHeads, turing.writeHeads) = (reads, writes)
            return error(LSTM(units: 2), turing)
        }
        for (reads, writes) in [(1, 1), (4, 1), (1, 4), (256, 256)] { #expect(refusal(reads, writes) == nil) }
        for count in [0, -1, 257, Int.min, Int.max] {
            #expect(refusal(count, 1)?.field == "network.memory.readHeads")
            #expect(refusal(1, count)?.field == "network.memory.writeHeads")
            #expect(refusal(heads: count, nil, nil)?.field == "network.memory.heads")
        }
        #expect(refusal(0, 1)?.description == "network.memory.readHeads is 0; it must be from 1 to 256")
        #expect(
            refusal(4, nil)?.description
                == "network.memory.writeHeads is null; it must be from 1 to 256, since readHeads is given; or leave "
                + "out both, and set heads to the number of pairs")
        #expect(refusal(nil, 4)?.field == "network.memory.readHeads")
        #expect(
            refusal(heads: 2, 4, 1)?.description
                == "network.memory.heads is 2; it must be left out, or 1, since readHeads and writeHeads are given; or "
                + "leave out these two for pairs")
    }

    @Test func sizesOfTheDNCOutOfRangeAreNamed() {
        for (name, change) in [
            ("rows", { $0.rows = 0 }), ("columns", { $0.columns = -1 }), ("readHeads", { $0.readHeads = 0 }),
            ("readHeads", { $0.readHeads = 257 }), ("segment", { $0.segment = 0 }),
            // The links of so many rows are 4 TiB.
            ("rows", { $0.rows = largestSize })
        ] as [(String, (inout DNC) -> Void)] {
            var dnc = DNC(rows: 4, columns: 3)
            change(&dnc)
            #expect(error(LSTM(units: 2), dnc)?.field == "network.memory.\(name)")
        }
    }

    /// A sparse memory needs a row for each neighbor, and for each head; its other settings have ranges.
    @Test func neighborsAndHeadsMustFitTheRows() {
        func field(
            rows: Int = 4, columns: Int = 3, heads: Int = 1, neighbors: Int = 4, threshold: Double = 0
        ) -> String? {
            var memory = SparseMemory(rows: rows, columns: columns, heads: heads, neighbors: neighbors)
            memory.accessThreshold = threshold
            return error(LSTM(units: 2), memory)?.field
        }
        #expect(field() == nil && field(heads: 4) == nil && field(rows: 1, neighbors: 1, threshold: 1) == nil)
        for rows in [0, -1, largestSize + 1] { #expect(field(rows: rows) == "network.memory.rows") }
        for columns in [0, -1, largestSize + 1] { #expect(field(columns: columns) == "network.memory.columns") }
        for heads in [0, -1, 5, 257] { #expect(field(heads: heads) == "network.memory.heads") }
        for neighbors in [0, -1, 5, Int.max] { #expect(field(neighbors: neighbors) == "network.memory.neighbors") }
        for threshold in [-0.1, 1.1, .nan] { #expect(field(threshold: threshold) == "network.memory.accessThreshold") }
        for bias in [-100.1, 100.1, .nan, .infinity] {
            var memory = SparseMemory(rows: 4, columns: 3)
            memory.strengthBias = bias
            #expect(error(LSTM(units: 2), memory)?.field == "network.memory.strengthBias")
            memory.strengthBias = 0
            memory.interpolationBias = bias
            #expect(error(LSTM(units: 2), memory)?.field == "network.memory.interpolationBias")
        }
        let message = error(LSTM(units: 2), SparseMemory(rows: 3, columns: 3))?.description
        #expect(
            message
                == "network.memory.neighbors is 4; it must be at most 3, the memory's rows, since each of them is one")
    }

    /// The settings of a sparse memory, and how many links.
    @Test func linksMustBeFew() {
        func field(rows: Int = 4, neighbors: Int = 4, links: Int) -> String? {
            error(LSTM(units: 2), SparseDNC(rows: rows, columns: 3, neighbors: neighbors, links: links))?.field
        }
        #expect(field(links: 1) == nil && field(links: 64) == nil)
        for links in [0, -1, 65, Int.max] { #expect(field(links: links) == "network.memory.links") }
        #expect(field(rows: 0, links: 8) == "network.memory.rows")
        #expect(field(neighbors: 5, links: 8) == "network.memory.neighbors")
    }

    @Test func signaturesOutOfRangeAreNamed() {
        for size in [0, -1, largestSize + 1] {
            for inputs in [Signature.Inputs.symbols(size), .vectors(size)] {
                let signature = Signature(inputs: inputs, outputs: .bits(2))
                #expect(error(signature: signature)?.field == "signature.inputs")
            }
            for outputs in [Signature.Outputs.symbols(size), .bits(size)] {
                let signature = Signature(inputs: .vectors(2), outputs: outputs)
                #expect(error(signature: signature)?.field == "signature.outputs")
            }
        }
    }

    @Test func aNetworkBeyondMemoryIsRefused() throws {
        let refusal = try #require(error(LSTM(units: largestSize), NeuralStack(width: largestSize)))
        #expect(refusal.field == "network" && refusal.value.hasSuffix(" parameters"))
        let turing = TuringMemory(rows: largestSize, columns: largestSize)
        #expect(error(LSTM(units: 1), turing)?.field.hasPrefix("network.memory.") == true)
    }

    @Test func whatIsOnTheEdgeIsAllowed() {
        #expect(error(LSTM(units: 1), NeuralDeque(width: 1)) == nil)
        #expect(error(FeedForward(units: 1, layers: 64)) == nil)
        #expect(error { $0.input = InputConfiguration(encoding: .oneHot, embeddingSize: 0) } == nil)
        #expect(error { $0.weights.scale = 0 } == nil)
    }

    @Test func errorsSayFieldValueAndWhatIsAllowed() {
        let message = error(LSTM(units: 2), NeuralStack(width: 0))?.description
        #expect(message == "network.memory.width is 0; it must be from 1 to 1048576")
    }

    @Test func tasksOutOfRangeAreNamed() {
        func field(_ task: any SequenceTask) -> String? {
            do {
                try task.validate()
                return nil
            } catch { return (error as? ConfigurationError)?.field }
        }
        #expect(field(Reversal(symbols: 8, lengths: 1...8)) == nil)
        #expect(field(Reversal(symbols: 0, lengths: 1...8)) == "task.symbols")
        #expect(field(Copy(symbols: -3, lengths: 1...8)) == "task.symbols")
        #expect(field(Copy(symbols: 8, lengths: 0...8)) == "task.minimumLength")
        var reversal = Reversal(symbols: 8, lengths: 4...8)
        reversal.maximumLength = 3
        #expect(field(reversal) == "task.maximumLength")
    }

    // MARK: Choices

    @Test func kindsAreFoundByName() throws {
        #expect(Registry.standard.memories.names == ["stack", "queue", "deque", "ntm", "dnc", "sam", "sdnc", "none"])
        #expect(Registry.standard.controllers.names == ["lstm", "rnn", "feedforward"])
        #expect(Set(Registry.standard.tasks.names).isSuperset(of: ["copy", "reversal"]))
        for choices in [Registry.standard.memories, Registry.standard.controllers, Registry.standard.tasks] {
            for type in choices.types {
                #expect(try choices.type(named: type.kind) == type)
                #expect(type.init().kind == type.kind && !type.summary.isEmpty)
            }
            #expect(Set(choices.names).count == choices.names.count)
        }
    }

    @Test func anUnknownKindIsRefusedWithAllThereAre() {
        for name in ["stck", "", "Stack", "stack "] {
            #expect(
                throws: ConfigurationError(
                    field: "network.memory.kind", value: name,
                    allowed: "one of stack, queue, deque, ntm, dnc, sam, sdnc, none")
            ) { try Registry.standard.memories.type(named: name) }
        }
    }

    // MARK: JSON

    private func decoded(_ json: String) throws -> NetworkConfiguration {
        try JSONDecoder().decode(NetworkConfiguration.self, from: Data(json.utf8))
    }

    private func encoded(_ configuration: NetworkConfiguration) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        return String(decoding: try encoder.encode(configuration), as: UTF8.self)
    }

    @Test func everyKindSurvivesJSON() throws {
        for networkCase in NetworkCase.all {
            var configuration = networkCase.configuration
            configuration.weights = WeightInitialization(scheme: .uniform, scale: 0.25)
            let json = try encoded(configuration)
            let back = try decoded(json)
            #expect(try encoded(back) == json)
            #expect(back.controller.kind == configuration.controller.kind)
            #expect(back.memory.kind == configuration.memory.kind)
            // The same network comes of it.
            func parameters(_ configuration: NetworkConfiguration) throws -> ParameterBuffer {
                try Network(configuration, signature: networkCase.signature, seed: 5).parameters
            }
            let (x, y) = (try parameters(configuration), try parameters(back))
            #expect(x.layout.parameters == y.layout.parameters)
            #expect(try x.layout.parameters.allSatisfy { sameBits(try x.values(of: $0), try y.values(of: $0)) })
        }
    }

    @Test func settingsThatAreNotDefaultsSurviveJSON() throws {
        var lstm = LSTM(units: 12, layers: 3)
        lstm.forgetBias = 2.5
        lstm.inputLayer = true
        lstm.skipConnections = true
        lstm.trainsInitialState = false
        var deque = NeuralDeque(width: 9)
        deque.popBias = -3.5
        deque.pushBias = 1.25
        let back = try decoded(try encoded(NetworkConfiguration(controller: lstm, memory: deque)))
        let controller = try #require(back.controller as? LSTM)
        #expect(controller.units == 12 && controller.layers == 3 && controller.forgetBias == 2.5)
        #expect(controller.inputLayer && controller.skipConnections && !controller.trainsInitialState)
        let memory = try #require(back.memory as? NeuralDeque)
        #expect(memory.width == 9 && memory.popBias == -3.5 && memory.pushBias == 1.25)
    }

    @Test func anUnknownKindInJSONIsNamed() throws {
        let json = try encoded(NetworkConfiguration(controller: LSTM(units: 2), memory: NeuralStack(width: 2)))
        for (kind, field) in [("stack", "network.memory.kind"), ("lstm", "network.controller.kind")] {
            do {
                _ = try decoded(json.replacingOccurrences(of: "\"\(kind)\"", with: "\"other\""))
                Issue.record("an unknown \(field) was accepted")
            } catch {
                #expect((error as? ConfigurationError)?.field == field && "\(error)".contains("other"))
            }
        }
    }
}
