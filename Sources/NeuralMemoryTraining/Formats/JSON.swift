// JSON as a value: what all JSON is written from, and what the header of a checkpoint and the texts in it are read
// into.

import Foundation
import NeuralMemory

/// A JSON value.
///
/// Numbers keep their digits, and objects the order of their members.
enum JSON: Equatable, Sendable {
    case null
    case boolean(Bool)
    case number(String)
    case text(String)
    case array([JSON])
    case object([Member])

    /// A named part of an object.
    struct Member: Equatable, Sendable {
        let name: String
        var value: JSON
    }

    /// A part of an object; `nil` where there is none, and for all that is no object.
    subscript(name: String) -> JSON? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.name == name }?.value
    }

    /// A whole number; `nil` for all else.
    var integer: Int? {
        guard case .number(let digits) = self else { return nil }
        return Int(digits)
    }

    /// A number; `nil` for all else.
    var number: Double? {
        guard case .number(let digits) = self else { return nil }
        return Double(digits)
    }

    var string: String? {
        guard case .text(let text) = self else { return nil }
        return text
    }

    // MARK: Making and writing

    init(_ value: Int) { self = .number("\(value)") }

    /// A number with the fewest digits that give back the same one; null where it is not finite, which JSON cannot
    /// write, and where there is none.
    init(_ value: Double?) {
        if let value, value.isFinite { self = .number("\(value)") } else { self = .null }
    }

    init(_ text: String) { self = .text(text) }

    /// An object whose members come in this order.
    init(_ members: [(String, JSON)]) { self = .object(members.map { Member(name: $0.0, value: $0.1) }) }

    /// In one line, with spaces after commas and colons, for output that people read too.
    var text: String { text(comma: ", ", colon: ": ") }

    /// In one line, without spaces, for files.
    var compactText: String { text(comma: ",", colon: ":") }

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

    // MARK: Coding

    /// What the value's coding writes.
    init(encoding value: some Encodable) throws {
        try self.init(parsing: try Self.text(encoding: value))
    }

    /// The same as text, with keys in alphabetical order: one value always gives the same text.
    static func text(encoding value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    /// What the value's coding reads from this.
    ///
    /// - `registry`: the kinds that there may be in it.
    func decoded<Value: Decodable>(_ type: Value.Type, registry: Registry = .standard) throws -> Value {
        try JSONDecoder(registry).decode(type, from: Data(text.utf8))
    }
}

extension JSONDecoder {
    /// A decoder that knows the kinds that there may be in what it decodes.
    convenience init(_ registry: Registry) {
        self.init()
        userInfo[Registry.key] = registry
    }
}

// MARK: Defaults

extension JSON {
    /// This object with what it lacks taken from a default value, by the names of that value's stored properties, which
    /// must be those of its coding.
    ///
    /// An optional property may be left out; the default of one that is an object must not be nil, since it tells what
    /// the object's properties are. Throws `JSONError` for a part that the value has no property for, and for one that
    /// is not of the property's type.
    func completed(from value: any Encodable, path: String = "") throws -> JSON {
        let mirror = Mirror(reflecting: value)
        if mirror.displayStyle == .optional, self != .null, let some = mirror.children.first?.value as? any Encodable {
            return try completed(from: some, path: path)
        }
        if value is Int, integer == nil {
            throw JSONError(reason: "\(path) is \(text.shown()); it must be a whole number")
        }
        guard mirror.displayStyle == .struct else { return self }
        guard case .object(let members) = self else {
            throw JSONError(reason: "\(path.isEmpty ? "it" : path) must be an object")
        }
        let names = mirror.children.compactMap(\.label)
        if let unknown = members.first(where: { !names.contains($0.name) }) {
            let name = path.appending(name: unknown.name.shown())
            throw JSONError(reason: "there is no field \(name); there are \(names.listed())")
        }
        var result: [Member] = []
        for (name, child) in zip(names, mirror.children) {
            guard let property = child.value as? any Encodable else { continue }
            if let own = self[name] {
                let value = try own.completed(from: property, path: path.appending(name: name))
                result.append(Member(name: name, value: value))
            } else if Mirror(reflecting: property).displayStyle != .optional {
                result.append(Member(name: name, value: try JSON(encoding: property)))
            }
        }
        return .object(result)
    }
}
