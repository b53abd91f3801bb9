// The dotted paths of all settings that there can be, of every kind of section.

import NeuralMemory

/// Names of settings.
package enum SettingPaths {
    /// The paths of all settings, in alphabetical order, whichever kinds they need: `network.memory.rows`.
    package static func all(_ registry: Registry = .standard) throws -> [String] {
        let sections = [
            registry.memories, registry.controllers, registry.tasks, registry.optimizers, registry.schedules
        ]
        let ofKinds = try sections.flatMap { kinds in
            let section = kinds.setting.split(separator: ".").dropLast().joined(separator: ".")
            return try kinds.names.flatMap { name in
                ConfigurationTree(try kinds.type(named: name).init(), path: section) { _ in nil }.paths(from: section)
            }
        }
        return Set(ConfigurationTree(RunConfiguration()).paths(from: "") + ofKinds).sorted()
    }
}

extension ConfigurationTree {
    /// The paths of the settings in this section, which is at `path`.
    fileprivate func paths(from path: String) -> [String] {
        guard case .section(let entries) = self else { return [path] }
        return entries.flatMap { $0.tree.paths(from: path.appending(name: $0.name)) }
    }
}
