// Learning curves: a quantity of one or more runs over steps or sequences.

import Foundation
import NeuralMemory
import NeuralMemoryTasks
import NeuralMemoryTraining

/// Plots of what runs' records have.
package struct LearningCurves: Sendable {
    private let runs: [CurveRun]

    /// Of runs in the order of the legend.
    ///
    /// Those of one group make one line.
    package init(runs: [CurveRun]) { self.runs = runs }

    /// How large a figure is, in pixels at its own size.
    package struct Size: Sendable {
        package let width: Double
        package let height: Double

        package init(width: Double, height: Double) {
            self.width = width
            self.height = height
        }
    }

    /// What sequences a quantity can be drawn of: training first, then evaluations in the order of the records.
    package func sources(of quantity: CurveQuantity) -> [CurveSource] {
        var sources: [CurveSource] = []
        for run in runs {
            // Later records have no other evaluations than the last, unless a run's settings were changed.
            let evaluations = run.records.last?.evaluations ?? []
            for source in [.training] + evaluations.map({ CurveSource.evaluation($0.lengths) })
            where !sources.contains(source)
                && run.records.contains(where: { source.value(quantity, of: $0) != nil })
            {
                sources.append(source)
            }
        }
        return sources
    }

    /// Quantities that the runs have.
    package var quantities: [CurveQuantity] { CurveQuantity.allCases.filter { !sources(of: $0).isEmpty } }

    /// A figure of one quantity.
    ///
    /// Each run, or group of seeds, has a colour, and each source a pattern; with one run alone, each source a colour.
    /// Of a group there are the median, and the range from lowest to highest. A logarithmic scale leaves out numbers
    /// that are not above 0. Scripts find the plot's rectangle in the attribute `data-plot` of its group ("x y width
    /// height"), and the points of each line in `data-x` and `data-y`.
    ///
    /// - Parameters:
    ///   - quantity: upwards.
    ///   - sources: which sequences it is of; all that have it unless given.
    ///   - axis: to the right.
    ///   - scale: of the quantity.
    ///   - size: of the figure.
    package func svg(
        quantity: CurveQuantity, sources: [CurveSource]? = nil, axis: CurveAxis = .steps,
        scale: AxisScale = .linear, size: Size = Size(width: 640, height: 340)
    ) -> String {
        let plot = plot(quantity, sources ?? self.sources(of: quantity), axis, scale)
        return FigureFrame.svg(title: quantity.title, width: size.width, height: size.height) { writer in
            plot.draw(&writer, x: 0, y: 0, width: size.width, height: size.height)
        }
    }

    /// A figure of several quantities, one below the other.
    package func svg(
        quantities: [(quantity: CurveQuantity, scale: AxisScale)], axis: CurveAxis = .steps,
        size: Size = Size(width: 640, height: 300)
    ) -> String {
        let height = size.height * Double(max(quantities.count, 1))
        let title = "Learning curves: " + quantities.map { $0.quantity.title.lowercased() }.joined(separator: ", ")
        return FigureFrame.svg(title: title, width: size.width, height: height) { writer in
            for (index, (quantity, scale)) in quantities.enumerated() {
                plot(quantity, sources(of: quantity), axis, scale).draw(
                    &writer, x: 0, y: size.height * Double(index), width: size.width, height: size.height)
            }
        }
    }

    // MARK: Lines

    private func plot(
        _ quantity: CurveQuantity, _ sources: [CurveSource], _ axis: CurveAxis, _ scale: AxisScale
    ) -> Plot {
        let lines = lines(quantity, sources, axis)
        let ys = lines.flatMap { $0.points.map(\.y) + $0.band.flatMap { [$0.low, $0.high] } }
        let xs = lines.flatMap { $0.points.map(\.x) }
        let shares = PlotAxis(0...1, ticks: [0, 0.2, 0.4, 0.6, 0.8, 1])
        // Where names of runs are the whole legend, the axis says which of several kinds of sequences were counted.
        let hasOne = sets.count > 1 && sources.count == 1 && quantity.isEvaluated
        let source = hasOne ? ", \(sources[0].name)" : ""
        return Plot(
            title: quantity.title, yName: quantity.unit + source,
            xName: axis == .steps ? "steps" : "sequences trained on",
            x: PlotAxis([0] + xs, ticks: 6, isTight: true),
            // From 0 on: what is twice as high is twice as much. A logarithmic axis leaves the 0 out.
            y: quantity.isShare && scale == .linear ? shares : PlotAxis(ys + [0], scale: scale), lines: lines,
            events: runs.count == 1 ? Self.events(of: runs[0], axis) : [])
    }

    private static func events(of run: CurveRun, _ axis: CurveAxis) -> [PlotEvents] {
        [
            PlotEvents(name: "anew", at: run.restarts.map(axis.value)),
            PlotEvents(name: "back", at: run.rewinds.map(axis.value))
        ]
    }

    private func lines(
        _ quantity: CurveQuantity, _ sources: [CurveSource], _ axis: CurveAxis
    ) -> [PlotLine] {
        let sets = sets
        return sets.enumerated().flatMap { place, set in
            let all = sources.map { (source: $0, curves: Self.curves(set.runs, quantity, $0, axis)) }
                .filter { $0.curves.contains { !$0.isEmpty } }
            return all.enumerated().map { number, line in
                let (source, curves) = line
                let (colour, dash) = sets.count == 1 ? (number, 0) : (place, number)
                let colours = LinePalette.colours.count
                return Self.line(
                    curves, name: name(set.name, source, sets.count, sources.count), colour: colour % colours,
                    dash: (dash + colour / colours) % LinePalette.dashes.count)
            }
        }
    }

    /// The points of each run.
    private static func curves(
        _ runs: [CurveRun], _ quantity: CurveQuantity, _ source: CurveSource, _ axis: CurveAxis
    ) -> [[CurvePoint]] {
        runs.map { run in
            run.records.compactMap { record in
                source.value(quantity, of: record).map { CurvePoint(x: axis.value(of: record), y: $0) }
            }.filter(\.y.isFinite)
        }
    }

    private static func line(_ curves: [[CurvePoint]], name: String, colour: Int, dash: Int) -> PlotLine {
        guard curves.count > 1 else {
            return PlotLine(name: name, colour: colour, dash: dash, points: CurveSeries.thinned(curves[0]))
        }
        let (median, range) = CurveSeries.summary(curves)
        return PlotLine(
            name: "\(name), median and range of \(curves.count)", colour: colour, dash: dash,
            points: CurveSeries.thinned(median), band: CurveSeries.thinned(range))
    }

    private func name(_ set: String, _ source: CurveSource, _ sets: Int, _ sources: Int) -> String {
        if sets == 1 { return source.name }
        return sources == 1 ? set : "\(set), \(source.name)"
    }

    /// Runs that make one line, in the order of the first of each.
    private var sets: [(name: String, runs: [CurveRun])] {
        var sets: [(name: String, runs: [CurveRun])] = []
        var places: [String: Int] = [:]
        for run in runs {
            if let group = run.group, let place = places[group] {
                sets[place].runs.append(run)
            } else {
                if let group = run.group { places[group] = sets.count }
                sets.append((run.group ?? run.name, [run]))
            }
        }
        return sets
    }
}
