// metrics.jsonl: a JSON object a line, one line for each interval of training.

import Foundation
import NeuralMemory
import NeuralMemoryTasks

/// A sink that adds a line to a file for each record.
///
/// A run writes its own metrics.jsonl so; another file can be a sink beside it.
public final class JSONLinesFile: MetricsSink {
    private let file: URL
    /// −1 before the file is opened.
    private var descriptor: Int32 = -1

    /// Opens nothing yet: `rewind` does.
    public init(_ file: URL) { self.file = file }

    deinit { closeFile() }

    private func closeFile() {
        if descriptor >= 0 { close(descriptor) }
        descriptor = -1
    }

    /// Opens the file, which is made where it is not there.
    ///
    /// Drops lines of steps after `step`, and any that a killed process left unfinished. The file is replaced as a
    /// whole or not at all. Throws `FileError`.
    public func rewind(to step: Int) throws {
        closeFile()
        try Self.truncate(file, after: step)
        descriptor = open(file.path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw FileError(file, failed: "open") }
        try AtomicFile.synchronise(folder: file.deletingLastPathComponent())
    }

    /// Adds a line; it is on the disk on return, so that a checkpoint that is written next never is there without it.
    ///
    /// Throws `FileError`, or `UsageError` before `rewind`.
    public func append(_ record: MetricsRecord) throws {
        guard descriptor >= 0 else {
            throw UsageError("JSONLinesFile.append", "the file is not open; call rewind(to:) first")
        }
        try writeAll(Data((record.json + "\n").utf8), to: descriptor, named: file)
        // Not all files can: EINVAL says so.
        guard fsync(descriptor) == 0 || errno == EINVAL else { throw FileError(file, failed: "write") }
    }

    private static func truncate(_ file: URL, after step: Int) throws {
        guard try file.isThere() else { return }
        let old = try FileReader.contents(of: file, atMost: 1 << 32)
        let lines = old.split(separator: UInt8(ascii: "\n"))
        let kept = lines.filter { line in MetricsRecord.step(ofLine: line).map { $0 <= step } ?? false }
        let new = kept.reduce(into: Data()) { $0 += $1 + [UInt8(ascii: "\n")] }
        if new != old { try AtomicFile.write([new], to: file) }
    }

    /// The step of the last whole line; `nil` where there is none.
    ///
    /// Throws `FileError`.
    static func lastStep(in file: URL) throws -> Int? {
        guard try file.isThere() else { return nil }
        let contents = try FileReader.contents(of: file, atMost: 1 << 32)
        return contents.split(separator: UInt8(ascii: "\n")).reversed().lazy.compactMap(MetricsRecord.step).first
    }
}
