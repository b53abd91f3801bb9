// What evaluations of one network came to, as a table or as JSON.

import Foundation
import NeuralMemory

/// Evaluations of one checkpoint.
public struct EvaluationSummary: Sendable {
    /// The checkpoint's path.
    public let checkpoint: String
    /// The task's kind.
    public let task: String
    public let results: [EvaluationResult]

    public init(checkpoint: String, task: String, results: [EvaluationResult]) {
        self.checkpoint = checkpoint
        self.task = task
        self.results = results
    }

    /// One line for each length.
    public var table: String {
        var table = TextTable([
            ("length", .left), ("episodes", .right), ("coarse", .right), ("fine", .right), ("bits", .right)
        ])
        for result in results {
            let report = result.report
            table.add([
                result.lengths.label, "\(report.sequences)", String(format: "%.4f", report.coarse),
                String(format: "%.4f", report.fine), String(format: "%.4f", report.bits)
            ])
        }
        return table.text
    }

    /// One line of JSON, without a newline:
    /// `{"checkpoint": …, "task": …, "results": [{"length": L, "episodes": N, "coarse": …, "fine": …, "bits": …}]}`.
    /// A range of lengths is a text, "1-16". Numbers that are not finite are null.
    public var json: String {
        JSONText.object([
            ("checkpoint", checkpoint.quotedForJSON),
            ("task", task.quotedForJSON),
            ("results", JSONText.array(results.map(\.json)))
        ])
    }
}

extension EvaluationResult {
    fileprivate var json: String {
        JSONText.object([
            ("length", lengths.count == 1 ? lengths.label : lengths.label.quotedForJSON),
            ("episodes", "\(report.sequences)"),
            ("coarse", JSONText.number(report.coarse)),
            ("fine", JSONText.number(report.fine)),
            ("bits", JSONText.number(report.bits))
        ])
    }
}

extension ClosedRange<Int> {
    /// "16", or "1-16" where it is more than one number.
    public var label: String { count == 1 ? "\(lowerBound)" : "\(lowerBound)-\(upperBound)" }
}
