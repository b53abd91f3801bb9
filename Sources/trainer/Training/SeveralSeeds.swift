// Runs of several seeds at once: a process for each, so that a crash stays alone, and what they print, line by line.
// What they came to is for the library to gather.

import ArgumentParser
import Foundation
import NeuralMemory
import NeuralMemoryTraining

/// The runs of a folder of seeds.
struct SeveralSeeds {
    private let directory: SeedDirectory
    /// As the user writes it.
    private let folder: String
    private let unfinished: [UInt64]
    private let jobs: Int
    private let threads: Int

    /// Threads are shared out among as many processes as run side by side: not more than there is memory for.
    init(_ directory: SeedDirectory, _ folder: String, unfinished: [UInt64], threads: Int?, jobs: Int?) throws {
        self.directory = directory
        self.folder = folder
        self.unfinished = unfinished
        // The serial build knows of one processor only, and can still run a process on each.
        let total = threads ?? (Runtime.usesOpenMP ? Runtime.processors : ProcessInfo.processInfo.activeProcessorCount)
        let wanted = max(1, min(jobs ?? total, unfinished.count))
        self.jobs = min(wanted, try directory.runsThatFit() ?? wanted)
        if self.jobs < wanted { complain("Note: there is memory for \(self.jobs) of \(wanted) runs at a time.") }
        self.threads = max(1, total / self.jobs)
    }

    /// Trains the unfinished, and prints and writes the summary of all.
    func run() throws {
        print(
            "training \(unfinished.count) of \(directory.seeds.count) seeds, \(jobs) at a time, with \(threads) "
                + "thread\(threads == 1 ? "" : "s") each, in \(folder)")
        let notBegun = try unfinished.filter { try !directory.hasBegun($0) }.count
        if notBegun > 0, notBegun < directory.seeds.count { print("\(notBegun) of these have not begun yet") }
        fflush(nil)
        let endings = try train()
        let summary = directory.summary(endings)
        print("\n" + summary.table, terminator: "")
        try directory.write(summary)
        print("The summary is in \(directory.summaryFile.relativePath).")
        let outcomes = endings.values
        if outcomes.contains(.stopped) {
            print("Stopped, and saved. To go on: trainer train --resume \(folder)")
            throw ExitStatus.stopped
        }
        if summary.results.contains(where: { $0.reason != nil }) { throw ExitCode.failure }
        if outcomes.contains(.diverged) { throw ExitStatus.diverged }
    }

    /// How each seed ended.
    ///
    /// After a signal no other seed is started, and those at work are told to stop.
    private func train() throws -> [UInt64: SeedResult.Ending] {
        var endings: [UInt64: SeedResult.Ending] = [:]
        var waiting = unfinished[...]
        var running: [SeedProcess] = []
        var isStopping = false
        while true {
            if StopSignal.isRequested, !isStopping {
                isStopping = true
                running.forEach { $0.stop() }
                for seed in waiting { endings[seed] = .stopped }
                waiting = []
            }
            while running.count < jobs, let seed = waiting.popFirst() {
                do {
                    running.append(try SeedProcess(seed, in: directory.folder(of: seed), threads: threads))
                } catch {
                    let reason = "its process cannot be started: \(error.localizedDescription)"
                    complain("seed \(seed): Error: \(reason)")
                    endings[seed] = .crashed(reason)
                }
            }
            guard !running.isEmpty else { return endings }
            SeedProcess.readLines(of: running, milliseconds: 100)
            for process in running where process.isSilent { endings[process.seed] = process.waitForEnd() }
            running.removeAll(where: \.isSilent)
        }
    }
}

/// One seed's process: this program again, resuming one run.
private final class SeedProcess {
    let seed: UInt64
    private let process = Process()
    private var streams: [LineStream]
    private var isStopped = false

    init(_ seed: UInt64, in folder: URL, threads: Int) throws {
        self.seed = seed
        let (output, errors) = (Pipe(), Pipe())
        streams = [
            LineStream(output, to: .standardOutput, prefix: "seed \(seed): "),
            LineStream(errors, to: .standardError, prefix: "seed \(seed): ")
        ]
        process.executableURL = Self.program
        process.arguments = [
            "train", "--resume", folder.path, "--threads", "\(threads)", "--as-one-of-seeds", "\(getpid())",
            "--command-line", RunSession.quoted(CommandLine.arguments)
        ]
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = errors
        try process.run()
    }

    /// This very program; on Linux also where its file has been replaced meanwhile, by a new build for example.
    private static var program: URL? {
        let running = "/proc/self/exe"
        return FileManager.default.fileExists(atPath: running)
            ? URL(fileURLWithPath: running) : Bundle.main.executableURL
    }

    /// Asks it to save and end.
    func stop() {
        isStopped = true
        process.terminate()
    }

    /// Whether it has closed its outputs: it has ended, or is about to.
    var isSilent: Bool { streams.allSatisfy(\.isAtEnd) }

    func waitForEnd() -> SeedResult.Ending {
        process.waitUntilExit()
        let status = process.terminationStatus
        guard process.terminationReason == .exit else {
            // Signalled before it could catch signals: its run is as it was.
            return isStopped && status == SIGTERM ? .stopped : .crashed("signal \(status)")
        }
        switch status {
        case 0: return .finished
        case ExitStatus.stopped.rawValue: return .stopped
        case ExitStatus.diverged.rawValue: return .diverged
        default: return .crashed("exit code \(status)")
        }
    }

    /// Passes on what processes have printed; waits for it, but not for long.
    static func readLines(of processes: [SeedProcess], milliseconds: Int32) {
        let open = processes.flatMap(\.streams).filter { !$0.isAtEnd }
        var polled = open.map { pollfd(fd: $0.descriptor, events: Int16(POLLIN), revents: 0) }
        guard poll(&polled, nfds_t(polled.count), milliseconds) > 0 else { return }
        for (stream, result) in zip(open, polled) where result.revents != 0 { stream.pass() }
    }
}

/// One end of a pipe, passed on line by line with a prefix.
private final class LineStream {
    private let source: FileHandle
    private let target: FileHandle
    private let prefix: String
    /// A line that is not at its end yet.
    private var rest = Data()
    private(set) var isAtEnd = false

    init(_ pipe: Pipe, to target: FileHandle, prefix: String) {
        source = pipe.fileHandleForReading
        self.target = target
        self.prefix = prefix
    }

    var descriptor: Int32 { source.fileDescriptor }

    /// Reads what there is, and writes the whole lines of it.
    func pass() {
        var bytes = Data(count: 1 << 16)
        let count = bytes.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
        if count < 0 && errno == EINTR { return }
        isAtEnd = count <= 0
        rest += bytes.prefix(max(count, 0))
        var lines = rest.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        rest = isAtEnd ? Data() : Data(lines.removeLast())
        for line in lines where !line.isEmpty {
            // Nobody may be reading any more; training goes on.
            try? target.write(contentsOf: Data(prefix.utf8) + line + [UInt8(ascii: "\n")])
        }
    }
}
