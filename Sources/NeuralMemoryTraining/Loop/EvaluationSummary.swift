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

    /// One line for each length; with wrong bits where outputs are bits, with errors in place of accuracies where they
    /// are numbers, and with the excess over the best possible predictor where the task knows that.
    public var table: String {
        let columns = EvaluationColumns(of: results)
        var table = TextTable([("length", .left)] + columns.titles.map { ($0, .right) })
        for result in results { table.add([result.lengths.label] + columns.cells([result])) }
        return table.text
    }

    /// One line of JSON, without a newline: `{"checkpoint": …, "task": …, "results": [{"length": L, "episodes": N,
    /// "coarse": …, "fine": …, "bits": …}]}`.
    ///
    /// A range of lengths is a text, "1-16". Numbers that are not finite are null. Where outputs are numbers, `"rmse":
    /// …, "mae": …` stand in place of coarse and fine. After the bits comes `"wrong_bits": …` where outputs are bits, and
    /// `"optimal_bits": …, "excess_bits": …` where the task knows its best possible predictor.
    public var json: String { object.text }

    var object: JSON {
        let results = results.map { result in
            JSON(
                [("length", LengthRange(result.lengths).json), ("episodes", JSON(result.report.sequences))]
                    + MetricsRecord.Evaluation(result).figures)
        }
        return JSON([("checkpoint", JSON(checkpoint)), ("task", JSON(task)), ("results", .array(results))])
    }
}
