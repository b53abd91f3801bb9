// Configurations: from YAML, presets and options, back to YAML, and the errors on the way.

import Foundation
import NeuralMemory
import NeuralMemoryTasks
import TestSupport
import Testing
import NeuralMemoryTraining

@Suite struct ConfigurationTests {
    private func resolve(_ settings: [(String, String)]) throws -> RunConfiguration {
        try .resolve(overrides: settings.map { SettingOverride(path: $0, value: $1, option: "--set \($0)=\($1)") })
    }

    private func resolve(yaml: String, _ settings: [(String, String)] = []) throws -> RunConfiguration {
        let folder = try TemporaryFolder()
        try Data(yaml.utf8).write(to: folder.file("a.yaml"))
        return try .resolve(
            file: folder.file("a.yaml"),
            overrides: settings.map { SettingOverride(path: $0, value: $1, option: "--set \($0)=\($1)") })
    }

    private func json(_ configuration: RunConfiguration) throws -> NSDictionary {
        let data = try JSONEncoder().encode(configuration)
        return try #require(try JSONSerialization.jsonObject(with: data) as? NSDictionary)
    }

    /// Every combination of kinds survives the way to YAML and back: property names are coding keys, and no type of
    /// setting is left out.
    @Test func yamlRoundTripOfEveryKind() throws {
        for controller in Registry.standard.controllers.names {
            for memory in Registry.standard.memories.names {
                for (task, optimizer) in zip(
                    Registry.standard.tasks.names + Registry.standard.tasks.names, Registry.standard.optimizers.names)
                {
                    let configuration = try resolve([
                        ("network.controller.kind", controller), ("network.memory.kind", memory),
                        ("task.kind", task), ("training.optimizer.kind", optimizer)
                    ])
                    let again = try resolve(yaml: configuration.yaml(comment: "a comment\nof two lines"))
                    #expect(try json(again) == json(configuration))
                    #expect(again.network.memory.kind == memory && again.network.controller.kind == controller)
                    #expect(again.task.kind == task && again.training.optimizer.kind == optimizer)
                }
            }
        }
    }

    @Test func yamlKeepsEveryBit() throws {
        var configuration = smallConfiguration()
        configuration.training.seed = .max
        configuration.training.optimizer = Adam(learningRate: 0.1 + 0.2)
        configuration.training.clipping.norm = 1e-300
        configuration.training.evaluation.lengths = [LengthRange(65...128), 7]
        let again = try resolve(yaml: configuration.yaml(comment: "extremes"))
        #expect(try json(again) == json(configuration))
        #expect(again.training.optimizer.learningRate.bitPattern == (0.1 + 0.2).bitPattern)
        #expect(again.training.seed == .max)
    }

    @Test func yamlHasTheOrderOfTheStructures() {
        let lines = smallConfiguration().yaml(comment: "first").split(separator: "\n").map(String.init)
        #expect(lines[0] == "# first")
        let sections = lines.filter { $0.first?.isLetter ?? false }
        #expect(sections == ["task:", "network:", "training:"])
        #expect(lines[1...3] == ["task:", "  kind: reversal", "  symbols: 4"])
        #expect(lines.contains("    lengths: [8]"))
    }

    @Test func layersLieOverEachOther() throws {
        let yaml = """
            network:
              memory: {kind: queue, width: 7}
            training:
              steps: 1e3
              optimizer: {learningRate: 1e-3}
            """
        let configuration = try resolve(
            yaml: yaml, [("network.memory.width", "9"), ("training.evaluation.lengths", "[3, 4-9, '5-5']")])
        let memory = try #require(configuration.network.memory as? NeuralQueue)
        #expect(memory.width == 9)
        #expect(configuration.training.steps == 1000)
        #expect(configuration.training.optimizer.learningRate == 1e-3)
        #expect(configuration.training.evaluation.lengths == [3, LengthRange(4...9), 5])
    }

