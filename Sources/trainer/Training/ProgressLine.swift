// What `trainer train` shows while it works: a line for each interval, and on a terminal one that moves.

import Foundation
import NeuralMemory
import NeuralMemoryTraining

/// Prints the progress of a run to standard output.
final class ProgressLine: TrainingObserver {
    private let terminal = Terminal.output
    private let stopwatch = Stopwatch()
    private let configuration: RunConfiguration
    private let firstStep: Int
    /// The losses of the last intervals.
    private var losses: [Double]
    /// Seconds from the start to the last drawing.
    private var lastDrawn = -Double.infinity
    /// How often the run had begun anew after the last step.
    private var restarts: Int
    /// How often it had gone back to the average of its parameters at the last interval's end.
    private var rewinds: Int

    /// The least time between two drawings, in seconds.
    private static let pause = 0.1
    /// How many losses are shown, the present one included.
    private static let mostLosses = 20

    /// - `losses`: those of earlier intervals of the run.
    init(_ trainer: Trainer, losses: [Double]) {
        configuration = trainer.configuration
        firstStep = trainer.state.step
        restarts = trainer.state.restarts
        rewinds = trainer.state.rewinds
        self.losses = losses.suffix(Self.mostLosses - 1)
    }

    func didStep(_ report: StepReport) {
        if report.restarts > restarts {
            restarts = report.restarts
            erase()
            show("Begins anew, with other parameters: it was not solved in time (training.restart.steps).\n")
        }
        guard terminal.isTerminal else { return }
        let seconds = stopwatch.seconds
        guard seconds > 0, seconds - lastDrawn >= Self.pause, let interval = report.interval else { return }
        lastDrawn = seconds
        draw(step: report.step, interval, seconds: seconds)
    }

    func didFinishInterval(_ record: MetricsRecord) {
        erase()
        losses = (losses + [record.loss]).suffix(Self.mostLosses - 1)
        var parts = ["step \(record.step)", "loss \(decimals(record.loss, 4))"]
        for result in record.evaluations {
            let figures =
                result.wrongBits.map { accuracy(wrongBits: $0, bits: result.bits ?? .nan) }
                ?? result.rmse.map { errors(rmse: $0, mae: result.mae ?? .nan) }
                ?? result.bitsPerSymbol.map(text)
                ?? accuracy(coarse: result.coarse ?? .nan, fine: result.fine ?? .nan)
            parts.append("length \(result.lengths.label): \(figures)")
        }
        if let rewinds = record.rewinds, rewinds > self.rewinds {
            parts.append("\(rewinds - self.rewinds) × back to the average: the loss jumped")
            self.rewinds = rewinds
        }
        if record.skipped > 0 { parts.append("\(record.skipped) steps skipped: gradients overflowed") }
        if let speed = record.sequencesPerSecond { parts.append("\(decimals(speed, 0)) seq/s") }
        parts.append("\(decimals(record.elapsedSeconds, 1)) s")
        show(parts.joined(separator: "  ") + "\n")
    }

    /// Removes the moving line, so that other output can follow.
    func erase() { if terminal.isTerminal { show("\r\u{1B}[K") } }

    private func draw(step: Int, _ report: LossReport, seconds: Double) {
        let training = configuration.training
        let done = step - firstStep
        let left = seconds / Double(max(done, 1)) * Double(training.steps - step)
        let rate = Double(done * training.batchSize) / seconds
        let figures =
            configuration.task.signature.outputs.isBits
            ? accuracy(wrongBits: report.wrong, bits: report.bits)
            : report.rmse.map { errors(rmse: $0, mae: report.mae ?? .nan) }
                ?? (configuration.task.outputUnit == nil
                    ? accuracy(coarse: report.coarse, fine: report.fine) : text(report.bitsPerOutput))
        let line = [
            "step \(step)/\(training.steps)", "loss \(decimals(report.mean, 4))" + sparkline(report.mean), figures,
            "\(decimals(rate, 0)) seq/s", "\(clockTime(left)) left"
        ].joined(separator: "  ")
        // A longer line would wrap, and could not be redrawn in place.
        show("\r" + line.prefix(Terminal.output.columns - 1) + "\u{1B}[K")
    }

    /// The losses of the last intervals and of the present one, as bars.
    private func sparkline(_ loss: Double) -> String {
        terminal.isUTF8 && !losses.isEmpty ? " " + Sparkline.text(losses + [loss]) : ""
    }

    // What tells most about how well a task is done: of bits how many are wrong, of numbers how far off they are, of
    // symbols how many sequences are right, and of a text what its symbols cost.

    private func text(_ bits: Double) -> String {
        "bits/\(configuration.task.outputUnit ?? "symbol") \(decimals(bits, 3)) perplexity \(decimals(exp2(bits), 2))"
    }

    private func accuracy(wrongBits: Double, bits: Double) -> String {
        // Below a tenth, two digits cannot be told from none.
        "wrong \(decimals(wrongBits, wrongBits < 0.1 ? 4 : 2)) bits \(decimals(bits, 1))"
    }

    private func accuracy(coarse: Double, fine: Double) -> String {
        "coarse \(decimals(coarse, 3)) fine \(decimals(fine, 3))"
    }

    private func errors(rmse: Double, mae: Double) -> String {
        "rmse \(decimals(rmse, 4)) mae \(decimals(mae, 4))"
    }

    private func show(_ text: String) {
        print(text, terminator: "")
        fflush(nil)
    }
}

/// With so many digits after the point.
func decimals(_ value: Double, _ digits: Int) -> String { String(format: "%.\(digits)f", value) }

/// Hours, minutes and seconds: `1:02:03`, `2:03`.
func clockTime(_ seconds: Double) -> String {
    guard seconds < 1e9 else { return "years" }
    let whole = Int(seconds.rounded())
    let (hours, minutes) = (whole / 3600, whole / 60 % 60)
    let rest = String(format: "%02d", whole % 60)
    return hours > 0 ? "\(hours):\(String(format: "%02d", minutes)):\(rest)" : "\(minutes):\(rest)"
}
