// RecorderTests.swift: what a recorder takes of an episode: which signals, which sequences, which numbers; and that it
// changes nothing.

import Foundation
import NeuralMemory
import TestSupport
import Testing

extension NetworkSuites {
    @Suite struct RecorderTests {
        private static let signature = Signature(inputs: .symbols(5), outputs: .symbols(4))

        private static let memories: [any MemoryKind] = [
            NeuralStack(width: 3), NeuralQueue(width: 2), NeuralDeque(width: 2), TuringMemory(rows: 5, columns: 3),
            TuringMemory(rows: 6, columns: 2, heads: 2), DNC(rows: 5, columns: 3, readHeads: 2), NoMemory(),
            SparseMemory(rows: 9, columns: 2, heads: 2), SparseDNC(rows: 9, columns: 2, heads: 2),
            TuringMemory(rows: 5, columns: 2, readHeads: 3, writeHeads: 2)
        ]

        private static let controllers: [any ControllerKind] = {
            var skipping = LSTM(units: 4, layers: 2)
            skipping.inputLayer = true
            skipping.skipConnections = true
            return [LSTM(units: 6), skipping, ElmanRNN(units: 5), FeedForward(units: 4, layers: 2)]
        }()

        /// A network whose parameters are all random, and so small that reads which return to a memory do not grow.
        private func network(
            _ memory: any MemoryKind, _ controller: any ControllerKind = LSTM(units: 6)
        ) throws -> Network {
            let network = try Network(
                NetworkConfiguration(controller: controller, memory: memory), signature: Self.signature, seed: 1)
            var generator = RandomGenerator(seed: testSeed(4))
            for parameter in network.parameters.layout.parameters {
                let numbers = (0..<parameter.count).map { _ in Float(0.4 * generator.normal()) }
                try network.parameters.setValues(numbers, of: parameter)
            }
            return network
        }

        private func batch(steps: Int, count: Int) -> Batch {
            var generator = RandomGenerator(seed: testSeed(5))
            return Batch.random(Self.signature, steps: steps, count: count, using: &generator)
        }

        /// Everything about sequence 1 of two.
        private func recording(_ network: Network, steps: Int) throws -> EpisodeRecording {
            let recorder = Recorder(network, sequences: [1])
            let episode = try InferenceEpisode(network, batch: 2, room: 4)
            _ = try episode.advance(batch(steps: steps, count: 2).inputs, steps: steps, recorder: recorder)
            return recorder.recording
        }

        private func forEachNetwork(_ body: (_ network: Network, _ context: String) throws -> Void) throws {
            for memory in Self.memories {
                for controller in Self.controllers {
                    try body(try network(memory, controller), "\(memory.kind), \(controller.kind)\(seedNote)")
                }
            }
        }

        // MARK: Signals

        /// Name, role, axes, head.
        private func texts(_ network: Network) -> [String] {
            network.signals.map { signal in
                let axes = signal.axes.map { axis in
                    switch axis {
                    case .rows(let count): "rows \(count)"
                    case .shifts(let count): "shifts \(count)"
                    case .columns(let count): "columns \(count)"
                    case .entries: "entries"
                    }
                }
                return "\(signal.name): \(signal.role.rawValue) \(axes)\(signal.head.map { " \($0)" } ?? "")"
            }
        }

        private static let output = ["output: vector [\"columns 4\"]"]

        private static func lstm(_ name: String, _ units: Int) -> [String] {
            let axes = "[\"columns \(units)\"]"
            return [
                "controller.\(name) h: vector \(axes)", "controller.\(name) input gate: gate \(axes)",
                "controller.\(name) forget gate: gate \(axes)", "controller.\(name) candidate: vector \(axes)",
                "controller.\(name) output gate: gate \(axes)", "controller.\(name) cell: vector \(axes)"
            ]
        }

