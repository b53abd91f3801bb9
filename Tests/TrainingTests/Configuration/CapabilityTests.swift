// What only some kinds can do, through the code that serves all: data of the program's own, and rows that can be more.

import Foundation
import NeuralMemory
import NeuralMemoryTasks
import TestSupport
import Testing
import NeuralMemoryTraining

private func symbols(_ batch: Batch) -> [Int32] {
    if case .symbols(let symbols) = batch.inputs { symbols } else { [] }
}

@Suite struct CapabilityTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private static func registry() throws -> Registry {
        var registry = Registry.standard
        try registry.register(OwnPairs.self)
        try registry.register(RowedSum.self)
        return registry
    }

    private func configuration() throws -> RunConfiguration {
        let yaml = """
            task: {kind: own-pairs, trained: 9}
            network:
              memory: {kind: rowed-sum, slots: 6}
              controller: {kind: rnn, units: 6}
            training:
              steps: 12
              batchSize: 4
              evaluation: {interval: 5, episodes: 9}
            """
        return try RunConfiguration(yaml: Data(yaml.utf8), source: "own.yaml", registry: Self.registry())
    }

    // MARK: Data

    /// Trained, stopped, resumed and evaluated as any task.
    @Test func ownDataThroughARun() throws {
        let configuration = try configuration()
        let whole = try TrainingRun.start(configuration, at: folder.file("whole"))
        let observer = ScriptedObserver()
        #expect(try whole.run(observer) == .completed)
        #expect(observer.records.allSatisfy { $0.evaluations.map(\.episodes) == [4] })
        #expect(observer.records.allSatisfy { $0.evaluations[0].lengths == 1...3 })
        var stopped: TrainingRun? = try TrainingRun.start(configuration, at: folder.file("stopped"))
        #expect(try stopped?.run(ScriptedObserver(stopsAt: 7)) == .stopped)
        stopped = nil
        let resumed = try TrainingRun.resume(at: folder.file("stopped"), registry: Self.registry())
        #expect(try resumed.run(ScriptedObserver()) == .completed)
        #expect(try arrays(of: resumed.trainer) == arrays(of: whole.trainer))
        #expect(timeless(resumed.trainer.state) == timeless(whole.trainer.state))
    }

    /// The batch after so many sequences, whatever the generator and the lengths are; and what is evaluated is another.
    @Test func batchesAreTheData() throws {
        let task = OwnPairs()
        var generator = RandomGenerator(seed: testSeed(1))
        let before = generator.state
        let batch = try (task as any SequenceTask).trainingBatch(
            count: 3, lengths: 1...1, after: 8, seed: 5, using: &generator)
        #expect(generator.state == before)
        #expect(try symbols(batch) == symbols(task.vocabulary.batch([8, 9, 0].map(task.pair(_:)))))

        let sets = try task.evaluationSets([1...1, 2...2], count: nil, seed: 3)
        #expect(sets.count == 1 && sets[0].count == 4 && sets[0].largestSample == 4)
        var seen: [[Int32]] = []
        try sets[0].forEachBatch({ _ in 2 }) { seen.append(symbols($0)) }
        #expect(try seen == [[0, 1], [2, 3]].map { try symbols(task.evaluationBatch($0)) })
        #expect(try task.evaluationSets([], count: 3, seed: 3)[0].count == 3)

        let sample = try sets[0].sample(4)
        #expect(sample.places.isEmpty && sample.batch.count == 4)
        #expect(try sets[0].steps(ofSample: 4) == 8)
        for count in [0, 5] { #expect(throws: UsageError.self) { try sets[0].sample(count) } }
    }

    /// Of drawn sequences a sample is the first that an evaluation draws, however that cuts its batches.
    @Test func drawnSamplesAreTheFirstOfTheirSet() throws {
        let task = Copy(symbols: 5, lengths: 4...4)
        let set = try task.evaluationSets([4...4], count: 5, seed: testSeed(2))[0]
        var parts: [Batch] = []
        try set.forEachBatch({ _ in 2 }) { parts.append($0) }
        #expect(parts.map(\.count) == [2, 2, 1])
        #expect(try symbols(set.sample(2).batch) == symbols(parts[0]) && symbols(parts[0]) != symbols(parts[1]))
        #expect(try set.sample(2).places.isEmpty && set.steps(ofSample: 1) == 10)
    }

    @Test func whatOnlyDrawnSequencesHaveIsRefused() throws {
        for setting in ["training.curriculum.start=2", "training.evaluation.lengths=[8]"] {
            let text = message { _ = try configuration().applying([SettingOverride(assignment: setting)]) }
            #expect(text.contains("for task own-pairs, whose sequences are what the data hold"), "\(text)")
        }
        var task: any SequenceTask = OwnPairs()
        let file = URL(fileURLWithPath: "/nowhere")
        let text = message { try task.open(evaluating: file, progress: { _ in }) }
        #expect(text.contains("own-pairs.open: this task reads no files, and /nowhere was given"), "\(text)")
        try task.open(progress: { _ in })
        #expect(try task.isOpen && task.notes(progress: { _ in }).isEmpty)
    }

    // MARK: Rows

    @Test func ownRowsCanBeMore() throws {
        let configuration = try configuration()
        let trainer = try Trainer(configuration)
        let changed = try configuration.withMemoryRows(20)
        #expect((changed.network.memory as? RowedSum)?.slots == 20)
        #expect(try Checkpoint(trainer).makeNetwork(changed).configuration.memory.rowCount == 20)
        #expect(configuration.warning(longestLength: 2) == nil)
        #expect(configuration.warning(longestLength: 3)?.contains("8 steps, and the memory has 6 rows") == true)
        #expect(changed.warning(longestLength: 3) == nil)
        #expect(message { _ = try configuration.withMemoryRows(101) }.contains("network.memory.slots is 101"))
        let stack = try configuration.applying([SettingOverride(assignment: "network.memory.kind=stack")])
        let refusal = message { _ = try stack.withMemoryRows(9) }
        #expect(
            refusal.contains("is stack; it must be ntm or dnc or sam or sdnc or rowed-sum for another number of rows"),
            "\(refusal)")
    }

    // MARK: Gradient checks

    /// Every task and memory has a small network, whose settings give way to the user's.
    @Test func smallNetworksOfAllKinds() throws {
        let registry = try Self.registry()
        for task in registry.tasks.names {
            for memory in registry.memories.names {
                let kinds = try ["task.kind=\(task)", "network.memory.kind=\(memory)", "network.input.embeddingSize=3"]
                    .map { try SettingOverride(assignment: $0) }
                let configuration = try GradientCheck.configuration(overrides: kinds, registry: registry)
                let network = configuration.network
                #expect(configuration.task.kind == task && network.memory.kind == memory)
                #expect(network.input.embeddingSize == 3 && (network.controller as? LSTM)?.units == 12)
                let readsCount = ["ntm", "dnc", "sam", "sdnc"].contains(memory)
                #expect(network.output.source == (readsCount ? .controllerAndReads : .controller))
                #expect((network.memory as? TuringMemory)?.rows ?? 6 == 6)
                #expect(configuration.task.lengths.upperBound <= 11, "\(task)")
                _ = try Network(network, signature: configuration.task.signature, seed: 1)
            }
        }
    }
}
