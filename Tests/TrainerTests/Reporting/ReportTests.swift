// `trainer report` as a user meets it, and its page as a browser does.

import Foundation
import NeuralMemory
import NeuralMemoryTraining
import TestSupport
import Testing

@Suite struct ReportTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func report(_ arguments: String...) throws -> TrainerProcess.Result {
        try TrainerProcess.run(["report"] + arguments, in: folder.url)
    }

    private func contents(_ name: String) throws -> String {
        String(decoding: try Data(contentsOf: folder.file(name)), as: UTF8.self)
    }

    @Test func writesAReportIntoTheRun() throws {
        let run = try TrainedFixture.writeReversal(in: folder)
        let result = try report(run)
        #expect(result.status == 0 && result.output.contains("run/report.html"), "\(result)")
        let html = try contents("run/report.html")
        // At the longest length trained at, and the longest evaluated.
        #expect(html.contains("seed 1, length 4") && html.contains("seed 1, length 8"))
        // Again, in place of the first.
        #expect(try report(run, "--length", "3", "--seed", "5").status == 0)
        #expect(try contents("run/report.html").contains("seed 5, length 3"))
    }

    @Test func saysWhatALongEpisodeLeavesOut() throws {
        let run = try TrainedFixture.writeReversal(in: folder)
        let result = try report(run, "--length", "50000", "--output", "long.html")
        #expect(result.status == 0, "\(result)")
        let html = try contents("long.html")
        #expect(html.contains("Only the first 200 of 100002 steps are shown") && html.utf8.count < 1_000_000)
    }

    @Test func writesAFigureInstead() throws {
        let run = try TrainedFixture.writeReversal(in: folder)
        let result = try report(run, "--episode", "a b c", "--figure", "strengths", "--svg", "figure.svg")
        #expect(result.status == 0 && result.output.contains("figure.svg"), "\(result)")
        #expect(try contents("figure.svg").hasPrefix("<svg"))
        #expect(!folder.names.contains("run/report.html"))
    }

    @Test func badOptionsAreNamed() throws {
        let run = try TrainedFixture.writeReversal(in: folder)
        let cases: [([String], Int32, String)] = [
            (["nothing"], 1, "no such run folder"), ([run + "/checkpoints/best.safetensors"], 1, "--checkpoint"),
            ([run, "--episode", "a x"], 64, "--episode, source: symbol 2, 'x', is unknown"),
            ([run, "--episode", "a", "--seed", "2"], 64, "--seed 2"), ([run, "--length", "0"], 64, "--length"),
            ([run, "--output", "config.yaml"], 64, ".html"), ([run, "--figure", "curves"], 64, "--svg curves.svg"),
            ([run, "--quantity", "bits", "--svg", "a.svg"], 64, "--figure curves"),
            ([run, "--figure", "lengths", "--axis", "steps", "--svg", "a.svg"], 64, "--figure curves"),
            ([run, "--checkpoint", "latest"], 64, "no checkpoint latest.safetensors"),
            ([run, "--output", "missing/report.html"], 1, "missing/report.html")
        ]
        for (arguments, status, message) in cases {
            let result = try TrainerProcess.run(["report"] + arguments, in: folder.url)
            #expect(result.status == status && result.errors.contains(message), "\(arguments): \(result)")
        }
    }

    /// A checkpoint of a version to come, and settings that this program does not know.
    @Test func runsOfOtherVersionsAreRefused() throws {
        let run = try TrainedFixture.writeReversal(in: folder)
        try Data("training:\n  futureSetting: 1\n".utf8).write(to: folder.file("run/config.yaml"))
        let unknown = try report(run)
        #expect(unknown.status == 1 && unknown.errors.contains("futureSetting"), "\(unknown)")
        try FileManager.default.removeItem(at: folder.file("run/config.yaml"))
        let file = folder.file("run/checkpoints/best.safetensors")
        let contents = try Safetensors.read(from: file)
        let metadata = contents.metadata.merging(["version": "99"]) { $1 }
        try Safetensors.write(contents.entries, metadata: metadata, to: file)
        let later = try report(run)
        #expect(later.status == 1 && later.errors.contains("version 99"), "\(later)")
    }

    @Test(.enabled(if: Browser.isInstalled)) func aBrowserDrawsTheEpisode() throws {
        let run = try TrainedFixture.writeReversal(in: folder)
        #expect(try report(run, "--episode", "a b c", "--output", "page.html").status == 0)
        let page = try Browser.elements(of: folder.file("page.html"))
        #expect(page.contains("step 5 of 8") && page.contains("class=\"nm-heatmap\""))
        #expect(page.contains("after step 5. Top first.") || page.contains("The memory is empty after this step."))
    }

    /// Nothing that names of symbols say is done.
    @Test(.enabled(if: Browser.isInstalled)) func hostileNamesDoNothingInABrowser() throws {
        let names = [
            "</script><script>document.title='taken'</script>", "<img/src=x/onerror=document.title='taken'>",
            "\u{202E}abc"
        ]
        try Data(names.map { "\($0)\t\($0)\n" }.joined().utf8).write(to: folder.file("data.tsv"))
        let training = try TrainerProcess.run(
            [
                "train", "--task", "pairs", "--data", "data.tsv", "--steps", "1", "--set", "task.holdOut=0", "--set",
                "network.memory.width=3", "--output", "run"
            ], in: folder.url)
        #expect(training.status == 0, "\(training)")
        #expect(try report("run", "--episode", names.joined(separator: " "), "--output", "page.html").status == 0)
        let page = try Browser.elements(of: folder.file("page.html"))
        #expect(page.contains("<title>Report: run</title>") && page.contains("class=\"nm-heatmap\""))
        #expect(page.contains("&lt;img/src=x") && !page.contains("<img"))
        #expect(page.contains("\\u{202e}abc"))
    }
}
