// The options that all measurements have: on how many threads, and where to write what was measured.

import ArgumentParser
import Foundation
import NeuralMemory

struct RunOptions: ParsableArguments {
    @Option(parsing: .unconditional, help: "Threads of the kernels, 1 to 1024; all processors if not given.")
    var threads: Int?

    @Option(help: ArgumentHelp("Write everything measured to this file.", valueName: "file"))
    var json: String?

    func validate() throws {
        if let threads, !(1...1024).contains(threads) {
            throw ValidationError("--threads is \(threads); it must be 1 to 1024.")
        }
        if let json { try requireWritable(json) }
    }

    func setThreads() {
        if let threads { Runtime.threads = threads }
    }

    /// Writes a report where one is asked for, with field names in snake case.
    ///
    /// NaN and infinity, which JSON lacks, become strings.
    func write(_ report: some Encodable) throws {
        guard let json else { return }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "infinity", negativeInfinity: "-infinity", nan: "nan")
        try encoder.encode(report).write(to: URL(fileURLWithPath: json), options: .atomic)
    }

    /// Finds out before the long run, not after it.
    private func requireWritable(_ path: String) throws {
        let file = URL(fileURLWithPath: path)
        var isDirectory: ObjCBool = false
        let exists = FileManager.default.fileExists(atPath: file.path, isDirectory: &isDirectory)
        if exists && isDirectory.boolValue { throw ValidationError("--json \(path) is a folder; it must be a file.") }
        let target = exists ? file.path : file.deletingLastPathComponent().path
        guard FileManager.default.isWritableFile(atPath: target) else {
            throw ValidationError(
                "--json \(path) cannot be written; it must be a file in a folder that is there and yours.")
        }
    }
}
