// Records as text and back, and what a run's folder tells to whoever looks on.

import Foundation
import NeuralMemory
import TestSupport
import Testing
import NeuralMemoryTraining

@Suite struct RunReaderTests {
    private let folder: TemporaryFolder
    private var run: URL { folder.file("run") }
    private var file: URL { folder.file("run/metrics.jsonl") }

    init() throws { folder = try TemporaryFolder() }

    /// As this and earlier versions write it.
    private func line(_ step: Int, seconds: Double = 0.125) -> String {
        """
        {"step":\(step),"sequences":15,"loss":1.25,"bits":3e-07,"coarse":0.0,"fine":0.1,"gradient_norm":null,"skipped":2,\
        "learning_rate":0.01,"longest_length":4,"sequences_per_second":null,"elapsed_seconds":\(seconds),"evaluations":\
        [{"lengths":[1,4],"episodes":4,"coarse":0.5,"fine":0.75,"bits":2.5,"wrong_bits":1.5,"optimal_bits":2.0,\
        "excess_bits":0.5},{"lengths":[8,8],"episodes":3,"coarse":0.0,"fine":0.0,"bits":null,"optimal_bits":2.0,\
        "excess_bits":null}]}
        """
    }

    private func record(_ step: Int, seconds: Double = 0.125) throws -> MetricsRecord {
        try JSONDecoder().decode(MetricsRecord.self, from: Data(line(step, seconds: seconds).utf8))
    }

    private func write(_ text: String) throws { try Data(text.utf8).write(to: file) }

    @Test func recordsAsText() throws {
        let record = try record(5)
        #expect(record.step == 5 && record.bits == 3e-07 && record.gradientNorm == nil && record.skipped == 2)
        #expect(record.evaluations.map(\.lengths) == [1...4, 8...8])
        #expect(record.evaluations.map(\.wrongBits) == [1.5, nil] && record.evaluations[1].bits == nil)
        #expect(record.json == line(5))
        let again = try JSONDecoder().decode(MetricsRecord.self, from: JSONEncoder().encode(record))
        #expect(again == record)
    }

    @Test func aFileThatGrowsAndIsRewound() throws {
        try FileManager.default.createDirectory(at: run, withIntermediateDirectories: true)
        var follower = RunReader(run).follower
        #expect(try follower.update() == 0 && follower.records.isEmpty)
        let first = line(5) + "\n"
        // Every beginning of the line, and then the whole.
        for count in 0..<first.utf8.count {
            try write(String(first.prefix(count)))
            #expect(try follower.update() == 0 && follower.records.isEmpty, "\(count) bytes")
        }
        try write(first)
        #expect(try follower.update() == 0 && follower.records == [record(5)])
        try write(first + line(10) + "\n" + line(15) + "\n{\"st")
        #expect(try follower.update() == 1 && follower.records.map(\.step) == [5, 10, 15])
        #expect(try follower.update() == 3)
        // Killed, and resumed from step 5: first the lines after it go, then they come again.
        let sink = JSONLinesFile(file)
        try sink.rewind(to: 5)
        var slow = follower
        #expect(try follower.update() == 1 && follower.records == [record(5)])
        for step in [10, 15, 20] { try sink.append(record(step, seconds: 0.375)) }
        #expect(try follower.update() == 1 && follower.records.map(\.step) == [5, 10, 15, 20])
        // The same for one that did not look in between.
        #expect(try slow.update() == 1 && slow.records == follower.records)
        try sink.rewind(to: 0)
        #expect(try slow.update() == 0 && slow.records.isEmpty)
        #expect(try Data(contentsOf: file).isEmpty)
    }

    /// They stay in the file, where their step is that of no later one; a reader passes over them.
    @Test func linesThatAreNoRecords() throws {
        try FileManager.default.createDirectory(at: run, withIntermediateDirectories: true)
        try write("{\"step\":1}\n\n[]\n" + line(5) + "\nnothing\n")
        #expect(try RunReader(run).records() == [record(5)])
        try JSONLinesFile(file).rewind(to: 5)
        #expect(try String(contentsOf: file, encoding: .utf8) == "{\"step\":1}\n" + line(5) + "\n")
    }

    @Test func aFolderBeforeWhileAndAfter() throws {
        let reader = RunReader(run)
        func isEmpty() throws -> Bool {
            try reader.configuration() == nil && reader.records().isEmpty && reader.latestCheckpoint() == nil
                && reader.bestCheckpoint() == nil && !reader.isTraining()
        }
        #expect(try isEmpty() && folder.names.isEmpty)
        var training: TrainingRun? = try TrainingRun.start(smallConfiguration(), at: run)
        #expect(try reader.isTraining() && reader.latestCheckpoint()?.step == 0 && reader.bestCheckpoint() == nil)
        #expect(try reader.configuration()?.yaml(comment: "") == smallConfiguration().yaml(comment: ""))
        let observer = ScriptedObserver(stopsAt: 7)
        _ = try training?.run(observer)
        #expect(try reader.records() == observer.records && observer.records.map(\.step) == [5])
        #expect(try reader.latestCheckpoint()?.step == 7 && reader.bestCheckpoint()?.step == 5)
        #expect(try reader.latestCheckpoint()?.file.path == training?.directory.latestCheckpoint.path)
        training = nil
        #expect(try !reader.isTraining())
    }

    @Test func readingChangesNothing() throws {
        let training = try TrainingRun.start(smallConfiguration(), at: run)
        _ = try training.run()
        func folderNow() throws -> [NSDictionary] {
            try folder.names.map { name in
                var attributes = try FileManager.default.attributesOfItem(atPath: folder.file(name).path)
                attributes[.type] = name
                return attributes as NSDictionary
            }
        }
        let before = try folderNow()
        let reader = RunReader(run)
        for _ in 0..<3 {
            _ = try (reader.configuration(), reader.records(), reader.latestCheckpoint(), reader.bestCheckpoint())
            #expect(try reader.isTraining())
        }
        #expect(try folderNow() == before)
        withExtendedLifetime(training) {}
    }

    @Test func damagedFilesAreErrors() throws {
        let training = try TrainingRun.start(smallConfiguration(), at: run)
        let reader = RunReader(run)
        try Data("{}".utf8).write(to: training.directory.latestCheckpoint)
        #expect(throws: SafetensorsError.self) { try reader.latestCheckpoint() }
        let entry = SafetensorsEntry(name: "a", shape: [1], values: [1 as Float])
        let bad = ["format": "neuralmemory-checkpoint", "version": "2", "state": "{\"steps\": 1}"]
        try Safetensors.write([entry], metadata: bad, to: training.directory.latestCheckpoint)
        let text = message { _ = try reader.latestCheckpoint() }
        #expect(text.contains("latest.safetensors: its state cannot be read: it has no step"), "\(text)")
        try FileManager.default.removeItem(at: file)
        #expect(mkfifo(file.path, 0o600) == 0)
        #expect(message { _ = try reader.records() }.contains("a pipe"))
    }
}
