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
}
