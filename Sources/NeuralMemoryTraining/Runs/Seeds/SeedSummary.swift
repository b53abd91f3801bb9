// What runs with several seeds came to together: a table, and the same as JSON.

import Foundation
import NeuralMemoryTasks

/// Results of several seeds, with median and spread over those that were trained to their end.
public struct SeedSummary: Sendable {
    /// In the order of the seeds.
    public let results: [SeedResult]

    /// How many met the criterion.
    public var solved: Int { results.filter { $0.outcome == .solved }.count }

    /// A line for each seed, then median, least and most over the finished ones.
    ///
    /// Sequences and seconds are what a run was trained for; in the last three lines, what it took to solve, where
    /// "never" is more than any number.
    public var table: String {
        let columns = columns
        var table = TextTable([("seed", .left), ("result", .left)] + columns.map { ($0.title, .right) })
        for result in results {
            table.add(["\(result.seed)", result.label] + columns.map { $0.text($0.value(result)) })
        }
        for (name, statistic) in Self.statistics {
            let verdict = name == "median" ? verdict : ""
            table.add([name, verdict] + columns.map { $0.text(statistic(counted($0))) })
        }
        return table.text
    }

    /// How many are solved; or done, where no criterion was set.
    private var verdict: String {
        let done = results.filter { $0.outcome == .done }.count
        return done > 0 ? "\(done) of \(results.count) done" : "\(solved) of \(results.count) solved"
    }

    /// One line of JSON, without a newline: `{"seeds": [{"seed": N, "result": …, "reason": …, "step": …, "sequences":
    /// …, "seconds": …, "bits_1-20": …, …}], "solved": N, "median": {"sequences": …, …}, "min": {…}, "max": {…}}`.
    ///
    /// `reason` is there for what crashed. Numbers that there are not are null, and so is never.
    public var json: String { value.text }

    var value: JSON {
        let columns = columns
        let seeds = results.map { result in
            let head = [("seed", JSON.number("\(result.seed)")), ("result", JSON(result.label))]
            let reason = result.reason.map { [("reason", JSON($0))] } ?? []
            let step = [("step", result.state.map { JSON($0.step) } ?? .null)]
            return JSON(head + reason + step + columns.map { ($0.key, $0.json($0.value(result))) })
        }
        let statistics = Self.statistics.map { name, statistic in
            (name, JSON(columns.map { ($0.key, $0.json(statistic(counted($0)))) }))
        }
        return JSON([("seeds", .array(seeds)), ("solved", JSON(solved))] + statistics)
    }

    // MARK: Columns

    /// One number of each run.
    private struct Column {
        let title: String
        let digits: Int
        /// Whether it says what it took to solve.
        var isToSolve = false
        let value: (SeedResult) -> Double?

        var key: String { title.replacingOccurrences(of: " ", with: "_") }

        func text(_ value: Double?) -> String {
            guard let value, !value.isNaN else { return "–" }
            return value == .infinity && isToSolve ? "never" : String(format: "%.\(digits)f", value)
        }

        func json(_ value: Double?) -> JSON {
            let whole = digits == 0 ? value.flatMap { Int(exactly: $0) } : nil
            return whole.map { JSON($0) } ?? JSON(value)
        }
    }

    /// Sequences and seconds; costs at the training lengths, and at the longest other length.
    private var columns: [Column] {
        let labelled = results.first { !$0.evaluations.isEmpty }?.evaluations ?? []
        let training = [
            Column(title: "sequences", digits: 0, isToSolve: true) { $0.state.map { Double($0.sequences) } },
            Column(title: "seconds", digits: 1, isToSolve: true) { $0.state?.seconds }
        ]
        let costs = ([0] + (labelled.longestIndex.map { [$0] } ?? [])).filter(labelled.indices.contains).flatMap {
            index in
            func column(_ name: String, _ digits: Int, _ value: @escaping (MetricsRecord.Evaluation) -> Double?)
                -> Column
            {
                Column(title: "\(name) \(labelled[index].lengths.label)", digits: digits) {
                    $0.evaluations.indices.contains(index) ? value($0.evaluations[index]) : nil
                }
            }
            let accuracy =
                labelled[index].wrongBits != nil
                ? column("wrong", 4, \.wrongBits)
                : labelled[index].rmse != nil
                    ? column("rmse", 4, \.rmse)
                    : labelled[index].bitsPerSymbol != nil
                        ? column("bits per symbol", 4, \.bitsPerSymbol) : column("coarse", 4, \.coarse)
            return [column("bits", 4, \.bits), accuracy]
        }
        return training + costs
    }

    /// A column's numbers over the finished runs, in ascending order.
    private func counted(_ column: Column) -> [Double] {
        let values = results.filter(\.isFinished).compactMap { result in
            column.isToSolve && result.outcome == .notSolved ? .infinity : column.value(result)
        }
        return values.sorted()
    }

    /// Of numbers in ascending order.
    private static let statistics: [(name: String, of: @Sendable ([Double]) -> Double?)] = [
        ("median", { median($0) }), ("min", \.first), ("max", \.last)
    ]
}

extension [MetricsRecord.Evaluation] {
    /// The place of the longest lengths that are not those trained at; `nil` where there are no others.
    fileprivate var longestIndex: Int? {
        indices.dropFirst().max { self[$0].lengths.upperBound < self[$1].lengths.upperBound }
    }

    /// At the longest lengths that are not those trained at; `nil` where there are no others.
    var longest: MetricsRecord.Evaluation? { longestIndex.map { self[$0] } }
}