        @Test func signalsOfMemories() throws {
            let rest = Self.lstm("layer0", 6) + Self.output
            #expect(try texts(network(NoMemory())) == rest)
            let stack = [
                "push: strength []", "pop: strength []", "depth: strength []", "read: weighting [\"entries\"]",
                "pushed: vector [\"columns 3\"]", "strengths: strength [\"entries\"]",
                "contents: contents [\"entries\", \"columns 3\"]"
            ]
            #expect(try texts(network(NeuralStack(width: 3))) == stack + rest)
            #expect(try texts(network(NeuralQueue(width: 3))) == stack + rest)
            let deque = [
                "push top: strength [] 0", "push bottom: strength [] 1", "pop top: strength [] 0",
                "pop bottom: strength [] 1", "depth: strength []", "read top: weighting [\"entries\"] 0",
                "read bottom: weighting [\"entries\"] 1", "pushed top: vector [\"columns 2\"] 0",
                "pushed bottom: vector [\"columns 2\"] 1", "strengths: strength [\"entries\"]",
                "contents: contents [\"entries\", \"columns 2\"]"
            ]
            #expect(try texts(network(NeuralDeque(width: 2))) == deque + rest)
            func head(_ name: String, _ number: Int) -> [String] {
                let addressing = [
                    "weighting: weighting [\"rows 7\"]", "gate: gate []", "key: vector [\"columns 3\"]",
                    "key strength: sharpness []", "sharpening: sharpness []", "shift: distribution [\"shifts 5\"]",
                    "similarity: vector [\"rows 7\"]"
                ]
                let reading = ["vector: vector [\"columns 3\"]"]
                let writing = ["erase: gate [\"columns 3\"]", "add: vector [\"columns 3\"]"]
                return (addressing + (name.hasPrefix("read") ? reading : writing)).map { "\(name) \($0) \(number)" }
            }
            let contents = ["memory: contents [\"rows 7\", \"columns 3\"]"]
            var memory = TuringMemory(rows: 7, columns: 3)
            memory.maximumShift = 2
            #expect(try texts(network(memory)) == head("read", 0) + head("write", 1) + contents + rest)
            memory.heads = 2
            let heads = head("read 1", 0) + head("write 1", 1) + head("read 2", 2) + head("write 2", 3)
            #expect(try texts(network(memory)) == heads + contents + rest)
            memory.heads = 1
            (memory.readHeads, memory.writeHeads) = (3, 1)
            let reads = head("read 1", 0) + head("read 2", 1) + head("read 3", 2) + head("write", 3)
            #expect(try texts(network(memory)) == reads + contents + rest)
            (memory.readHeads, memory.writeHeads) = (1, 2)
            let writes = head("read", 0) + head("write 1", 1) + head("write 2", 2)
            #expect(try texts(network(memory)) == writes + contents + rest)
            func sparse(_ number: String, _ head: Int, _ more: [String] = []) -> [String] {
                ([
                    "read\(number) weighting: weighting [\"rows 7\"]", "read\(number) key: vector [\"columns 3\"]",
                    "read\(number) key strength: sharpness []", "read\(number) vector: vector [\"columns 3\"]",
                    "write\(number) weighting: weighting [\"rows 7\"]", "write\(number) gate: gate []",
                    "write\(number) interpolation gate: gate []", "write\(number) add: vector [\"columns 3\"]"
                ] + more).map { "\($0) \(head)" }
            }
            let all = ["access rank: vector [\"rows 7\"]"] + contents + rest
            #expect(try texts(network(SparseMemory(rows: 7, columns: 3))) == sparse("", 0) + all)
            #expect(
                try texts(network(SparseMemory(rows: 7, columns: 3, heads: 2)))
                    == sparse(" 1", 0) + sparse(" 2", 1) + all)
            let linked = [
                "read backward weighting: weighting [\"rows 7\"]", "read forward weighting: weighting [\"rows 7\"]",
                "read backward mode: gate []", "read content mode: gate []", "read forward mode: gate []"
            ]
            #expect(try texts(network(SparseDNC(rows: 7, columns: 3))) == sparse("", 0, linked) + all)
        }

