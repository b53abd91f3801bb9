// The process of one run, and what it prints, line by line.

import Foundation
import NeuralMemory
import NeuralMemoryTraining

/// A run that a process trains, of this one or of another rank.
protocol RunAtWork: AnyObject {
    /// Asks it to save and end.
    func stop()
    /// How it ended; `nil` while it is at work.
    var ending: SeedResult.Ending? { get }
}

/// One run's process: this program again, resuming it.
final class RunProcess: RunAtWork {
    private let process = Process()
    private var streams: [LineStream] = []
    private var isStopped = false
    /// Why it could not be started.
    private var failure: String?

    /// Starts it.
    ///
    /// Where that fails, an error is printed, and the run has crashed.
    ///
    /// - Parameters:
    ///   - folder: what `SeedDirectory.openRun` finds something to train in.
    ///   - threads: its number of threads.
    ///   - label: what its lines begin with.
    ///   - passesOutput: whether what it says on standard output is passed on; errors always are.
    ///   - write: takes whole lines.
    init(
        in folder: URL, threads: Int, label: String, passesOutput: Bool,
        write: @escaping (_ line: Data, _ isError: Bool) -> Void = RunProcess.write
    ) {
        let (output, errors) = (Pipe(), Pipe())
        process.executableURL = Self.program
        process.arguments = [
            "train", "--resume", folder.path, "--threads", "\(threads)", "--as-one-of-seeds", "\(getpid())",
            "--command-line", RunSession.quoted(CommandLine.arguments)
        ]
        process.environment = Ranks.childEnvironment()
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = errors
        do {
            try process.run()
        } catch {
            let reason = "its process cannot be started: \(error.localizedDescription)"
            write(Data("\(label): Error: \(reason)\n".utf8), true)
            failure = reason
            return
        }
        streams = [
            LineStream(output, prefix: label) { line in if passesOutput { write(line, false) } },
            LineStream(errors, prefix: label) { line in write(line, true) }
        ]
    }

    /// Passes a line on to this program's own output or errors.
    static func write(_ line: Data, _ isError: Bool) {
        // Nobody may be reading any more; training goes on.
        try? (isError ? FileHandle.standardError : .standardOutput).write(contentsOf: line)
    }

    /// This very program; on Linux also where its file has been replaced meanwhile, by a new build for example.
    private static var program: URL? {
        let running = "/proc/self/exe"
        return FileManager.default.fileExists(atPath: running)
            ? URL(fileURLWithPath: running) : Bundle.main.executableURL
    }

    func stop() {
        guard failure == nil else { return }
        isStopped = true
        process.terminate()
    }

    var ending: SeedResult.Ending? {
        if let failure { return .crashed(failure) }
        guard streams.allSatisfy(\.isAtEnd) else { return nil }
        // It has closed its outputs, and is about to end.
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
    private let prefix: String
    private let write: (Data) -> Void
    /// A line that is not at its end yet.
    private var rest = Data()
    private(set) var isAtEnd = false

    init(_ pipe: Pipe, prefix: String, write: @escaping (Data) -> Void) {
        source = pipe.fileHandleForReading
        self.prefix = prefix
        self.write = write
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
        for line in lines where !line.isEmpty { write(Data("\(prefix): ".utf8) + line + [UInt8(ascii: "\n")]) }
    }
}
