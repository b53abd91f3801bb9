// `trainer` on a text, as a user meets it: train, evaluate, sample.

import Foundation
import NeuralMemoryTraining
import TestSupport
import Testing

@Suite struct TextCommandTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        try Data(String(repeating: "the cat sat on the mat\n", count: 60).utf8).write(to: folder.file("text.txt"))
    }

    private func trainer(_ arguments: String...) throws -> TrainerProcess.Result {
        try TrainerProcess.run(arguments, in: folder.url)
    }

    private func train(_ output: String, _ more: String...) throws -> TrainerProcess.Result {
        let small = [
            "train", "--task", "text", "--data", "text.txt", "--threads", "1", "--steps", "20", "--set",
            "training.batchSize=4", "--set",
            "network.controller.units=8", "--set", "task.length=8", "--output", output
        ]
        return try TrainerProcess.run(small + more, in: folder.url)
    }

    @Test func trainsEvaluatesAndWrites() throws {
        let result = try train("run")
        #expect(result.status == 0 && result.output.contains("bits/character"), "\(result)")
        #expect(result.errors.contains("Note: 1242 characters to train on, of 11 kinds; no --validation"), "\(result)")
        #expect(result.output.contains("sample run"))
        let held = try trainer("evaluate", "run")
        #expect(held.status == 0 && held.output.contains("bits_per_symbol  perplexity"), "\(held)")
        let json = try trainer("evaluate", "run", "--format", "json")
        #expect(json.output.contains("\"bits_per_symbol\": ") && !json.output.contains("coarse"), "\(json)")
        let text = try trainer("sample", "run", "--length", "30", "--prompt", "the ", "--seed", "3")
        #expect(text.status == 0 && text.output.hasPrefix("the ") && text.output.count == 35, "\(text)")
        #expect(try trainer("sample", "run", "--length", "30", "--prompt", "the ", "--seed", "3").output == text.output)
        #expect(try trainer("sample", "run", "--length", "30", "--prompt", "the ", "--seed", "4").output != text.output)
        try Data(String(repeating: "the dog sat\n", count: 10).utf8).write(to: folder.file("other.txt"))
        let other = try trainer("evaluate", "run", "--data", "other.txt")
        #expect(other.status == 0 && other.errors.contains("Note: 20 of 120 characters to evaluate on"), "\(other)")
        let groups = try trainer("evaluate", "run", "--data", "other.txt", "--by", "length")
        #expect(groups.status == 64 && groups.errors.contains("--by length is for sequences"), "\(groups)")
        let resumed = try trainer("train", "--resume", "run", "--steps", "30")
        #expect(resumed.status == 0 && resumed.output.contains("step 30"), "\(resumed)")
    }

    @Test func wordsAreWritten() throws {
        #expect(try train("run", "--set", "task.unit=words", "--set", "training.batchSize=2").status == 0)
        let text = try trainer("sample", "run", "--length", "12", "--top-k", "3", "--temperature", "0.5")
        let words = Set(text.output.split { " \n".contains($0) })
        #expect(text.status == 0 && !words.isEmpty && words.isSubset(of: ["the", "cat", "sat", "on", "mat"]), "\(text)")
    }

    @Test func whatSampleRefuses() throws {
        #expect(try train("run").status == 0)
        for (arguments, part) in [
            (["--length", "0"], "--length is 0"), (["--temperature", "-1"], "--temperature is -1"),
            (["--top-k", "0"], "--top-k is 0")
        ] {
            let result = try TrainerProcess.run(["sample", "run"] + arguments, in: folder.url)
            #expect(result.status == 64 && result.errors.contains(part), "\(result)")
        }
        let other = try TrainerProcess.run(
            ["train", "--preset", "fast/reversal-stack", "--steps", "1", "--output", "other"], in: folder.url)
        #expect(other.status == 0)
        let result = try trainer("sample", "other")
        #expect(
            result.status == 1 && result.errors.contains("take a network that was trained on task text"), "\(result)")
        // Before anything is made, and not at the first evaluation.
        let short = try train("short", "--set", "task.length=200", "--set", "training.batchSize=1")
        #expect(short.status == 1 && short.errors.contains("there are 138 characters to evaluate on"), "\(short)")
        #expect(!folder.names.contains { $0.hasPrefix("short") })
        let carry = try trainer("train", "--preset", "fast/reversal-stack", "--set", "training.carry=true", "--dry-run")
        #expect(carry.status != 0 && carry.errors.contains("training.carry"), "\(carry)")
    }
}
