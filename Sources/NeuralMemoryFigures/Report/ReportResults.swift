// The report's results: what evaluations came to, for each length; of several seeds, median and range.

import Foundation
import NeuralMemory
import NeuralMemoryTasks
import NeuralMemoryTraining

/// The section of results.
struct ReportResults {
    let groups: [ReportGroup]

    private typealias Evaluation = MetricsRecord.Evaluation

    /// A column of numbers.
    private struct Column: Sendable {
        let title: HTML
        let value: @Sendable (Evaluation) -> Double?
    }

    private static let columns = [
        Column(title: "Bits per symbol", value: \.bitsPerSymbol), Column(title: "Perplexity", value: \.perplexity),
        Column(title: "Coarse accuracy", value: \.coarse), Column(title: "Fine accuracy", value: \.fine),
        Column(title: "RMSE", value: \.rmse), Column(title: "Mean absolute error", value: \.mae),
        Column(title: "Bits per sequence", value: \.bits), Column(title: "Wrong bits", value: \.wrongBits),
        Column(title: "Excess bits", value: \.excessBits)
    ]

    var html: HTML {
        let tables = groups.map { group -> HTML in
            let name: HTML = groups.count > 1 ? "<h3>\(user: group.name)</h3>\n" : ""
            return "\(name)\(group.runs.count > 1 ? ofSeeds(group) : ofRun(group.runs[0]))"
        }
        return """
            <section id="results"><h2>Results by length</h2>
            <p class="nm-note">Coarse accuracy is the share of held-out sequences that are wholly right; fine accuracy \
            is the mean share of a sequence that is right before its first error.\(errorsNote)</p>
            \(tables)\(accuracyFigure)</section>
            """
    }

    /// A sentence about errors of numbers, where there are any.
    private var errorsNote: HTML {
        let evaluations = groups.flatMap(\.runs).flatMap { $0.bestRecord?.evaluations ?? [] }
        guard evaluations.contains(where: { $0.rmse != nil }) else { return "" }
        return """
             Numbers are neither right nor wrong: RMSE is the root of their mean squared error. Where the task \
            standardises targets, errors are in standard deviations of these.
            """
    }

    private var accuracyFigure: HTML {
        let runs = groups.flatMap(\.runs).filter { ($0.records.last?.evaluations.count ?? 0) > 1 }
        // More lines than this cannot be told apart.
        guard (1...12).contains(runs.count) else { return "" }
        let figure = AccuracyByLength(runs: runs.map { AccuracyByLength.Run($0.curve) })
        return "<div class=\"charts\"><figure>\(HTML(markup: figure.svg(size: ReportCurves.size)))</figure></div>\n"
    }

    private func ofRun(_ run: ReportRun) -> HTML {
        guard let record = run.bestRecord else { return "<p>There is no evaluation yet.</p>\n" }
        let which = run.best?.step == record.step ? "the best checkpoint" : "the last evaluation"
        let columns = Self.columns.filter { column in record.evaluations.contains { column.value($0) != nil } }
        let rows = record.evaluations.map { evaluation -> [HTML] in
            ["\(evaluation.lengths.label)", "\(evaluation.episodes)"]
                + columns.map { "\(Self.text($0.value(evaluation)))" }
        }
        return """
            <p>After step \(record.step), \(which).\(Self.restarts(of: run))\(Self.rewinds(of: run))</p>
            \(HTML.table(["Length", "Sequences"] + columns.map(\.title), rows, hasNumbers: true, name: "Results"))
            """
    }

    /// " The run began anew after steps 1500 and 3000.", or nothing.
    private static func restarts(of run: ReportRun) -> String {
        let steps = run.curve.restarts.map { String($0.step) }
        guard let last = steps.last else { return "" }
        let before = steps.dropLast()
        let list = before.isEmpty ? "step \(last)" : "steps \(before.joined(separator: ", ")) and \(last)"
        return " The run began anew, with other parameters, after \(list)."
    }

    /// " The loss jumped twice, …", or nothing.
    private static func rewinds(of run: ReportRun) -> String {
        guard let record = run.curve.rewinds.last, let count = record.rewinds else { return "" }
        let often = count == 1 ? "once" : "\(count) times, the last time"
        return " The loss jumped \(often) by step \(record.step), and the run went back to its parameters' average."
    }

    private func ofSeeds(_ group: ReportGroup) -> HTML {
        let records = group.runs.compactMap(\.bestRecord)
        guard let first = records.first else { return "<p>There is no evaluation yet.</p>\n" }
        let columns = Self.columns.filter { column in
            records.contains { $0.evaluations.contains { column.value($0) != nil } }
        }
        let rows = first.evaluations.map(\.lengths).map { lengths -> [HTML] in
            let own = records.compactMap { record in record.evaluations.first { $0.lengths == lengths } }
            return ["\(lengths.label)", "\(own.first?.episodes ?? 0)"]
                + columns.map { column in "\(Self.spread(own.compactMap(column.value)))" }
        }
        let quality =
            [Column(title: "RMSE", value: \.rmse), Column(title: "Bits per symbol", value: \.bitsPerSymbol)].first {
                column in records.contains { $0.evaluations.contains { column.value($0) != nil } }
            } ?? Column(title: "Coarse", value: \.coarse)
        let seeds = group.runs.map { run -> [HTML] in
            let evaluations = run.bestRecord?.evaluations ?? []
            let bits = evaluations.first.map { Self.text($0.bits) } ?? "–"
            let solved = run.isSolved.map { $0 ? "yes" : "no" } ?? "–"
            return [
                "\(user: run.name)", "\(solved)", "\(run.state.map { ReportSettings.grouped($0.step) } ?? "–")",
                "\(bits)",
                "\(Self.text(evaluations.first.flatMap(quality.value)))",
                "\(Self.text(evaluations.last.flatMap(quality.value)))"
            ]
        }
        let solved = group.runs.compactMap(\.isSolved)
        let verdict = solved.isEmpty ? "" : "\(solved.filter { $0 }.count) of \(group.runs.count) seeds are solved. "
        let titles: [HTML] = [
            "Run", "Solved", "Steps", "Bits at the training lengths", "\(quality.title) there",
            "\(quality.title) at the last length"
        ]
        return """
            <p>\(verdict)Median of \(records.count) seeds, and the range from least to most; each seed by its best \
            checkpoint.</p>
            \(HTML.table(["Length", "Sequences"] + columns.map(\.title), rows, hasNumbers: true, name: "Results"))
            <details><summary>Each seed</summary>
            \(HTML.table(titles, seeds, hasNumbers: true, name: "Results of each seed"))</details>

            """
    }

    // MARK: Numbers

    private static func text(_ value: Double?) -> String { value.map { String(format: "%.4f", $0) } ?? "–" }

    /// "0.9810 (0.9500 to 1.0000)".
    private static func spread(_ values: [Double]) -> String {
        let sorted = values.filter(\.isFinite).sorted()
        guard let least = sorted.first, let most = sorted.last else { return "–" }
        let median = (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
        return "\(text(median)) (\(text(least)) to \(text(most)))"
    }
}
