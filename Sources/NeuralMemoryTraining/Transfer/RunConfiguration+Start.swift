// The settings of a run that starts from a trained network.

import Foundation
import NeuralMemory
import NeuralMemoryTasks

/// Settings of a run that starts from a trained network, and where they come from.
public struct TransferredSettings: Sendable {
    /// The settings themselves.
    public let configuration: RunConfiguration
    /// The preset whose task and training sections they have; `nil` where these are the trained network's own, or were
    /// asked for.
    public let preset: String?
    /// Whether restarts were switched off.
    public let dropsRestarts: Bool
}

extension RunConfiguration {
    /// The configuration of a run that starts from a network trained with this one.
    ///
    /// A preset or a file decides all of it, if there is one. Else the network section is that of the trained network,
    /// and so are task and training, unless options choose a task of another kind: then task and training are those of
    /// the preset that such a run would start from. Options come on top. Restarts are switched off, because they would
    /// draw the parameters anew. Throws `SettingError` or `ConfigurationError`.
    public func startingFromThis(
        preset: String? = nil, file: URL? = nil, overrides: [SettingOverride] = []
    ) throws -> TransferredSettings {
        var base = self
        var used: String?
        if preset != nil || file != nil {
            base = try Self.resolve(preset: preset, file: file, registry: registry)
        } else if let task = overrides.compactMap({ $0.text(at: "task.kind") }).last, task != self.task.kind {
            let memory = SettingOverride(path: "network.memory.kind", text: network.memory.kind, option: "--from")
            let start = StartingPoint(choosing: [memory] + overrides)
            base = try Presets.load(start.preset, registry: registry)
            base.network = network
            used = start.preset
        }
        let dropsRestarts = base.training.restart.steps != nil
        base.training.restart.steps = nil
        return TransferredSettings(
            configuration: try base.applying(overrides), preset: used, dropsRestarts: dropsRestarts)
    }
}
