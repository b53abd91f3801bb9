// Every setting that a configuration can have, with its kinds: from the defaults of all registered kinds, and from what
// these say of their settings.

import Foundation
import NeuralMemory

/// All settings, in the order of configuration files.
public struct SettingsReference: Sendable {
    /// One setting, of one kind or of several.
    public struct Entry: Sendable, Equatable {
        /// The dotted path, such as `network.memory.width`.
        public let path: String
        /// The kinds of its section that have it; empty for a section that has no kinds.
        public internal(set) var kinds: [String]
        /// A sentence without a full stop; empty where the type does not say.
        public let meaning: String
        /// What it can be: "a whole number from 1 to 64".
        public let values: String
        /// What a number counts or measures; empty where it has no unit.
        public let unit: String
        /// What numbers it can be; `nil` where the type does not say.
        public let limits: SettingDescription.Limits?
        /// Its value where nothing sets it, as YAML writes it: "64"; where kinds differ, "1e-3 (adam), 1e-2 (sgd)".
        public var standard: String {
            guard Set(standards.map(\.value)).count > 1 else { return standards.first?.value ?? "" }
            var grouped: [(value: String, kinds: [String])] = []
            for standard in standards {
                if let index = grouped.firstIndex(where: { $0.value == standard.value }) {
                    grouped[index].kinds.append(standard.kind)
                } else {
                    grouped.append((standard.value, [standard.kind]))
                }
            }
            return grouped.map { "\($0.value) (\($0.kinds.joined(separator: ", ")))" }.joined(separator: ", ")
        }
        /// Of a setting that names a kind, these and a line about each; empty for all others.
        public let choices: [Choice]
        /// By kind, in their order.
        fileprivate var standards: [Standard]

        /// Whether two are the same setting of different kinds.
        fileprivate func isSame(as other: Entry) -> Bool {
            path == other.path && meaning == other.meaning && values == other.values && unit == other.unit
        }
    }

    /// A kind that a setting can name.
    public struct Choice: Sendable, Equatable {
        /// The name.
        public let kind: String
        /// One line.
        public let summary: String
    }

    fileprivate struct Standard: Sendable, Equatable {
        let value: String
        let kind: String
    }

    /// The settings.
    public private(set) var entries: [Entry] = []

    /// Those of all kinds of a registry.
    public init(_ registry: Registry = .standard) {
        add(RunConfiguration(registry), path: "", kind: nil, registry)
    }

    /// Those whose path has a text in it, in any case, or that belong to a kind of that name, or name it.
    public func matching(_ pattern: String) -> [Entry] {
        entries.filter { entry in
            entry.path.lowercased().contains(pattern.lowercased())
                || (entry.kinds + entry.choices.map(\.kind)).contains(pattern)
        }
    }

    /// The path that is nearest to a mistyped one, or to a mistyped last part of one; `nil` where none is near.
    public func nearestPath(to name: String) -> String? {
        if let path = nearest(to: name, among: entries.map(\.path)) { return path }
        let last = { (entry: Entry) in entry.path.split(separator: ".").last.map(String.init) ?? entry.path }
        let known = nearest(to: name, among: entries.map(last))
        return entries.first { last($0) == known }?.path
    }

    private mutating func add(_ section: Any, path: String, kind: String?, _ registry: Registry) {
        let descriptions = (type(of: section) as? any DescribedSettings.Type)?.settingDescriptions ?? []
        for child in Mirror(reflecting: section).children {
            guard let name = child.label else { continue }
            let place = path.appending(name: name)
            let description = descriptions.first { $0.name == name }
            if let value = SettingValue(optional: child.value, formerSentinel: nil, path: place)
                ?? SettingValue(child.value)
            {
                add(value, description, path: place, kind: kind)
            } else if let kinds = registry[place.appending(name: "kind")], let chosen = child.value as? any Registrable
            {
                add(.kind(chosen.kind, of: kinds), description, path: place.appending(name: "kind"), kind: kind)
                for type in kinds.types { add(type.init(), path: place, kind: type.kind, registry) }
            } else {
                add(child.value, path: place, kind: kind, registry)
            }
        }
    }

    private mutating func add(_ value: SettingValue, _ description: SettingDescription?, path: String, kind: String?) {
        let choices: [Choice] =
            if case .kind(_, let kinds) = value {
                kinds.types.map { Choice(kind: $0.kind, summary: $0.summary) }
            } else {
                []
            }
        let entry = Entry(
            path: path, kinds: kind.map { [$0] } ?? [], meaning: description?.meaning ?? "",
            values: value.wanted(within: description?.limits), unit: description?.unit ?? "",
            limits: description?.limits, choices: choices,
            standards: [Standard(value: value.summary, kind: kind ?? "")])
        guard let index = entries.firstIndex(where: { $0.isSame(as: entry) }) else {
            entries.append(entry)
            return
        }
        entries[index].kinds += entry.kinds
        entries[index].standards += entry.standards
    }
}

extension SettingValue {
    /// What a value of this type must be, within limits, as the end of a sentence.
    fileprivate func wanted(within limits: SettingDescription.Limits?) -> String {
        switch self {
        case .optional(_, let type): "\(type.example.wanted(within: limits)), or null for none"
        case .integer: "a whole number\(limits?.text ?? "")"
        case .number: limits.map { "a number\($0.text)" } ?? wanted
        default: wanted
        }
    }
}

extension SettingDescription.Limits {
    /// " from 0 to 1", as what follows "a number".
    fileprivate var text: String {
        func number(_ value: Double) -> String {
            value == value.rounded() && abs(value) < 1e15 ? "\(Int(value))" : "\(value)"
        }
        let further = note.isEmpty ? "" : ", \(note)"
        if !includesLeast { return " above \(number(least)) and at most \(number(greatest))" + further }
        if least == greatest { return ", \(number(least)) alone" + further }
        return (greatest.isFinite ? " from \(number(least)) to \(number(greatest))" : " of at least \(number(least))")
            + further
    }
}
