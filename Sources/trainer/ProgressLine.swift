// What `trainer train` shows while it works: a line for each interval, and on a terminal one that moves.

import Foundation
import NeuralMemory
import NeuralMemoryTraining

/// Prints the progress of a run to standard output.
final class ProgressLine: TrainingObserver {
    private let isTerminal = isatty(STDOUT_FILENO) == 1
    private let stopwatch = Stopwatch()
    private let firstStep: Int
    private let parent: pid_t?
    /// Seconds from the start to the last drawing.
    private var lastDrawn = -Double.infinity

    /// The least time between two drawings, in seconds.
    private static let pause = 0.1

    /// `parent`: the process that started this one, where the run is to stop when that is gone.
    init(from step: Int, parent: pid_t?) {
        self.parent = parent
        firstStep = step
    }

    var shouldStop: Bool { StopSignal.isRequested || parent.map { $0 != getppid() } ?? false }

    func didStep(_ trainer: Trainer) {
        guard isTerminal else { return }
        let seconds = stopwatch.seconds
        guard seconds > 0, seconds - lastDrawn >= Self.pause, let report = trainer.state.interval else { return }
        lastDrawn = seconds
        draw(trainer, report, seconds: seconds)
    }

    func didFinishInterval(_ metrics: IntervalMetrics) {
        erase()
        let report = metrics.report
        var parts = ["step \(report.step)", "loss \(decimals(report.training.mean, 4))"]
        for result in report.evaluations {
            parts.append("length \(result.lengths.label): " + accuracy(of: result.report, isOfBits: result.isOfBits))
        }
        if report.skipped > 0 { parts.append("\(report.skipped) steps skipped: gradients overflowed") }
        if metrics.sequencesPerSecond.isFinite { parts.append("\(decimals(metrics.sequencesPerSecond, 0)) seq/s") }
        parts.append("\(decimals(metrics.elapsedSeconds, 1)) s")
        show(parts.joined(separator: "  ") + "\n")
    }

    /// Removes the moving line, so that other output can follow.
    func erase() { if isTerminal { show("\r\u{1B}[K") } }

    private func draw(_ trainer: Trainer, _ report: LossReport, seconds: Double) {
        let training = trainer.configuration.training
        let done = trainer.state.step - firstStep
        let left = seconds / Double(max(done, 1)) * Double(training.steps - trainer.state.step)
        let rate = Double(done * training.batchSize) / seconds
        let line = [
            "step \(trainer.state.step)/\(training.steps)", "loss \(decimals(report.mean, 4))",
            accuracy(of: report, isOfBits: trainer.network.signature.outputs.isBits),
            "\(decimals(rate, 0)) seq/s", "\(clockTime(left)) left"
        ].joined(separator: "  ")
        show("\r" + line.prefix(columns - 1) + "\u{1B}[K")
    }

    /// What tells most about how well a task is done: of bits how many are wrong, of symbols how many sequences are right.
    private func accuracy(of report: LossReport, isOfBits: Bool) -> String {
        isOfBits
            ? "wrong \(decimals(report.wrong, 2)) bits \(decimals(report.bits, 1))"
            : "coarse \(decimals(report.coarse, 3)) fine \(decimals(report.fine, 3))"
    }

    private func show(_ text: String) {
        print(text, terminator: "")
        fflush(nil)
    }

    /// A line longer than this would wrap, and could not be redrawn in place.
    private var columns: Int {
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 1 else { return 80 }
        return Int(size.ws_col)
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
