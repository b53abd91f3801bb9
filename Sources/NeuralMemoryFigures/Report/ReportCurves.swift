// The report's learning curves: each quantity as a figure, with a linear and a logarithmic scale where both make sense.

import NeuralMemoryTraining

/// The section of learning curves.
struct ReportCurves {
    let runs: [ReportRun]

    /// Where differences of small numbers matter.
    private static let logarithmic: Set<CurveQuantity> = [
        .loss, .bits, .bitsPerSymbol, .perplexity, .rmse, .mae, .wrongBits, .excessBits, .gradientNorm, .learningRate
    ]

    /// Small, so that texts can be read on a telephone, too.
    static let size = LearningCurves.Size(width: 400, height: 260)

    var html: HTML {
        let empty = runs.filter(\.records.isEmpty)
        let notes = empty.map { run in
            HTML("<p>\(user: run.name) has no metrics yet: the first are written after \(interval(run)) steps.</p>\n")
        }
        guard empty.count < runs.count else {
            return "<section id=\"curves\"><h2>Learning curves</h2>\n\(notes)</section>"
        }
        return """
            <section id="curves" class="curves" data-scale="linear"><h2>Learning curves</h2>
            \(notes)<div class="scales" role="group" aria-label="Scale of losses, norms and rates">
            <button type="button" data-scale="linear">Linear</button>
            <button type="button" data-scale="logarithmic">Logarithmic</button>
            </div>
            <div class="charts">
            \(figures)</div>
            </section>
            """
    }

    private func interval(_ run: ReportRun) -> Int { run.configuration.training.evaluation.interval }

    private var figures: [HTML] {
        let curves = LearningCurves(runs: runs.filter { !$0.records.isEmpty }.map(\.curve))
        return curves.quantities.map { quantity in
            let linear = HTML(markup: curves.svg(quantity: quantity, scale: .linear, size: Self.size))
            guard Self.logarithmic.contains(quantity) else { return "<figure>\(linear)</figure>\n" }
            let logarithmic = HTML(markup: curves.svg(quantity: quantity, scale: .logarithmic, size: Self.size))
            return """
                <figure><div class="linear">\(linear)</div><div class="logarithmic">\(logarithmic)</div></figure>

                """
        }
    }
}
