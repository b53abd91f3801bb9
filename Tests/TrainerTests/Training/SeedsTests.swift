// `trainer train --seeds` as a user meets it: processes side by side, their table, signals, crashes and resuming.

import Foundation
import TestSupport
import Testing
import NeuralMemoryTraining

@Suite struct SeedsTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// A small run of so many steps, with two threads.
    private func arguments(steps: Int, _ more: String...) -> [String] {
        let small = [
            "train", "--preset", "fast/reversal-stack", "--threads", "2", "--steps", "\(steps)",
            "--set", "task.maximumLength=4", "--set", "network.controller.units=16",
            "--set", "training.evaluation.interval=20", "--set", "training.evaluation.episodes=4",
            "--set", "training.evaluation.lengths=[8]"
        ]
        return small + more
    }

    private func train(_ arguments: [String]) throws -> TrainerProcess.Result {
        try TrainerProcess.run(arguments, in: folder.url)
    }

    private func arrays(_ run: String) throws -> [SafetensorsEntry] {
        try Safetensors.read(from: folder.file("\(run)/checkpoints/latest.safetensors")).entries
    }

    private func linesOfMetrics(_ run: String) -> Int {
        let text = (try? String(contentsOf: folder.file("\(run)/metrics.jsonl"), encoding: .utf8)) ?? ""
        return text.split(separator: "\n").count
    }

    /// The words of a line of the table.
    private func row(_ name: String, _ output: String) -> [String] {
        let line = output.split(separator: "\n").last { $0.hasPrefix(name + " ") }
        return line?.split(separator: " ").map(String.init) ?? []
    }

    /// The process that trains a seed in the test's folder.
    private func process(seed: Int) -> Int32? {
        let end = "\(folder.url.lastPathComponent)/all/seed-\(seed)"
        let numbers = (try? FileManager.default.contentsOfDirectory(atPath: "/proc"))?.compactMap { Int32($0) } ?? []
        return numbers.first { number in
            let bytes = FileManager.default.contents(atPath: "/proc/\(number)/cmdline") ?? Data()
            return bytes.split(separator: 0).contains { String(decoding: $0, as: UTF8.self).hasSuffix(end) }
        }
    }

    @Test func eachSeedIsTheRunItWouldBeAlone() throws {
        let result = try train(arguments(steps: 60, "--seeds", "3,1", "--output", "all"))
        #expect(result.status == 0 && result.errors.isEmpty, "\(result)")
        #expect(result.output.hasPrefix("training 2 of 2 seeds, 2 at a time, with 1 thread each, in all\n"))
        for seed in [1, 3] {
            let lines = result.output.split(separator: "\n").filter { $0.hasPrefix("seed \(seed): step ") }
            #expect(lines.count == 3)
            #expect(row("\(seed)", result.output).prefix(4) == ["\(seed)", "not", "solved", "1920"])
            _ = try train(arguments(steps: 60, "--seed", "\(seed)", "--output", "alone-\(seed)"))
            #expect(try arrays("all/seed-\(seed)") == arrays("alone-\(seed)"))
        }
        #expect(row("median", result.output).prefix(5) == ["median", "0", "of", "2", "solved"])
        let summary = try Data(contentsOf: folder.file("all/summary.json"))
        let json = try #require(JSONSerialization.jsonObject(with: summary) as? [String: Any])
        let seeds = try #require(json["seeds"] as? [[String: Any]])
        #expect(seeds.map { $0["seed"] as? Int } == [1, 3] && seeds.allSatisfy { $0["step"] as? Int == 60 })
        #expect(Set(json.keys) == ["seeds", "solved", "median", "min", "max"])
    }

    @Test(arguments: [SIGTERM, SIGINT])
    func stoppedAndResumedIsNeverStopped(_ signal: Int32) throws {
        let process = try TrainerProcess(
            arguments(steps: 1_000_000, "--seeds", "1-3", "--output", "all"), in: folder.url)
        try process.wait(until: { linesOfMetrics("all/seed-1") >= 2 && linesOfMetrics("all/seed-2") >= 2 })
        let locked = try train(["train", "--resume", "all"])
        #expect(locked.status == 1 && locked.errors.contains("another process is training"), "\(locked)")
        process.send(signal)
        let stopped = try process.wait()
        #expect(stopped.status == 75 && stopped.output.contains("trainer train --resume all"), "\(stopped)")
        let summary = try String(contentsOf: folder.file("all/summary.json"), encoding: .utf8)
        for seed in ["1", "2", "3"] { #expect(row(seed, stopped.output)[1] == "stopped", "\(stopped) \(summary)") }
        let steps = try [1, 2].map { seed in
            try Checkpoint.read(from: folder.file("all/seed-\(seed)/checkpoints/latest.safetensors")).state.step
        }
        let end = (steps.max() ?? 0) + 1
        let resumed = try train(["train", "--resume", "all", "--steps", "\(end)", "--threads", "2"])
        #expect(resumed.status == 0 && resumed.output.contains("training 3 of 3 seeds"), "\(resumed)")
        _ = try train(arguments(steps: end, "--seed", "3", "--output", "alone"))
        #expect(try arrays("all/seed-3") == arrays("alone"))
        let again = try train(["train", "--resume", "all"])
        #expect(again.status == 0 && again.output.contains("training 0 of 3 seeds"), "\(again)")
    }

    @Test func aCrashIsReportedAndStaysAlone() throws {
        let several = try TrainerProcess(arguments(steps: 1500, "--seeds", "1-3", "--output", "all"), in: folder.url)
        try several.wait(until: { linesOfMetrics("all/seed-2") >= 1 })
        kill(try #require(process(seed: 2)), SIGKILL)
        let result = try several.wait()
        #expect(result.status == 1, "\(result)")
        #expect(row("2", result.output)[1] == "crashed")
        for seed in [1, 3] { #expect(["solved", "not"].contains(row("\(seed)", result.output)[1])) }
        #expect(try String(contentsOf: folder.file("all/summary.json"), encoding: .utf8).contains("\"signal 9\""))
        let resumed = try train(["train", "--resume", "all"])
        #expect(resumed.status == 0 && resumed.output.contains("training 1 of 3 seeds"), "\(resumed)")
    }

    @Test func aRunThatCannotGoOnStaysAlone() throws {
        _ = try train(arguments(steps: 20, "--seeds", "1-2", "--output", "all"))
        try Data("not a checkpoint".utf8).write(to: folder.file("all/seed-2/checkpoints/latest.safetensors"))
        let result = try train(["train", "--resume", "all", "--steps", "40"])
        #expect(result.status == 1 && result.errors.hasPrefix("seed 2: Error: "), "\(result)")
        #expect(row("2", result.output)[1] == "crashed" && row("1", result.output)[3] == "1280")
    }

    /// Nobody is left to stop it, or to read what it prints.
    @Test func aSeedEndsWithTheProgramThatStartedIt() throws {
        let several = try TrainerProcess(
            arguments(steps: 1_000_000, "--seeds", "1", "--output", "all"), in: folder.url)
        try several.wait(until: { linesOfMetrics("all/seed-1") >= 1 })
        let child = try #require(process(seed: 1))
        several.send(SIGKILL)
        _ = try several.wait()
        // Ten minutes, only to end what would go on for ever.
        for _ in 0..<60_000 {
            guard process(seed: 1) != nil else { break }
            usleep(10_000)
        }
        #expect(process(seed: 1) == nil, "process \(child) goes on")
    }

    /// The process that started it was gone before this one could look.
    @Test func aSeedOfAnotherParentStopsAtOnce() throws {
        _ = try train(arguments(steps: 20, "--seeds", "1", "--output", "all"))
        let child = ["train", "--resume", "all/seed-2", "--as-one-of-seeds", "1"]
        try FileManager.default.copyItem(at: folder.file("all/seed-1"), to: folder.file("all/seed-2"))
        let more = try train(["train", "--resume", "all/seed-2", "--steps", "21", "--threads", "1"])
        #expect(more.status == 0, "\(more)")
        let yaml = folder.file("all/seed-2/config.yaml")
        let text = try String(contentsOf: yaml, encoding: .utf8).replacing("steps: 21", with: "steps: 1000000")
        try Data(text.utf8).write(to: yaml)
        let result = try train(child)
        #expect(result.status == 75 && result.output.contains("Stopped at step 21"), "\(result)")
    }

    /// As a kill leaves it before the turn of all seeds has come.
    @Test func seedsThatHaveNotBegunAreNotLost() throws {
        _ = try train(arguments(steps: 20, "--seeds", "1-3", "--output", "all"))
        let before = try arrays("all/seed-2")
        for seed in [2, 3] { try FileManager.default.removeItem(at: folder.file("all/seed-\(seed)")) }
        let result = try train(["train", "--resume", "all", "--threads", "2"])
        #expect(result.status == 0 && row("median", result.output).prefix(5) == ["median", "0", "of", "3", "solved"])
        #expect(result.output.contains("training 2 of 3 seeds"), "\(result)")
        #expect(result.output.contains("\n2 of these have not begun yet\n"), "\(result)")
        #expect(try arrays("all/seed-2") == before)
    }

    @Test(arguments: [
        (["--seeds", "5-1"], "'5-1' in '5-1' goes down; write 1-5"),
        (["--seeds", "1,,2"], "'' in '1,,2' is not a seed or a range"), (["--seeds", "a"], "'a' in 'a'"),
        (["--seeds", "1-3,2"], "names seed 2 twice"), (["--seeds", "0-5000"], "more than 1000 seeds"),
        (["--seeds", "1-3", "--seed", "2"], "--seed 2 and --seeds 1-3 were both given"),
        (["--seeds", "1-3", "--set", "training.seed=2"], "--set training.seed=2 and --seeds 1-3"),
        (["--seeds", "1-3", "--resume", "a"], "leave out --seeds"), (["--jobs", "2"], "--jobs 2 is for several seeds"),
        (["--seeds", "1-3", "--jobs", "0"], "--jobs is 0"),
        (["--seeds", "1-3", "--steps", "0"], "--steps 0: training.steps is 0"),
        (["--seeds", "1", "--set", "network.memory.width=0"], "--set network.memory.width=0")
    ])
    func wrongOptions(_ options: [String], _ message: String) throws {
        let result = try train(["train"] + options)
        #expect(result.status == 64 && result.output.isEmpty && result.errors.contains(message), "\(result)")
        #expect(folder.names.isEmpty)
    }

    @Test func foldersInUseAreRefused() throws {
        _ = try train(arguments(steps: 20, "--seeds", "1", "--output", "all"))
        _ = try train(arguments(steps: 20, "--output", "one"))
        for (output, part) in [
            ("all", "holds runs of several seeds already"), ("one", "holds a run already"), (".", "not empty")
        ] {
            let result = try train(arguments(steps: 20, "--seeds", "1-2", "--output", output))
            #expect(result.status == 1 && result.errors.contains(part), "\(result)")
        }
        let result = try train(["train", "--resume", "one", "--jobs", "2"])
        #expect(result.status == 64 && result.errors.contains("--jobs 2 is for several seeds"))
    }
}
