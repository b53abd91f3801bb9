// The value of one setting, with its type: from a property of a settings structure to JSON and YAML.

import Foundation
import NeuralMemory
import NeuralMemoryTasks

/// The value of one setting, with its type.
indirect enum SettingValue: Equatable, Sendable {
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
    case texts([String])
    /// A setting that may be absent; `nil` where it is.
    case optional(SettingValue?, OptionalType)

    /// What a setting that may be absent is where it is there.
    struct OptionalType: Equatable, Sendable {
        /// Any value of its type.
        let example: SettingValue
        /// The number by which files of earlier versions say that it is absent.
        let formerSentinel: Double?
    }

    /// `nil` for anything that is a section.
    init?(_ value: Any) {
        switch value {
        case let value as Bool: self = .boolean(value)
        case let value as Int: self = .integer(value)
        case let value as UInt64: self = .unsigned(value)
        case let value as Double: self = .number(value)
        case let value as String: self = .text(value)
        case let value as any TextSetting: self = .text(value.settingText)
        // Exact types: an empty array passes for an array of anything.
        case let lengths as [LengthRange] where type(of: value) == [LengthRange].self: self = .lengths(lengths)
        case let texts as [String] where type(of: value) == [String].self: self = .texts(texts)
        case let numbers as [Double] where type(of: value) == [Double].self: self = .numbers(numbers)
        case let value as any CaseIterable & RawRepresentable: self = Self.choice(value)
        default: return nil
        }
    }

    private static func choice<Value: CaseIterable & RawRepresentable>(_ value: Value) -> SettingValue {
        .choice("\(value.rawValue)", of: Value.allCases.map { "\($0.rawValue)" })
    }

    /// A property that may be absent; `nil` for all others.
    init?(optional value: Any, formerSentinel: Double?, path: String) {
        guard let optional = value as? any AnyOptional else { return nil }
        guard let example = Self.example(of: type(of: optional).wrappedType) else {
            preconditionFailure(
                "\(path) is an optional \(type(of: optional).wrappedType): only single settings can be absent")
        }
        self = .optional(
            optional.wrappedValue.flatMap { SettingValue($0) },
            OptionalType(example: example, formerSentinel: formerSentinel))
    }

    /// A value of a type; `nil` for sections.
    private static func example(of type: Any.Type) -> SettingValue? {
        switch type {
        case is Bool.Type: .boolean(false)
        case is Int.Type: .integer(0)
        case is UInt64.Type: .unsigned(0)
        case is Double.Type: .number(0)
        case is String.Type, is any TextSetting.Type: .text("")
        case is [LengthRange].Type: .lengths([])
        case is [Double].Type: .numbers([])
        case is [String].Type: .texts([])
        case let type as any (CaseIterable & RawRepresentable).Type: example(ofChoices: type)
        default: nil
        }
    }

    private static func example<Value: CaseIterable & RawRepresentable>(ofChoices type: Value.Type) -> SettingValue? {
        type.allCases.first.map { choice($0) }
    }

    /// The value without the possibility that there is none; `nil` where there is none.
    var present: SettingValue? {
        if case .optional(let value, _) = self { value } else { self }
    }

    /// As a number, where it is one.
    var asNumber: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .unsigned(let value): Double(value)
        case .number(let value): value
        default: nil
        }
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
        case .texts: "a list of texts, as in [\"one\", \"two\"]"
        case .optional(_, let type): "\(type.example.wanted), or null for none"
        }
    }

    /// In JSON.
    ///
    /// Doubles are written in the fewest digits that read back as the same bits.
    var json: JSON {
        switch self {
        case .boolean(let value): .boolean(value)
        case .integer(let value): .number("\(value)")
        case .unsigned(let value): .number("\(value)")
        case .number(let value): .number("\(value)")
        case .text(let value), .choice(let value, _), .kind(let value, _): .text(value)
        case .lengths(let values): .array(values.map(\.json))
        case .numbers(let values): .array(values.map { .number("\($0)") })
        case .texts(let values): .array(values.map { .text($0) })
        case .optional(let value, _): value?.json ?? .null
        }
    }

    func encode(to container: inout any SingleValueEncodingContainer) throws {
        switch self {
        case .boolean(let value): try container.encode(value)
        case .integer(let value): try container.encode(value)
        case .unsigned(let value): try container.encode(value)
        case .number(let value): try container.encode(value)
        case .text(let value), .choice(let value, _), .kind(let value, _): try container.encode(value)
        case .lengths(let values): try container.encode(values)
        case .numbers(let values): try container.encode(values)
        case .texts(let values): try container.encode(values)
        case .optional(let value?, _): try value.encode(to: &container)
        case .optional(nil, _): try container.encodeNil()
        }
    }

    /// As YAML writes it: like JSON, but that names of choices and ranges of lengths need no quotes, and that lines of
    /// text stand as they are, indented.
    func yaml(indentation: Int) -> String {
        switch self {
        case .choice(let name, _), .kind(let name, _): name
        case .lengths(let values): "[" + values.map(\.range.label).joined(separator: ", ") + "]"
        case .optional(let value?, _): value.yaml(indentation: indentation)
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
        if case .text(let text) = present, text.contains("\n") {
            return "a text of \(text.split(separator: "\n").count) lines"
        }
        return yaml(indentation: 0).shown(atMost: 120)
    }
}

/// Any optional, as reflection finds it.
private protocol AnyOptional {
    static var wrappedType: Any.Type { get }
    var wrappedValue: Any? { get }
}

extension Optional: AnyOptional {
    static var wrappedType: Any.Type { Wrapped.self }
    var wrappedValue: Any? { self }
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
}