    /// The preset's stack has width 32; a queue in its place has a queue's default width, and a stack keeps it.
    @Test func anotherKindStartsFromItsDefaults() throws {
        func width(_ kind: String) throws -> Int? {
            let option = SettingOverride(path: "network.memory.kind", value: kind, option: "--memory \(kind)")
            let memory = try RunConfiguration.resolve(preset: "fast/reversal-stack", overrides: [option]).network.memory
            return (memory as? NeuralQueue)?.width ?? (memory as? NeuralStack)?.width
        }
        #expect(try width("queue") == NeuralQueue().width)
        #expect(try width("stack") == 32)
    }

    @Test func kindsComeBeforeTheirSettings() throws {
        let configuration = try resolve([
            ("network.controller.units", "5"), ("network.controller.kind", "rnn"), ("network.controller.units", "6")
        ])
        #expect((configuration.network.controller as? ElmanRNN)?.units == 6)
    }

    @Test func emptyFileIsTheDefaults() throws {
        #expect(try json(resolve(yaml: "# nothing\n")) == json(RunConfiguration()))
    }

    @Test(arguments: [
        ("network.memory.wdith", "3", ["network.memory.wdith", "kind, width", "did you mean network.memory.width?"]),
        ("nonsense", "3", ["nonsense", "task, network, training"]),
        ("network.memory.kind", "stak", ["network.memory.kind", "stak", "stack, queue", "did you mean stack?"]),
        ("task.kind", "[copy]", ["task.kind", "[copy]", "copy, reversal"]),
        ("network.memory", "stack", ["network.memory", "stack", "a section"]),
        ("network.memory.width", "2.5", ["network.memory.width", "2.5", "whole number"]),
        ("network.memory.width", "\"2\"", ["the text \"2\"", "whole number"]),
        ("network.memory.width", "{a: 1}", ["a section", "whole number"]),
        ("network.memory.width", "99999999999999999999", ["99999999999999999999", "whole number"]),
        ("network.memory.popBias", "nan", ["network.memory.popBias", "nan", "finite"]),
        ("network.memory.popBias", "1e999", ["1e999", "finite"]),
        ("network.output.source", "both", ["both", "controller, controller-and-reads"]),
        ("network.controller.trainsInitialState", "2", ["2", "true or false"]),
        ("training.seed", "-1", ["-1", "from 0 to 18446744073709551615"]),
        ("training.steps", "0", ["training.steps", "0", "at least 1"]),
        ("training.steps", "1e30", ["1e30", "whole number"]),
        ("training.batchSize", "-2", ["training.batchSize", "-2", "from 1 to"]),
        ("training.evaluation.lengths", "8", ["8", "a list of lengths", "65-128"]),
        ("training.evaluation.lengths", "[9-8]", ["[9-8]", "a list of lengths"]),
        ("training.evaluation.lengths", "[4-x]", ["[4-x]", "a list of lengths"]),
        ("training.evaluation.lengths", "[0-4]", ["training.evaluation.lengths", "0", "from 1 to"]),
        (
            "training.evaluation.lengths", "[" + String(repeating: "8, ", count: 32) + "8]",
            ["training.evaluation.lengths is a list of 33", "at most 32"]
        ),
        ("training.evaluation.lengths", "[8, 0]", ["training.evaluation.lengths", "0", "from 1 to"]),
        ("training.steps", "~", ["training.steps", "~", "whole number"]),
        ("training.steps", "[", ["not YAML"]),
        ("training.steps.more", "1", ["training.steps", "a section", "whole number"]),
        ("task.minimumLength", "70", ["task.maximumLength", "64", "from 70"])
    ])
    func errorsNameSettingValueAndWhatIsAllowed(_ path: String, _ value: String, _ parts: [String]) {
        let fromOption = message { _ = try resolve([(path, value)]) }
        let names = path.split(separator: ".").map(String.init)
        let indented = names.enumerated().map { String(repeating: " ", count: $0) + $1 + ":" }
        let fromFile = message { _ = try resolve(yaml: indented.joined(separator: "\n") + " \(value)\n") }
        for part in parts {
            #expect(fromOption.contains(part), "\(fromOption)")
            #expect(fromFile.contains(part), "\(fromFile)")
        }
    }

