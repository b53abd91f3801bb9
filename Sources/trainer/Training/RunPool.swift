// Runs side by side: a process for each, so that a crash stays alone, and what they print, line by line.

import ArgumentParser
import Foundation
import NeuralMemory
import NeuralMemoryTraining

/// Trains runs, so many at a time.
struct RunPool<Run> {
    /// Processes side by side.
    let jobs: Int
    /// Of each.
    let threads: Int
    /// What messages call a run.
    let label: (Run) -> String
    /// What `SeedDirectory.openRun` finds something to train in.
    let folder: (Run) -> URL
    /// Whether what processes say on standard output is passed on; errors always are.
    let passesOutput: Bool

    /// Threads are shared out among as many processes as run side by side: not more than there is memory for.
    ///
    /// - Parameters:
    ///   - wanted: processes side by side, if somebody said so.
    ///   - count: how many runs there are.
    ///   - fitting: how many of them there is memory for at once.
    ///   - threads: of all together, if somebody said so.
    ///   - passesOutput: whether their lines are printed.
    ///   - label: what messages call a run.
    ///   - folder: its folder.
    init(
        _ wanted: Int?, of count: Int, fitting: Int?, threads: Int?, passesOutput: Bool,
        label: @escaping (Run) -> String, folder: @escaping (Run) -> URL
    ) {
        // The serial build knows of one processor only, and can still run a process on each.
        let total = threads ?? (Runtime.usesOpenMP ? Runtime.processors : ProcessInfo.processInfo.activeProcessorCount)
        let wanted = max(1, min(wanted ?? total, count))
        jobs = min(wanted, fitting ?? wanted)
        if jobs < wanted { complain("Note: there is memory for \(jobs) of \(wanted) runs at a time.") }
        self.threads = max(1, total / jobs)
        self.passesOutput = passesOutput
        (self.label, self.folder) = (label, folder)
    }

    var description: String { "\(jobs) at a time, with \(threads) thread\(threads == 1 ? "" : "s") each" }

    /// Trains what `next` gives, until it gives nothing and all have ended.
    ///
    /// After a signal nothing more is started, and those at work are told to stop. So too where `next` throws; that is
    /// thrown once all have ended.
    ///
    /// - Parameters:
    ///   - next: a run to train; `nil` where there is none before others have ended.
    ///   - ended: is told how each run ended.
    ///   - look: is called several times a second, with how many are at work.
    func train(
        next: () throws -> Run?, ended: (Run, SeedResult.Ending) -> Void, look: (Int) -> Void = { _ in }
    ) throws {
        var running: [(run: Run, process: RunProcess)] = []
        var failure: (any Error)?
        var isStopping = false
        while true {
            if StopSignal.isRequested || failure != nil, !isStopping {
                isStopping = true
                running.forEach { $0.process.stop() }
            }
            do {
                while !isStopping, running.count < jobs, let run = try next() {
                    if let process = start(run, ended) { running.append((run, process)) }
                }
            } catch {
                // Those at work save first.
                failure = error
                continue
            }
            guard !running.isEmpty else { break }
            RunProcess.readLines(of: running.map(\.process), milliseconds: 100)
            for (run, process) in running where process.isSilent { ended(run, process.waitForEnd()) }
            running.removeAll(where: \.process.isSilent)
            look(running.count)
        }
        if let failure { throw failure }
    }

    /// The process of a run; `nil` where it cannot be started, which is then how the run ended.
    private func start(_ run: Run, _ ended: (Run, SeedResult.Ending) -> Void) -> RunProcess? {
        let label = label(run)
        do {
            return try RunProcess(in: folder(run), threads: threads, prefix: "\(label): ", passesOutput: passesOutput)
        } catch {
            let reason = "its process cannot be started: \(error.localizedDescription)"
            complain("\(label): Error: \(reason)")
            ended(run, .crashed(reason))
            return nil
        }
    }
}

/// One run's process: this program again, resuming it.
private final class RunProcess {
    private let process = Process()
    private var streams: [LineStream]
    private var isStopped = false

    init(in folder: URL, threads: Int, prefix: String, passesOutput: Bool) throws {
        let (output, errors) = (Pipe(), Pipe())
        streams = [
            LineStream(output, to: passesOutput ? .standardOutput : nil, prefix: prefix),
            LineStream(errors, to: .standardError, prefix: prefix)
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
    static func readLines(of processes: [RunProcess], milliseconds: Int32) {
        let open = processes.flatMap(\.streams).filter { !$0.isAtEnd }
        var polled = open.map { pollfd(fd: $0.descriptor, events: Int16(POLLIN), revents: 0) }
        guard poll(&polled, nfds_t(polled.count), milliseconds) > 0 else { return }
        for (stream, result) in zip(open, polled) where result.revents != 0 { stream.pass() }
    }
}

/// One end of a pipe, passed on line by line with a prefix.
private final class LineStream {
    private let source: FileHandle
    private let target: FileHandle?
    private let prefix: String
    /// A line that is not at its end yet.
    private var rest = Data()
    private(set) var isAtEnd = false

    init(_ pipe: Pipe, to target: FileHandle?, prefix: String) {
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
            try? target?.write(contentsOf: Data(prefix.utf8) + line + [UInt8(ascii: "\n")])
        }
    }
}
