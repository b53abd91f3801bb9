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
    /// The same sequences in groups; empty where none were asked for.
    public let groups: [EvaluationGroup]

    /// Of a path, a kind, and what `Evaluation.run` and `groups` gave.
    public init(checkpoint: String, task: String, results: [EvaluationResult], groups: [EvaluationGroup] = []) {
        self.checkpoint = checkpoint
        self.task = task
        self.results = results
        self.groups = groups
    }

    /// One line for each length; with wrong bits where outputs are bits, with errors in place of accuracies where they
    /// are numbers, and with the excess over the best possible predictor where the task knows that; then a table of
    /// the groups where there are some.
    public var table: String {
        let total = Self.table("length", results.map { ($0.lengths.label, $0) })
        guard !groups.isEmpty else { return total }
        return total + "\n" + Self.table("group", groups.map { ($0.name.shown(atMost: 40), $0.result) })
    }

    private static func table(_ title: String, _ rows: [(name: String, result: EvaluationResult)]) -> String {
        let columns = EvaluationColumns(of: rows.map(\.result))
        var table = TextTable([(title, .left)] + columns.titles.map { ($0, .right) })
        for row in rows { table.add([row.name] + columns.cells([row.result])) }
        return table.text
    }

    /// One line of JSON, without a newline: `{"checkpoint": …, "task": …, "results": [{"length": L, "episodes": N,
    /// "coarse": …, "fine": …, "bits": …}]}`.
    ///
    /// A range of lengths is a text, "1-16". Numbers that are not finite are null. Where outputs are numbers, `"rmse":
    /// …, "mae": …` stand in place of coarse and fine. After the bits comes `"wrong_bits": …` where outputs are bits, and
    /// `"optimal_bits": …, "excess_bits": …` where the task knows its best possible predictor. With groups there is
    /// `"groups": [{"group": NAME, "episodes": N, …}]` at the end.
    public var json: String { object.text }

    var object: JSON {
        func row(_ name: String, _ value: JSON, _ result: EvaluationResult) -> JSON {
            JSON(
                [(name, value), ("episodes", JSON(result.report.sequences))]
                    + MetricsRecord.Evaluation(result).figures)
        }
        let results = results.map { row("length", LengthRange($0.lengths).json, $0) }
        let groups = groups.map { row("group", JSON($0.name), $0.result) }
        return JSON(
            [("checkpoint", JSON(checkpoint)), ("task", JSON(task)), ("results", .array(results))]
                + (groups.isEmpty ? [] : [("groups", .array(groups))]))
    }
}
