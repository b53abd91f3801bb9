// JSON from values that have a coding, and back; with defaults for what a file may leave out.

import Foundation
import NeuralMemory
import NeuralMemoryTasks

extension JSON {
    /// This object with other names for some of its members.
    func renaming(_ names: [String: String]) -> JSON {
        guard case .object(let members) = self else { return self }
        return .object(members.map { Member(name: names[$0.name] ?? $0.name, value: $0.value) })
    }

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