        @Test func signalsOfTheDNC() throws {
            func head(_ name: String, _ number: Int) -> [String] {
                let weightings = ["weighting", "backward weighting", "forward weighting"]
                let gates = ["backward mode", "content mode", "forward mode", "free gate"]
                return weightings.map { "\(name) \($0): weighting [\"rows 7\"] \(number)" }
                    + gates.map { "\(name) \($0): gate [] \(number)" }
                    + [
                        "\(name) key: vector [\"columns 3\"] \(number)", "\(name) key strength: sharpness [] \(number)",
                        "\(name) vector: vector [\"columns 3\"] \(number)"
                    ]
            }
            let writing = { (number: Int) in
                ["write weighting: weighting [\"rows 7\"] \(number)"]
                    + ["allocation: weighting", "usage: gate", "retention: gate", "precedence: weighting"].map {
                        "\($0) [\"rows 7\"]"
                    }
                    + ["write gate: gate [] \(number)", "allocation gate: gate [] \(number)"]
                    + ["write key: vector [\"columns 3\"] \(number)", "write key strength: sharpness [] \(number)"]
                    + ["write erase: gate [\"columns 3\"] \(number)", "write add: vector [\"columns 3\"] \(number)"]
            }
            let contents = [
                "memory: contents [\"rows 7\", \"columns 3\"]", "links: links [\"rows 7\", \"rows 7\"]"
            ]
            let rest = Self.lstm("layer0", 6) + Self.output
            #expect(try texts(network(DNC(rows: 7, columns: 3))) == head("read", 0) + writing(1) + contents + rest)
            var memory = DNC(rows: 7, columns: 3, readHeads: 2)
            #expect(
                try texts(network(memory)) == head("read 1", 0) + head("read 2", 1) + writing(2) + contents + rest)
            memory.masksKeys = true
            memory.sharpensLinks = true
            let repaired = try texts(network(memory))
            #expect(repaired.contains("read 2 mask: vector [\"columns 3\"] 1"))
            #expect(repaired.contains("read 1 forward sharpness: sharpness [] 0"))
            #expect(repaired.contains("write mask: vector [\"columns 3\"] 2"))
        }

        @Test func signalsOfControllers() throws {
            func plain(_ name: String, _ units: Int) -> [String] {
                ["controller.\(name) h: vector [\"columns \(units)\"]"]
            }
            let expected = [
                Self.lstm("layer0", 6),
                plain("input", 4) + Self.lstm("layer0", 4) + Self.lstm("layer1", 4),
                plain("layer0", 5), plain("layer0", 4) + plain("layer1", 4)
            ]
            for (controller, signals) in zip(Self.controllers, expected) {
                #expect(try texts(network(NoMemory(), controller)) == signals + Self.output)
            }
        }

        @Test func namesAreUnique() throws {
            try forEachNetwork { network, context in
                #expect(Set(network.signals.map(\.name)).count == network.signals.count, "\(context)")
            }
        }

        // MARK: Values

        /// Numbers fill the axes and are what their role says.
        @Test func valuesAreWhatSignalsSay() throws {
            try forEachNetwork { network, context in
                let recording = try recording(network, steps: 40)
                #expect(recording.signals == network.signals && recording.sequences.map(\.count) == [40])
                for signal in recording.signals {
                    let values = recording.values(signal.name)
                    #expect(values.count == 40)
                    for (step, value) in values.enumerated() {
                        let complaint = signal.complaint(value)
                        #expect(complaint == nil, "\(complaint ?? "") in step \(step) of \(signal.name), \(context)")
                    }
                    // Weightings may stay at one row.
                    let changes = Set(values.map(\.numbers)).count > 1
                    #expect(changes || signal.role != .vector, "\(signal.name) never changes; \(context)")
                }
            }
        }

        @Test func outputsAreThoseReturned() throws {
            try forEachNetwork { network, context in
                let recorder = Recorder(network, sequences: [1, 0]) { $0.name == "output" }
                let episode = try InferenceEpisode(network, batch: 2)
                let outputs = try episode.advance(batch(steps: 9, count: 2).inputs, steps: 9, recorder: recorder)
                for (index, sequence) in [1, 0].enumerated() {
                    let recorded = recorder.recording.values("output", sequence: index).map(\.numbers)
                    let returned = (0..<9).map { step in
                        Array(outputs[(step * 2 + sequence) * 4..<(step * 2 + sequence + 1) * 4])
                    }
                    #expect(recorded == returned, "\(context)")
                }
            }
        }

        /// A recorded step is done alone; so is each of those that are compared.
        @Test func recordingChangesNothing() throws {
            try forEachNetwork { network, context in
                let batch = batch(steps: 30, count: 3)
                let plain = try InferenceEpisode(network, batch: 3, room: 5)
                let expected = try (0..<30).flatMap {
                    try plain.advance(batch.inputs(ofSteps: $0..<$0 + 1), steps: 1)
                }
                let recorded = try InferenceEpisode(network, batch: 3, room: 5)
                let recorder = Recorder(network, sequences: [0, 2])
                let outputs = try recorded.advance(batch.inputs, steps: 30, recorder: recorder)
                expectSameBits(outputs, expected, "outputs", context)
                #expect(recorded.snapshots() == plain.snapshots(), "\(context)")
                #expect(recorded.steps == 30)
            }
        }

        // MARK: Choices

        @Test func signalsAndSequencesAreChosen() throws {
            let network = try network(TuringMemory(rows: 5, columns: 3))
            func record(_ recorder: Recorder) throws -> EpisodeRecording {
                let episode = try InferenceEpisode(network, batch: 3)
                let batch = batch(steps: 8, count: 3)
                // In two calls: it goes on.
                _ = try episode.advance(batch.inputs(ofSteps: 0..<3), steps: 3, recorder: recorder)
                _ = try episode.advance(batch.inputs(ofSteps: 3..<8), steps: 5, recorder: recorder)
                return recorder.recording
            }
            let all = try record(Recorder(network, sequences: [0, 1, 2]))
            let some = try record(Recorder(network, sequences: [2, 0]) { $0.role == .weighting })
            #expect(some.signals.map(\.name) == ["read weighting", "write weighting"])
            for (index, sequence) in [2, 0].enumerated() {
                for signal in some.signals {
                    let values = some.values(signal.name, sequence: index)
                    #expect(values.count == 8 && values == all.values(signal.name, sequence: sequence))
                }
            }
            #expect(all.values("read weighting", sequence: 0) != all.values("read weighting", sequence: 1))
            #expect(try record(Recorder(network)).sequences.count == 1)
            #expect(some.values("read gate") == [] && some.values("read weighting", sequence: 2) == [])
            #expect(some.values("read weighting", sequence: -1) == [])
            let nothing = try record(Recorder(network, sequences: []))
            #expect(nothing.signals == network.signals && nothing.sequences.isEmpty)
        }

        /// What is left out of a recording with a threshold is what is small.
        @Test func smallNumbersAreLeftOut() throws {
            for memory in Self.memories {
                let network = try network(memory)
                let batch = batch(steps: 25, count: 1)
                func record(_ threshold: Float?, _ isWanted: (Signal) -> Bool) throws -> EpisodeRecording {
                    let recorder = Recorder(network, threshold: threshold, isWanted: isWanted)
                    _ = try InferenceEpisode(network).advance(batch.inputs, steps: 25, recorder: recorder)
                    return recorder.recording
                }
                let isFlat: (Signal) -> Bool = { $0.axes.count == 1 }
                let (all, large) = (try record(nil, isFlat), try record(0.1, isFlat))
                for signal in all.signals {
                    for (value, sparse) in zip(all.values(signal.name), large.values(signal.name)) {
                        let indices = try #require(sparse.indices)
                        let kept = zip(value.indices ?? Array(value.numbers.indices), value.numbers)
                            .filter { abs($0.1) >= 0.1 }
                        #expect(indices == kept.map(\.0) && sparse.numbers == kept.map(\.1), "\(signal.name)")
                    }
                }
            }
        }

        /// Nothing is below 0: all numbers are there, also of signals with several axes.
        @Test func aThresholdServesAllSignals() throws {
            try forEachNetwork { network, context in
                let batch = batch(steps: 12, count: 1)
                let recordings = try ([nil, 0] as [Float?]).map { threshold in
                    let recorder = Recorder(network, threshold: threshold)
                    _ = try InferenceEpisode(network).advance(batch.inputs, steps: 12, recorder: recorder)
                    return recorder.recording
                }
                for signal in network.signals {
                    let numbers = recordings.map { $0.values(signal.name).map(\.numbers) }
                    #expect(numbers[0] == numbers[1], "\(signal.name), \(context)")
                }
            }
        }

        @Test func sparseValuesSayWhatIsLeft() {
            let value = SignalValue([0.5, -0.01, .nan, -0.5, 0.1])
            let sparse = value.sparse(below: 0.1)
            #expect(sparse.indices == [0, 2, 3, 4])
            #expect(sparse.numbers.map(\.description) == ["0.5", "nan", "-0.5", "0.1"])
            let entries = SignalValue([0.05, 0.9, 0.2], indices: [-1, 7, 12])
            #expect(entries.sparse(below: 0.1) == SignalValue([0.9, 0.2], indices: [7, 12]))
            #expect(entries.sparse(below: 2) == SignalValue([], indices: []))
        }

        // MARK: Files

        @Test func recordingsAreCodable() throws {
            try forEachNetwork { network, context in
                let recording = try recording(network, steps: 12)
                let file = try JSONEncoder().encode(recording)
                #expect(try JSONDecoder().decode(EpisodeRecording.self, from: file) == recording, "\(context)")
            }
        }

        /// JSON has no number for them.
        @Test func whatIsNotFiniteBecomesNull() throws {
            let values = [
                SignalValue([1, .nan, .infinity, -.infinity, -0.5]), SignalValue([.nan], indices: [3]), SignalValue([])
            ]
            let file = try JSONEncoder().encode(values)
            let text = String(decoding: file, as: UTF8.self)
            #expect(text.contains("[1,null,null,null,-0.5]") && text.contains("[null]"), "\(text)")
            let back = try JSONDecoder().decode([SignalValue].self, from: file)
            #expect(back.map(\.indices) == [nil, [3], nil])
            #expect(back.map { $0.numbers.map(\.isNaN) } == [[false, true, true, true, false], [true], []])
            #expect(back[0].numbers[0] == 1 && back[0].numbers[4] == -0.5)
        }
    }
}

