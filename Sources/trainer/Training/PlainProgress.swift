// What `trainer train` prints of long intervals where its output goes to a file or a pipe.

import Foundation
import NeuralMemory
import NeuralMemoryTraining

/// A line now and then between those of the intervals, so that a log says that training goes on.
package final class PlainProgress: TrainingObserver {
    private let steps: Int
    private let write: (String) -> Void
    /// Seconds of training at the last line, of an interval or of this.
    private var lastLine: Double

    /// Seconds of training between two lines.
    package static let pause = 20.0

    /// - `write`: takes the lines; on a terminal, where a line moves, it gets none.
    package init(
        _ trainer: Trainer, isTerminal: Bool = isatty(STDOUT_FILENO) == 1,
        write: @escaping (String) -> Void = PlainProgress.printLine
    ) {
        steps = trainer.configuration.training.steps
        lastLine = trainer.state.seconds
        self.write = isTerminal ? { _ in } : write
    }

    package static func printLine(_ line: String) {
        print(line)
        fflush(nil)
    }

    package func didStep(_ report: StepReport) {
        guard report.seconds - lastLine >= Self.pause, let interval = report.interval else { return }
        lastLine = report.seconds
        write("step \(report.step)/\(steps)  loss \(decimals(interval.mean, 4))  \(clockTime(report.seconds))")
    }

    package func didFinishInterval(_ record: MetricsRecord) { lastLine = record.elapsedSeconds }
}
