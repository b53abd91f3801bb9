// `trainer gradcheck` as a user meets it. That it finds wrong gradients is tested where the check is, in TrainingTests.

import Foundation
import Testing

@Suite struct GradCheckTests {
    private func gradcheck(_ arguments: String...) throws -> TrainerProcess.Result {
        try TrainerProcess.run(["gradcheck"] + arguments, in: FileManager.default.temporaryDirectory)
    }

    @Test(arguments: ["stack", "queue", "deque", "sam", "none"]) func saysWhatWasCompared(memory: String) throws {
        let result = try gradcheck("--memory", memory, "--controller", "rnn", "--threads", "1")
        #expect(result.status == 0 && result.errors.isEmpty, "\(result)")
        let lines = result.output.split(separator: "\n").map(String.init)
        #expect(lines[0].contains("memory \(memory), controller rnn") && lines[0].hasSuffix("seed 1"))
        #expect(lines[1].hasPrefix("parameter"))
        #expect(lines.contains { $0.hasPrefix("controller.layer0.weight") })
        #expect(lines.contains { $0.hasPrefix("interface.weight") } == (memory != "none"))
        #expect(lines.last?.hasPrefix("passed: largest error ") == true)
    }

    @Test(arguments: [
        [], ["network.memory.heads=2", "network.memory.maximumShift=2"],
        ["network.memory.heads=3", "network.memory.maximumShift=0", "network.memory.initialFocus=learned"],
        ["network.memory.rows=1", "network.memory.maximumShift=0"], ["network.memory.columns=1"],
        ["network.memory.readHeads=4", "network.memory.writeHeads=1"],
        ["network.memory.readHeads=1", "network.memory.writeHeads=3", "network.memory.initialFocus=learned"]
    ])
    func checksTuringMemories(settings: [String]) throws {
        let result = try TrainerProcess.run(
            ["gradcheck", "--memory", "ntm", "--task", "copy-bits", "--threads", "1"]
                + settings.flatMap { ["--set", $0] },
            in: FileManager.default.temporaryDirectory)
        #expect(result.status == 0 && result.output.contains("\npassed: "), "\(result)")
        #expect(result.output.contains("\nmemory.initial_memory "))
    }

    @Test func refusesHeadsThatAreCountedInTwoWays() throws {
        let result = try gradcheck(
            "--memory", "ntm", "--set", "network.memory.heads=2", "--set", "network.memory.readHeads=4", "--set",
            "network.memory.writeHeads=1")
        #expect(result.status == 64 && result.errors.contains("network.memory.heads is 2"), "\(result)")
    }

    /// The paper, each of its variants alone, and all at once, but for that which leaves out a part of the gradient.
    @Test(arguments: [
        [], ["floorsUsage"], ["smoothsCosine"], ["masksKeys"], ["deallocates"], ["sharpensLinks"],
        ["floorsUsage", "smoothsCosine", "masksKeys", "deallocates", "sharpensLinks"]
    ])
    func checksTheDNC(variants: [String]) throws {
        let settings = variants.flatMap { ["--set", "network.memory.\($0)=true"] }
        var summaries = ""
        // Where rows nearly tie in usage there is no slope, and a seed may leave too few comparisons.
        for seed in 1...20 {
            let result = try TrainerProcess.run(
                ["gradcheck", "--memory", "dnc", "--threads", "1", "--seed", "\(seed)"] + settings,
                in: FileManager.default.temporaryDirectory)
            #expect(!result.output.contains("wrong gradient"), "\(result)")
            if result.status == 0 { return }
            summaries += result.output
        }
        Issue.record("too few comparisons with every seed: \(summaries)")
    }

    @Test func refusesGradientsThatAreNotWhole() throws {
        let result = try gradcheck("--memory", "dnc", "--set", "network.memory.stopsUsageGradient=true")
        #expect(result.status == 64 && result.errors.contains("not the slope of the loss"), "\(result)")
        let sparse = try gradcheck("--memory", "sdnc")
        #expect(sparse.status == 64 && sparse.errors.contains("not the slope of the loss"), "\(sparse)")
    }

    @Test func printsJSON() throws {
        let result = try gradcheck("--task", "copy", "--seed", "3", "--format", "json")
        let report = try #require(JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any])
        #expect(report["task"] as? String == "copy" && report["seed"] as? String == "3")
        #expect(report["passed"] as? Bool == true)
        let parameters = try #require(report["parameters"] as? [[String: Any]])
        for parameter in parameters {
            #expect(Set(parameter.keys) == ["name", "shape", "compared", "rejected", "largest_error", "where"])
        }
        let errors = parameters.compactMap { $0["largest_error"] as? Double }
        #expect(errors.count == parameters.count && errors.max() == report["largest_error"] as? Double)
    }

    @Test func checksAPreset() throws {
        let result = try gradcheck(
            "--preset", "fast/reversal-stack", "--set", "network.controller.units=16", "--set", "task.symbols=6",
            "--set", "network.weights.scale=2")
        #expect(result.status == 0, "\(result)")
    }

    /// Weights of 0 leave next to no slope to measure: that is not a pass.
    @Test func failsWhereNothingCanBeCompared() throws {
        let result = try gradcheck("--set", "network.weights.scale=0")
        #expect(result.status == 1 && result.output.contains("\nFAILED: too few comparisons"), "\(result)")
    }

    @Test(arguments: [
        (["--memory", "heap"], "--memory heap"), (["--controller", "gru"], "--controller gru"),
        (["--task", "sort"], "--task sort"), (["--preset", "none"], "--preset none"),
        (["--set", "network.units=3"], "--set network.units=3"), (["--batch-size", "0"], "--batch-size is 0"),
        (["--set", "network.controller.units=0"], "--set network.controller.units=0"),
        (
            ["--memory", "ntm", "--set", "network.memory.heads=0"],
            "--set network.memory.heads=0: network.memory.heads is 0"
        ),
        (
            ["--memory", "ntm", "--set", "network.memory.maximumShift=3"],
            "so that its 2n+1 shifts fit the 6 memory rows"
        ),
        (["--preset", "fast/reversal-stack", "--config", "x"], "--config x")
    ])
    func refusesOptions(options: [String], message: String) throws {
        let result = try TrainerProcess.run(["gradcheck"] + options, in: FileManager.default.temporaryDirectory)
        #expect(result.status == 64 && result.output.isEmpty && result.errors.contains(message), "\(result)")
    }
}
