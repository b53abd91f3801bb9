// The kinds of figures that a command makes of runs and episodes.

import NeuralMemory
import NeuralMemoryTraining

/// A kind of figure.
package enum FigureKind: String, CaseIterable, Sendable {
    case curves, lengths, episode, addressing, strengths

    /// One line for help.
    package var summary: String {
        switch self {
        case .curves: "learning curves: loss and accuracy over training, of all runs"
        case .lengths: "accuracy, wrong bits or errors, at each length of the last evaluation, of all runs"
        case .episode: "one episode: input, output, and what the memory does in each step"
        case .addressing: "what is written and read, and where, as in Figure 6 of Graves et al. 2014"
        case .strengths: "one episode: strengths of pushes and pops, and the depth"
        }
    }

    /// Whether it is made of an episode; otherwise of runs' records.
    package var isOfEpisode: Bool {
        switch self {
        case .curves, .lengths: false
        case .episode, .addressing, .strengths: true
        }
    }

    /// Whether a signal is drawn, and so has to be recorded for the episode.
    package func shows(_ signal: Signal) -> Bool {
        switch self {
        case .curves, .lengths: false
        case .strengths: signal.role == .strength && signal.axes.isEmpty
        case .episode:
            switch signal.role {
            case .strength, .weighting, .distribution: true
            case .gate: signal.axes.isEmpty || signal.rowCount != nil
            case .sharpness: signal.axes.isEmpty
            case .vector, .contents, .links: false
            }
        case .addressing:
            signal.head != nil && signal.axes.count == 1 && [.weighting, .vector].contains(signal.role)
        }
    }

    /// A figure of runs' records, as an SVG file.
    ///
    /// - Parameters:
    ///   - runs: all in one figure.
    ///   - quantity: what is shown; unless given, curves show the loss, logarithmic, and accuracy. Curves of one
    ///     quantity of several runs have a line for each run: of training, or of the first evaluation.
    ///   - axis: of curves, to the right.
    ///
    /// Throws `UsageError` for a kind that is made of an episode, and for a quantity that no run has.
    package func svg(
        runs: [CurveRun], quantity: CurveQuantity? = nil, axis: CurveAxis = .steps, scale: AxisScale = .linear
    ) throws -> String {
        switch self {
        case .curves:
            let curves = LearningCurves(runs: runs)
            if let quantity {
                let sources = curves.sources(of: quantity)
                guard let first = sources.first else {
                    throw UsageError(
                        "FigureKind.svg",
                        "no run has '\(quantity.rawValue)'; they have \(curves.quantities.map(\.rawValue).listed())")
                }
                let isComparison = Set(runs.map { $0.group ?? $0.name }).count > 1
                return curves.svg(
                    quantity: quantity, sources: isComparison ? [first] : sources, axis: axis, scale: scale)
            }
            let accuracy = CurveQuantity.telling.first(where: curves.quantities.contains) ?? .coarse
            return curves.svg(quantities: [(.loss, .logarithmic), (accuracy, .linear)], axis: axis)
        case .lengths: return AccuracyByLength(runs: runs.map { AccuracyByLength.Run($0) }).svg(quantity: quantity)
        case .episode, .addressing, .strengths:
            throw UsageError("FigureKind.svg", "the figure '\(rawValue)' is made of an episode, not of runs")
        }
    }

    /// A figure of an episode, as an SVG file.
    ///
    /// Throws `UsageError` for a kind that is made of runs, and for a memory that has nothing of what is drawn.
    package func svg(episode: Inspection, title: String? = nil) throws -> String {
        switch self {
        case .episode: return EpisodeFigure(episode).svg(title: title)
        case .addressing: return try AddressingFigure(episode).svg(title: title)
        case .strengths: return try EpisodeFigure(episode).strengths(title: title)
        case .curves, .lengths:
            throw UsageError("FigureKind.svg", "the figure '\(rawValue)' is made of runs, not of an episode")
        }
    }
}
