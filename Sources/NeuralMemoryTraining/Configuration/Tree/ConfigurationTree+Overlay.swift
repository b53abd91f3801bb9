// Laying YAML over the settings of a run: names and types are checked here, and every error says where it stands.

import Foundation
import NeuralMemory
import NeuralMemoryTasks
import Yams

/// A setting of a file or an option that cannot be used, or a file that cannot be read.
public struct SettingError: Error, CustomStringConvertible, Equatable {
    /// The file, or the option as it was given.
    public let source: String
    /// Whether `source` is an option of a command.
    public let isOption: Bool
    /// In the file, counted from 1, where it is known.
    public let line: Int?
    /// Names the setting, its value and what is allowed.
    public let message: String

    public var description: String {
        (isOption ? source.shown(atMost: 200) : source.shownPath) + (line.map { ", line \($0)" } ?? "") + ": " + message
    }
}

/// Where settings come from.
struct SettingSource {
    let name: String
    let isOption: Bool

    /// Options have one line, which says nothing.
    func error(_ message: String, at mark: Mark?) -> SettingError {
        SettingError(source: name, isOption: isOption, line: isOption ? nil : mark?.line, message: message)
    }

    /// Reads YAML; `nil` where there is nothing but comments.
    func parse(_ yaml: String) throws -> Node? {
        do {
            return try YAMLText.compose(yaml)
        } catch let fault as YAMLText.Fault {
            throw error(fault)
        }
    }

    /// A value under a dotted path, as YAML of a whole configuration: `a.b` and 5 as `a: {b: 5}`.
    ///
    /// Each name stands where the path stands. Throws for a path that is deeper than any section.
    func node(at path: String, _ value: Node, _ mark: Mark? = nil) throws -> Node {
        let names = path.split(separator: ".", omittingEmptySubsequences: false)
        guard names.count <= YAMLText.deepest else {
            throw error("there is no setting \(path.shown()): no section is so deep", at: mark)
        }
        return names.reversed().reduce(value) { value, name in
            let key = Node.scalar(Node.Scalar(String(name), .implicit, .any, mark))
            return .mapping(Node.Mapping([(key, value)], .implicit, .any, mark))
        }
    }

    func error(_ fault: YAMLText.Fault) -> SettingError {
        SettingError(source: name, isOption: isOption, line: isOption ? nil : fault.line, message: fault.reason)
    }
}

extension ConfigurationTree {
    /// Lays a node over this tree: what it names is replaced, all else stays.
    ///
    /// Where it changes a section's kind, the section starts from the defaults of the new kind.
    mutating func overlay(_ node: Node, path: String = "", from source: SettingSource) throws {
        switch self {
        case .setting(let value):
            self = .setting(try value.replaced(by: node, path: path, from: source))
        case .section(let entries):
            guard case .mapping(let mapping) = node else {
                let names = entries.map(\.name).listed()
                let subject = path.isEmpty ? "the whole" : path
                throw source.error(
                    "\(subject) is \(node.shown()); it must be a section with settings of \(names)", at: node.mark)
            }
            if let kind = mapping.first(where: { $0.key.string == "kind" }) {
                try changeKind(to: kind.value, path: path, from: source)
            }
            for (key, value) in mapping { try overlay(key, value, path: path, from: source) }
        }
    }

    /// One entry of a section.
    private mutating func overlay(_ key: Node, _ value: Node, path: String, from source: SettingSource) throws {
        guard case .section(var entries) = self else { return }
        let name = key.string ?? key.shown()
        guard let index = entries.firstIndex(where: { $0.name == name }) else {
            throw source.error(unknown(name, among: entries.map(\.name), path: path), at: key.mark)
        }
        try entries[index].tree.overlay(value, path: path.appending(name: name), from: source)
        self = .section(entries)
    }

    private func unknown(_ name: String, among known: [String], path: String) -> String {
        let kind = kind.map { " (\($0))" } ?? ""
        let place = path.isEmpty ? "the sections are" : "the settings of \(path)\(kind) are"
        let hint = nearest(to: name, among: known).map { "; did you mean \(path.appending(name: $0))?" } ?? ""
        let setting = path.appending(name: name).shown(atMost: 120)
        return "there is no setting \(setting); \(place): \(known.listed())\(hint)"
    }

    /// What kind of task, controller, memory or optimiser a section is about.
    private var kind: String? {
        guard case .setting(.kind(let kind, _)) = kindEntry else { return nil }
        return kind
    }

    private var kindEntry: ConfigurationTree? {
        guard case .section(let entries) = self, let first = entries.first, first.name == "kind" else { return nil }
        return first.tree
    }

    /// Puts the defaults of another kind in place of this section; nothing happens where it is of that kind already.
    private mutating func changeKind(to node: Node, path: String, from source: SettingSource) throws {
        let field = path.appending(name: "kind")
        guard case .setting(let present) = kindEntry, case .kind(let kind, let kinds) = present, node.string != kind,
            case .kind(let name, _) = try present.replaced(by: node, path: field, from: source)
        else { return }
        self = ConfigurationTree(try kinds.type(named: name).init(), path: path) { $0 == field ? kinds : nil }
    }
}

