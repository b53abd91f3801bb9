// Who looks on while a run trains in this process. Observers get values, and change nothing.

import NeuralMemory

/// Where a run is after a step.
public struct StepReport: Sendable, Equatable {
    /// Steps done.
    public let step: Int
    /// Sequences trained on.
    public let sequences: Int
    /// The training batches since the last evaluation; `nil` right after one.
    public let interval: LossReport?
    /// Seconds of training, over all sessions.
    public let seconds: Double
    /// How often the run has begun anew.
    public let restarts: Int

    package init(_ state: TrainingState) {
        step = state.step
        sequences = state.sequences
        interval = state.interval
        seconds = state.seconds
        restarts = state.restarts
    }
}

/// Looks on while a run trains.
///
/// Calls come on the thread that trains, which waits for them.
public protocol TrainingObserver {
    /// After each step. Does nothing where a type does not say.
    func didStep(_ report: StepReport)
    /// After each interval, when its checkpoint is saved. Does nothing where a type does not say.
    func didFinishInterval(_ record: MetricsRecord)
}

extension TrainingObserver {
    public func didStep(_ report: StepReport) {}
    public func didFinishInterval(_ record: MetricsRecord) {}
}