    @Test func errorsNameFileAndLine() {
        let text = message { _ = try resolve(yaml: "task:\n  kind: copy\n  symbolz: 4\n") }
        #expect(text.contains("a.yaml, line 3: there is no setting task.symbolz"), "\(text)")
        let missing = message { _ = try RunConfiguration(contentsOf: URL(fileURLWithPath: "/nowhere/a.yaml")) }
        #expect(missing.contains("/nowhere/a.yaml") && missing.contains("No such file"), "\(missing)")
    }

    @Test(arguments: ["foo", "=3", "foo=", ""])
    func assignmentsNeedKeyAndValue(_ text: String) {
        #expect(throws: SettingError.self) { try SettingOverride(assignment: text) }
    }

    @Test func everyPresetCanBeTrained() throws {
        #expect(try Presets.names.contains("fast/reversal-stack"))
        for name in try Presets.names {
            #expect(try !Presets.summary(of: name).isEmpty)
            let configuration = try RunConfiguration.resolve(preset: name)
            // Those that want data have none here, and say so.
            if !configuration.task.drawsSequences {
                #expect(throws: ConfigurationError.self) { try Trainer(configuration) }
            } else {
                _ = try Trainer(configuration)
            }
        }
        let text = message { _ = try Presets.load("fast/reversal-stak") }
        #expect(text.contains("fast/reversal-stak") && text.contains("did you mean fast/reversal-stack?"), "\(text)")
        #expect(throws: SettingError.self) { try Presets.load("../../etc/passwd") }
    }

    @Test func filesExtendPresets() throws {
        let base = try RunConfiguration.resolve(preset: "fast/reversal-stack")
        let derived = try resolve(yaml: "training:\n  steps: 7\nextends: fast/reversal-stack\n")
        #expect(derived.training.steps == 7 && base.training.steps != 7)
        var expected = base
        expected.training.steps = 7
        #expect(try json(derived) == json(expected))
        // Another kind starts from that kind's defaults.
        let other = try resolve(yaml: "extends: fast/reversal-stack\nnetwork:\n  memory:\n    kind: ntm\n")
        #expect(other.network.memory.kind == "ntm" && other.network.controller.kind == base.network.controller.kind)
        let missing = message { _ = try resolve(yaml: "# a\nextends: fast/reversal-stak\n") }
        #expect(missing.contains("line 2: extends fast/reversal-stak: there is no preset"), "\(missing)")
        #expect(missing.contains("did you mean fast/reversal-stack?"), "\(missing)")
        let notAName = message { _ = try resolve(yaml: "extends: [1, 2]\n") }
        #expect(notAName.contains("line 1: extends must be the name of a preset"), "\(notAName)")
    }

    @Test(arguments: [
        ("network.controller.units", "1048576", "network.controller.units"),
        ("training.batchSize", "65536", "training.batchSize"),
        ("training.evaluation.lengths", "[1048576]", "training.evaluation.lengths")
    ])
    func whatCannotFitIntoMemoryIsRefused(_ path: String, _ value: String, _ field: String) throws {
        var settings = [(path, value)]
        if field != "network.controller.units" {
            // Few parameters, and much on the tape: terabytes, so that no machine has them.
            settings += [
                ("network.controller.kind", "feedforward"), ("network.controller.units", "4"),
                ("network.memory.width", "262144")
            ]
        }
        let configuration = try resolve(settings)
        let error = #expect(throws: ConfigurationError.self) { try Trainer(configuration) }
        #expect(error?.field == field && error?.description.contains("GB") == true)
    }
}
