// The settings of a run as a tree of named, typed values, between YAML and `RunConfiguration`. It knows each setting's
// name and type, from the defaults; ranges are checked by those who use the settings.

import Foundation
import NeuralMemory
import NeuralMemoryTasks

/// A section of settings, or one setting. Sections keep the order of the properties that they were made from.
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
        var entries = Mirror(reflecting: value).children.compactMap { child -> Entry? in
            guard let name = child.label, !(child.value is Registry) else { return nil }
            return Entry(
                name: name, tree: ConfigurationTree(child.value, path: path.appending(name: name), kinds: kinds))
        }
        if let chosen = value as? any Registrable, let kinds = kinds(path.appending(name: "kind")) {
            entries.insert(Entry(name: "kind", tree: .setting(.kind(chosen.kind, of: kinds))), at: 0)
        }
        self = .section(entries)
    }

    /// All settings of a run.
    init(_ configuration: RunConfiguration) {
        self.init(configuration, kinds: { configuration.registry[$0] })
    }

    /// The configuration that has these settings, of kinds that are registered.
    func configuration(_ registry: Registry) throws -> RunConfiguration {
        try json.decoded(RunConfiguration.self, registry: registry)
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

    /// All settings in which this tree differs from another of the same root. Of sections of different kinds, the kind
    /// alone is named.
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

extension String {
    /// The dotted path of a part of what this path names; the empty path is the root.
    func appending(name: String) -> String { isEmpty ? name : self + "." + name }
}

/// The value of one setting, with its type.
enum SettingValue: Equatable, Sendable {
    case boolean(Bool)
    case integer(Int)
    case unsigned(UInt64)
    case number(Double)
    case text(String)
    case choice(String, of: [String])
    /// Which kind a section is of; the other settings of the section depend on it.
    case kind(String, of: Kinds)
    case lengths([LengthRange])
    case numbers([Double])

    /// `nil` for anything that is a section.
    init?(_ value: Any) {
        switch value {
        case let value as Bool: self = .boolean(value)
        case let value as Int: self = .integer(value)
        case let value as UInt64: self = .unsigned(value)
        case let value as Double: self = .number(value)
        case let value as String: self = .text(value)
        case let value as Grammar: self = .text(value.text)
        // Exact types: an empty array passes for an array of anything.
        case let value as [LengthRange] where type(of: value as Any) == [LengthRange].self: self = .lengths(value)
        case let value as [Double]: self = .numbers(value)
        case let value as any CaseIterable & RawRepresentable: self = Self.choice(value)
        default: return nil
        }
    }

    private static func choice<Value: CaseIterable & RawRepresentable>(_ value: Value) -> SettingValue {
        .choice("\(value.rawValue)", of: Value.allCases.map { "\($0.rawValue)" })
    }

    /// What a value of this type must be, as the end of a sentence.
    var wanted: String {
        switch self {
        case .boolean: "true or false"
        case .integer: "a whole number"
        case .unsigned: "a whole number from 0 to \(UInt64.max)"
        case .number: "a finite number"
        case .text: "a text"
        case .choice(_, let names): "one of \(names.listed())"
        case .kind(_, let kinds): "one of \(kinds.names.listed())"
        case .lengths: "a list of lengths and ranges of them, as in [64, 65-128]"
        case .numbers: "a list of numbers, as in [0.5, 2]"
        }
    }

    /// In JSON. Doubles are written in the fewest digits that read back as the same bits.
    var json: JSON {
        switch self {
        case .boolean(let value): .boolean(value)
        case .integer(let value): .number("\(value)")
        case .unsigned(let value): .number("\(value)")
        case .number(let value): .number("\(value)")
        case .text(let value), .choice(let value, _), .kind(let value, _): .text(value)
        case .lengths(let values): .array(values.map(\.json))
        case .numbers(let values): .array(values.map { .number("\($0)") })
        }
    }

    /// As YAML writes it: like JSON, but that names of choices and ranges of lengths need no quotes, and that lines of
    /// text stand as they are, indented.
    func yaml(indentation: Int) -> String {
        switch self {
        case .choice(let name, _), .kind(let name, _): name
        case .lengths(let values): "[" + values.map(\.range.label).joined(separator: ", ") + "]"
        case .text(let text) where text.isPlainBlock:
            "|"
                + text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map { line in
                    line.isEmpty ? "\n" : "\n" + String(repeating: " ", count: indentation) + line
                }.joined()
        default: json.text
        }
    }

    /// On one line, for messages.
    var summary: String {
        if case .text(let text) = self, text.contains("\n") {
            return "a text of \(text.split(separator: "\n").count) lines"
        }
        return yaml(indentation: 0).shown(atMost: 120)
    }
}

extension String {
    /// Whether a block of YAML gives back this text exactly: lines of visible characters, the first of which is not
    /// indented, with one newline at the end.
    fileprivate var isPlainBlock: Bool {
        guard let first = unicodeScalars.first, first != " ", first != "\n", hasSuffix("\n"), !hasSuffix("\n\n") else {
            return false
        }
        let breaks: Set<Unicode.Scalar> = ["\u{85}", "\u{2028}", "\u{2029}", "\u{FEFF}"]
        return unicodeScalars.allSatisfy { scalar in
            scalar == "\n"
                || scalar.value >= 0x20 && !(0x7F...0x9F ~= scalar.value) && !breaks.contains(scalar)
                    && scalar.value < 0xFFFE
        }
    }

    /// In quotes, with escapes, as JSON and YAML both read it.
    var quotedForJSON: String {
        var quoted = "\""
        for scalar in unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\n": quoted += "\\n"
            case "\t": quoted += "\\t"
            // What YAML takes for no text, or for the end of a line.
            case "\0"..<" ", "\u{7F}"..."\u{A0}", "\u{2028}", "\u{2029}", "\u{FEFF}", "\u{FFFE}", "\u{FFFF}":
                let digits = String(scalar.value, radix: 16)
                quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}
