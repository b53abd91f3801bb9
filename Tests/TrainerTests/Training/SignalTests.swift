// Signals during training: who takes them, what the first and the second do, and what a parent may have done to them.

import Foundation
import TestSupport
import Testing
import NeuralMemoryTraining

@Suite struct SignalTests {
    private let folder: TemporaryFolder
    /// A small run that does not end by itself.
    private let endless = [
        "train", "--preset", "fast/reversal-lstm", "--threads", "2", "--steps", "1000000", "--output", "run",
        "--set", "task.maximumLength=4", "--set", "network.controller.units=32",
        "--set", "training.evaluation.interval=20", "--set", "training.evaluation.episodes=4",
        "--set", "training.evaluation.lengths=[8]"
    ]

    init() throws { folder = try TemporaryFolder() }

    private func start(_ arguments: [String], shell: String = "") throws -> TrainerProcess {
        let process = try TrainerProcess(arguments, in: folder.url, shell: shell)
        try process.wait(until: { isTraining })
        return process
    }

    private var isTraining: Bool { FileManager.default.fileExists(atPath: latest.path) }
    private var latest: URL { folder.file("run/checkpoints/latest.safetensors") }
    private var step: Int { get throws { try Checkpoint.read(from: latest).state.step } }

    /// The signals named in a line of /proc/PID/task/TID/status, as bits; bit n − 1 is signal n.
    private func signals(_ name: String, _ status: String) throws -> UInt64 {
        let line = try #require(status.split(separator: "\n").first { $0.hasPrefix(name + ":") })
        return try #require(UInt64(line.split(separator: "\t")[1], radix: 16))
    }

    /// What a process has used, as /proc tells it in hundredths of a second.
    private func processorSeconds(_ process: TrainerProcess) -> Double {
        let text = (try? String(contentsOfFile: "/proc/\(process.identifier)/stat", encoding: .utf8)) ?? ""
        let fields = text.split(separator: ")").last?.split(separator: " ") ?? []
        return fields.count > 12 ? ((Double(fields[11]) ?? 0) + (Double(fields[12]) ?? 0)) / 100 : 0
    }

    /// Neither ours, nor ones of the libraries: a handler's frame would lie on the stack of a thread that computes.
    @Test func noThreadRunsHandlers() throws {
        let process = try start(endless)
        try process.wait(until: { (try? step) ?? 0 > 0 })
        let tasks = "/proc/\(process.identifier)/task"
        let threads = try FileManager.default.contentsOfDirectory(atPath: tasks)
        #expect(threads.count >= 2)
        let stopping: [Int32] = [SIGINT, SIGTERM, SIGHUP]
        let others: [Int32] = [SIGTSTP, SIGCONT, SIGWINCH, SIGCHLD, SIGPIPE, SIGALRM, SIGUSR1, SIGUSR2]
        func bits(_ numbers: [Int32]) -> UInt64 { numbers.reduce(0) { $0 | 1 << UInt64($1 - 1) } }
        var waiting: [String] = []
        for thread in threads {
            let status = try String(contentsOfFile: "\(tasks)/\(thread)/status", encoding: .utf8)
            #expect(try signals("SigCgt", status) & bits(stopping + others) == 0, "\(status)")
            if try signals("SigBlk", status) & bits(stopping) != bits(stopping) { waiting.append(thread) }
        }
        // The thread that waits for them shows them as not blocked. The first one computes.
        #expect(waiting.count == 1 && waiting != ["\(process.identifier)"])
        process.send(SIGTERM)
        #expect(try process.wait().status == 75)
    }

    @Test(arguments: [SIGINT, SIGTERM, SIGHUP])
    func theFirstStopsAfterTheStep(_ signal: Int32) throws {
        let process = try start(endless)
        process.send(signal)
        let result = try process.wait()
        #expect(result.status == 75 && result.output.contains("--resume run"), "\(result)")
        #expect(try result.output.contains("Stopped at step \(step), and saved."), "\(result)")
    }

    /// The evaluation after the first step takes half a minute or more.
    @Test(arguments: [SIGINT, SIGTERM, SIGHUP])
    func theSecondEndsAtOnce(_ signal: Int32) throws {
        let lengths = (1700..<1732).map(String.init).joined(separator: ",")
        let process = try start([
            "train", "--preset", "fast/copy-ntm", "--threads", "1", "--output", "run", "--batch-size", "1",
            "--set", "network.memory.rows=4096", "--set", "training.evaluation.interval=1",
            "--set", "training.evaluation.episodes=1", "--set", "training.evaluation.lengths=[\(lengths)]"
        ])
        // So much is used only when that evaluation is at work.
        try process.wait(until: { processorSeconds(process) > 1 })
        let before = try Data(contentsOf: latest)
        process.send(signal)
        // Repeated at once, it is the same request.
        process.send(signal)
        usleep(500_000)
        #expect(process.isRunning)
        process.send(signal)
        #expect(try process.wait().status == -signal)
        #expect(try Data(contentsOf: latest) == before && step == 0)
    }

    @Test func whatTheParentIgnored() throws {
        let process = try start(endless, shell: "trap '' HUP INT TERM;")
        process.send(SIGHUP)
        let lines = try Data(contentsOf: folder.file("run/metrics.jsonl")).count
        try process.wait(until: { ((try? Data(contentsOf: folder.file("run/metrics.jsonl")).count) ?? 0) > lines })
        process.send(SIGINT)
        #expect(try process.wait().status == 75)
    }

    /// Stopped and continued, as with Ctrl-Z and `fg`.
    @Test func aSuspendedRunGoesOn() throws {
        let process = try start(endless)
        process.send(SIGTSTP)
        process.send(SIGCONT)
        let before = try step
        try process.wait(until: { (try? step) ?? 0 > before })
        process.send(SIGINT)
        #expect(try process.wait().status == 75)
    }
}
