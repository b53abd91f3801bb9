// In which settings a run differs from what it would have without them: what a reader of results wants to see first.

import NeuralMemory
import NeuralMemoryTasks

/// A setting that is not what it is by default.
package struct ChangedSetting: Sendable, Equatable {
    /// The dotted path.
    package let path: String
    package let value: String
    /// What it is where nobody sets it.
    package let defaultValue: String
}

extension RunConfiguration {
    /// All settings that differ from their defaults, in the order of the configuration.
    ///
    /// Settings of a section that has a kind are compared with the defaults of that kind.
    package func changedSettings() throws -> [ChangedSetting] {
        try ConfigurationTree(self).changes(from: ConfigurationTree(RunConfiguration(registry)), registry)
    }

    /// How many numbers a network of this configuration has.
    ///
    /// Throws `ConfigurationError` for settings out of range.
    package func parameterCount() throws -> Int {
        try NetworkModel(network, signature: task.signature).layout.count
    }
}

extension ConfigurationTree {
    fileprivate func changes(
        from defaults: ConfigurationTree, _ registry: Registry, path: String = ""
    ) throws -> [ChangedSetting] {
        switch (self, defaults) {
        case (.setting(let value), .setting(let usual)):
            guard value != usual else { return [] }
            return [ChangedSetting(path: path, value: value.summary, defaultValue: usual.summary)]
        case (.section(let entries), .section(var usual)):
            var changes: [ChangedSetting] = []
            if let first = entries.first, case .setting(.kind(let kind, let kinds)) = first.tree {
                if let other = usual.first {
                    changes += try first.tree.changes(
                        from: other.tree, registry, path: path.appending(name: first.name))
                }
                let tree = ConfigurationTree(try kinds.type(named: kind).init(), path: path) { registry[$0] }
                if case .section(let ofKind) = tree { usual = ofKind }
            }
            for entry in entries {
                guard let other = usual.first(where: { $0.name == entry.name && $0.name != "kind" }) else { continue }
                changes += try entry.tree.changes(from: other.tree, registry, path: path.appending(name: entry.name))
            }
            return changes
        default: return []
        }
    }
}
