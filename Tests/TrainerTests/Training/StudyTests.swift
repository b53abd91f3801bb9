// `trainer study` as a user meets it: its table, kills and signals, and what it refuses.

import Foundation
import TestSupport
import Testing
import NeuralMemoryTraining

@Suite struct StudyTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private static let small = """
        base:
          task: {kind: reversal, symbols: 4, minimumLength: 1, maximumLength: 4}
          network: {controller: {kind: rnn, units: 8}, memory: {kind: stack, width: 4}}
          training: {evaluation: {interval: 20, episodes: 4, lengths: [8]}}

        """

    private func write(_ more: String, to name: String = "small.yaml") throws {
        try Data((Self.small + more).utf8).write(to: folder.file(name))
    }

    private func study(_ arguments: String...) throws -> TrainerProcess.Result {
        try TrainerProcess.run(["study"] + arguments, in: folder.url)
    }

    /// All that a study says of its runs, apart from their seconds.
    private func lines(_ name: String) throws -> [[String]] {
        let text = try String(contentsOf: folder.file("\(name)/runs.csv"), encoding: .utf8)
        return text.split(separator: "\n").map { line in
            var cells = line.components(separatedBy: ",")
            cells[5] = ""
            return cells
        }
    }

    private let grid = "  training.steps: 300\ngrid: {training.batchSize: [3, 4]}\nseeds: 1-4\n"

    @Test func aStudyEndsWithATable() throws {
        try write("grid: {training.steps: [20, 40]}\nseeds: 1-2\n")
        let result = try study("small.yaml", "--threads", "2")
        #expect(result.status == 0 && result.errors.isEmpty, "\(result)")
        #expect(result.output.hasPrefix("a study of 4 runs, 2 at a time, with 1 thread each, in runs/small\n"))
        #expect(result.output.contains("steps=20 seed 1: done, step 20, "), "\(result)")
        #expect(result.output.contains("\nAll runs are in runs/small/runs.csv.\n"), "\(result)")
        #expect(try lines("runs/small").map(\.count) == [22, 22, 22, 22, 22])
        let again = try study("runs/small")
        #expect(again.status == 0 && again.output.hasSuffix(result.output.components(separatedBy: "\n\n").last ?? ""))
        // Each is the run that it would be alone.
        let alone = ["train", "--resume", "runs/small/cells/steps=20/seed-1", "--steps", "21"]
        #expect(try TrainerProcess.run(alone, in: folder.url).status == 0)
    }

    /// Whenever it is killed, it comes to what one comes to that was never killed.
    @Test func killedAgainAndAgainItEndsAsOneNeverKilled() throws {
        try write(grid)
        #expect(try study("small.yaml", "--output", "whole").status == 0)
        var kills = 0
        for count in [0, 2, 5] {
            let process = try TrainerProcess(["study", "small.yaml", "--output", "killed"], in: folder.url)
            try process.wait(until: { !process.isRunning || self.runs("killed") > count })
            if process.isRunning { kills += 1 }
            process.send(SIGKILL)
            _ = try process.wait()
        }
        #expect(kills > 0)
        let result = try study("killed")
        #expect(result.status == 0, "\(result)")
        #expect(try lines("killed") == lines("whole"))
    }

    /// How many runs have begun.
    private func runs(_ name: String) -> Int {
        let files = FileManager.default.enumerator(atPath: folder.file(name).path)?.compactMap { $0 as? String } ?? []
        return files.filter { $0.hasSuffix("metrics.jsonl") }.count
    }

    @Test func stoppedItSavesAndSaysHowToGoOn() throws {
        try write("  training.steps: 1000000\nseeds: 1-3\n")
        let process = try TrainerProcess(["study", "small.yaml"], in: folder.url)
        try process.wait(until: { self.runs("runs/small") >= 1 })
        process.send(SIGINT)
        let result = try process.wait()
        #expect(result.status == 75 && result.output.contains("To go on: trainer study runs/small"), "\(result)")
        #expect(try lines("runs/small").contains { $0[2] == "stopped" })
    }

    @Test func secondsEndARun() throws {
        try write("  training.steps: 1000000\n  training.seconds: 0.2\nseeds: 1\n")
        let result = try study("small.yaml")
        #expect(result.status == 0 && result.output.contains("all seed 1: done, step "), "\(result)")
        let text = ["train", "--resume", "runs/small/cells/all/seed-1"]
        let finished = try TrainerProcess.run(text, in: folder.url)
        #expect(finished.status == 0 && finished.output.contains("--set training.seconds="), "\(finished)")
    }

    @Test(arguments: [
        ("  training.stepz: 5\nseeds: 1\n", [String](), 1, "small.yaml, line 5: there is no setting training.stepz"),
        ("grid: {}\nseeds: 1\n", [], 1, "small.yaml, line 5: grid is empty"),
        ("grid: {training.steps: [5, 5]}\nseeds: 1\n", [], 1, "two cells are called steps=5"),
        (
            "grid: {training.steps: [5, 6]}\nseeds: 1-600\n", [], 64,
            "2 cells and 1200 runs; to train them all, add --yes"
        ),
        ("seeds: 1\n", ["--jobs", "0"], 64, "--jobs is 0"), ("seeds: 1\n", ["--output", ""], 64, "--output is empty"),
        ("seeds: 1\n", ["--output", "full"], 1, "full")
    ])
    func whatIsRefusedLeavesNothing(_ more: String, _ options: [String], _ status: Int32, _ message: String) throws {
        try write(more)
        try FileManager.default.createDirectory(at: folder.file("full"), withIntermediateDirectories: true)
        try Data().write(to: folder.file("full/something"))
        let result = try TrainerProcess.run(["study", "small.yaml"] + options, in: folder.url)
        #expect(result.status == status && result.errors.contains(message) && result.output.isEmpty, "\(result)")
        #expect(folder.names == ["full", "full/something", "small.yaml"])
    }

    @Test func anotherStudysFolderIsRefused() throws {
        try write("  training.steps: 20\nseeds: 1\n")
        #expect(try study("small.yaml").status == 0)
        try write("  training.steps: 20\nseeds: 2\n")
        let result = try study("small.yaml")
        #expect(result.status == 1 && result.errors.contains("holds another study"), "\(result)")
        #expect(try study("missing.yaml").errors.contains("missing.yaml"))
    }

    /// A file may not grow any more: what was done stays, and the study goes on.
    @Test func aFullDiskLosesNothing() throws {
        try write(grid)
        #expect(try study("small.yaml", "--output", "whole").status == 0)
        let small = try TrainerProcess(
            ["study", "small.yaml", "--output", "full"], in: folder.url, shell: "ulimit -f 4;")
        let failed = try small.wait()
        #expect(failed.status == 1 && failed.errors.contains("Error"), "\(failed)")
        #expect(try study("full").status == 0)
        #expect(try lines("full") == lines("whole"))
    }

    @Test func shippedStudiesAreListedAndShown() throws {
        let list = try TrainerProcess.run(["studies"], in: folder.url)
        #expect(list.status == 0)
        for name in try Studies.names {
            #expect(list.output.contains(name))
            _ = try StudyFile(contentsOf: try Studies.file(of: name)).cells()
            let shown = try TrainerProcess.run(["studies", "--show", name], in: folder.url)
            #expect(shown.status == 0 && shown.output.contains("seeds:"), "\(shown)")
        }
    }
}
