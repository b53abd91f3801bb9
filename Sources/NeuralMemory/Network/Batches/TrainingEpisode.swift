// An episode for training: the forward pass, then the loss, then the backward pass, each once.

/// A whole batch after its forward pass.
///
/// `loss` consumes it.
public struct TrainingEpisode: ~Copyable {
    private let run: BatchRun

    init(_ run: BatchRun) { self.run = run }

    /// Outputs before the last nonlinearity of one step, (B, size) row-major.
    ///
    /// Throws `UsageError` for a step that the batch does not have.
    public func outputs(step: Int) throws -> [Float] {
        guard 0..<run.batch.steps ~= step else {
            throw UsageError(
                "TrainingEpisode.outputs", "step is \(step); the batch has steps 0 to \(run.batch.steps - 1)")
        }
        return run.outputs(step: step)
    }

    /// The state of each sequence after the last step, from which the episode of a next batch can begin
    /// (`Network.forward`).
    public func snapshots() -> [Snapshot] { run.snapshots() }

    /// The loss of the batch, and its gradients with respect to the outputs.
    ///
    /// - Parameter totals: what losses are means over; the totals of this batch unless given. If it is a part of a
    ///   larger batch, give the totals of all parts together.
    public consuming func loss(over totals: LossTotals? = nil) -> EpisodeLoss {
        let report = run.loss(over: totals ?? run.network.totals(run.batch), withGradients: true)
        return EpisodeLoss(run: run, report: report)
    }
}

/// The loss of a batch, before the backward pass.
///
/// `backward` consumes it.
public struct EpisodeLoss: ~Copyable {
    private let run: BatchRun
    /// Loss and accuracy of the batch.
    public let report: LossReport

    fileprivate init(run: BatchRun, report: LossReport) {
        self.run = run
        self.report = report
    }

    /// Adds the gradients of the parameters to `gradients`, and returns the report.
    ///
    /// Set `gradients` to 0 first, unless those of several batches are to be added up. Throws `UsageError` for a buffer
    /// of another network, and for the parameters themselves.
    @discardableResult
    public consuming func backward(into gradients: ParameterBuffer) throws -> LossReport {
        try run.network.requireGradients(gradients, in: "EpisodeLoss.backward")
        run.backward(into: gradients)
        return report
    }
}
