// Accuracy against the length of the sequences: what training on short ones is worth for long ones.

import Foundation
import NeuralMemory
import NeuralMemoryTasks
import NeuralMemoryTraining

/// A plot of evaluations at several lengths.
package struct AccuracyByLength: Sendable {
    /// A run's evaluations.
    package struct Run: Sendable {
        let name: String
        let evaluations: [MetricsRecord.Evaluation]

        /// What a run's last record has.
        package init(_ run: CurveRun) { self.init(name: run.name, run.records.last?.evaluations ?? []) }

        /// Evaluations made of one network.
        package init(name: String, results: [EvaluationResult]) {
            self.init(name: name, results.map { MetricsRecord.Evaluation($0) })
        }

        private init(name: String, _ evaluations: [MetricsRecord.Evaluation]) {
            self.name = name
            // In the order of where they stand; of several evaluations of the same lengths the last counts.
            var last: [ClosedRange<Int>: MetricsRecord.Evaluation] = [:]
            for evaluation in evaluations { last[evaluation.lengths] = evaluation }
            self.evaluations = last.values.sorted {
                ($0.lengths.upperBound, $0.lengths.lowerBound) < ($1.lengths.upperBound, $1.lengths.lowerBound)
            }
        }
    }

    private let runs: [Run]

    package init(runs: [Run]) { self.runs = runs }

    /// What is drawn unless another quantity is asked for: bits per symbol, wrong bits or errors of numbers
    /// where there are some, and else coarse accuracy.
    package var usualQuantity: CurveQuantity {
        let evaluations = runs.flatMap(\.evaluations)
        return CurveQuantity.telling.first { quantity in
            evaluations.contains { quantity.value(of: $0) != nil }
        } ?? .coarse
    }

    /// A point for each length; a range of lengths stands at its longest.
    ///
    /// - Parameters:
    ///   - quantity: one that evaluations have; `usualQuantity` unless given.
    ///   - size: of the figure.
    package func svg(
        quantity: CurveQuantity? = nil,
        size: LearningCurves.Size = LearningCurves.Size(width: 640, height: 340)
    ) -> String {
        let quantity = quantity ?? usualQuantity
        let lines = lines(quantity)
        let lengths = Set(lines.flatMap { $0.points.map(\.x) }).sorted()
        let ys = lines.flatMap { $0.points.map(\.y) }
        let y =
            quantity.isShare ? PlotAxis(0...1, ticks: [0, 0.2, 0.4, 0.6, 0.8, 1]) : PlotAxis(ys + [0])
        let title = "\(quantity.title) by length"
        let plot = Plot(
            title: title, yName: quantity.unit, xName: "length of the sequences (of a range, its longest)",
            x: Self.axis(lengths), y: y, lines: lines)
        return FigureFrame.svg(title: title, width: size.width, height: size.height) { writer in
            plot.draw(&writer, x: 0, y: 0, width: size.width, height: size.height)
        }
    }

    private func lines(_ quantity: CurveQuantity) -> [PlotLine] {
        runs.enumerated().map { index, run in
            let points = run.evaluations.compactMap { evaluation in
                quantity.value(of: evaluation).map {
                    CurvePoint(x: Double(evaluation.lengths.upperBound), y: $0)
                }
            }
            // Each has dashes of its own: lines that are right at all lengths lie on each other, and both can be seen.
            return PlotLine(
                name: run.name, colour: index % LinePalette.colours.count, dash: index % LinePalette.dashes.count,
                points: points, hasMarks: true)
        }
    }

    /// Ticks at the lengths themselves; logarithmic where they are far apart.
    private static func axis(_ lengths: [Double]) -> PlotAxis {
        guard let first = lengths.first, let last = lengths.last, first > 0, last > first else {
            return PlotAxis(lengths, ticks: 3)
        }
        return PlotAxis(first...last, scale: last > 12 * first ? .logarithmic : .linear, ticks: lengths)
    }
}
