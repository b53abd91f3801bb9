// A study in its folder: what comes next, what is done already, and what it all came to.

import Foundation
import NeuralMemory
import NeuralMemoryTasks
import TestSupport
import Testing
import NeuralMemoryTraining

@Suite struct StudyDirectoryTests {
    private let folder: TemporaryFolder
    private var url: URL { folder.file("study") }

    init() throws { folder = try TemporaryFolder() }

    /// Cells of runs of some steps.
    private func file(_ more: String = "") throws -> StudyFile {
        let small = """
            base:
              task: {kind: reversal, symbols: 4, minimumLength: 1, maximumLength: 4}
              network: {controller: {kind: rnn, units: 8}, memory: {kind: stack, width: 4}}
              training: {steps: 6, evaluation: {interval: 3, episodes: 4, lengths: [8]}}
            grid:
              training.batchSize: [2, 3]
            seeds: 11-13

            """
        return try StudyFile(yaml: Data((small + more).utf8), source: "study.yaml")
    }

    /// Trains what comes next, as a process would; all of it, or so many runs.
    @discardableResult
    private func train(_ study: StudyDirectory, atMost count: Int = .max) throws -> [String] {
        var labels: [String] = []
        while labels.count < count, let run = try study.next() {
            _ = try SeedDirectory.openRun(at: run.folder).run()
            #expect(study.end(run, .finished).isFinished)
            labels.append(run.label)
        }
        return labels
    }

    /// The lines of runs.csv without their seconds.
    private func lines(_ study: StudyDirectory) -> [[String]] {
        study.summary.csv.split(separator: "\n").map { line in
            var cells = line.components(separatedBy: ",")
            cells[5] = ""
            return cells
        }
    }

    @Test func everyRunIsTrainedOnce() throws {
        let study = try StudyDirectory.open(at: url, try file())
        #expect(study.runCount == 6)
        let labels = try train(study)
        #expect(labels.count == 6 && Set(labels).count == 6 && study.endedCount == 6, "\(labels)")
        #expect(labels.first == "batchSize=2 seed 11")
        let summary = study.summary
        #expect(summary.cells.map(\.name) == ["batchSize=2", "batchSize=3"])
        #expect(summary.cells.allSatisfy { $0.runs.results.map(\.seed) == [11, 12, 13] })
        #expect(lines(study).count == 7 && lines(study)[1].prefix(5) == ["batchSize=2", "11", "done", "6", "12"])
        try study.write(summary)
        #expect(try String(contentsOf: url.appendingPathComponent("runs.csv"), encoding: .utf8) == summary.csv)
    }

    /// Whatever was trained before, and a run that was in the middle.
    @Test func aStudyGoesOnWhereItWas() throws {
        let whole = try StudyDirectory.open(at: folder.file("whole"), try file())
        try train(whole)
        do {
            let study = try StudyDirectory.open(at: url, try file())
            try train(study, atMost: 2)
            let run = try #require(try study.next())
            var steps = 0
            let outcome = try SeedDirectory.openRun(at: run.folder).run {
                steps += 1; return steps > 4
            }
            #expect(outcome == .stopped)
        }
        let study = try StudyDirectory.open(at: url, try file())
        let labels = try train(study)
        #expect(labels.count == 4 && labels[0] == "batchSize=2 seed 13", "\(labels)")
        #expect(study.endedCount == 6)
        #expect(lines(study) == lines(whole))
    }

    @Test func anotherStudyIsRefused() throws {
        _ = try StudyDirectory.open(at: url, try file())
        let other = try StudyFile(yaml: Data((try file().contents) + Data("# other".utf8)), source: "other.yaml")
        let error = try #require(throws: FileError.self) { try StudyDirectory.open(at: url, other) }
        #expect(error.reason.contains("holds another study"))
        try FileManager.default.createDirectory(at: folder.file("full/x"), withIntermediateDirectories: true)
        #expect(throws: FileError.self) { try StudyDirectory.open(at: folder.file("full"), other) }
    }

    @Test func oneProcessSeesToAStudy() throws {
        let study = try StudyDirectory.open(at: url, try file())
        #expect(throws: FileError.self) { try StudyDirectory.open(at: url, try file()) }
        #expect(study.endedCount == 0)
    }

    // MARK: Searches

    private let search = """
        search:
          samples: 6
          seeds: 1-3
          ranges: {training.optimizer.learningRate: {from: 0.0001, to: 0.1, scale: logarithmic}}

        """

    /// Six samples with one seed, two with three, and the study's own seeds, for each cell.
    @Test func aSearchEndsWithTheStudysOwnSeeds() throws {
        let study = try StudyDirectory.open(at: url, try file(search))
        #expect(study.runCount == 2 * (6 + 2 * 2 + 3))
        let labels = try train(study)
        #expect(labels.count == study.runCount && Set(labels).count == labels.count)
        #expect(labels.prefix(7).map { $0.hasSuffix("seed 1") } == [true, true, true, true, true, true, false])
        let summary = study.summary
        #expect(summary.cells.allSatisfy { $0.runs.results.map(\.seed) == [11, 12, 13] })
        for cell in summary.cells {
            let chosen = try #require(cell.chosen)
            #expect(chosen.map(\.path) == ["training.optimizer.learningRate"])
            let reader = RunReader(url.appendingPathComponent("cells/\(cell.name)/seed-11"))
            let configuration = try #require(try reader.configuration())
            let rate = ConfigurationText.setting("training.optimizer.learningRate", of: configuration)
            #expect(Double(rate) == Double(chosen[0].value))
            #expect(0.0001...0.1 ~= Double(rate) ?? 0)
        }
        // Again: nothing is left to do, and it comes to the same.
        let lines = lines(study)
        let other = try StudyDirectory.open(at: folder.file("other"), try file(search))
        #expect(try train(other) == labels && self.lines(other) == lines)
    }

    /// The choice is made again from what the runs' folders say.
    @Test func aSearchGoesOnWhereItWas() throws {
        let whole = try StudyDirectory.open(at: folder.file("whole"), try file(search))
        let labels = try train(whole)
        for count in [3, 7, 9, 12] {
            let url = folder.file("stopped-\(count)")
            do { try train(try StudyDirectory.open(at: url, try file(search)), atMost: count) }
            let study = try StudyDirectory.open(at: url, try file(search))
            #expect(try train(study) == Array(labels.dropFirst(count)), "after \(count)")
            #expect(lines(study) == lines(whole))
        }
    }
}
