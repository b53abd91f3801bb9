// An episode for training: forward is done, then comes the loss, then the way back, each once.

/// A whole batch after its forward pass. It is used up by asking for the loss that is to be differentiated.
public struct TrainingEpisode: ~Copyable {
    private let run: BatchRun

    init(_ run: BatchRun) { self.run = run }

    /// Outputs before the last nonlinearity of one step, (B, size) row-major. Throws `UsageError` for a step that the batch
    /// does not have.
    public func outputs(step: Int) throws -> [Float] {
        guard 0..<run.batch.steps ~= step else {
            throw UsageError(
                "TrainingEpisode.outputs", "step is \(step); the batch has steps 0 to \(run.batch.steps - 1)")
        }
        return run.outputs(step: step)
    }

    /// The loss of the batch, and its gradients with respect to the outputs.
    ///
    /// - Parameter totals: what losses are means over; those of the batch unless given. A batch whose other parts are run
    ///   elsewhere has the totals of all parts together.
    public consuming func loss(over totals: LossTotals? = nil) -> EpisodeLoss {
        let report = run.loss(over: totals ?? run.network.totals(run.batch), withGradients: true)
        return EpisodeLoss(run: run, report: report)
    }
}

/// The loss of a batch, from which gradients go back. It is used up by doing so.
public struct EpisodeLoss: ~Copyable {
    private let run: BatchRun
    public let report: LossReport

    fileprivate init(run: BatchRun, report: LossReport) {
        self.run = run
        self.report = report
    }

    /// Adds the gradients of the parameters to `gradients`, which the caller sets to 0 beforehand where they are to be those
    /// of this batch alone. Returns the report. Throws `UsageError` for a buffer of another network.
    @discardableResult
    public consuming func backward(into gradients: ParameterBuffer) throws -> LossReport {
        guard gradients !== run.network.parameters else {
            throw UsageError(
                "EpisodeLoss.backward", "these are the network's parameters; make gradients with Network.makeGradients")
        }
        guard gradients.layout.parameters == run.network.parameters.layout.parameters else {
            throw UsageError(
                "EpisodeLoss.backward", "these gradients are another network's; make some with Network.makeGradients")
        }
        run.backward(into: gradients)
        return report
    }
}
