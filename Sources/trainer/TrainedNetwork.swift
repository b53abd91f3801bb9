// What commands that use a trained network have in common: where it is, and how many threads it runs on.

import ArgumentParser
import Foundation
import NeuralMemory
import Training

/// The argument that names a checkpoint, and the option for threads.
struct TrainedNetwork: ParsableArguments {
    @Argument(
        help: ArgumentHelp(
            "A run's folder, whose best checkpoint is taken, or a checkpoint file.", valueName: "dir-or-checkpoint"))
    var path: String

    @OptionGroup var threads: ThreadOption

    /// Finds and reads the checkpoint, and makes its network.
    func load() throws -> (file: URL, configuration: RunConfiguration, network: Network) {
        threads.apply()
        let file = try RunDirectory.locateCheckpoint(path)
        let checkpoint = try Checkpoint.read(from: file)
        return (file, checkpoint.configuration, try checkpoint.makeNetwork())
    }
}

/// `--threads`.
struct ThreadOption: ParsableArguments {
    @Option(parsing: .unconditional, help: "Threads of the kernels, 1 to 1024. (default: all processors)")
    var threads: Int?

    func validate() throws {
        if let threads { try requireOption("--threads", threads, in: 1...1024) }
    }

    func apply() {
        if let threads { Runtime.threads = threads }
    }
}

/// How results are printed.
enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
    case text, json
}

/// Throws a `ValidationError` that names the option, unless its value is in the range.
func requireOption(_ option: String, _ value: Int, in range: ClosedRange<Int>) throws {
    guard range.contains(value) else {
        throw ValidationError("\(option) is \(value); it must be from \(range.lowerBound) to \(range.upperBound).")
    }
}

/// Writes text to standard output, unbuffered, so that a program at the other end of a pipe gets it at once. Throws
/// `FileError` where it cannot be written, as on a full disk: lost results must not look like success.
func write(_ text: String) throws {
    do {
        try FileHandle.standardOutput.write(contentsOf: Data(text.utf8))
    } catch {
        throw FileError(URL(fileURLWithPath: "/dev/stdout"), "cannot write: \(error.localizedDescription)")
    }
}

/// Writes a line to standard error. Where even that cannot be written, there is nobody left to tell.
func complain(_ message: String) { try? FileHandle.standardError.write(contentsOf: Data("\(message)\n".utf8)) }
