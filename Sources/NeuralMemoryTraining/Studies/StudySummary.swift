// What the runs of a study came to: a table of its cells, and all runs as CSV and JSON.

import Foundation
import NeuralMemory
import NeuralMemoryTasks

/// Results of a study's cells, with median and range over the runs that were trained to their end.
///
/// Two studies of one file differ in nothing but the seconds.
public struct StudySummary: Sendable {
    /// One configuration.
    public struct Cell: Sendable {
        /// As in the file.
        public let name: String
        /// Those of its own seeds that have ended so far, in the order of the file.
        public let runs: SeedSummary
        /// How many of them there are to be.
        public let wanted: Int
        /// What its search chose; `nil` where there is no search, or it is not at its end.
        public let chosen: [SettingOverride]?

        /// How many met the criterion, of those that ended; `nil` before the first has ended.
        public var rate: SuccessRate? {
            runs.results.isEmpty ? nil : SuccessRate(runs.solved, of: runs.results.count)
        }
    }

    /// In the order of the file.
    public let cells: [Cell]

    // MARK: Table

    /// A line for each cell.
    ///
    /// Sequences and seconds are what it took to solve: median, least and most, where "never" is more than any number.
    /// Shares and costs are medians, with the worst one in brackets.
    public var table: String {
        var table = TextTable([
            ("cell", .left), ("solved", .left), ("95 %", .left), ("sequences", .left), ("seconds", .left),
            ("at training lengths", .left), ("at the longest", .left)
        ])
        for cell in cells { table.add(cell.texts) }
        let chosen = cells.compactMap { cell in
            cell.chosen.map { "\(cell.name): " + $0.map { "\($0.path)=\($0.value)" }.joined(separator: " ") + "\n" }
        }
        return table.text + (chosen.isEmpty ? "" : "\nChosen by the search:\n" + chosen.joined())
    }

    // MARK: Files

    private static let costs = ["bits", "bits_per_symbol", "coarse", "fine", "wrong_bits", "rmse", "mae"]

    /// A line for each run.
    ///
    /// Columns: cell, seed, result, steps, sequences, seconds; then lengths and costs of the last evaluation, at the
    /// training lengths and at the longest other ones (`longest_…`). What there is not is empty.
    public var csv: String {
        let figures = ["lengths"] + Self.costs
        let header =
            ["cell", "seed", "result", "steps", "sequences", "seconds"] + figures + figures.map { "longest_\($0)" }
        let lines = cells.flatMap { cell in
            cell.runs.results.map { run in
                [cell.name, "\(run.seed)", run.label] + Self.numbers(run)
                    + Self.figures(run.evaluations.first) + Self.figures(run.evaluations.longest)
            }
        }
        // No value has a quote or a line's end in it, and names of cells have commas.
        return ([header] + lines).map { $0.map { $0.contains(",") ? "\"\($0)\"" : $0 }.joined(separator: ",") + "\n" }
            .joined()
    }

    private static func numbers(_ run: SeedResult) -> [String] {
        guard let state = run.state else { return ["", "", ""] }
        return ["\(state.step)", "\(state.sequences)", String(format: "%.2f", state.seconds)]
    }

    private static func figures(_ evaluation: MetricsRecord.Evaluation?) -> [String] {
        guard let evaluation else { return Array(repeating: "", count: 1 + costs.count) }
        let numbers = [
            evaluation.bits, evaluation.bitsPerSymbol, evaluation.coarse, evaluation.fine, evaluation.wrongBits,
            evaluation.rmse, evaluation.mae
        ]
        return [evaluation.lengths.label] + numbers.map { $0.map { "\($0)" } ?? "" }
    }

    /// One line of JSON, without a newline: `{"cells": [{"cell": …, "solved": N, "of": N, "interval": [a, b], "chosen":
    /// {…}, "runs": …}]}`, with runs as summary.json of several seeds has them.
    public var json: String {
        let cells = cells.map { cell -> JSON in
            let rate = cell.rate.map { rate in
                [
                    ("solved", JSON(rate.successes)), ("of", JSON(rate.count)),
                    ("interval", JSON.array([JSON(rate.interval.lowerBound), JSON(rate.interval.upperBound)]))
                ]
            }
            let chosen = cell.chosen.map { [("chosen", JSON($0.map { ($0.path, JSON($0.value)) }))] }
            return JSON([("cell", JSON(cell.name))] + (rate ?? []) + (chosen ?? []) + [("runs", cell.runs.value)])
        }
        return JSON([("cells", .array(cells))]).text
    }
}

extension StudySummary.Cell {
    /// What the table says of it.
    fileprivate var texts: [String] {
        guard let rate else { return [name, "none of \(wanted) yet", "", "", "", "", ""] }
        let missing = wanted > rate.count ? ", \(wanted - rate.count) to come" : ""
        let percent = [rate.interval.lowerBound, rate.interval.upperBound].map { String(format: "%.0f", 100 * $0) }
        let runs = runs.results.filter(\.isFinished)
        func toSolve(_ format: String, _ value: (TrainingState) -> Double) -> String {
            Self.spread(runs.map { $0.outcome == .notSolved ? .infinity : $0.state.map(value) ?? .infinity }, format)
        }
        return [
            name, "\(rate.successes) of \(rate.count)" + missing, percent.joined(separator: "–"),
            toSolve("%.0f") { Double($0.sequences) }, toSolve("%.1f", \.seconds),
            Self.cost(runs.map(\.evaluations.first)), Self.cost(runs.map(\.evaluations.longest))
        ]
    }

    /// Median, and least and most in brackets.
    private static func spread(_ values: [Double], _ format: String) -> String {
        let sorted = values.sorted()
        guard let median = median(sorted), let least = sorted.first, let most = sorted.last else { return "" }
        let texts = [median, least, most].map { $0 == .infinity ? "never" : String(format: format, $0) }
        return texts[1] == "never" ? "never" : "\(texts[0]) (\(texts[1])–\(texts[2]))"
    }

    /// Lengths and the figure that tells most: of bits how many are wrong, of numbers the error, of symbols how many
    /// sequences are right.
    private static func cost(_ evaluations: [MetricsRecord.Evaluation?]) -> String {
        let known = evaluations.compactMap { $0 }
        guard let label = known.first?.lengths.label else { return "" }
        func figure(_ value: (MetricsRecord.Evaluation) -> Double?, _ format: String, mostIsWorst: Bool = true)
            -> (values: [Double], worst: Double?, format: String)?
        {
            let values = known.compactMap(value).sorted()
            return values.isEmpty ? nil : (values, mostIsWorst ? values.last : values.first, format)
        }
        let found =
            figure(\.wrongBits, "%.2f wrong") ?? figure(\.rmse, "rmse %.3f") ?? figure(\.bitsPerSymbol, "%.3f bits")
            ?? figure(\.coarse, "%.3f", mostIsWorst: false)
        guard let (values, worst, format) = found else { return "" }
        guard let median = median(values), let worst else { return "" }
        return "\(label): " + String(format: format, median) + " (" + String(format: "%.3g", worst) + ")"
    }
}
