// `trainer inspect --input` and `trainer report --episode` for networks that were trained on somebody's own data.

import Foundation
import TestSupport
import Testing

@Suite struct OwnSequenceTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// A run of a few steps; the data are gone afterwards.
    private func train(_ task: String, _ text: String, _ settings: String...) throws -> String {
        try Data(text.utf8).write(to: folder.file("data"))
        let result = try TrainerProcess.run(
            [
                "train", "--task", task, "--data", "data", "--memory", "stack", "--threads", "1", "--steps", "2",
                "--output", "run", "--set", "network.controller.units=8", "--set", "network.memory.width=4", "--set",
                "training.evaluation.episodes=1", "--set", "task.holdOut=0"
            ] + settings.flatMap { ["--set", $0] }, in: folder.url)
        #expect(result.status == 0, "\(result)")
        try FileManager.default.removeItem(at: folder.file("data"))
        return "run"
    }

    /// The steps of the JSON, and what was said beside.
    private func inspect(_ run: String, _ input: String) throws -> (steps: [[String: Any]], errors: String) {
        let result = try TrainerProcess.run(
            ["inspect", run, "--input", input, "--format", "json"], in: folder.url)
        let object = try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any]
        return (try #require(object?["steps"] as? [[String: Any]], "\(result)"), result.errors)
    }

    private func texts(_ steps: [[String: Any]], _ name: String) -> [String?] { steps.map { $0[name] as? String } }

    @Test func symbols() throws {
        let lines = (0..<9).map { #"{"inputs": ["a", "b", "c"], "targets": ["x", "y", "\#($0 % 2)"]}"# + "\n" }
        let run = try train("sequences", lines.joined())
        let (asked, warning) = try inspect(run, "c q a b")
        #expect(texts(asked, "input") == ["c", "<unk>", "a", "b"] && texts(asked, "target") == [nil, nil, nil, nil])
        #expect(texts(asked, "output").allSatisfy { ["x", "y", "0", "1"].contains($0) })
        #expect(warning.contains("Warning: these symbols were not trained on, and are read as <unk>: 'q'."))
        let (told, _) = try inspect(run, #"{"inputs": ["c", "a"], "targets": ["y", null]}"#)
        #expect(texts(told, "input") == ["c", "a"] && texts(told, "target") == ["y", nil])
        #expect(texts(told, "output")[0] != nil && texts(told, "output")[1] == nil)
        // With what the memory did.
        let table = try TrainerProcess.run(["inspect", run, "--input", "c a\tx null"], in: folder.url)
        let rows = table.output.split(separator: "\n").map { $0.split(separator: " ") }
        #expect(table.status == 0 && rows.count == 4, "\(table)")
        #expect(rows[1] == ["step", "input", "target", "output", "push", "pop", "depth", "read"])
        #expect(rows[2].prefix(3) == ["1", "c", "x"] && rows[2].count == 8)
        #expect(rows[3].prefix(2) == ["2", "a"] && rows[3].count >= 6)
        let report = try TrainerProcess.run(
            ["report", run, "--episode", "c a b", "--output", "page.html"], in: folder.url)
        let page = try String(contentsOf: folder.file("page.html"), encoding: .utf8)
        #expect(report.status == 0 && page.contains("“c a b”"), "\(report)")
        let figure = try TrainerProcess.run(
            ["report", run, "--episode", "c a b", "--figure", "strengths", "--svg", "figure.svg"], in: folder.url)
        #expect(figure.status == 0, "\(figure)")
    }

    @Test func labelsAndNumbers() throws {
        let run = try train(
            "sequences",
            (0..<9).map { #"{"inputs": [[\#($0), 1], [2, \#($0)]], "target": "\#($0 % 2)"}"# + "\n" }.joined())
        let (steps, _) = try inspect(run, "3 4.5; 1 2; 7 8\t1")
        #expect(texts(steps, "input") == ["3 4.5", "1 2", "7 8"] && texts(steps, "target") == [nil, nil, "1"])
        #expect(texts(steps, "output").map { $0 == nil } == [true, true, false])
    }

    @Test func targetsAfterTheInputs() throws {
        let run = try train(
            "sequences", (0..<9).map { #"{"inputs": ["a", "\#($0)"], "targets": ["x", "y", "z"]}"# + "\n" }.joined())
        let (steps, _) = try inspect(run, "a 3\tnull null")
        #expect(texts(steps, "input") == ["a", "3", "<out>", "<out>"])
        #expect(texts(steps, "output").map { $0 == nil } == [true, true, false, false])
    }

    @Test func texts() throws {
        let run = try train(
            "text", String(repeating: "the cat sat\n", count: 20), "training.batchSize=2", "task.length=8")
        let (steps, _) = try inspect(run, "a cat")
        #expect(texts(steps, "input") == ["a", "<space>", "c", "a"])
        #expect(texts(steps, "target") == ["<space>", "c", "a", "t"])
        let short = try TrainerProcess.run(["inspect", run, "--input", "a"], in: folder.url)
        #expect(short.status == 64 && short.errors.contains("--input has 1 characters"), "\(short)")
    }

    @Test func whatIsRefused() throws {
        let run = try train("sequences", #"{"inputs": ["a"], "targets": ["x"]}"# + "\n")
        for (input, part) in [
            ("", "\"inputs\" has 0 elements"), ("a\tx x", "there are 2 targets and 1 inputs"),
            (#"{"inputs": [1]}"#, "is a number; the network was trained on a text for each"), ("{", "this is no JSON")
        ] {
            for (command, option) in [("inspect", "--input"), ("report", "--episode")] {
                let result = try TrainerProcess.run([command, run, option, input], in: folder.url)
                #expect(result.status == 64 && result.errors.contains("\(option): "), "\(result)")
                #expect(result.errors.contains(part), "\(result)")
            }
        }
        #expect(!folder.names.contains("run/report.html"))
    }
}
