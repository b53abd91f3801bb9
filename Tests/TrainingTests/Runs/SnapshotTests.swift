// Checkpoints that are kept during a run: which there are, that none is lost or changed by kills, and who finds them.

import Foundation
import NeuralMemory
import TestSupport
import Testing
import NeuralMemoryTraining

@Suite struct SnapshotTests {
    private let folder: TemporaryFolder
    private var run: URL { folder.file("run") }

    init() throws { folder = try TemporaryFolder() }

    private func configuration(every interval: Int?) -> RunConfiguration {
        var configuration = smallConfiguration()
        configuration.training.snapshots = interval
        return configuration
    }

    private func steps(_ run: URL) throws -> [Int] { try RunReader(run).snapshots().map(\.step) }

    /// The arrays of all snapshots of a run.
    private func kept(_ run: URL) throws -> [[SafetensorsEntry]] {
        try RunReader(run).snapshots().map { snapshot in
            #expect(try Checkpoint.read(from: snapshot.file).state.step == snapshot.step)
            return try Safetensors.read(from: snapshot.file).entries.sorted { $0.name < $1.name }
        }
    }

    @Test func everySoManySteps() throws {
        let training = try TrainingRun.start(configuration(every: 4), at: run)
        var expected = [try arrays(of: training.trainer)]
        let observer = ScriptedObserver()
        observer.afterStep = { report in
            guard report.step % 4 == 0 else { return }
            do { expected.append(try arrays(of: training.trainer)) } catch { Issue.record("\(error)") }
        }
        _ = try training.run(observer)
        #expect(try steps(run) == [0, 4, 8, 12] && kept(run) == expected)
        #expect(
            folder.names.filter { $0.contains("step-") }.sorted()
                == [0, 12, 4, 8].map { "run/checkpoints/step-\($0).safetensors" })
        let without = try TrainingRun.start(configuration(every: nil), at: folder.file("without"))
        _ = try without.run()
        #expect(try arrays(of: training.trainer) == arrays(of: without.trainer))
        #expect(try steps(folder.file("without")) == [] && steps(folder.file("missing")) == [])
    }

    /// Copies the folder where a kill would come after a snapshot and before the checkpoint of the same step.
    private final class CopyingSink: MetricsSink {
        let copy: (Int) throws -> Void
        init(_ copy: @escaping (Int) throws -> Void) { self.copy = copy }
        func rewind(to step: Int) throws {}
        func append(_ record: MetricsRecord) throws { try copy(record.step) }
    }

    /// Every step has a snapshot, so that each evaluation's checkpoint has one of its own step.
    @Test func noneIsLostOrChangedByAKill() throws {
        func copy(_ name: String) throws { try FileManager.default.copyItem(at: run, to: folder.file(name)) }
        let sink = CopyingSink { try copy("sink\($0)") }
        let whole = try TrainingRun.start(configuration(every: 1), at: run, sinks: [sink])
        let observer = ScriptedObserver()
        observer.afterStep = { report in
            do { try copy("step\(report.step)") } catch { Issue.record("\(error)") }
        }
        _ = try whole.run(observer)
        let expected = try kept(run)
        #expect(expected.count == 13)
        for name in (1...12).map({ "step\($0)" }) + ["sink5", "sink10", "sink12"] {
            let resumed = try TrainingRun.resume(at: folder.file(name))
            _ = try resumed.run()
            #expect(try kept(folder.file(name)) == expected, "\(name)")
            #expect(try arrays(of: resumed.trainer) == arrays(of: whole.trainer))
        }
        #expect(try steps(folder.file("sink10")).contains(10))
    }

    @Test func theSettingMayChangeOnResuming() throws {
        var training: TrainingRun? = try TrainingRun.start(configuration(every: nil), at: run)
        _ = try training?.run(ScriptedObserver(stopsAt: 6))
        training = nil
        func every(_ interval: String) -> [SettingOverride] {
            [
                SettingOverride(
                    path: "training.snapshots", value: interval, option: "--set training.snapshots=\(interval)")
            ]
        }
        training = try TrainingRun.resume(at: run, overrides: every("3"))
        // The step that it goes on from is one of them.
        #expect(try steps(run) == [6])
        _ = try training?.run(ScriptedObserver(stopsAt: 4))
        training = nil
        #expect(try steps(run) == [6, 9])
        _ = try TrainingRun.resume(at: run, overrides: every("null")).run()
        #expect(try steps(run) == [6, 9])
        let text = message { _ = try smallConfiguration().applying(every("0")) }
        #expect(text.contains("training.snapshots is 0; it must be at least 1"), "\(text)")
    }

    /// A run of an earlier version has no such setting.
    @Test func withoutTheSettingThereAreNone() throws {
        let file = folder.file("old.yaml")
        let yaml = configuration(every: nil).yaml(comment: "")
        let old = yaml.split(separator: "\n").filter { !$0.contains("snapshots") }.joined(separator: "\n")
        try Data(old.utf8).write(to: file)
        #expect(yaml.contains("\n  snapshots: null\n"))
        #expect(try RunConfiguration(contentsOf: file).yaml(comment: "") == yaml)
        let released = Bundle.module.bundleURL
            .appendingPathComponent("Fixtures/version-1/reversal-stack.safetensors")
        #expect(try Checkpoint.read(from: released).configuration.training.snapshots == nil)
    }

    @Test func aFolderWithSnapshotsIsNotBegunAnew() throws {
        var training: TrainingRun? = try TrainingRun.start(configuration(every: 4), at: run)
        let latest = try #require(training?.directory.latestCheckpoint)
        // Killed before the first checkpoint, but after the first snapshot.
        try FileManager.default.removeItem(at: latest)
        training = nil
        training = try TrainingRun.resume(at: run)
        _ = try training?.run(ScriptedObserver(stopsAt: 9))
        training = nil
        for name in ["checkpoints/latest.safetensors", "checkpoints/best.safetensors", "config.yaml"] {
            try FileManager.default.removeItem(at: run.appendingPathComponent(name))
        }
        #expect(message { _ = try TrainingRun.start(configuration(every: 4), at: run) }.contains("holds a run already"))
        let text = message { _ = try TrainingRun.resume(at: run) }
        #expect(text.contains("latest.safetensors: this is missing, but step-8.safetensors is there"), "\(text)")
        // What the message says.
        try FileManager.default.copyItem(at: run.appendingPathComponent("checkpoints/step-8.safetensors"), to: latest)
        training = try TrainingRun.resume(at: run)
        _ = try training?.run()
        let whole = try TrainingRun.start(configuration(every: 4), at: folder.file("whole"))
        _ = try whole.run()
        #expect(try arrays(of: #require(training?.trainer)) == arrays(of: whole.trainer))
        #expect(try kept(run) == kept(folder.file("whole")))
    }

    @Test func otherFilesAreNoSnapshots() throws {
        let checkpoints = run.appendingPathComponent("checkpoints")
        try FileManager.default.createDirectory(at: checkpoints, withIntermediateDirectories: true)
        for name in [
            "step-1.safetensors", "step-20.safetensors", "step-3.safetensors", "step-04.safetensors",
            "step--5.safetensors", "step-6", "step-7.safetensors.old", "step-.safetensors",
            ".step-8.safetensors.a.partial",
            "step-99999999999999999999.safetensors", "step-٣.safetensors"
        ] { try Data().write(to: checkpoints.appendingPathComponent(name)) }
        #expect(try steps(run) == [1, 3, 20])
        #expect(try RunReader(run).snapshots()[2].file.path.hasSuffix("run/checkpoints/step-20.safetensors"))
    }
}
