// `trainer predict` line by line where answers are JSON: of sources, and of sequences in JSON lines.

import Foundation
import TestSupport
import Testing

@Suite struct PredictLinesTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func predict(_ run: String, _ input: String, _ options: String...) throws -> TrainerProcess.Result {
        try TrainerProcess.run(["predict", run] + options, in: folder.url, input: input)
    }

    /// The objects of all lines.
    private func objects(_ output: String) throws -> [[String: Any]] {
        try output.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map {
            try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
        }
    }

    // MARK: Sources

    @Test func answersToSourcesAsJSON() throws {
        let run = try TrainedFixture.writeReversal(in: folder)
        for options in [["--format", "json"], ["--format", "json", "--beam", "3"]] {
            let result = try TrainerProcess.run(
                ["predict", run] + options, in: folder.url, input: "a b c\nb x\n\nc\n")
            let answers = try objects(result.output)
            #expect(result.status == 1 && answers.count == 4, "\(result)")
            #expect(answers[0]["output"] as? [String] == ["c", "b", "a"])
            #expect(answers[3]["output"] as? [String] == ["c"] && answers[3]["complete"] as? Bool == true)
            let logProbability = try #require(answers[0]["log2_probability"] as? Double)
            #expect(-1 < logProbability && logProbability <= 0)
            let errors = answers[1...2].compactMap { $0["error"] as? String }
            #expect(errors.count == 2 && errors[0].contains("'x', is unknown"))
            #expect(result.errors.contains("Error: line 2: \(errors[0])."))
        }
        let cut = try objects(try predict(run, "a b c\n", "--format", "json", "--max-length", "2").output)
        #expect(cut[0]["output"] as? [String] == ["c", "b"] && cut[0]["complete"] as? Bool == false)
    }

    // MARK: Sequences

    /// A run on these lines, of a few steps: what it answers is of the right kind, and not yet right.
    private func train(_ lines: [String], _ settings: String...) throws -> String {
        try Data(lines.map { $0 + "\n" }.joined().utf8).write(to: folder.file("train.jsonl"))
        let small = [
            "--threads", "1", "--steps", "2", "--set", "training.evaluation.episodes=1", "--output", "run",
            "--set", "task.holdOut=0"
        ]
        let result = try TrainerProcess.run(
            ["train", "--task", "sequences", "--data", "train.jsonl"] + small + settings.flatMap { ["--set", $0] },
            in: folder.url)
        #expect(result.status == 0, "\(result)")
        return "run"
    }

    @Test func aLabel() throws {
        let run = try train((0..<9).map { #"{"inputs": ["a", "b"], "target": "\#($0 % 2 == 0 ? "even" : "odd")"}"# })
        let result = try predict(
            run, #"{"inputs": ["a"]}"# + "\n" + #"{"inputs": ["b", "new"], "target": 3, "other": {}}"# + "\n")
        let answers = try objects(result.output)
        #expect(result.status == 0 && answers.count == 2 && result.errors.isEmpty, "\(result)")
        #expect(answers.allSatisfy { ["even", "odd"].contains($0["target"] as? String) && $0.count == 1 })
        let json = try objects(try predict(run, #"{"inputs": ["a"]}"#, "--format", "json").output)
        let probabilities = try #require(json.first?["probabilities"] as? [String: Double])
        #expect(Set(probabilities.keys) == ["even", "odd"] && (json[0]["raw"] as? [Double])?.count == 2)
        #expect(json[0]["target"] as? String == answers[0]["target"] as? String)
    }

    /// In the numbers of the file; an untrained network is near their mean.
    @Test func numbers() throws {
        let run = try train((0..<9).map { #"{"inputs": [[\#($0), 1]], "targets": [[\#(1000 + $0), -5000]]}"# })
        let result = try predict(run, #"{"inputs": [[3, 1], [4, 1], [5.5, 1]], "targets": []}"#)
        let targets = try #require(try objects(result.output).first?["targets"] as? [[Double]])
        #expect(result.status == 0 && targets.map(\.count) == [2, 2, 2], "\(result)")
        for target in targets { #expect(abs(target[0] - 1004) < 20 && abs(target[1] + 5000) < 20) }
        let json = try objects(try predict(run, #"{"inputs": [[3, 1]]}"#, "--format", "json").output)
        #expect(json[0]["probabilities"] == nil)
        let raw = try #require((json[0]["raw"] as? [[Double]])?.first)
        // Of the numbers 1000 to 1008: mean 1004, variance 60 / 9.
        #expect(abs(raw[0] * (60.0 / 9).squareRoot() + 1004 - targets[0][0]) < 1e-3)
    }

    /// As many as the line or the option says.
    @Test func bitsAfterTheInputs() throws {
        let run = try train(
            (0..<9).map { #"{"inputs": [[1, 0], [0, \#($0 % 2)]], "targets": [[0, 1], [1, 1], [0, 0]]}"# },
            "task.targets=bits")
        let line = #"{"inputs": [[1, 0]], "targets": [null, null]}"#
        let result = try predict(run, line + "\n" + #"{"inputs": [[1, 0]]}"# + "\n", "--format", "json")
        let answers = try objects(result.output)
        let targets = try #require(answers.first?["targets"] as? [[Int]])
        #expect(targets.count == 2 && targets.joined().allSatisfy { $0 == 0 || $0 == 1 }, "\(result)")
        #expect((answers[0]["probabilities"] as? [[Double]])?.map(\.count) == [2, 2])
        #expect(result.status == 1 && (answers[1]["error"] as? String)?.contains("--max-length") == true)
        let three = try predict(run, #"{"inputs": [[1, 0]]}"#, "--max-length", "3")
        #expect((try objects(three.output)[0]["targets"] as? [Any])?.count == 3, "\(three)")
        let many = try predict(run, #"{"inputs": [[1, 0]], "targets": []}"#)
        #expect(many.status == 1 && many.errors.contains("0 targets are asked for"), "\(many)")
    }

    /// Errors name the line, and answers stay beside their questions.
    @Test func linesThatCannotBeRead() throws {
        let run = try train((0..<9).map { #"{"inputs": [\#($0), 1], "targets": [\#($0), 2]}"# })
        let lines = [
            #"{"inputs": [1]}"#, "", "no JSON", "[1]", #"{"targets": [1]}"#, #"{"inputs": []}"#, #"{"inputs": ["a"]}"#,
            #"{"inputs": [1, null]}"#, #"{"inputs": [[1, 2]]}"#, #"{"inputs": [1e29]}"#, #"{"inputs": [2]}"#
        ]
        let result = try predict(run, lines.joined(separator: "\r\n"))
        let answers = result.output.split(separator: "\n")
        #expect(result.status == 1 && answers.count == lines.count, "\(result)")
        let failed = answers.indices.filter { answers[$0] == "{}" }
        #expect(failed.map { $0 + 1 } == Array(2...9))
        for (line, part) in [
            (2, "the line is empty"), (3, "no JSON"), (4, "no object"), (5, "no \"inputs\""), (6, "at least one"),
            (7, "a text"), (8, "null"), (9, "a list of 2 numbers")
        ] {
            let error = result.errors.split(separator: "\n").first { $0.hasPrefix("Error: line \(line): ") }
            #expect(error?.contains(part) == true, "\(result.errors)")
        }
    }

    @Test func optionsForOtherTasks() throws {
        let run = try train((0..<9).map { #"{"inputs": [\#($0), 1], "targets": [\#($0), 2]}"# })
        for options in [["--beam", "2"], ["--max-length", "3"]] {
            let result = try TrainerProcess.run(["predict", run] + options, in: folder.url, input: "{}")
            #expect(result.status == 64 && result.errors.contains(options[0]), "\(result)")
        }
    }

    /// On other lines, which must be like those trained on.
    @Test func evaluates() throws {
        let run = try train((0..<9).map { #"{"inputs": [\#($0), 1], "target": "\#($0 % 2 == 0 ? "even" : "odd")"}"# })
        func evaluate(_ lines: String) throws -> TrainerProcess.Result {
            try Data(lines.utf8).write(to: folder.file("test.jsonl"))
            return try TrainerProcess.run(
                ["evaluate", run, "--data", "test.jsonl", "--format", "json"], in: folder.url)
        }
        let good = try evaluate(
            #"{"inputs": [1], "target": "odd"}"# + "\n" + #"{"inputs": [1, 2, 3], "target": "none"}"# + "\n")
        let result = try #require(try objects(good.output).first?["results"] as? [[String: Any]])
        #expect(good.status == 0 && result.count == 1 && result[0]["episodes"] as? Int == 2, "\(good)")
        #expect(good.errors.contains("1 of 2 sequences to evaluate on have targets that were not trained on"))
        for (lines, part) in [
            (#"{"inputs": [1, 2], "targets": ["odd", "odd"]}"#, "line 1: there are 2 targets"),
            (#"{"inputs": ["a"], "target": "odd"}"#, "line 1: an element of \"inputs\" is a text"),
            (#"{"inputs": [1]}"#, "line 1: there is no \"targets\""), ("", "test.jsonl")
        ] {
            let refused = try evaluate(lines)
            #expect(refused.status == 1 && refused.errors.contains(part), "\(refused)")
        }
    }

    /// From a file as a spreadsheet writes it to an answer.
    @Test func aFileOfCSV() throws {
        let lines = (0..<20).map { "\($0);\"\($0) 1\";\($0 % 2 == 0 ? "even" : "odd")\r\n" }.joined()
        try Data(("\u{FEFF}id;inputs;target\r\n" + lines).utf8).write(to: folder.file("numbers.csv"))
        let check = try TrainerProcess.run(["data", "check", "numbers.csv"], in: folder.url)
        #expect(check.status == 0 && check.output.contains("sequences   20\n"), "\(check)")
        let run = try TrainerProcess.run(
            [
                "train", "--task", "sequences", "--data", "numbers.csv", "--threads", "1", "--steps", "2", "--set",
                "training.evaluation.episodes=1", "--output", "csv"
            ], in: folder.url)
        #expect(run.status == 0 && run.errors.contains("2 of 20"), "\(run)")
        let evaluation = try TrainerProcess.run(
            ["evaluate", "csv", "--data", "numbers.csv", "--format", "json"], in: folder.url)
        let results = try #require(try objects(evaluation.output).first?["results"] as? [[String: Any]])
        #expect(results[0]["episodes"] as? Int == 20, "\(evaluation)")
        let inspection = try TrainerProcess.run(["inspect", "csv", "--data", "numbers.csv"], in: folder.url)
        #expect(inspection.status == 0 && inspection.output.contains("numbers.csv, line "), "\(inspection)")
        let next = try TrainerProcess.run(
            ["train", "--from", "csv", "--data", "numbers.csv", "--threads", "1", "--steps", "1", "--output", "next"],
            in: folder.url)
        #expect(next.status == 0, "\(next)")
        let answer = try objects(try predict("csv", #"{"inputs": [3, 1]}"#).output)
        #expect(["even", "odd"].contains(answer.first?["target"] as? String))
        // Answers are asked for in JSON.
        let refused = try predict("csv", "inputs\n3 1\n")
        #expect(refused.status == 1 && refused.errors.contains("line 1: this is no JSON"), "\(refused)")
        try Data("inputs,target\n1,2,3\n".utf8).write(to: folder.file("bad.csv"))
        let bad = try TrainerProcess.run(["evaluate", "csv", "--data", "bad.csv"], in: folder.url)
        #expect(bad.status == 1 && bad.errors.contains("bad.csv, line 2: there are 3 cells"), "\(bad)")
    }

    @Test func evaluatesByGroup() throws {
        let run = try train((0..<9).map { #"{"inputs": [\#($0), 1], "target": "\#($0 % 2 == 0 ? "even" : "odd")"}"# })
        func evaluate(_ options: String...) throws -> TrainerProcess.Result {
            try TrainerProcess.run(["evaluate"] + options, in: folder.url)
        }
        let label = try evaluate(run, "--data", "train.jsonl", "--by", "label")
        #expect(label.status == 0 && label.output.contains("\n\ngroup") && label.output.contains("\neven"), "\(label)")
        #expect(try evaluate(run, "--data", "train.jsonl", "--by", "length").output.contains("\n2 steps"))
        for (options, part) in [
            ([run, "--by", "size"], "--by"), ([run, run, "--data", "train.jsonl", "--by", "label"], "one run")
        ] {
            let refused = try TrainerProcess.run(["evaluate"] + options, in: folder.url)
            #expect(refused.status == 64 && refused.errors.contains(part), "\(refused)")
        }
        let drawn = try TemporaryFolder()
        let reversal = try TrainedFixture.writeReversal(in: drawn)
        let refused = try TrainerProcess.run(["evaluate", reversal, "--by", "length"], in: drawn.url)
        #expect(refused.status == 64 && refused.errors.contains("draws its sequences"), "\(refused)")
    }
}
