// What evaluations of several networks came to, side by side, as a table or as JSON.

import Foundation
import NeuralMemory
import NeuralMemoryTasks

/// Evaluations of several checkpoints, with the median over them.
public struct EvaluationComparison: Sendable {
    /// One checkpoint's evaluations.
    public struct Run: Sendable {
        /// What the table calls it.
        public let name: String
        /// The memory's kind.
        public let memory: String
        /// A result for each length.
        public let summary: EvaluationSummary

        /// Of a name, a kind and results.
        public init(name: String, memory: String, summary: EvaluationSummary) {
            self.name = name
            self.memory = memory
            self.summary = summary
        }
    }

    /// In the order of the table.
    public let runs: [Run]

    /// Of several checkpoints, or of one.
    public init(_ runs: [Run]) { self.runs = runs }

    /// Length by length, a line for each run, and below them the median where there is one.
    ///
    /// There is a median of runs of one task, at the lengths that all of them were evaluated at.
    public var table: String {
        let columns = EvaluationColumns(of: runs.flatMap(\.summary.results))
        let heads = ["length", "run", "task", "memory"].map { ($0, TextTable.Alignment.left) }
        var table = TextTable(heads + columns.titles.map { ($0, .right) })
        for lengths in allLengths {
            for run in runs {
                for result in run.summary.results where result.lengths == lengths {
                    table.add([lengths.label, run.name, run.summary.task, run.memory] + columns.cells([result]))
                }
            }
            if let results = common(lengths) {
                table.add([lengths.label, "median", "", ""] + columns.cells(results))
            }
        }
        return table.text
    }

    /// One line of JSON, without a newline: `{"runs": [{"checkpoint": …, "task": …, "results": […]}], "median":
    /// [{"length": L, "coarse": …, "fine": …, "bits": …}]}`.
    ///
    /// Each run is as in `EvaluationSummary.json`; a median is there as in the table.
    public var json: String {
        let columns = EvaluationColumns(of: runs.flatMap(\.summary.results))
        let medians = allLengths.compactMap { lengths in
            common(lengths).map { JSON([("length", LengthRange(lengths).json)] + columns.medians($0)) }
        }
        return JSON([("runs", .array(runs.map(\.summary.object))), ("median", .array(medians))]).text
    }

    /// Those of all runs, in the order in which they come first.
    private var allLengths: [ClosedRange<Int>] {
        runs.flatMap(\.summary.results).map(\.lengths).reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
    }

    /// The results at one length, where there is a median of them.
    private func common(_ lengths: ClosedRange<Int>) -> [EvaluationResult]? {
        let results = runs.compactMap { $0.summary.results.first { $0.lengths == lengths } }
        let isOneTask = Set(runs.map(\.summary.task)).count == 1
        return isOneTask && runs.count > 1 && results.count == runs.count ? results : nil
    }
}

/// The columns of a table of evaluations: those that some result has.
struct EvaluationColumns {
    private let columns: [(name: String, value: (EvaluationResult) -> Double?)]

    init(of results: [EvaluationResult]) {
        let all: [(name: String, value: (EvaluationResult) -> Double?)] = [
            ("bits_per_symbol", \.bitsPerSymbol), ("perplexity", \.perplexity), ("rmse", \.report.rmse),
            ("mae", \.report.mae), ("coarse", \.coarse), ("fine", \.fine),
            ("bits", \.report.bits), ("wrong_bits", \.wrongBits), ("excess", \.excessBits)
        ]
        columns = all.filter { column in results.contains { column.value($0) != nil } }
    }

    var titles: [String] { ["episodes"] + columns.map(\.name) }

    /// A result's numbers; of several results, the medians, and how many sequences each has where that is the same.
    func cells(_ results: [EvaluationResult]) -> [String] {
        let counts = Set(results.map(\.report.sequences))
        let numbers = columns.map { column in
            median(results.compactMap(column.value)).map { String(format: "%.4f", $0) } ?? "–"
        }
        return [counts.count == 1 ? "\(counts.first ?? 0)" : ""] + numbers
    }

    /// The medians with their names in JSON.
    func medians(_ results: [EvaluationResult]) -> [(String, JSON)] {
        columns.map { column in
            let name = column.name == "excess" ? MetricsRecord.Evaluation.CodingKeys.excessBits.rawValue : column.name
            return (name, JSON(median(results.compactMap(column.value))))
        }
    }
}

/// Of an even count, the mean of the two in the middle; `nil` of none.
func median(_ values: [Double]) -> Double? {
    guard !values.isEmpty else { return nil }
    let sorted = values.sorted()
    return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
}
