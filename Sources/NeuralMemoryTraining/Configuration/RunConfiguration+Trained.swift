// What may be changed about the configuration of a network that is trained already, without touching its parameters.

import NeuralMemory
import NeuralMemoryTasks

extension RunConfiguration {
    /// This configuration with another number of memory rows, N.
    ///
    /// Throws `ConfigurationError` for a memory that has none, and where a trained parameter has a number for each row.
    public func withMemoryRows(_ rows: Int) throws -> RunConfiguration {
        guard network.memory.rowCount != nil else {
            throw ConfigurationError(
                field: "network.memory.kind", value: network.memory.kind,
                allowed:
                    "\(registry.memoriesWithRows.joined(separator: " or ")) for another number of rows; this memory "
                    + "has none")
        }
        var changed = self
        changed.network.memory = try network.memory.withRowCount(rows)
        return changed
    }

    /// This configuration with other settings of the same task.
    ///
    /// Of `training.evaluation.lengths`, those that the task no longer has are left out.
    ///
    /// Throws `SettingError` for settings that are not the task's, and for those that change what goes into the network
    /// or comes out of it.
    public func withTaskSettings(_ overrides: [SettingOverride]) throws -> RunConfiguration {
        for override in overrides where !override.path.hasPrefix("task.") || override.path == "task.kind" {
            throw SettingError(
                source: override.option, isOption: true, line: nil,
                message: "of a trained network only the task's settings can change, as in --set task.maximumLength=50")
        }
        var former = self
        former.training.evaluation.lengths = []
        var changed = try former.applying(overrides)
        changed.adoptData(of: self)
        let other = changed.task
        changed.training.evaluation.lengths = training.evaluation.lengths.filter {
            (try? other.requireLengths($0.range, "lengths")) != nil
        }
        guard changed.task.signature == task.signature else {
            let all = overrides.map(\.option).joined(separator: " ")
            throw SettingError(
                source: all, isOption: true, line: nil,
                message: "this would change the width of inputs or outputs, for which the network was trained")
        }
        return changed
    }

    /// What to say about episodes of this length, where they have more steps than the memory has rows; else `nil`.
    public func warning(longestLength length: Int) -> String? {
        guard let rows = network.memory.rowCount else { return nil }
        let steps = task.steps(length: length)
        guard steps > rows else { return nil }
        return "a sequence of length \(length) takes up to \(steps) steps, and the memory has \(rows) rows: "
            + type(of: network.memory).withFewRows
    }
}
