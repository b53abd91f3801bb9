// What a task that has its sequences changes about a run.

import NeuralMemory
import NeuralMemoryTasks

extension RunConfiguration {
    /// Opens the task's data, where they are not open.
    ///
    /// Throws as `SequenceTask.open` does.
    ///
    /// - `progress`: is told what is being done, often.
    public mutating func openData(progress: (String) -> Void = { _ in }) throws {
        guard !task.isOpen else { return }
        try task.open(progress: progress)
        guard task.hasStreams else { return }
        // Too short a text is found now, and not in the first step.
        var generator = RandomGenerator(seed: 0)
        _ = try task.trainingBatch(
            count: training.batchSize, lengths: task.lengths, after: 0, seed: 0, using: &generator)
    }

    /// Takes over what another configuration of the same run knows of its data, which settings do not say.
    mutating func adoptData(of other: RunConfiguration) { task.adopt(other.task) }

    /// Throws `ConfigurationError` for settings that only make sense where sequences of any length can be drawn.
    func validateForData() throws {
        guard !task.drawsSequences else { return }
        let reason = "for task \(task.kind), whose sequences are what the data hold"
        if let start = training.curriculum.start {
            throw ConfigurationError(field: "training.curriculum.start", value: start, allowed: "null \(reason)")
        }
        if !training.evaluation.lengths.isEmpty {
            throw ConfigurationError(
                field: "training.evaluation.lengths", value: training.evaluation.lengths, allowed: "[] \(reason)")
        }
    }

    /// Throws `ConfigurationError` for a criterion that the task's outputs cannot meet.
    ///
    /// Of data that are not open, outputs may not be known yet.
    func validateForOutputs() throws {
        guard task.isOpen else { return }
        try validateMetric()
        let solved = training.solved
        guard task.signature.outputs.isNumbers else {
            guard let rmse = solved.rmse else { return }
            throw ConfigurationError(
                field: "training.solved.rmse", value: rmse,
                allowed: "null for task \(task.kind), whose outputs are right or wrong; set training.solved.coarse")
        }
        let accuracies = [
            ("coarse", solved.coarse), ("longCoarse", solved.longCoarse), ("wrong", solved.wrong),
            ("longWrong", solved.longWrong)
        ]
        for case (let name, let value?) in accuracies {
            throw ConfigurationError(
                field: "training.solved.\(name)", value: value,
                allowed: "null for task \(task.kind), whose outputs are numbers; set training.solved.rmse")
        }
    }

    private func validateMetric() throws {
        let metric = training.evaluation.metric
        let isOfNumbers = task.signature.outputs.isNumbers
        guard metric != .bits, metric.isOfNumbers != isOfNumbers || task.outputUnit != nil else { return }
        let allowed =
            task.outputUnit != nil
            ? "bits for task \(task.kind)"
            : isOfNumbers
                ? "bits, rmse or mae for task \(task.kind), whose outputs are numbers"
                : "bits, coarse, fine or wrong for task \(task.kind), whose outputs are right or wrong"
        throw ConfigurationError(field: "training.evaluation.metric", value: metric.rawValue, allowed: allowed)
    }
}
