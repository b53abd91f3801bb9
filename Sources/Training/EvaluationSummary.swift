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

    /// One line for each length; with the excess over the best possible predictor where the task knows that.
    public var table: String {
        let hasExcess = results.contains { $0.excessBits != nil }
        let titles = ["episodes", "coarse", "fine", "bits"] + (hasExcess ? ["excess"] : [])
        var table = TextTable([("length", .left)] + titles.map { ($0, .right) })
        for result in results {
            let report = result.report
            let values = [report.coarse, report.fine, report.bits] + (result.excessBits.map { [$0] } ?? [])
            table.add([result.lengths.label, "\(report.sequences)"] + values.map { String(format: "%.4f", $0) })
        }
        return table.text
    }

    /// One line of JSON, without a newline:
    /// `{"checkpoint": …, "task": …, "results": [{"length": L, "episodes": N, "coarse": …, "fine": …, "bits": …}]}`.
    /// A range of lengths is a text, "1-16". Numbers that are not finite are null. Where the task knows its best possible
    /// predictor, results end with `"optimal_bits": …, "excess_bits": …`.
    public var json: String {
        JSONText.object([
            ("checkpoint", checkpoint.quotedForJSON),
            ("task", task.quotedForJSON),
            ("results", JSONText.array(results.map(\.json)))
        ])
    }
}

extension EvaluationResult {
    private var optimum: [(String, String)] {
        guard let optimalBits, let excessBits else { return [] }
        return [("optimal_bits", JSONText.number(optimalBits)), ("excess_bits", JSONText.number(excessBits))]
    }

    fileprivate var json: String {
        let fields = [
            ("length", lengths.count == 1 ? lengths.label : lengths.label.quotedForJSON),
            ("episodes", "\(report.sequences)"),
            ("coarse", JSONText.number(report.coarse)),
            ("fine", JSONText.number(report.fine)),
            ("bits", JSONText.number(report.bits))
        ]
        return JSONText.object(fields + optimum)
    }
}

extension ClosedRange<Int> {
    /// "16", or "1-16" where it is more than one number.
    public var label: String { count == 1 ? "\(lowerBound)" : "\(lowerBound)-\(upperBound)" }
}
