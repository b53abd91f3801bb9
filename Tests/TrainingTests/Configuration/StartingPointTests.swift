// What commands start from without a preset: settings that exist, for the kinds that were chosen, and a word where
// nothing is known to learn.

import Foundation
import NeuralMemory
import NeuralMemoryTasks
import NeuralMemoryTraining
import TestSupport
import Testing

@Suite struct StartingPointTests {
    /// `KEY=VALUE`, as options give them.
    private func resolve(_ settings: String...) throws -> (configuration: RunConfiguration, start: StartingPoint) {
        let overrides = try settings.map { try SettingOverride(assignment: $0) }
        let resolved = try RunConfiguration.resolveFromStart(overrides: overrides)
        return (resolved.configuration, try #require(resolved.start))
    }

    private func cautions(_ settings: String...) throws -> [String] {
        let overrides = try settings.map { try SettingOverride(assignment: $0) }
        let resolved = try RunConfiguration.resolveFromStart(overrides: overrides)
        return try #require(resolved.start).cautions(for: resolved.configuration)
    }

    @Test func presetsAreOfTheirTaskAndMemory() throws {
        for start in StartingPoint.all {
            let configuration = try Presets.load(start.preset)
            #expect(configuration.task.kind == start.task, "\(start.preset)")
            #expect(configuration.network.memory.kind == start.memory, "\(start.preset)")
            let same = StartingPoint.all.filter { $0.task == start.task && $0.memory == start.memory }
            #expect(same == [start], "one for each task and memory")
            guard let larger = start.larger else { continue }
            let large = try Presets.load(larger)
            #expect(large.task.kind == start.task && large.network.memory.kind == start.memory)
            #expect(large.task.lengths.upperBound > configuration.task.lengths.upperBound)
        }
    }

    /// The preset's settings and nothing else.
    @Test func aStartIsThePreset() throws {
        for start in StartingPoint.all {
            let resolved = try resolve("task.kind=\(start.task)", "network.memory.kind=\(start.memory)")
            #expect(resolved.start == start)
            let preset = try RunConfiguration.resolve(preset: start.preset)
            #expect(resolved.configuration.yaml(comment: "") == preset.yaml(comment: ""))
        }
    }

    @Test func whatIsNotChosenIsWhatSuits() throws {
        let cases = [
            ([], "reversal", "stack"), (["task.kind=copy"], "copy", "queue"),
            (["task.kind=copy-bits"], "copy-bits", "ntm"),
            (["task.kind=dyck"], "dyck", "stack"), (["network.memory.kind=queue"], "copy", "queue"),
            (["network.memory.kind=ntm"], "copy-bits", "ntm"), (["network.memory.kind=deque"], "reversal", "deque"),
            (["task={kind: copy, symbols: 5}"], "copy", "queue"),
            (["network={memory: {kind: queue}}"], "copy", "queue"),
            (["task.kind=copy", "task.kind=dyck"], "dyck", "stack")
        ]
        for (settings, task, memory) in cases {
            let overrides = try settings.map { try SettingOverride(assignment: $0) }
            let configuration = try RunConfiguration.resolveFromStart(overrides: overrides).configuration
            #expect(configuration.task.kind == task && configuration.network.memory.kind == memory, "\(settings)")
        }
    }

    /// Any task with any memory can be tried: what options do not change is the preset's.
    @Test func allPairsOfKindsResolve() throws {
        for task in Registry.standard.tasks.names {
            for memory in Registry.standard.memories.names {
                let resolved = try resolve("task.kind=\(task)", "network.memory.kind=\(memory)")
                let configuration = resolved.configuration
                #expect(configuration.task.kind == task && configuration.network.memory.kind == memory)
                _ = try Network(configuration.network, signature: configuration.task.signature, seed: 1)
            }
        }
    }

    @Test func anotherControllerKeepsTheRest() throws {
        let resolved = try resolve("task.kind=copy", "network.memory.kind=queue", "network.controller.kind=lstm")
        var expected = try RunConfiguration.resolve(preset: "fast/copy-queue")
        expected.network.controller = LSTM()
        #expect(resolved.configuration.yaml(comment: "") == expected.yaml(comment: ""))
    }

    @Test func presetsAndFilesHaveNoStart() throws {
        let preset = try RunConfiguration.resolveFromStart(preset: "fast/copy-lstm")
        #expect(preset.start == nil && preset.configuration.network.memory.kind == "none")
        let folder = try TemporaryFolder()
        let file = folder.file("file.yaml")
        try Data("task:\n  kind: copy\n".utf8).write(to: file)
        let resolved = try RunConfiguration.resolveFromStart(file: file)
        var expected = RunConfiguration()
        expected.task = Copy()
        #expect(resolved.start == nil && resolved.configuration.yaml(comment: "") == expected.yaml(comment: ""))
    }

    @Test func wrongNamesAreRefusedAsEver() throws {
        for setting in ["task.kind=copie", "network.memory.kind=qeue", "task.kind=[1, 2]", "task=3"] {
            #expect(throws: SettingError.self, "\(setting)") { _ = try resolve(setting) }
        }
    }

    @Test func aWordWhereNothingIsKnown() throws {
        for start in StartingPoint.all {
            let said = try cautions("task.kind=\(start.task)", "network.memory.kind=\(start.memory)")
            // Of data, nobody can know.
            let isKnown = start.memory != "none" || ["sequences", "text"].contains(start.task)
            #expect(said.isEmpty == isKnown, "\(start.preset): \(said)")
        }
        let cases = [
            (["task.kind=reversal", "network.memory.kind=queue"], "memory stack or deque suits it"),
            (["task.kind=dyck", "network.controller.kind=lstm"], "controller lstm"),
            (["task.kind=reversal", "task.maximumLength=64"], "large/reversal-stack"),
            (["task.kind=copy", "task.symbols=128"], "large/copy-queue"),
            (["task.kind=copy", "network.memory.kind=none"], "memory queue or deque suits it")
        ]
        for (settings, part) in cases {
            let overrides = try settings.map { try SettingOverride(assignment: $0) }
            let resolved = try RunConfiguration.resolveFromStart(overrides: overrides)
            let said = try #require(resolved.start).cautions(for: resolved.configuration)
            #expect(said.count == 1 && said[0].contains(part), "\(settings): \(said)")
        }
        #expect(try cautions("task.kind=sequences", "network.memory.kind=stack").isEmpty)
        #expect(try cautions("task.kind=reversal", "task.symbols=5", "task.maximumLength=9").isEmpty)
    }
}
