// RegistryTests.swift: kinds that a user registers are configured, saved, resumed and evaluated like the package's own.

import Foundation
import NeuralMemory
import NeuralMemoryTasks
import TestSupport
import Testing
import NeuralMemoryTraining

@Suite struct RegistryTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private static func registry() throws -> Registry {
        var registry = Registry.standard
        try registry.register(LeakySum.self)
        try registry.register(Rotation.self)
        try registry.register(SignDescent.self)
        try registry.register(Staircase.self)
        return registry
    }

    private static let yaml = """
        task: {kind: rotation, maximumLength: 2}
        network:
          memory: {kind: leaky-sum, width: 5}
          controller: {kind: rnn, units: 6}
        training:
          optimizer: {kind: sign-descent, learningRate: 0.003}
          schedule: {kind: staircase, floor: 0.2}
          steps: 12
          batchSize: 3
          evaluation: {interval: 5, episodes: 4}
        """

    private func configuration() throws -> RunConfiguration {
        try RunConfiguration(yaml: Data(Self.yaml.utf8), source: "own.yaml", registry: Self.registry())
    }

    @Test func settingsOfOwnKinds() throws {
        let configuration = try configuration()
        #expect((configuration.network.memory as? LeakySum)?.width == 5)
        let changed = try configuration.applying([SettingOverride(assignment: "network.memory.decay=0.25")])
        #expect((changed.network.memory as? LeakySum)?.decay == 0.25)
        let written = Data(changed.yaml(comment: "").utf8)
        let again = try RunConfiguration(yaml: written, source: "again", registry: Self.registry())
        #expect(again.yaml(comment: "") == changed.yaml(comment: "") && (again.task as? Rotation)?.maximumLength == 2)
        let back = try changed.applying([SettingOverride(assignment: "network.memory.kind=stack")])
        #expect(back.network.memory is NeuralStack)
    }

    @Test func aRunOfOwnKinds() throws {
        let configuration = try configuration()
        let whole = try TrainingRun.start(configuration, at: folder.file("whole"))
        let start = try arrays(of: whole.trainer)
        #expect(try whole.run(ScriptedObserver()) == .completed)
        #expect(try arrays(of: whole.trainer) != start)
        #expect(whole.trainer.optimizer.learningRate(step: 13) == 0.003 / 4)
        var stopped: TrainingRun? = try TrainingRun.start(configuration, at: folder.file("stopped"))
        #expect(try stopped?.run(ScriptedObserver(stopsAt: 7)) == .stopped)
        stopped = nil
        let resumed = try TrainingRun.resume(at: folder.file("stopped"), registry: Self.registry())
        #expect(try resumed.run(ScriptedObserver()) == .completed)
        #expect(try arrays(of: resumed.trainer) == arrays(of: whole.trainer))
        #expect(resumed.trainer.optimizer.learningRate(step: 13) == 0.003 / 4)

        let checkpoint = try Checkpoint.read(from: resumed.directory.latestCheckpoint, registry: Self.registry())
        let evaluation = Evaluation(task: checkpoint.configuration.task, seed: 3, episodes: 5)
        let report = try evaluation.run(try checkpoint.makeNetwork(), lengths: 1...2).report
        #expect(report.sequences == 5 && report.bits.isFinite)
    }

    @Test func gradientsOfAnOwnMemory() throws {
        let configuration = try configuration()
        let task = configuration.task
        let network = try Network(configuration.network, signature: task.signature, seed: testSeed(1))
        let subject = try GradientCheckSubject(
            network: network, task: task, batchSize: 3, lengths: 1...2, seed: testSeed(1))
        let report = try GradientCheck().run(subject, seed: testSeed(1))
        #expect(report.passes, "\(report.tensors)\(seedNote)")
    }

    @Test func seedsOfOwnKinds() throws {
        let configuration = try configuration()
        let url = folder.file("seeds")
        var directory: SeedDirectory? = try SeedDirectory.create(at: url, configuration, seeds: [1, 2])
        #expect(directory?.seeds == [1, 2])
        directory = nil
        let run = try SeedDirectory.openRun(at: url.appendingPathComponent("seed-2"), registry: Self.registry())
        #expect(run.trainer.configuration.training.seed == 2)
        #expect(try SeedDirectory.open(at: url, registry: Self.registry()).runsThatFit() != nil)
    }

    /// What could not be read back is refused before anything is written.
    @Test func kindsThatAreNotRegistered() throws {
        var configuration = try configuration()
        configuration.registry = .standard
        for start in [
            { _ = try TrainingRun.start(configuration, at: folder.file("run")) },
            { _ = try SeedDirectory.create(at: folder.file("run"), configuration, seeds: [1]) }
        ] {
            let text = message(start)
            #expect(
                text.contains("task.kind is rotation") && text.contains("registry.register(Rotation.self)"), "\(text)")
        }
        #expect(folder.names.isEmpty)

        let own = try TrainingRun.start(self.configuration(), at: folder.file("own"))
        let text = message { _ = try Checkpoint.read(from: own.directory.latestCheckpoint) }
        #expect(text.contains("leaky-sum") && text.contains("it must be one of stack, queue"), "\(text)")
    }

    @Test func namesThatCannotBe() throws {
        struct Upper: MemoryKind {
            static let kind = "My memory"
            static let summary = ""
            func makeMemory(_ layout: inout ParameterLayout) throws -> any Memory {
                try LeakySum().makeMemory(&layout)
            }
        }
        var registry = try Self.registry()
        let again = message { try registry.register(LeakySum.self) }
        #expect(again.contains("network.memory.kind is leaky-sum") && again.contains("another name"), "\(again)")
        #expect(message { try registry.register(Upper.self) }.contains("lower-case letters"))
        #expect(registry.memories.names.count == Registry.standard.memories.names.count + 1)
    }
}
