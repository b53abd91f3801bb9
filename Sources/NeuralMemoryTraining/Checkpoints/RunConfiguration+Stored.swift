// The configuration in a checkpoint, which may have been written before a setting came to be.

import NeuralMemory
import NeuralMemoryTasks
import Yams

extension RunConfiguration {
    /// What a checkpoint has of its configuration, over the defaults of the kinds that it names: a setting that it
    /// lacks has its default.
    ///
    /// Throws `SettingError` for a setting that there is not, or one of a wrong type.
    init(stored: JSON, registry: Registry) throws {
        var tree = ConfigurationTree(RunConfiguration(registry))
        // What a task knows of its data stands beside its settings, and is none of them.
        let facts = stored["task"]?["facts"]
        try tree.overlay(
            Node(stored.removing("facts", from: "task")), from: SettingSource(name: "configuration", isOption: true))
        self = try tree.json.adding(facts.map { JSON.Member(name: "facts", value: $0) }, to: "task")
            .decoded(RunConfiguration.self, registry: registry)
    }
}

extension JSON {
    /// This object with another value for one of its members.
    private func changing(_ name: String, _ change: (inout [Member]) -> Void) -> JSON {
        guard case .object(var members) = self, let index = members.firstIndex(where: { $0.name == name }),
            case .object(var parts) = members[index].value
        else { return self }
        change(&parts)
        members[index].value = .object(parts)
        return .object(members)
    }

    fileprivate func removing(_ part: String, from name: String) -> JSON {
        changing(name) { $0.removeAll { $0.name == part } }
    }

    fileprivate func adding(_ part: Member?, to name: String) -> JSON {
        part.map { part in changing(name) { $0.append(part) } } ?? self
    }
}

extension Node {
    /// A JSON value as YAML has it.
    fileprivate init(_ json: JSON) {
        switch json {
        case .null, .boolean, .number: self = Node(json.text, .implicit, .plain)
        case .text(let text): self = Node(text, .implicit, .doubleQuoted)
        case .array(let values): self = Node(values.map { Node($0) })
        case .object(let members):
            self = Node(members.map { (Node($0.name, .implicit, .doubleQuoted), Node($0.value)) })
        }
    }
}
