// metrics.jsonl: a JSON object a line, one line for each interval of training.

import Foundation
import NeuralMemory

/// What one interval came to, with the times that are not part of the training itself.
public struct IntervalMetrics: Sendable {
    /// What was learned.
    public let report: IntervalReport
    /// Training sequences per second over the interval, without its evaluation; NaN where the clock did not move on.
    public let sequencesPerSecond: Double
    /// Seconds of training, evaluation and saving, over all sessions.
    public let elapsedSeconds: Double
    /// One line of JSON, without a newline. Keys always come in this order; numbers that are not finite are null.
    public var json: String {
        let training = report.training
        return Self.object([
            ("step", "\(report.step)"),
            ("sequences", "\(report.sequences)"),
            ("loss", JSONText.number(training.mean)),
            ("bits", JSONText.number(training.bits)),
            ("coarse", JSONText.number(training.coarse)),
            ("fine", JSONText.number(training.fine)),
            ("gradient_norm", JSONText.number(report.gradientNorm)),
            ("skipped", "\(report.skipped)"),
            ("learning_rate", JSONText.number(report.learningRate)),
            ("longest_length", "\(report.longestLength)"),
            ("sequences_per_second", JSONText.number(sequencesPerSecond)),
            ("elapsed_seconds", JSONText.number(elapsedSeconds)),
            ("evaluations", "[" + report.evaluations.map(evaluation).joined(separator: ",") + "]")
        ])
    }

    private func evaluation(_ result: EvaluationResult) -> String {
        let head = [
            ("lengths", "[\(result.lengths.lowerBound),\(result.lengths.upperBound)]"),
            ("episodes", "\(result.report.sequences)")
        ]
        return Self.object(head + result.figures.map { ($0.name, JSONText.number($0.value)) })
    }

    private static func object(_ fields: [(String, String)]) -> String {
        "{" + fields.map { "\"\($0)\":\($1)" }.joined(separator: ",") + "}"
    }
}

/// The file of metrics, to be added to.
final class MetricsFile {
    private let file: URL
    private let descriptor: Int32

    /// Opens the file, first dropping lines of steps after `step`, and any that a killed process left unfinished: what
    /// comes after a checkpoint is done again. Throws `FileError`.
    init(_ file: URL, after step: Int) throws {
        self.file = file
        try Self.truncate(file, after: step)
        descriptor = open(file.path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw FileError(file, failed: "open") }
        try AtomicFile.synchronise(folder: file.deletingLastPathComponent())
    }

    deinit { close(descriptor) }

    /// Adds a line; it is on the disk on return, so that a checkpoint that is written next never is there without it.
    /// Throws `FileError`.
    func append(_ metrics: IntervalMetrics) throws {
        try writeAll(Data((metrics.json + "\n").utf8), to: descriptor, named: file)
        // Not all files can: EINVAL says so.
        guard fsync(descriptor) == 0 || errno == EINVAL else { throw FileError(file, failed: "write") }
    }

    private static func truncate(_ file: URL, after step: Int) throws {
        guard try file.isThere() else { return }
        let old = try FileReader.contents(of: file, atMost: 1 << 32)
        let lines = old.split(separator: UInt8(ascii: "\n"))
        let kept = lines.filter { stepNumber($0).map { $0 <= step } ?? false }
        let new = kept.reduce(into: Data()) { $0 += $1 + [UInt8(ascii: "\n")] }
        if new != old { try AtomicFile.write([new], to: file) }
    }

    /// The step of the last whole line; `nil` where there is none. Throws `FileError`.
    static func lastStep(in file: URL) throws -> Int? {
        guard try file.isThere() else { return nil }
        let contents = try FileReader.contents(of: file, atMost: 1 << 32)
        return contents.split(separator: UInt8(ascii: "\n")).reversed().lazy.compactMap(stepNumber).first
    }

    /// The evaluations of the last whole line; empty where there is none.
    static func lastEvaluations(in file: URL) -> [SeedResult.Figures] {
        struct Line: Decodable { let evaluations: [SeedResult.Figures] }
        let contents = (try? FileReader.contents(of: file, atMost: 1 << 32)) ?? Data()
        for line in contents.split(separator: UInt8(ascii: "\n")).reversed() {
            if let line = try? JSONDecoder().decode(Line.self, from: line) { return line.evaluations }
        }
        return []
    }

    /// `nil` for a line that is not whole.
    private static func stepNumber(_ line: Data) -> Int? {
        struct Line: Decodable { let step: Int }
        return try? JSONDecoder().decode(Line.self, from: line).step
    }
}
