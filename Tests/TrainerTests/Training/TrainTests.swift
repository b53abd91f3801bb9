// `trainer train` as a user meets it: help, output, signals, exit codes, and messages for what cannot be done.

import Foundation
import TestSupport
import Testing
import NeuralMemoryTraining

@Suite struct TrainTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// A small run of so many steps.
    private func arguments(steps: Int, _ more: String...) -> [String] {
        let small = [
            "train", "--preset", "fast/reversal-stack", "--threads", "1", "--steps", "\(steps)",
            "--set", "task.maximumLength=4", "--set", "network.controller.units=16",
            "--set", "training.evaluation.interval=20", "--set", "training.evaluation.episodes=4",
            "--set", "training.evaluation.lengths=[8]"
        ]
        return small + more
    }

    private func train(_ arguments: [String], shell: String = "") throws -> TrainerProcess.Result {
        try TrainerProcess.run(arguments, in: folder.url, shell: shell)
    }

    /// The arrays of a run's last checkpoint.
    private func arrays(_ run: String) throws -> [SafetensorsEntry] {
        try Safetensors.read(from: folder.file("\(run)/checkpoints/latest.safetensors")).entries
    }

    private func linesOfMetrics(_ run: String) -> Int {
        let text = (try? String(contentsOf: folder.file("\(run)/metrics.jsonl"), encoding: .utf8)) ?? ""
        return text.split(separator: "\n").count
    }

    @Test func helpTeaches() throws {
        let root = try train(["--help"])
        #expect(root.status == 0 && root.output.contains("trainer train --preset fast/reversal-stack"))
        let help = try train(["train", "--help"])
        #expect(help.status == 0 && help.errors.isEmpty)
        for part in [
            "--preset", "--config", "--task", "--memory", "--controller", "--steps", "--batch-size", "--seed",
            "--threads", "--output", "--resume", "--set", "--learning-rate", "Examples:", "Exit codes:", "75",
            "One of stack, queue, deque,", "One of lstm, rnn,"
        ] {
            #expect(help.output.contains(part), "\(part)")
        }
    }

    @Test func aPipeGetsPlainLines() throws {
        let result = try train(arguments(steps: 50))
        #expect(result.status == 0 && result.errors.isEmpty, "\(result)")
        #expect(!result.output.contains("\r") && !result.output.contains("\u{1B}"))
        let lines = result.output.split(separator: "\n")
        #expect(lines.first?.contains("thread") == true)
        #expect(lines.filter { $0.hasPrefix("step ") }.count == 3)
        for command in ["inspect", "report", "explore", "evaluate", "predict"] {
            #expect(lines.contains("  \(TrainerProcess.program.path) \(command) runs/reversal-stack-1"))
        }
        #expect(try train(arguments(steps: 1)).output.contains("runs/reversal-stack-2"))
    }

    /// Without a preset or a file, a run starts from a preset that learns, and says so; and it says where nothing is
    /// known.
    @Test func aBareCommandSaysWhatItStartsFrom() throws {
        let short = ["--steps", "2", "--threads", "1", "--set", "training.evaluation.episodes=2", "--output"]
        let bare = try train(["train"] + short + ["bare"])
        #expect(bare.status == 0 && bare.errors.isEmpty, "\(bare)")
        #expect(bare.output.contains("Starting from the settings of preset fast/reversal-stack"))
        let preset = try train(["train", "--preset", "fast/reversal-stack"] + short + ["preset"])
        #expect(preset.status == 0 && !preset.output.contains("Starting from"), "\(preset)")
        #expect(try arrays("bare") == arrays("preset"))
        let queue = try train(["train", "--memory", "queue", "--seeds", "1-2"] + short + ["queue"])
        #expect(queue.output.contains("Starting from the settings of preset fast/copy-queue"), "\(queue)")
        let unsuited = try train(["train", "--task", "reversal", "--memory", "queue"] + short + ["unsuited"])
        #expect(unsuited.status == 0 && unsuited.errors.contains("Warning: nothing is known to learn"), "\(unsuited)")
    }

    @Test func aFinishedRunIsSaidToBe() throws {
        _ = try train(arguments(steps: 20, "--output", "run"))
        let before = try arrays("run")
        let result = try train(["train", "--resume", "run"])
        #expect(result.status == 0 && result.output.contains("finished"), "\(result)")
        #expect(try arrays("run") == before)
    }

    @Test(arguments: [SIGTERM, SIGINT])
    func stoppedAndResumedIsNeverStopped(_ signal: Int32) throws {
        let whole = try train(arguments(steps: 400, "--output", "whole"))
        #expect(whole.status == 0, "\(whole)")
        // More steps than it will come to, so that the signal comes in time.
        let process = try TrainerProcess(arguments(steps: 1_000_000, "--output", "run"), in: folder.url)
        try process.wait(until: { linesOfMetrics("run") >= 2 })
        process.send(signal)
        let stopped = try process.wait()
        #expect(stopped.status == 75, "\(stopped)")
        #expect(stopped.output.contains("trainer train --resume run"))
        let state = try Checkpoint.read(from: folder.file("run/checkpoints/latest.safetensors")).state
        try #require(state.step < 400)
        let resumed = try train(["train", "--resume", "run", "--steps", "400", "--threads", "1"])
        #expect(resumed.status == 0 && resumed.output.contains("resuming at step \(state.step)"), "\(resumed)")
        #expect(try arrays("run") == arrays("whole"))
    }

    @Test func killedAndResumedIsNeverKilled() throws {
        _ = try train(arguments(steps: 400, "--output", "whole"))
        let process = try TrainerProcess(arguments(steps: 1_000_000, "--output", "run"), in: folder.url)
        try process.wait(until: { linesOfMetrics("run") >= 2 })
        let locked = try train(["train", "--resume", "run"])
        #expect(locked.status == 1 && locked.errors.contains("another process is training"), "\(locked)")
        process.send(SIGKILL)
        #expect(try process.wait().status == -SIGKILL)
        let resumed = try train(["train", "--resume", "run", "--steps", "400", "--threads", "1"])
        #expect(resumed.status == 0, "\(resumed)")
        #expect(try arrays("run") == arrays("whole"))
    }

    /// A file that may not grow stands for a full disk: the write fails in the middle.
    ///
    /// A killed process leaves what the OpenMP runtime wrote down under its number; another may get the same number.
    @Test func aProcessOfTheNumberOfAKilledOne() throws {
        for (run, note) in ["", "0x7f0000000000-cafe0001-libomp.so.5"].enumerated() {
            let result = try TrainerProcess.run(
                ["train", "--preset", "fast/reversal-stack", "--steps", "1", "--output", "run-\(run)"], in: folder.url,
                shell: "printf '%s' '\(note)' > /dev/shm/__KMP_REGISTERED_LIB_$$_$(id -u);")
            #expect(result.status == 0 && result.errors.isEmpty, "\(note): \(result)")
        }
    }

    @Test func aSaveThatFailsLeavesTheLastCheckpoint() throws {
        _ = try train(arguments(steps: 20, "--output", "run"))
        let file = folder.file("run/checkpoints/latest.safetensors")
        let before = try Data(contentsOf: file)
        let names = folder.names
        let resume = ["train", "--resume", "run", "--steps", "40", "--threads", "1"]
        let result = try train(resume, shell: "ulimit -f 16;")
        #expect(result.status == 1, "\(result)")
        #expect(result.errors.contains("safetensors: cannot write: File too large"), "\(result)")
        #expect(result.errors.contains("--resume run"))
        #expect(try Data(contentsOf: file) == before && folder.names == names)
        #expect(try train(resume).status == 0)
        _ = try train(arguments(steps: 40, "--output", "whole"))
        #expect(try arrays("run") == arrays("whole"))
    }

    /// The first file opened would get a descriptor that is closed, and what is printed would go into it.
    @Test(arguments: ["exec >&-;", "exec <&- >&- 2>&-;"])
    func closedOutputsLoseNothing(_ shell: String) throws {
        #expect(try train(arguments(steps: 40, "--output", "run"), shell: shell).status == 0)
        #expect(try train(arguments(steps: 40, "--output", "whole")).status == 0)
        #expect(try arrays("run") == arrays("whole") && linesOfMetrics("run") == 2)
        #expect(try Data(contentsOf: folder.file("run/lock")).isEmpty)
        let text = try String(contentsOf: folder.file("run/metrics.jsonl"), encoding: .utf8)
        #expect(text.split(separator: "\n").allSatisfy { $0.hasPrefix("{\"step\":") })
    }

    /// Nothing may grow beyond 1024 bytes, as on a full disk.
    @Test func aConfigurationThatCannotBeWrittenLeavesAFolderToStartIn() throws {
        let result = try train(arguments(steps: 20, "--output", "run"), shell: "ulimit -f 2;")
        #expect(result.status == 1 && result.errors.contains("config.yaml: cannot write: File too large"), "\(result)")
        #expect(folder.names == ["run", "run/checkpoints", "run/lock"])
        let seeds = try train(arguments(steps: 20, "--seeds", "1-2", "--output", "run"), shell: "ulimit -f 2;")
        #expect(seeds.status == 1 && seeds.errors.contains("seeds.json: cannot write: File too large"), "\(seeds)")
        #expect(try train(arguments(steps: 20, "--output", "run")).status == 0)
    }

    /// A first update beyond all measure, whose numbers overflow in the second step.
    @Test func divergenceHasItsOwnCode() throws {
        let wild = [
            "--output", "run", "--learning-rate", "100", "--set", "training.optimizer.kind=rmsprop",
            "--set", "training.optimizer.decay=1", "--set", "training.optimizer.epsilon=1e-30",
            "--set", "training.clipping.norm=0"
        ]
        let result = try train(arguments(steps: 500) + wild)
        #expect(result.status == 70 && result.errors.contains("is not finite at step 2"), "\(result)")
        #expect(result.errors.contains("run/checkpoints/latest.safetensors"))
        #expect(try Checkpoint.read(from: folder.file("run/checkpoints/latest.safetensors")).state.step == 0)
    }

    @Test(arguments: [
        (["--task", "foo"], ["--task foo", "task.kind is foo", "one of copy, reversal"]),
        (["--memory", "heap"], ["--memory heap", "one of stack, queue, deque"]),
        (["--controller", "gru"], ["--controller gru", "one of lstm, rnn, feedforward"]),
        (["--preset", "fast/x"], ["--preset fast/x", "trainer presets"]),
        (["--steps", "0"], ["--steps 0", "training.steps", "at least 1"]),
        (["--steps", "-5"], ["--steps -5", "at least 1"]), (["--steps", "many"], ["--steps many", "whole number"]),
        (["--batch-size", "0"], ["--batch-size 0", "from 1 to 65536"]), (["--seed", "-1"], ["--seed -1", "from 0 to"]),
        (["--threads", "0"], ["--threads is 0", "from 1 to 1024"]), (["--threads", "x"], ["'x'", "--threads"]),
        (["--set", "network.memory.wdith=3"], ["network.memory.wdith", "did you mean network.memory.width?"]),
        (["--set", "network.memory.width=-3"], ["network.memory.width", "-3", "from 1 to"]),
        (["--set", "nothing"], ["--set nothing", "KEY=VALUE"]), (["--learning-rate", "nan"], ["nan", "finite number"]),
        (["--output", ""], ["--output is empty"]), (["--bogus"], ["--bogus"]),
        (["--preset", "a", "--config", "b"], ["--preset a", "--config b", "leave one out"]),
        (["--resume", "a", "--output", "b"], ["--resume a", "--output b", "leave out --output"])
    ])
    func wrongOptions(_ options: [String], _ parts: [String]) throws {
        let result = try train(["train"] + options)
        #expect(result.status == 64 && result.output.isEmpty, "\(result)")
        for part in parts { #expect(result.errors.contains(part), "\(result.errors)") }
        #expect(folder.names.isEmpty)
    }

    @Test func wrongFiles() throws {
        try Data("network:\n  memory: {kind: stack, widht: 3}\n".utf8).write(to: folder.file("a.yaml"))
        for (options, part) in [
            (["--config", "a.yaml"], "a.yaml, line 2: there is no setting network.memory.widht"),
            (["--config", "b.yaml"], "b.yaml: cannot open: No such file or directory"),
            (["--output", "."], "not empty"), (["--output", "a.yaml"], "not a folder"),
            (["--output", "a.yaml/b"], "Not a directory"), (["--resume", "."], "holds no run"),
            (["--resume", "b"], "no such folder")
        ] {
            let result = try train(["train"] + options)
            #expect(result.status == 1 && result.output.isEmpty && result.errors.contains(part), "\(result)")
        }
        #expect(folder.names == ["a.yaml"])
    }

    @Test func damagedCheckpoints() throws {
        _ = try train(arguments(steps: 20, "--output", "run"))
        let file = folder.file("run/checkpoints/latest.safetensors")
        let good = try Data(contentsOf: file)
        var flipped = good
        flipped[30] ^= 1
        var changed = good
        changed[good.count - 5] ^= 1
        for (bytes, part) in [
            (good.prefix(good.count / 2), "cut short"), (flipped, "damaged"), (changed, "checksum"),
            (Data("not a checkpoint".utf8), "not a safetensors file")
        ] {
            try bytes.write(to: file)
            let result = try train(["train", "--resume", "run", "--steps", "40"])
            #expect(result.status == 1 && result.errors.contains(part), "\(result)")
            #expect(result.errors.contains("run/checkpoints/latest.safetensors"))
            #expect(try Data(contentsOf: file) == bytes)
        }
    }

    @Test func anotherArchitectureIsRefusedOnResuming() throws {
        _ = try train(arguments(steps: 20, "--output", "run"))
        let before = try arrays("run")
        let result = try train(["train", "--resume", "run", "--memory", "queue"])
        #expect(result.status == 1 && result.errors.contains("network.memory.kind is stack"), "\(result)")
        #expect(result.errors.contains("queue") && result.errors.contains("start a new run"))
        let again = try train(["train"] + arguments(steps: 20, "--output", "run").dropFirst())
        #expect(again.status == 1 && again.errors.contains("holds a run already"), "\(again)")
        #expect(try arrays("run") == before)
    }
}