extension Signal {
    /// What is wrong with a value, if anything is.
    fileprivate func complaint(_ value: SignalValue) -> String? {
        let numbers = value.numbers
        let sum = numbers.reduce(0) { $0 + Double($1) }
        var size = 1
        for axis in axes {
            switch axis {
            case .rows(let count), .shifts(let count), .columns(let count): size *= count
            case .entries: size *= value.indices?.count ?? -1
            }
        }
        if numbers.count != size { return "\(numbers.count) numbers, and not \(size)" }
        if axes.first != .entries, value.indices != nil { return "indices of nothing" }
        // Weights are normalised in single precision.
        let rounding = 1e-5
        return switch role {
        case .gate: numbers.allSatisfy { 0...1 ~= $0 } ? nil : "gates \(numbers)"
        case .strength, .sharpness: numbers.allSatisfy { $0 >= 0 && $0.isFinite } ? nil : "\(role) \(numbers)"
        case .weighting: numbers.allSatisfy { $0 >= 0 } && sum <= 1 + rounding ? nil : "weights \(numbers)"
        case .distribution:
            numbers.allSatisfy { $0 >= 0 } && abs(sum - 1) <= rounding ? nil : "probabilities \(numbers)"
        case .links:
            numbers.allSatisfy { -rounding...1 + rounding ~= Double($0) } ? nil : "links \(numbers)"
        case .vector, .contents: numbers.allSatisfy(\.isFinite) ? nil : "\(numbers)"
        }
    }
}
