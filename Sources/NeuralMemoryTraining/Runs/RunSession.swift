// sessions.jsonl: by which program, where and how a run was trained; one line for each session.

import Foundation
import NeuralMemory
import NeuralMemoryTasks

/// One session of a run: from its start, or from where it was resumed, to its end.
///
/// Nothing in it decides what is learned. docs/CHECKPOINT.md describes the keys, which are the properties' names in
/// snake case.
public struct RunSession: Codable, Sendable, Equatable {
    /// The version of this package.
    public let version: String
    /// The commit that the program was built from, as in `BuildInformation.commit`; `nil` where it is not known.
    public let commit: String?
    /// The machine's name.
    public let host: String
    /// The operating system, its version and the architecture.
    public let operatingSystem: String
    /// The processor's model.
    public let processor: String
    /// The vector instructions of the kernels.
    public let level: InstructionLevel
    /// Threads at the start; training takes fewer while other programs use the processors.
    public let threads: Int
    /// Whether the kernels were built with OpenMP.
    public let openMP: Bool
    /// Whether the kernels were built with oneDNN.
    public let oneDNN: Bool
    /// The program and its arguments, quoted for a shell.
    public let commandLine: String
    /// When it began, in UTC: "2026-01-31T12:00:00Z".
    public let started: String
    /// The first step that it trains, counted from 1.
    public let firstStep: Int
    /// Where the parameters came from with which the run began; `nil` where they were drawn, and in later sessions.
    public let from: Origin?

    /// A trained network that a run started from.
    public struct Origin: Codable, Sendable, Equatable {
        /// The file of its parameters.
        public let path: String
        /// The step of its checkpoint, where that is known.
        public let step: Int?
    }

    enum CodingKeys: String, CodingKey {
        case version, commit, host
        case operatingSystem = "operating_system"
        case processor, level, threads
        case openMP = "openmp"
        case oneDNN = "onednn"
        case commandLine = "command_line"
        case started
        case firstStep = "first_step"
        case from
    }

    /// A session that begins now, in this program.
    package init(firstStep: Int, commandLine: String, from: Origin? = nil) {
        version = BuildInformation.version
        commit = BuildInformation.commit
        host = ProcessInfo.processInfo.hostName
        operatingSystem = "\(ProcessInfo.processInfo.operatingSystemVersionString), \(Self.architecture)"
        processor = Runtime.processorName
        level = Runtime.level
        threads = Runtime.threads
        openMP = Runtime.usesOpenMP
        oneDNN = Runtime.usesOneDNN
        self.commandLine = String(commandLine.prefix(Self.longestCommandLine))
        started = ISO8601DateFormatter().string(from: Date())
        self.firstStep = firstStep
        self.from = from
    }

    /// A session is told of in one line, which nobody should have to wait for.
    private static let longestCommandLine = 10_000

    private static var architecture: String {
        #if arch(x86_64)
            "x86_64"
        #elseif arch(arm64)
            "arm64"
        #else
            "other architecture"
        #endif
    }

    /// A command line as a shell reads it: arguments with other characters than those of plain words and paths are
    /// quoted.
    package static func quoted(_ arguments: [String]) -> String {
        let plain = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@%+=:,./_-")
        return arguments.map { argument in
            let isPlain = !argument.isEmpty && argument.allSatisfy(plain.contains)
            return isPlain ? argument : "'" + argument.replacing("'", with: #"'\''"#) + "'"
        }.joined(separator: " ")
    }
}

// MARK: The file

extension RunSession {
    /// Adds a line to a file, which is made where it is not there; it is on the disk on return.
    ///
    /// A line that a killed process left unfinished is ended first. Throws `FileError`.
    package func append(to file: URL) throws {
        let descriptor = open(file.path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw FileError(file, failed: "open") }
        defer { close(descriptor) }
        var last = UInt8(ascii: "\n")
        let end = lseek(descriptor, 0, SEEK_END)
        if end > 0, pread(descriptor, &last, 1, end - 1) != 1 { throw FileError(file, failed: "read") }
        let line = (last == UInt8(ascii: "\n") ? "" : "\n") + (try JSON.text(encoding: self)) + "\n"
        try writeAll(Data(line.utf8), to: descriptor, named: file)
        // Not all files can: EINVAL says so.
        guard fsync(descriptor) == 0 || errno == EINVAL else { throw FileError(file, failed: "write") }
        if end == 0 { try AtomicFile.synchronise(folder: file.deletingLastPathComponent()) }
    }

    /// The sessions of a file, without lines that are not whole.
    ///
    /// Throws `FileError`.
    package static func read(from file: URL) throws -> [RunSession] {
        guard try file.isThere() else { return [] }
        let lines = try FileReader.contents(of: file, atMost: 1 << 28).split(separator: UInt8(ascii: "\n"))
        return lines.compactMap { try? JSONDecoder().decode(RunSession.self, from: Data($0)) }
    }
}
