// Runs in their folders: killed, stopped and resumed runs end like those that were never interrupted; nothing that is
// there already is overwritten.

import Foundation
import NeuralMemory
import NeuralMemoryTasks
import TestSupport
import Testing
import NeuralMemoryTraining

@Suite struct TrainingRunTests {
    private let folder: TemporaryFolder
    private var run: URL { folder.file("run") }

    init() throws { folder = try TemporaryFolder() }

    /// Lines of metrics without what the clock decides.
    private func metrics(_ run: URL) throws -> [NSDictionary] {
        let text = try String(contentsOf: run.appendingPathComponent("metrics.jsonl"), encoding: .utf8)
        return try text.split(separator: "\n").map { line in
            var object = try #require(JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
            #expect(object.removeValue(forKey: "sequences_per_second") != nil)
            #expect(object.removeValue(forKey: "elapsed_seconds") != nil)
            return object as NSDictionary
        }
    }

    private func steps(_ run: URL) throws -> [Int] { try metrics(run).compactMap { $0["step"] as? Int } }

    @Test func aWholeRun() throws {
        let training = try TrainingRun.start(smallConfiguration(), at: run)
        #expect(try Checkpoint.read(from: training.directory.latestCheckpoint).state.step == 0)
        let observer = ScriptedObserver()
        #expect(try training.run(observer) == .completed)
        #expect(observer.steps == 12 && observer.records.map(\.step) == [5, 10, 12])
        #expect(try steps(run) == [5, 10, 12])
        let line = try #require(try metrics(run).first)
        #expect(
            Set(line.allKeys.compactMap { $0 as? String }) == [
                "step", "sequences", "loss", "bits", "coarse", "fine", "gradient_norm", "skipped",
                "learning_rate", "longest_length", "evaluations"
            ])
        let latest = try Checkpoint.read(from: training.directory.latestCheckpoint)
        #expect(latest.state == training.trainer.state && latest.state.seconds > 0)
        #expect(try Safetensors.read(from: training.directory.latestCheckpoint).entries == arrays(of: training.trainer))
        #expect(FileManager.default.fileExists(atPath: training.directory.bestCheckpoint.path))
        let again = try RunConfiguration(contentsOf: training.directory.configurationFile)
        #expect(again.yaml(comment: "") == smallConfiguration().yaml(comment: ""))
    }

    /// The folder is copied after every step, which is what a kill at that moment leaves; each copy is resumed.
    @Test func aRunKilledAtAnyStepEndsAsIfItWasNot() throws {
        let whole = try TrainingRun.start(smallConfiguration(), at: run)
        let observer = ScriptedObserver()
        observer.afterStep = { report in
            let copy = folder.file("copy\(report.step)")
            do { try FileManager.default.copyItem(at: run, to: copy) } catch { Issue.record("\(error)") }
        }
        _ = try whole.run(observer)
        for step in 1...12 {
            let copy = folder.file("copy\(step)")
            // Also what a kill in the middle of a save leaves.
            let partial = copy.appendingPathComponent("checkpoints/.latest.safetensors.abc.partial")
            try Data("half".utf8).write(to: partial)
            let resumed = try TrainingRun.resume(at: copy)
            #expect(resumed.trainer.state.step == (step - 1) / 5 * 5)
            #expect(!FileManager.default.fileExists(atPath: partial.path))
            #expect(try resumed.run(ScriptedObserver()) == .completed)
            #expect(try arrays(of: resumed.trainer) == arrays(of: whole.trainer), "killed after step \(step)")
            #expect(timeless(resumed.trainer.state) == timeless(whole.trainer.state))
            #expect(try metrics(copy) == metrics(run))
        }
    }

    @Test func aRunStoppedAtAnyStepEndsAsIfItWasNot() throws {
        let whole = try TrainingRun.start(smallConfiguration(), at: run)
        _ = try whole.run(ScriptedObserver())
        for step in 0..<12 {
            let other = folder.file("stopped\(step)")
            var training: TrainingRun? = try TrainingRun.start(smallConfiguration(), at: other)
            #expect(try training?.run(ScriptedObserver(stopsAt: step)) == .stopped)
            training = nil
            let resumed = try TrainingRun.resume(at: other)
            #expect(resumed.trainer.state.step == step)
            _ = try resumed.run(ScriptedObserver())
            #expect(try arrays(of: resumed.trainer) == arrays(of: whole.trainer), "stopped after step \(step)")
            #expect(timeless(resumed.trainer.state) == timeless(whole.trainer.state))
            #expect(try metrics(other) == metrics(run))
        }
    }

    @Test func killedBeforeTheFirstCheckpoint() throws {
        var training: TrainingRun? = try TrainingRun.start(smallConfiguration(), at: run)
        try FileManager.default.removeItem(at: #require(training?.directory.latestCheckpoint))
        training = nil
        let resumed = try TrainingRun.resume(at: run)
        _ = try resumed.run(ScriptedObserver())
        let whole = try TrainingRun.start(smallConfiguration(), at: folder.file("whole"))
        _ = try whole.run(ScriptedObserver())
        #expect(try arrays(of: resumed.trainer) == arrays(of: whole.trainer))
    }

    /// What a kill, or a full disk, leaves before config.yaml is in place.
    @Test func aFolderThatHoldsNothingYetCanBeStarted() throws {
        let checkpoints = run.appendingPathComponent("checkpoints")
        try FileManager.default.createDirectory(at: checkpoints, withIntermediateDirectories: true)
        let left = ["lock", ".config.yaml.abc.partial", "checkpoints/.latest.safetensors.abc.partial"]
        for name in left { try Data("half".utf8).write(to: run.appendingPathComponent(name)) }
        _ = try TrainingRun.start(smallConfiguration(), at: run)
        #expect(!folder.names.contains { $0.hasSuffix(".partial") })
    }

    /// Training never begins anew over what was trained.
    @Test func aMissingLastCheckpointIsAnError() throws {
        var training: TrainingRun? = try TrainingRun.start(smallConfiguration(), at: run)
        _ = try training?.run(ScriptedObserver(stopsAt: 7))
        let (latest, best) = (
            folder.file("run/checkpoints/latest.safetensors"), folder.file("run/checkpoints/best.safetensors")
        )
        training = nil
        try FileManager.default.removeItem(at: latest)
        let before = folder.names.map { try? Data(contentsOf: folder.file($0)) }
        let text = message { _ = try TrainingRun.resume(at: run) }
        #expect(text.contains("latest.safetensors: this is missing, but best.safetensors of step 5"), "\(text)")
        #expect(folder.names.map { try? Data(contentsOf: folder.file($0)) } == before)
        #expect(message { _ = try TrainingRun.start(smallConfiguration(), at: run) }.contains("holds a run already"))
        // What the message says.
        let saved = try Data(contentsOf: best)
        try FileManager.default.removeItem(at: best)
        let other = message { _ = try TrainingRun.resume(at: run) }
        #expect(other.contains("this is missing, but metrics.jsonl goes up to step 5"), "\(other)")
        try saved.write(to: latest)
        training = try TrainingRun.resume(at: run)
        _ = try training?.run(ScriptedObserver())
        let whole = try TrainingRun.start(smallConfiguration(), at: folder.file("whole"))
        _ = try whole.run(ScriptedObserver())
        #expect(try arrays(of: #require(training?.trainer)) == arrays(of: whole.trainer))
        #expect(try metrics(run) == metrics(folder.file("whole")))
    }

    @Test func moreStepsGoOnLikeALongerRun() throws {
        var training: TrainingRun? = try TrainingRun.start(smallConfiguration(), at: run)
        _ = try training?.run(ScriptedObserver())
        training = nil
        let more = [SettingOverride(path: "training.steps", value: "17", option: "--steps 17")]
        let resumed = try TrainingRun.resume(at: run, overrides: more)
        _ = try resumed.run(ScriptedObserver())
        let whole = try TrainingRun.start(smallConfiguration().applying(more), at: folder.file("whole"))
        _ = try whole.run(ScriptedObserver())
        #expect(try arrays(of: resumed.trainer) == arrays(of: whole.trainer))
        #expect(try RunConfiguration(contentsOf: resumed.directory.configurationFile).training.steps == 17)
        #expect(try steps(run) == [5, 10, 12, 15, 17])
        // The mean norm of an interval is over its own batches, wherever it began.
        let norms = try metrics(run).compactMap { $0["gradient_norm"] as? Double }
        #expect(norms.allSatisfy { $0 > 0.01 && $0 < 100 })
    }

    @Test(arguments: [
        ("task.kind", "copy", "reversal"), ("task.symbols", "5", "4"), ("network.memory.kind", "queue", "stack"),
        ("network.controller.units", "9", "8"), ("training.seed", "2", "1"), ("training.batchSize", "4", "3"),
        ("training.optimizer.kind", "sgd", "adam"), ("training.optimizer.learningRate", "0.5", "0.01"),
        ("training.steps", "4", "5 steps")
    ])
    func otherChangesAreRefused(_ path: String, _ value: String, _ old: String) throws {
        var training: TrainingRun? = try TrainingRun.start(smallConfiguration(), at: run)
        _ = try training?.run(ScriptedObserver(stopsAt: 5))
        training = nil
        let before = try Data(contentsOf: run.appendingPathComponent("config.yaml"))
        let text = message {
            _ = try TrainingRun.resume(
                at: run, overrides: [SettingOverride(path: path, value: value, option: "--set \(path)=\(value)")])
        }
        #expect(text.contains(path) && text.contains(value) && text.contains(old), "\(text)")
        #expect(try Data(contentsOf: run.appendingPathComponent("config.yaml")) == before)
        let edited = String(decoding: before, as: UTF8.self).replacing("units: 8", with: "units: 9")
        try Data(edited.utf8).write(to: run.appendingPathComponent("config.yaml"))
        #expect(message { _ = try TrainingRun.resume(at: run) }.contains("network.controller.units is 8"))
    }

    /// The file may go away or change afterwards: the run has the grammar's text.
    @Test func aRunKeepsItsGrammar() throws {
        let file = folder.file("grammar.yaml")
        let text = "# mine\nstart: A\nrules:\n  A:\n    - 2: a <A> | <A> b\n\n    - c | d\n"
        try Data(text.utf8).write(to: file)
        var configuration = smallConfiguration()
        configuration.training.evaluation.lengths = [LengthRange(5...8)]
        configuration = try configuration.applying([
            SettingOverride(path: "task.kind", value: "grammar", option: ""),
            SettingOverride(path: "task.grammar", value: file.path, option: ""),
            SettingOverride(path: "task.minimumLength", value: "1", option: ""),
            SettingOverride(path: "task.maximumLength", value: "4", option: "")
        ])
        var training: TrainingRun? = try TrainingRun.start(configuration, at: run)
        _ = try training?.run(ScriptedObserver(stopsAt: 7))
        training = nil
        try Data("start: B\nrules: {B: [x <B> | y <B>, x | y]}\n".utf8).write(to: file)
        training = try TrainingRun.resume(at: run)
        #expect((training?.trainer.configuration.task as? GrammarTask)?.grammar.text == text)
        _ = try training?.run(ScriptedObserver())
        let whole = try TrainingRun.start(configuration, at: folder.file("whole"))
        _ = try whole.run(ScriptedObserver())
        #expect(try arrays(of: #require(training?.trainer)) == arrays(of: whole.trainer))
        training = nil
        let yaml = try String(contentsOf: run.appendingPathComponent("config.yaml"), encoding: .utf8)
        #expect(yaml.contains("  grammar: |\n    # mine\n    start: A\n"), "\(yaml)")
        let refused = message {
            _ = try TrainingRun.resume(
                at: run, overrides: [SettingOverride(path: "task.grammar", value: file.path, option: "")])
        }
        #expect(refused.contains("task.grammar is a text of 6 lines"), "\(refused)")
    }

    @Test func foldersInUseAreRefused() throws {
        let training = try TrainingRun.start(smallConfiguration(), at: run)
        let before = folder.names
        #expect(message { _ = try TrainingRun.start(smallConfiguration(), at: run) }.contains("holds a run already"))
        #expect(message { _ = try TrainingRun.resume(at: run) }.contains("another process is training"))
        #expect(
            message { _ = try TrainingRun.start(smallConfiguration(), at: folder.url) }.contains("not empty"))
        #expect(folder.names == before)
        withExtendedLifetime(training) {}
        let file = folder.file("file")
        try Data("mine".utf8).write(to: file)
        #expect(message { _ = try TrainingRun.start(smallConfiguration(), at: file) }.contains("not a folder"))
        #expect(try Data(contentsOf: file) == Data("mine".utf8))
        #expect(message { _ = try TrainingRun.resume(at: folder.file("missing")) }.contains("no such folder"))
        #expect(message { _ = try TrainingRun.resume(at: folder.url) }.contains("holds no run"))
    }

    /// A process that was just started still has the files of the one that started it.
    @Test func aFolderIsFreeWhenItsRunIsGone() throws {
        var training: TrainingRun? = try TrainingRun.start(smallConfiguration(), at: run)
        _ = try training?.run(ScriptedObserver())
        let lock = run.appendingPathComponent("lock").resolvingSymlinksInPath().path
        let descriptors = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").filter { name in
            lock == (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(name)"))
        }
        #expect(descriptors.count == 1)
        // After all of them were looked at: a copy may get a number that another file has just given up.
        let copies = descriptors.compactMap { Int32($0) }.map { dup($0) }
        defer { for copy in copies { close(copy) } }
        training = nil
        _ = try TrainingRun.resume(
            at: run, overrides: [SettingOverride(path: "training.steps", value: "17", option: "")])
    }

    @Test func configurationsThatCannotBeUsedLeaveNoFolder() throws {
        var configuration = smallConfiguration()
        configuration.network.controller = ElmanRNN(units: 0)
        #expect(throws: ConfigurationError.self) { try TrainingRun.start(configuration, at: run) }
        #expect(folder.names.isEmpty)
    }

    @Test func halfALineOfMetricsIsDropped() throws {
        var training: TrainingRun? = try TrainingRun.start(smallConfiguration(), at: run)
        _ = try training?.run(ScriptedObserver(stopsAt: 7))
        training = nil
        let file = run.appendingPathComponent("metrics.jsonl")
        let good = try Data(contentsOf: file)
        try (good + Data("{\"step\": 7}\n{\"step\": 10}\n{\"st".utf8)).write(to: file)
        _ = try TrainingRun.resume(at: run)
        #expect(try Data(contentsOf: file) == good + Data("{\"step\": 7}\n".utf8))
    }

    @Test func divergenceLeavesTheLastGoodCheckpoint() throws {
        var configuration = smallConfiguration()
        configuration.training.clipping = GradientClipping()
        configuration.training.optimizer = SGD(learningRate: 100)
        configuration.training.evaluation.interval = 1
        configuration.training.steps = 200
        configuration.training.curriculum.start = nil
        let training = try TrainingRun.start(configuration, at: run)
        let slice = try #require(training.trainer.network.parameters.layout.parameters.first)
        let observer = ScriptedObserver()
        observer.afterStep = { report in
            if report.step == 4 {
                training.trainer.network.parameters[slice][0] = .nan
            }
        }
        let error = #expect(throws: DivergenceError.self) { try training.run(observer) }
        #expect(error?.tensor == "parameter \(slice.name)" && error?.step == 4)
        let checkpoint = try Checkpoint.read(from: training.directory.latestCheckpoint)
        #expect(checkpoint.state.step == 3)
        #expect(try checkpoint.makeNetwork().parameters.firstNonFinite() == nil)
        #expect(try steps(run) == [1, 2, 3])
    }

    @Test func checkpointsAreFound() throws {
        let training = try TrainingRun.start(smallConfiguration(), at: run)
        #expect(try RunDirectory.locateCheckpoint(run.path).path == training.directory.latestCheckpoint.path)
        _ = try training.run(ScriptedObserver())
        #expect(try RunDirectory.locateCheckpoint(run.path).path == training.directory.bestCheckpoint.path)
        let file = training.directory.latestCheckpoint
        #expect(try RunDirectory.locateCheckpoint(file.path).path == file.path)
        #expect(message { _ = try RunDirectory.locateCheckpoint("/nowhere") }.contains("/nowhere: there is no such"))
        #expect(message { _ = try RunDirectory.locateCheckpoint(folder.url.path) }.contains("no checkpoint"))
    }

    @Test func unusedNames() throws {
        #expect(RunDirectory.unused(below: folder.url, prefix: "a").lastPathComponent == "a-1")
        try Data().write(to: folder.file("a-1"))
        #expect(RunDirectory.unused(below: folder.url, prefix: "a").lastPathComponent == "a-2")
    }
}
