// FreezeTests.swift: parameters that training does not change.

import Foundation
import NeuralMemory
import NeuralMemoryTasks
import TestSupport
import Testing

import NeuralMemoryTraining

@Suite struct FreezeTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private static let rules = Registry.standard.optimizers.types.compactMap { $0.init() as? any OptimizerKind }

    private func freezing(_ patterns: [String]) -> RunConfiguration {
        var configuration = smallConfiguration()
        configuration.training.freeze = patterns
        return configuration
    }

    private func values(_ network: Network) throws -> [String: [UInt32]] {
        let parameters = network.parameters
        return try parameters.layout.parameters.reduce(into: [:]) { values, parameter in
            values[parameter.name] = try parameters.values(of: parameter).map(\.bitPattern)
        }
    }

    /// Under every rule, with weight decay and averaging: those that match keep their bits, all others change.
    @Test(arguments: rules.indices) func whatMatchesKeepsItsBits(_ index: Int) throws {
        var configuration = freezing(["embedding.*", "*.layer0.weight", "output.bias"])
        configuration.training.optimizer = Self.rules[index]
        configuration.training.optimizer.learningRate = 1e-2
        configuration.training.weightDecay = 0.5
        configuration.training.averaging = 0.9
        let trainer = try Trainer(configuration)
        let before = try values(trainer.network)
        for _ in 0..<12 { _ = try trainer.step() }
        let used = try values(Checkpoint(trainer).makeNetwork())
        let after = try values(trainer.network)
        let frozen = Set(["embedding.weight", "controller.layer0.weight", "output.bias"])
        #expect(Set(trainer.optimizer.frozen.map(\.name)) == frozen)
        for name in before.keys {
            #expect((before[name] == after[name]) == frozen.contains(name), "\(name)")
            #expect((before[name] == used[name]) == frozen.contains(name), "average of \(name)")
        }
        for (name, state) in trainer.optimizer.state {
            for parameter in trainer.optimizer.frozen {
                #expect(try state.values(of: parameter).allSatisfy { $0 == 0 }, "\(name) of \(parameter.name)")
            }
        }
    }

    /// A run that was stopped goes on with them frozen, and ends with the bits of one that was not stopped.
    @Test func itHoldsThroughResuming() throws {
        let configuration = freezing(["controller.*"])
        let whole = try TrainingRun.start(configuration, at: folder.file("whole"))
        let before = try values(whole.trainer.network)
        _ = try whole.run(ScriptedObserver())
        let url = folder.file("stopped")
        _ = try TrainingRun.start(configuration, at: url).run(ScriptedObserver(stopsAt: 5))
        let resumed = try TrainingRun.resume(at: url)
        #expect(resumed.trainer.configuration.training.freeze == ["controller.*"])
        _ = try resumed.run(ScriptedObserver())
        #expect(try arrays(of: resumed.trainer) == arrays(of: whole.trainer))
        let after = try values(resumed.trainer.network)
        for (name, bits) in before { #expect((after[name] == bits) == name.hasPrefix("controller."), "\(name)") }
    }

    @Test(arguments: ["[]", #"["output.*"]"#]) func itCannotChangeOnResuming(_ value: String) throws {
        _ = try TrainingRun.start(freezing(["controller.*"]), at: folder.file("run"))
            .run(ScriptedObserver(stopsAt: 3))
        #expect(throws: ResumeError.self) {
            try TrainingRun.resume(
                at: folder.file("run"), overrides: [SettingOverride(assignment: "training.freeze=\(value)")])
        }
    }

    @Test func aPatternThatMatchesNothingNamesTheNearest() throws {
        let error = try #require(throws: ConfigurationError.self) { try Trainer(freezing(["output.*", "controler.*"])) }
        #expect(error.field == "training.freeze" && error.value == "controler.*")
        #expect(error.allowed.contains("the nearest are controller.layer0.weight, controller.layer0.bias"), "\(error)")
        #expect(!error.allowed.contains("embedding"), "\(error)")
        let other = try #require(throws: ConfigurationError.self) { try TrainingPlan(freezing(["xyzzy"])) }
        #expect(other.allowed.contains("there are embedding.weight"), "\(other)")
    }

    @Test func somethingMustBeLeftToTrain() throws {
        let error = try #require(throws: ConfigurationError.self) { try Trainer(freezing(["*"])) }
        #expect(error.allowed.contains("leave something to train"), "\(error)")
    }

    /// As files and options write it; a star first is a text in quotes, since YAML takes it for an alias.
    @Test func inFilesAndOptions() throws {
        let configuration = try smallConfiguration().applying([
            SettingOverride(assignment: #"training.freeze=["*.bias", embedding.*]"#)
        ])
        #expect(configuration.training.freeze == ["*.bias", "embedding.*"])
        let file = folder.file("config.yaml")
        try Data(configuration.yaml(comment: "").utf8).write(to: file)
        #expect(try RunConfiguration(contentsOf: file).training.freeze == ["*.bias", "embedding.*"])
        let error = try #require(throws: SettingError.self) {
            try smallConfiguration().applying([SettingOverride(assignment: "training.freeze=embedding.*")])
        }
        #expect(error.message.contains("a list of texts"), "\(error)")
    }
}
