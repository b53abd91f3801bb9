// What evaluations of one network came to, as a table or as JSON.

import Foundation
import NeuralMemory
import NeuralMemoryTasks

/// Evaluations of one checkpoint.
public struct EvaluationSummary: Sendable {
    /// The checkpoint's path.
    public let checkpoint: String
    /// The task's kind.
    public let task: String
    /// One for each length or range, in the order asked for.
    public let results: [EvaluationResult]

    /// Of a path, a kind, and what `Evaluation.run` gave.
    public init(checkpoint: String, task: String, results: [EvaluationResult]) {
        self.checkpoint = checkpoint
        self.task = task
        self.results = results
    }

    /// One line for each length; with wrong bits where outputs are bits, and with the excess over the best possible
    /// predictor where the task knows that.
    public var table: String {
        let hasWrong = results.contains { $0.wrongBits != nil }
        let hasExcess = results.contains { $0.excessBits != nil }
        let titles =
            ["episodes", "coarse", "fine", "bits"] + (hasWrong ? ["wrong_bits"] : []) + (hasExcess ? ["excess"] : [])
        var table = TextTable([("length", .left)] + titles.map { ($0, .right) })
        for result in results {
            let report = result.report
            let values = [report.coarse, report.fine, report.bits, result.wrongBits, result.excessBits].compactMap {
                $0
            }
            table.add([result.lengths.label, "\(report.sequences)"] + values.map { String(format: "%.4f", $0) })
        }
        return table.text
    }

    /// One line of JSON, without a newline: `{"checkpoint": …, "task": …, "results": [{"length": L, "episodes": N,
    /// "coarse": …, "fine": …, "bits": …}]}`.
    ///
    /// A range of lengths is a text, "1-16". Numbers that are not finite are null. After the bits comes `"wrong_bits":
    /// …` where outputs are bits, and `"optimal_bits": …, "excess_bits": …` where the task knows its best possible
    /// predictor.
    public var json: String {
        let results = results.map { result in
            let length = result.lengths.label
            return JSON(
                [
                    ("length", result.lengths.count == 1 ? .number(length) : JSON(length)),
                    ("episodes", JSON(result.report.sequences))
                ] + MetricsRecord.Evaluation(result).figures)
        }
        return JSON([
            ("checkpoint", JSON(checkpoint)), ("task", JSON(task)), ("results", .array(results))
        ]).text
    }
}
