// `trainer settings`, and `trainer train --dry-run`.

import Foundation
import NeuralMemory
import NeuralMemoryTraining
import TestSupport
import Testing

@Suite struct SettingsTests {
    private func trainer(_ arguments: String..., in folder: TemporaryFolder) throws -> TrainerProcess.Result {
        try TrainerProcess.run(arguments, in: folder.url)
    }

    @Test func listsSettings() throws {
        let folder = try TemporaryFolder()
        let all = try trainer("settings", in: folder)
        #expect(all.status == 0 && all.output.contains("\nnetwork.controller.forgetBias  (lstm)\n"), "\(all)")
        let one = try trainer("settings", "popBias", in: folder)
        #expect(one.output.hasPrefix("network.memory.popBias  (stack, queue, deque)\n"), "\(one)")
        #expect(one.output.contains("a number from -100 to 100.\n  Default: -1.0.\n"), "\(one)")
        let page = try trainer("settings", "--format", "markdown", in: folder)
        #expect(page.output == SettingsReference.markdown(SettingsReference().entries))
        let list = try trainer("settings", "popBias", "--format", "json", in: folder)
        let parsed = try JSONSerialization.jsonObject(with: Data(list.output.utf8)) as? [[String: Any]]
        #expect(parsed?.first?["path"] as? String == "network.memory.popBias")
        let wrong = try trainer("settings", "training.step.s", in: folder)
        #expect(wrong.status == 64 && wrong.errors.contains("did you mean training.steps?"), "\(wrong)")
    }

    /// Its output is a configuration file that gives the run.
    @Test func plansARunWithoutWriting() throws {
        let folder = try TemporaryFolder()
        let result = try trainer("train", "--preset", "fast/reversal-stack", "--seed", "7", "--dry-run", in: folder)
        #expect(result.status == 0 && result.output.contains(" 13181 parameters, at most 9000 steps"), "\(result)")
        #expect(result.output.contains("of memory; ") && result.output.contains("in runs/reversal-stack-1."))
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path).isEmpty)
        try Data(result.output.utf8).write(to: folder.file("plan.yaml"))
        let planned = try RunConfiguration.resolve(file: folder.file("plan.yaml"))
        let override = SettingOverride(path: "training.seed", value: "7", option: "--seed 7")
        let expected = try RunConfiguration.resolve(preset: "fast/reversal-stack", overrides: [override])
        #expect(planned.yaml(comment: "") == expected.yaml(comment: ""))
    }

    @Test func plansSeveralSeeds() throws {
        let folder = try TemporaryFolder()
        let result = try trainer("train", "--preset", "fast/copy-queue", "--seeds", "1-3", "--dry-run", in: folder)
        #expect(
            result.status == 0 && result.output.contains("3 runs would be in runs/copy-queue-seeds-1."), "\(result)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path).isEmpty)
    }

    /// What a run would refuse, a plan refuses, in the same words.
    @Test(arguments: [
        ["--preset", "fast/reversal-stack", "--set", "network.memory.width=0"],
        ["--preset", "fast/copy-ntm", "--set", "network.memory.maximumShift=100"],
        ["--preset", "fast/copy-ntm", "--set", "network.memory.rows=1000000", "--batch-size", "65536"],
        ["--task", "pairs", "--data", "missing.tsv"],
        ["--task", "pairs", "--data", "wrong.tsv"],
        ["--preset", "fast/reversal-stack", "--output", "full"],
        ["--preset", "fast/reversal-stack", "--output", "wrong.tsv/below"]
    ])
    func refusesWhatARunWouldRefuse(_ arguments: [String]) throws {
        let folder = try TemporaryFolder()
        try Data("no tab\n".utf8).write(to: folder.file("wrong.tsv"))
        try FileManager.default.createDirectory(at: folder.file("full/sub"), withIntermediateDirectories: true)
        let plan = try TrainerProcess.run(["train", "--dry-run"] + arguments, in: folder.url)
        let run = try TrainerProcess.run(["train"] + arguments, in: folder.url)
        #expect(plan.status == run.status && plan.status != 0 && plan.output.isEmpty, "\(plan) \(run)")
        // How much memory is left differs from one moment to the next, and a folder is made only by a run.
        let opening = { (errors: String) in errors.prefix { $0 != ";" }.prefix(60) }
        #expect(opening(plan.errors) == opening(run.errors) || arguments.contains("wrong.tsv/below"), "\(plan) \(run)")
    }

    @Test func isForNewRuns() throws {
        let folder = try TemporaryFolder()
        let result = try trainer("train", "--resume", "somewhere", "--dry-run", in: folder)
        #expect(result.status == 64 && result.errors.contains("--dry-run is for new runs"), "\(result)")
    }
}
