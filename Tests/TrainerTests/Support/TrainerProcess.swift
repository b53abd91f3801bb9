// Runs the built `trainer` as a process of its own, as a user does, and gives back what it printed and how it ended.

import Foundation
import TestSupport
import Testing

/// One run of the program.
final class TrainerProcess {
    /// How a process ended, and all that it printed.
    struct Result {
        /// The exit code; of a process that a signal ended, minus the signal's number.
        let status: Int32
        let output: String
        let errors: String
    }

    private let process = Process()
    private let folder: TemporaryFolder
    private var outputFile: URL { folder.file("output") }
    private var errorFile: URL { folder.file("errors") }

    /// The program stands beside the tests.
    static let program: URL = {
        let tests = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()
        let beside = tests.deletingLastPathComponent().appendingPathComponent("trainer")
        let executable =
            FileManager.default.isExecutableFile(atPath: beside.path)
            ? beside
            : Bundle.main.bundleURL
                .appendingPathComponent("trainer")
        precondition(FileManager.default.isExecutableFile(atPath: executable.path), "no program at \(executable.path)")
        return executable
    }()

    /// What no run of a test takes, however busy the machine is.
    ///
    /// It is there only to end what would hang.
    private static let patience = 600.0

    /// Starts the program in a folder.
    ///
    /// `shell` is put before it, as in `ulimit -f 100;`.
    init(_ arguments: [String], in directory: URL, shell: String = "", input: String = "") throws {
        folder = try TemporaryFolder()
        try Data(input.utf8).write(to: folder.file("input"))
        for file in [outputFile, errorFile] { try Data().write(to: file) }
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", "\(shell) exec \"$@\"", "sh", Self.program.path] + arguments
        process.currentDirectoryURL = directory
        process.standardInput = try FileHandle(forReadingFrom: folder.file("input"))
        process.standardOutput = try FileHandle(forWritingTo: outputFile)
        process.standardError = try FileHandle(forWritingTo: errorFile)
        try process.run()
        DispatchQueue.global().asyncAfter(deadline: .now() + Self.patience) { [weak process] in
            if let process, process.isRunning { kill(process.processIdentifier, SIGKILL) }
        }
    }

    var identifier: Int32 { process.processIdentifier }
    var isRunning: Bool { process.isRunning }

    func send(_ signal: Int32) { kill(identifier, signal) }

    /// Waits for the end.
    func wait() throws -> Result {
        process.waitUntilExit()
        let code = process.terminationStatus
        return Result(
            status: process.terminationReason == .exit ? code : -code,
            output: String(decoding: try Data(contentsOf: outputFile), as: UTF8.self),
            errors: String(decoding: try Data(contentsOf: errorFile), as: UTF8.self))
    }

    /// Waits until something is true; fails the test when the program ends before.
    func wait(until condition: () -> Bool) throws {
        while !condition() {
            guard process.isRunning else { throw Failure(result: try wait()) }
            usleep(2000)
        }
    }

    /// The program did not get where it should.
    struct Failure: Error { let result: Result }

    /// Runs the program to its end.
    static func run(
        _ arguments: [String], in directory: URL, shell: String = "", input: String = ""
    ) throws -> Result {
        try TrainerProcess(arguments, in: directory, shell: shell, input: input).wait()
    }
}
