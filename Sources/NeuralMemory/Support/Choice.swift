// How settings choose between kinds of memory, controller, task or optimiser: by a `kind` beside that kind's own fields.

/// Settings of one kind of something. A value holds the settings; its type, through `kind`, says which kind it is.
public protocol Choosable: Codable, Sendable {
    /// The name in configuration files and options, in lower case.
    static var kind: String { get }
    /// One line for lists.
    static var summary: String { get }
    /// The default settings.
    init()
}

extension Choosable {
    /// The name of this value's kind.
    public var kind: String { Self.kind }
}

/// The kinds that one setting can have: the registry that a new kind is added to.
public struct Choices: Sendable {
    /// What is being chosen, as a field name: "memory".
    public let field: String
    public let types: [any Choosable.Type]

    public init(_ field: String, _ types: [any Choosable.Type]) {
        self.field = field
        self.types = types
    }

    public var names: [String] { types.map { $0.kind } }

    /// The type of a kind. Throws `ConfigurationError` where there is none.
    public func type(named name: String) throws -> any Choosable.Type {
        guard let type = types.first(where: { $0.kind == name }) else {
            throw ConfigurationError(field: field, value: name, allowed: "one of \(names.listed())")
        }
        return type
    }

    /// Reads `{kind: …, the kind's own fields}`. `Value` is what all types of this registry conform to.
    public func decode<Value>(_: Value.Type, from decoder: any Decoder) throws -> Value {
        let kind = try decoder.container(keyedBy: KindKey.self).decode(String.self, forKey: .kind)
        guard let value = try type(named: kind).init(from: decoder) as? Value else {
            preconditionFailure("\(field): \(kind) is registered but is not a \(Value.self)")
        }
        return value
    }

    /// Writes what `decode` reads.
    public func encode(_ value: any Choosable, to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: KindKey.self)
        try container.encode(value.kind, forKey: .kind)
        try value.encode(to: encoder)
    }

    private enum KindKey: String, CodingKey { case kind }
}
