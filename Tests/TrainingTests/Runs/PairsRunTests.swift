// Runs on a user's data: resumed bit for bit, stopped early, never on other data than they began with.

import Foundation
import NeuralMemory
import NeuralMemoryTasks
import TestSupport
import Testing
import NeuralMemoryTraining

@Suite struct PairsRunTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        try write()
    }

    /// 40 pairs of one to five letters, reversed.
    private func write(_ name: String = "train.tsv", last: String = "") throws {
        let words = (0..<40).map { n in (0...n % 5).map { ["a", "b", "c"][(n + $0 * $0) % 3] } }
        let lines = words.map { $0.joined(separator: " ") + "\t" + $0.reversed().joined(separator: " ") + "\n" }
        try Data((lines.joined() + last).utf8).write(to: folder.file(name))
    }

    private func configuration(_ change: (inout RunConfiguration) -> Void = { _ in }) -> RunConfiguration {
        var configuration = smallConfiguration()
        var task = Pairs()
        task.data = folder.file("train.tsv").path
        configuration.task = task
        configuration.training.curriculum = CurriculumConfiguration()
        configuration.training.evaluation.lengths = []
        change(&configuration)
        return configuration
    }

    @Test func aRunStoppedAtAnyStepEndsAsIfItWasNot() throws {
        let whole = try TrainingRun.start(configuration(), at: folder.file("whole"))
        _ = try whole.run(ScriptedObserver())
        for step in [0, 3, 5, 11] {
            let url = folder.file("stopped\(step)")
            var training: TrainingRun? = try TrainingRun.start(configuration(), at: url)
            #expect(try training?.run(ScriptedObserver(stopsAt: step)) == .stopped)
            training = nil
            let resumed = try TrainingRun.resume(at: url)
            _ = try resumed.run(ScriptedObserver())
            #expect(try arrays(of: resumed.trainer) == arrays(of: whole.trainer), "stopped at \(step)")
            #expect(timeless(resumed.trainer.state) == timeless(whole.trainer.state))
        }
    }

    private func stopped() throws -> URL {
        let url = folder.file("run")
        _ = try TrainingRun.start(configuration(), at: url).run(ScriptedObserver(stopsAt: 4))
        return url
    }

    @Test func otherDataAreRefusedOnResuming() throws {
        let run = try stopped()
        try write(last: "a\ta\n")
        let error = #expect(throws: DataError.self) { try TrainingRun.resume(at: run) }
        #expect(error?.reason.contains("not the one that this run began with") == true)
        try FileManager.default.removeItem(at: folder.file("train.tsv"))
        #expect(throws: FileError.self) { try TrainingRun.resume(at: run) }
        // The same data in another place will do.
        try write("moved.tsv")
        let moved = SettingOverride(path: "task.data", text: folder.file("moved.tsv").path, option: "--data moved.tsv")
        #expect(try TrainingRun.resume(at: run, overrides: [moved]).run(ScriptedObserver()) == .completed)
        let other = SettingOverride(path: "task.characters", value: "true", option: "--characters")
        #expect(throws: ResumeError.self) { try TrainingRun.resume(at: run, overrides: [other]) }
    }

    @Test func badDataLeaveNoFolder() throws {
        try write(last: "no tab\n")
        #expect(throws: DataError.self) { try TrainingRun.start(configuration(), at: folder.file("run")) }
        #expect(!FileManager.default.fileExists(atPath: folder.file("run").path))
    }

    @Test func aCheckpointNeedsNoData() throws {
        let run = try stopped()
        try FileManager.default.removeItem(at: folder.file("train.tsv"))
        let checkpoint = try Checkpoint.read(from: RunDirectory.locateCheckpoint(run.path))
        let task = try #require(checkpoint.configuration.task as? Pairs)
        #expect(task.vocabulary.source == ["a", "b", "c"])
        let network = try checkpoint.makeNetwork()
        _ = try GreedyDecoder(network: network, vocabulary: task.vocabulary).decode(source: [0, 1], maximumLength: 3)
        // Evaluation of other data, with symbols never seen.
        var other = task
        try Data("a d\td a\nb\tb\n".utf8).write(to: folder.file("test.tsv"))
        try other.open(evaluating: folder.file("test.tsv"), progress: { _ in })
        let evaluation = Evaluation(task: other, seed: 1, episodes: 100)
        let sets = try evaluation.sets([other.lengths])
        #expect(sets.count == 1)
        let report = try evaluation.run(network, on: sets[0]).report
        #expect(report.sequences == 2 && report.nats.isFinite)
    }

    @Test func evaluationTakesAllPairsOrSome() throws {
        let trainer = try Trainer(configuration { $0.training.evaluation.episodes = 1000 })
        #expect(try trainer.evaluate()[0].report.sequences == 4)
        let some = try Trainer(configuration { $0.training.evaluation.episodes = 3 })
        #expect(try some.evaluate()[0].report.sequences == 3)
    }

    @Test func stopsWhereEvaluationsGetNoBetter() throws {
        let configuration = configuration {
            $0.training.steps = 1000
            $0.training.evaluation.interval = 1
            $0.training.evaluation.patience = 3
            // Far too fast to learn anything for long.
            $0.training.optimizer = Adam(learningRate: 0.5)
        }
        let run = try TrainingRun.start(configuration, at: folder.file("run"))
        let observer = ScriptedObserver()
        #expect(try run.run(observer) == .stalled)
        let best = try Checkpoint.read(from: run.directory.bestCheckpoint).state.step
        #expect(run.trainer.state.step == best + 3 && run.trainer.isFinished && observer.steps < 1000)
        let bits = observer.records.suffix(4).compactMap { $0.evaluations[0].bits }
        #expect(bits.count == 4 && bits.dropFirst().allSatisfy { $0 >= bits[0] })
    }

    @Test func lengthsCannotBeAskedOfData() throws {
        for (path, value) in [("training.evaluation.lengths", "[8]"), ("training.curriculum.start", "2")] {
            let setting = SettingOverride(path: path, value: value, option: "--set \(path)=\(value)")
            let error = #expect(throws: (any Error).self) { try configuration().applying([setting]) }
            #expect("\(String(describing: error))".contains(path))
        }
    }
}