extension SettingValue {
    /// The value of this type that a node writes.
    func replaced(by node: Node, path: String, from source: SettingSource) throws -> SettingValue {
        guard let value = parsed(node) else {
            var message = "\(path) is \(node.shown()); it must be \(wanted)"
            if let name = node.string, let hint = nearest(to: name, among: names) {
                message += "; did you mean \(hint)?"
            }
            throw source.error(message, at: node.mark)
        }
        return value
    }

    /// What there is to choose from.
    private var names: [String] {
        switch self {
        case .choice(_, let names): names
        case .kind(_, let kinds): kinds.names
        case .optional(_, let type): type.example.names
        default: []
        }
    }

    private func parsed(_ node: Node) -> SettingValue? {
        if case .optional(_, let type) = self {
            if node.isNull { return .optional(nil, type) }
            guard let value = type.example.parsed(node) else { return nil }
            let isAbsent = type.formerSentinel != nil && value.asNumber == type.formerSentinel
            return .optional(isAbsent ? nil : value, type)
        }
        if case .sequence(let sequence) = node {
            switch self {
            case .lengths: return sequence.compactMap(\.lengthRange, all: SettingValue.lengths)
            case .numbers: return sequence.compactMap(\.finiteNumber, all: SettingValue.numbers)
            case .texts: return sequence.compactMap(\.string, all: SettingValue.texts)
            default: return nil
            }
        }
        switch self {
        case .boolean: return ["true": true, "false": false][node.plain ?? ""].map(SettingValue.boolean)
        case .integer: return node.wholeNumber.map(SettingValue.integer)
        case .unsigned: return node.plain.flatMap { UInt64($0) }.map(SettingValue.unsigned)
        case .number: return node.finiteNumber.map(SettingValue.number)
        case .text: return node.string.map(SettingValue.text)
        case .choice(_, let names):
            return node.string.flatMap { names.contains($0) ? .choice($0, of: names) : nil }
        case .kind(_, let kinds):
            return node.string.flatMap { kinds.names.contains($0) ? .kind($0, of: kinds) : nil }
        case .lengths, .numbers, .texts, .optional: return nil
        }
    }
}

extension Node.Sequence {
    /// All elements turned into values, and these into one; `nil` where an element cannot be.
    fileprivate func compactMap<Value>(
        _ element: (Node) -> Value?, all: ([Value]) -> SettingValue
    ) -> SettingValue? {
        let values = compactMap(element)
        return values.count == count ? all(values) : nil
    }
}

extension Node {
    /// A scalar that is not quoted: what numbers and truth values must be.
    fileprivate var plain: String? {
        guard case .scalar(let scalar) = self, scalar.style == .plain || scalar.style == .any else { return nil }
        return scalar.string
    }

    /// Whether this says that there is no value.
    fileprivate var isNull: Bool { ["null", "~"].contains(plain) }

    /// Also 1e5, as long as it is whole and exact.
    fileprivate var wholeNumber: Int? {
        guard let plain else { return nil }
        return Int(plain) ?? finiteNumber.flatMap { abs($0) <= 0x1p53 ? Int(exactly: $0) : nil }
    }

    /// "64", or "65-128", in quotes or not.
    fileprivate var lengthRange: LengthRange? {
        if let number = wholeNumber { return LengthRange(number...number) }
        return string.flatMap { LengthRange($0) }
    }

    fileprivate var finiteNumber: Double? {
        guard let plain, plain.allSatisfy({ "0123456789.eE+-".contains($0) }), let value = Double(plain),
            value.isFinite
        else { return nil }
        return value
    }

    /// As error messages show it: of a list no more than its first values.
    func shown(depth: Int = 0) -> String {
        switch self {
        case .scalar(let scalar):
            let text = scalar.string.shown(atMost: depth == 0 ? 80 : 30)
            return plain == nil ? "the text \"\(text)\"" : text.isEmpty ? "empty" : text
        case .sequence(let sequence):
            guard depth < 2 else { return "a list" }
            let values = sequence.prefix(4).map { $0.shown(depth: depth + 1) }
            let rest = sequence.count > values.count ? ["… (\(sequence.count) values)"] : []
            return "[" + (values + rest).joined(separator: ", ") + "]"
        case .mapping: return "a section"
        case .alias: return "an alias"
        }
    }
}

/// The known name that is closest to a mistyped one, unless none is close.
func nearest(to name: String, among known: [String]) -> String? {
    // No name is nearly as long, and the time grows with the length.
    guard name.utf8.count <= 256 else { return nil }
    let distances = known.map { (name: $0, distance: editDistance($0.lowercased(), name.lowercased())) }
    guard let best = distances.min(by: { $0.distance < $1.distance }) else { return nil }
    return best.distance <= max(1, (name.count + 1) / 3) ? best.name : nil
}

/// Insertions, deletions and replacements that turn one text into the other (Levenshtein).
private func editDistance(_ first: String, _ second: String) -> Int {
    let second = Array(second)
    var row = Array(0...second.count)
    for (i, character) in first.enumerated() {
        var diagonal = row[0]
        row[0] = i + 1
        for (j, other) in second.enumerated() {
            let replaced = diagonal + (character == other ? 0 : 1)
            diagonal = row[j + 1]
            row[j + 1] = min(replaced, row[j] + 1, row[j + 1] + 1)
        }
    }
    return row[second.count]
}
