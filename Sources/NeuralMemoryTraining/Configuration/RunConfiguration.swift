// Everything that decides a training run, as one value: what config.yaml holds.

import Foundation
import NeuralMemory
import NeuralMemoryTasks

/// A run: task, network, training.
///
/// The same configuration gives the same run.
public struct RunConfiguration: Sendable {
    /// What is learned.
    public var task: any SequenceTask = Reversal()
    /// What learns it.
    public var network = NetworkConfiguration()
    /// How it is learned, and what it is measured on.
    public var training = TrainingConfiguration()
    /// The kinds that its settings can name.
    ///
    /// It is no setting.
    public var registry = Registry.standard

    /// The defaults.
    public init(_ registry: Registry = .standard) { self.registry = registry }

    /// Throws `ConfigurationError` unless all its kinds are registered: what a run of another kind saves could not be
    /// read.
    public func requireRegistered() throws {
        try registry.tasks.requireRegistered(task)
        try registry.memories.requireRegistered(network.memory)
        try registry.controllers.requireRegistered(network.controller)
        try registry.optimizers.requireRegistered(training.optimizer)
        try registry.schedules.requireRegistered(training.schedule)
    }

    /// Throws `ConfigurationError` for the first setting out of range.
    ///
    /// Sizes of the network are checked when it is made.
    public func validate() throws {
        try task.validate()
        try training.validate()
        try validateForData()
        guard task.hasStreams || !training.carry else {
            throw ConfigurationError(
                field: "training.carry", value: true,
                allowed: "false for task \(task.kind), whose sequences do not go on in the next batch")
        }
        let first = Curriculum(training.curriculum, lengths: task.lengths).lengths(within: task.lengths)
        if first != task.lengths { try task.requireLengths(first, "training.curriculum.start") }
        for lengths in training.evaluation.lengths {
            try task.requireLengths(lengths.range, "training.evaluation.lengths")
        }
    }
}

/// The registry is no setting.
extension RunConfiguration: CustomReflectable {
    public var customMirror: Mirror {
        Mirror(self, children: ["task": task, "network": network, "training": training])
    }
}

extension RunConfiguration: Codable {
    private enum Key: String, CodingKey { case task, network, training }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        registry = Registry.of(decoder) ?? .standard
        task = try registry.tasks.decode((any SequenceTask).self, from: container.superDecoder(forKey: .task))
        network = try container.decode(NetworkConfiguration.self, forKey: .network)
        training = try container.decode(TrainingConfiguration.self, forKey: .training)
    }

    /// What the task knows of its data, and all settings.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        func tree(_ value: Any, _ key: Key) -> ConfigurationTree {
            ConfigurationTree(value, path: key.rawValue) { registry[$0] }
        }
        let taskEncoder = container.superEncoder(forKey: .task)
        try task.encodeWithKind(to: taskEncoder)
        try tree(task, .task).encode(to: taskEncoder)
        try container.encode(tree(network, .network), forKey: .network)
        try container.encode(tree(training, .training), forKey: .training)
    }
}

extension RunConfiguration: DescribedSettings {
    public static let settingDescriptions = [SettingDescription("task", "What is learned")]
}
