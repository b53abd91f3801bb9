// Reports of runs: what is in them, and what is said where something is not there yet.

import Foundation
import NeuralMemory
import NeuralMemoryTasks
import NeuralMemoryTraining
import TestSupport
import Testing

@testable import NeuralMemoryFigures

@Suite struct ReportTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func configuration(seed: UInt64 = 1) -> RunConfiguration {
        var configuration = RunConfiguration()
        configuration.task = Reversal(symbols: 3, lengths: 1...3)
        configuration.network.controller = ElmanRNN(units: 6)
        configuration.network.memory = NeuralStack(width: 3)
        configuration.training.seed = seed
        configuration.training.steps = 4
        configuration.training.evaluation.interval = 2
        configuration.training.evaluation.episodes = 4
        configuration.training.evaluation.lengths = [6]
        return configuration
    }

    /// Trains a run to its end.
    private func train(_ name: String, _ configuration: RunConfiguration) throws {
        let run = try TrainingRun.start(configuration, at: folder.file(name))
        _ = try run.run()
    }

    private func path(_ name: String) -> String { folder.file(name).path }

    private func text(_ names: [String]) throws -> String {
        let runs = try names.flatMap { try ReportRun.read(path($0)) }
        return String(decoding: try Report(runs, episodes: []).html(), as: UTF8.self)
    }

    @Test func aRunIsShownWithItsSettingsCurvesAndResults() throws {
        try train("run", configuration())
        let html = try text(["run"])
        for part in [
            "training.evaluation.interval", "network.memory.width", "4 of 4 steps", "data-plot", "Coarse accuracy",
            "After step", "id=\"results\"", "class=\"logarithmic\""
        ] {
            #expect(html.contains(part), "\(part)")
        }
        // The file needs nothing from elsewhere.
        #expect(!html.contains(" src=") && !html.contains("<link") && !html.contains("@import"))
    }

    @Test func whatIsNotThereYetIsSaid() throws {
        try FileManager.default.createDirectory(at: folder.file("new"), withIntermediateDirectories: true)
        try Data(configuration().yaml(comment: "").utf8).write(to: folder.file("new/config.yaml"))
        let html = try text(["new"])
        #expect(html.contains("has no metrics yet") && html.contains("no checkpoint yet"))
        #expect(html.contains("There is no evaluation yet"))
    }

    @Test func whatIsNoRunIsRefused() throws {
        try FileManager.default.createDirectory(at: folder.file("empty"), withIntermediateDirectories: true)
        try Data("x".utf8).write(to: folder.file("file"))
        for (name, message) in [("nothing", "no such run"), ("empty", "holds no run"), ("file", "this is a file")] {
            let error = #expect(throws: FileError.self) { try ReportRun.read(path(name)) }
            #expect(error?.description.contains(message) == true, "\(name)")
        }
    }

    /// A run can be read while it is locked by whoever trains there.
    @Test func aRunUnderWayIsRead() throws {
        let run = try TrainingRun.start(configuration(), at: folder.file("run"))
        let html = try withExtendedLifetime(run) { try text(["run"]) }
        #expect(html.contains("training goes on"))
    }

    @Test func runsThatDifferAreCompared() throws {
        try train("first", configuration())
        var other = configuration()
        other.network.memory = NeuralQueue(width: 5)
        try train("second", other)
        let html = try text(["first", "second"])
        #expect(html.contains("Settings in which the runs differ"))
        #expect(html.contains("<code>network.memory.kind</code>") && html.contains("<code>network.memory.width</code>"))
        #expect(!html.contains("<code>training.steps</code>"))
    }

    @Test func seedsAreSummedUp() throws {
        let seeds = try SeedDirectory.create(at: folder.file("seeds"), configuration(), seeds: [1, 2, 3])
        for seed in [1, 2] as [UInt64] {
            let run = try SeedDirectory.openRun(at: seeds.folder(of: seed))
            _ = try run.run()
        }
        let runs = try ReportRun.read(path("seeds"))
        #expect(runs.map(\.seed) == [1, 2] && runs.allSatisfy { $0.group == path("seeds") })
        #expect(Report.shown(of: runs).count == 1)
        let html = try text(["seeds"])
        #expect(html.contains("Median of 2 seeds") && html.contains("median and range of 2"))
        #expect(!html.contains("<code>training.seed</code>"))
    }

    /// Names of symbols come from data, and may be anything.
    @Test func hostileNamesAreInert() throws {
        let names = ["</script><script>alert(1)</script>", "\"'><img src=x onerror=alert(2)>", "\u{202E}abc"]
        try Data(names.map { "\($0)\t\($0)\n" }.joined().utf8).write(to: folder.file("data.tsv"))
        var task = Pairs()
        task.data = folder.file("data.tsv").path
        task.holdOut = 0
        try task.open(progress: { _ in })
        var own = configuration()
        own.training.evaluation.lengths = []
        own.task = task
        let network = try Network(own.network, signature: task.signature, seed: 1)
        let batch = try task.vocabulary.batch([Transduction(source: [0, 1, 2], target: [0])])
        let inspection = try Inspection(network, task: task, batch)
        let view = EpisodeView(inspection, of: network, task: task, title: names.joined(separator: " "))
        try train("run", own)
        let report = Report(
            try ReportRun.read(path("run")), episodes: [.init(run: names[0], views: [view], notes: names)])
        let html = String(decoding: try report.html(), as: UTF8.self)
        #expect(view.inputs.contains { $0.contains("alert(1)") } && html.contains("alert(1)"))
        #expect(!html.contains("<script>alert") && !html.contains("<img"))
        // A script for the page, and one element of data.
        #expect(html.components(separatedBy: "<script").count == 3)
        #expect(html.components(separatedBy: "</script").count == 3)
    }

    @Test func settingsAreComparedWithTheDefaultsOfTheirKind() throws {
        var changed = configuration()
        changed.network.memory = TuringMemory(rows: 16, columns: TuringMemory().columns)
        let changes = try changed.changedSettings().filter { $0.path.hasPrefix("network.memory") }
        #expect(changes.map(\.path) == ["network.memory.kind", "network.memory.rows"])
        #expect(changes.map(\.value) == ["ntm", "16"])
        #expect(try RunConfiguration().changedSettings().isEmpty)
    }
}
