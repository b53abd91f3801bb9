// JSON as a value: what all JSON is written from, and what the header of a checkpoint and the texts in it are read
// into.

import Foundation
import NeuralMemory

/// A JSON value.
///
/// Numbers keep their digits, and objects the order of their members.
package enum JSON: Equatable, Sendable {
    case null
    case boolean(Bool)
    case number(String)
    case text(String)
    case array([JSON])
    case object([Member])

    /// A named part of an object.
    package struct Member: Equatable, Sendable {
        package let name: String
        package var value: JSON

        package init(name: String, value: JSON) {
            self.name = name
            self.value = value
        }
    }

    /// A part of an object; `nil` where there is none, and for all that is no object.
    package subscript(name: String) -> JSON? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.name == name }?.value
    }

    /// A whole number; `nil` for all else.
    package var integer: Int? {
        guard case .number(let digits) = self else { return nil }
        return Int(digits)
    }

    /// A number; `nil` for all else.
    package var number: Double? {
        guard case .number(let digits) = self else { return nil }
        return Double(digits)
    }

    package var string: String? {
        guard case .text(let text) = self else { return nil }
        return text
    }

    // MARK: Making and writing

    package init(_ value: Int) { self = .number("\(value)") }

    /// A number with the fewest digits that give back the same one; null where it is not finite, which JSON cannot
    /// write, and where there is none.
    package init(_ value: Double?) {
        if let value, value.isFinite { self = .number("\(value)") } else { self = .null }
    }

    package init(_ text: String) { self = .text(text) }

    /// An object whose members come in this order.
    package init(_ members: [(String, JSON)]) { self = .object(members.map { Member(name: $0.0, value: $0.1) }) }

    /// In one line, with spaces after commas and colons, for output that people read too.
    package var text: String { text(comma: ", ", colon: ": ") }

    /// In one line, without spaces, for files.
    package var compactText: String { text(comma: ",", colon: ":") }

    private func text(comma: String, colon: String) -> String {
        var text = ""
        write(to: &text, comma: comma, colon: colon)
        return text
    }

    private func write(to text: inout String, comma: String, colon: String) {
        switch self {
        case .null: text += "null"
        case .boolean(let value): text += value ? "true" : "false"
        case .number(let digits): text += digits
        case .text(let value): text += value.quotedForJSON
        case .array(let values):
            text += "["
            for (index, value) in values.enumerated() {
                if index > 0 { text += comma }
                value.write(to: &text, comma: comma, colon: colon)
            }
            text += "]"
        case .object(let members):
            text += "{"
            for (index, member) in members.enumerated() {
                text += (index > 0 ? comma : "") + member.name.quotedForJSON + colon
                member.value.write(to: &text, comma: comma, colon: colon)
            }
            text += "}"
        }
    }
}

extension String {
    /// As a text of JSON.
    package var quotedForJSON: String {
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
