// What a task that reads its sequences changes about a run.

import NeuralMemory
import NeuralMemoryTasks

extension RunConfiguration {
    /// Opens the task's data, where the task has any and they are not open. Throws as `DataTask.open` does.
    ///
    /// - `progress`: is told what is being done, often.
    public mutating func openData(progress: (String) -> Void = { _ in }) throws {
        guard var data = task as? any DataTask, !data.isOpen else { return }
        try data.open(progress: progress)
        task = data
    }

    /// Takes over what another configuration of the same run knows of its data, which settings do not say.
    mutating func adoptData(of other: RunConfiguration) {
        guard var data = task as? any DataTask else { return }
        data.adopt(other.task)
        task = data
    }

    /// Throws `ConfigurationError` for settings that only make sense where sequences of any length can be drawn.
    func validateForData() throws {
        guard task is any DataTask else { return }
        let reason = "for task \(task.kind), whose sequences are what the data hold"
        if training.curriculum.start != 0 {
            throw ConfigurationError(
                field: "training.curriculum.start", value: training.curriculum.start, allowed: "0 \(reason)")
        }
        if !training.evaluation.lengths.isEmpty {
            throw ConfigurationError(
                field: "training.evaluation.lengths", value: training.evaluation.lengths, allowed: "[] \(reason)")
        }
    }
}
