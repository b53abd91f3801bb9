// Settings as a tree of named, typed values, between YAML and the structures that are configured. It knows each
// setting's name and type, from the defaults; ranges are checked by those who use the settings.

import Foundation
import NeuralMemory
import NeuralMemoryTasks

/// A section of settings, or one setting.
///
/// Sections keep the order of the properties that they were made from.
indirect enum ConfigurationTree: Equatable, Sendable {
    case section([Entry])
    case setting(SettingValue)

    /// A named part of a section.
    struct Entry: Equatable, Sendable {
        let name: String
        var tree: ConfigurationTree
    }

    /// The settings of a value, by its stored properties, whose names are its coding keys.
    ///
    /// - `kinds`: what a setting that says which kind its section is of can be, by its path.
    init(_ value: Any, path: String = "", kinds: (String) -> Kinds?) {
        if let setting = SettingValue(value) {
            self = .setting(setting)
            return
        }
        let sentinels = (value as? any FormerSentinels).map { type(of: $0).formerSentinels } ?? [:]
        var entries = Mirror(reflecting: value).children.compactMap { child -> Entry? in
            guard let name = child.label else { return nil }
            let path = path.appending(name: name)
            let tree =
                SettingValue(optional: child.value, formerSentinel: sentinels[name], path: path)
                .map(ConfigurationTree.setting) ?? ConfigurationTree(child.value, path: path, kinds: kinds)
            return Entry(name: name, tree: tree)
        }
        if let chosen = value as? any Registrable, let kinds = kinds(path.appending(name: "kind")) {
            entries.insert(Entry(name: "kind", tree: .setting(.kind(chosen.kind, of: kinds))), at: 0)
        }
        self = .section(entries)
    }

    var json: JSON {
        switch self {
        case .setting(let value): value.json
        case .section(let entries): .object(entries.map { JSON.Member(name: $0.name, value: $0.tree.json) })
        }
    }

    /// Lines of YAML, each ended by a newline.
    func yaml(indentation: Int = 0) -> String {
        guard case .section(let entries) = self else { return "" }
        let space = String(repeating: " ", count: indentation)
        return entries.map { entry in
            switch entry.tree {
            case .setting(let value): "\(space)\(entry.name): \(value.yaml(indentation: indentation + 2))\n"
            case .section: "\(space)\(entry.name):\n" + entry.tree.yaml(indentation: indentation + 2)
            }
        }.joined()
    }

    /// A setting in which two trees differ, in short.
    struct Difference: Equatable {
        let path: String
        let here: String
        let there: String
    }

    /// All settings in which this tree differs from another of the same root.
    ///
    /// Of sections of different kinds, the kind alone is named.
    func differences(from other: ConfigurationTree, path: String = "") -> [Difference] {
        switch (self, other) {
        case (.setting(let here), .setting(let there)):
            return here == there ? [] : [Difference(path: path, here: here.summary, there: there.summary)]
        case (.section(let here), .section(let there)):
            let pairs = zip(here, there)
            if let (mine, others) = pairs.first(where: { $0.name == "kind" && $1.name == "kind" }), mine != others {
                return mine.tree.differences(from: others.tree, path: path.appending(name: "kind"))
            }
            return pairs.flatMap { $0.tree.differences(from: $1.tree, path: path.appending(name: $0.name)) }
        default:
            return [Difference(path: path, here: "another section", there: "another section")]
        }
    }
}

extension ConfigurationTree {
    /// The setting at a dotted path, if there is one.
    func setting(at path: String) -> SettingValue? {
        let tree = path.split(separator: ".").reduce(Optional(self)) { tree, name in
            guard case .section(let entries) = tree else { return nil }
            return entries.first { $0.name == name }?.tree
        }
        guard case .setting(let value) = tree else { return nil }
        return value
    }
}

extension String {
    /// The dotted path of a part of what this path names; the empty path is the root.
    func appending(name: String) -> String { isEmpty ? name : self + "." + name }
}

// MARK: Writing

/// Each setting with its name, and null for those that are absent: left out, they would be read as their defaults.
extension ConfigurationTree: Encodable {
    private struct Key: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }

        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    func encode(to encoder: any Encoder) throws {
        switch self {
        case .setting(let value):
            var container = encoder.singleValueContainer()
            try value.encode(to: &container)
        case .section(let entries):
            var container = encoder.container(keyedBy: Key.self)
            for entry in entries { try container.encode(entry.tree, forKey: Key(stringValue: entry.name)) }
        }
    }
}
