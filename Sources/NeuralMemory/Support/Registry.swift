// Registry.swift: which kinds of memory, controller, task, optimiser and schedule settings can name.

/// Settings of one kind of something.
///
/// A value holds the settings; its type, through `kind`, says which kind it is.
public protocol Registrable: Codable, Sendable, DescribedSettings {
    /// The name in configuration files and options: lower-case letters, digits and hyphens.
    static var kind: String { get }
    /// One line for lists.
    static var summary: String { get }
    /// The default settings.
    init()
}

extension Registrable {
    /// The name of this value's kind.
    public var kind: String { Self.kind }
}

/// The kinds that settings can name.
///
/// A registry is a value. What reads settings takes one, and a configuration keeps the one that it was read with:
///
///     var registry = Registry.standard
///     try registry.register(MyMemory.self)
///     let run = try TrainingRun.resume(at: folder, registry: registry)
public struct Registry: Sendable {
    /// Types that conform to `MemoryKind`.
    public private(set) var memories = Kinds("network.memory.kind")
    /// Types that conform to `ControllerKind`.
    public private(set) var controllers = Kinds("network.controller.kind")
    /// Types that conform to `SequenceTask`.
    public package(set) var tasks = Kinds("task.kind")
    /// Types that conform to `OptimizerKind`.
    public package(set) var optimizers = Kinds("training.optimizer.kind")
    /// Types that conform to `LearningRateScheduleKind`.
    public package(set) var schedules = Kinds("training.schedule.kind")

    /// A registry without any kinds.
    public init() {}

    /// The memories and controllers of this package.
    public static let networks: Registry = {
        var registry = Registry()
        registry.memories.add([
            NeuralStack.self, NeuralQueue.self, NeuralDeque.self, TuringMemory.self, DNC.self,
            SparseMemory.self, SparseDNC.self, NoMemory.self
        ])
        registry.controllers.add([LSTM.self, ElmanRNN.self, FeedForward.self])
        return registry
    }()

    /// Adds a memory.
    ///
    /// Throws `ConfigurationError` for a name that is taken, or that no setting can have.
    public mutating func register(_ type: any MemoryKind.Type) throws { try memories.register(type) }

    /// Adds a controller.
    ///
    /// Throws `ConfigurationError` for a name that is taken, or that no setting can have.
    public mutating func register(_ type: any ControllerKind.Type) throws { try controllers.register(type) }

    /// The names of the memories whose number of rows can differ from that which the network was trained with.
    package var memoriesWithRows: [String] {
        memories.types.filter { ($0.init() as? any MemoryKind)?.rowCount != nil }.map { $0.kind }
    }

    /// The kinds that a setting can have; `nil` for settings that are not the kind of something.
    package subscript(setting: String) -> Kinds? {
        [memories, controllers, tasks, optimizers, schedules].first { $0.setting == setting }
    }

    /// The registry that a decoder was given.
    package static func of(_ decoder: any Decoder) -> Registry? { decoder.userInfo[key] as? Registry }

    /// Where a decoder's `userInfo` has its registry.
    public static let key: CodingUserInfoKey = {
        guard let key = CodingUserInfoKey(rawValue: "NeuralMemory.Registry") else {
            preconditionFailure("any text is a key")
        }
        return key
    }()
}

/// The kinds that one setting can have.
public struct Kinds: Sendable, Equatable {
    /// The setting that names the kind: `network.memory.kind`.
    public let setting: String
    /// In the order of their registration.
    public private(set) var types: [any Registrable.Type] = []

    init(_ setting: String) { self.setting = setting }

    /// Whether both are of the same setting and have the same types in the same order.
    public static func == (first: Kinds, second: Kinds) -> Bool {
        first.setting == second.setting && first.types.count == second.types.count
            && zip(first.types, second.types).allSatisfy { $0 == $1 }
    }

    /// What the setting can be, in the order of registration.
    public var names: [String] { types.map { $0.kind } }

    package mutating func add(_ types: [any Registrable.Type]) { self.types += types }

    package mutating func register(_ type: any Registrable.Type) throws {
        guard !type.kind.isEmpty, type.kind.allSatisfy({ "abcdefghijklmnopqrstuvwxyz0123456789-".contains($0) }) else {
            throw ConfigurationError(
                field: setting, value: type.kind, allowed: "a name of lower-case letters, digits and hyphens")
        }
        guard !names.contains(type.kind) else {
            throw ConfigurationError(
                field: setting, value: type.kind, allowed: "another name than the registered \(names.listed())")
        }
        types.append(type)
    }

    /// The type of a kind.
    ///
    /// Throws `ConfigurationError` where there is none.
    public func type(named name: String) throws -> any Registrable.Type {
        guard let type = types.first(where: { $0.kind == name }) else {
            throw ConfigurationError(field: setting, value: name, allowed: "one of \(names.listed())")
        }
        return type
    }

    /// Throws `ConfigurationError` unless a value's type is registered: what is written could not be read again.
    public func requireRegistered(_ value: any Registrable) throws {
        guard types.contains(where: { $0 == Swift.type(of: value) }) else {
            throw ConfigurationError(
                field: setting, value: value.kind,
                allowed: "a registered kind, one of \(names.listed()): register this one first, with "
                    + "registry.register(\(Swift.type(of: value)).self), and give the registry to the configuration")
        }
    }

    /// Reads `{kind: …, the kind's own fields}`.
    ///
    /// `Value` is what all types of this setting conform to.
    package func decode<Value>(_: Value.Type, from decoder: any Decoder) throws -> Value {
        let kind = try decoder.container(keyedBy: KindKey.self).decode(String.self, forKey: .kind)
        guard let value = try type(named: kind).init(from: decoder) as? Value else {
            preconditionFailure("\(setting): \(kind) is registered but is not a \(Value.self)")
        }
        return value
    }

    fileprivate enum KindKey: String, CodingKey { case kind }
}

extension Registrable {
    /// Writes what `Kinds.decode` reads.
    package func encodeWithKind(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Kinds.KindKey.self)
        try container.encode(kind, forKey: .kind)
        try encode(to: encoder)
    }
}
