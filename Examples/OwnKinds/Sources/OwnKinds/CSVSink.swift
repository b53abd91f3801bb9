// A metrics sink: a line of comma-separated values for each interval.

import Foundation
import NeuralMemoryTraining

/// Keeps step, loss and accuracy in a CSV file.
final class CSVSink: MetricsSink {
    private let file: URL

    init(_ file: URL) { self.file = file }

    /// The lines of the file; empty where there is none.
    func lines() -> [String] {
        ((try? String(contentsOf: file, encoding: .utf8)) ?? "").split(separator: "\n").map(String.init)
    }

    func rewind(to step: Int) throws {
        let kept = lines().filter { line in
            line.split(separator: ",").first.flatMap { Int($0) }.map { $0 <= step } ?? false
        }
        try write(["step,loss,coarse"] + kept)
    }

    func append(_ record: MetricsRecord) throws {
        try write(lines() + ["\(record.step),\(record.loss),\(record.evaluations[0].coarse ?? .nan)"])
    }

    private func write(_ lines: [String]) throws {
        try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: file, options: .atomic)
    }
}
