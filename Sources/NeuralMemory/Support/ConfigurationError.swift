// A setting that cannot be used: the error type for sizes, names and ranges, wherever they are checked.

/// An error that a setting is to blame for.
public protocol SettingFault: Error, CustomStringConvertible {
    /// The setting's path as configuration files write it, for example `network.memory.width`.
    var field: String { get }
}

/// Names a setting, the value it has and what is allowed.
public struct ConfigurationError: SettingFault, Equatable {
    /// The setting's path, for example `network.memory.width`.
    public let field: String
    /// The value as given.
    public let value: String
    /// What the setting may be, as the end of a sentence: "a whole number from 1 to 4096".
    public let allowed: String

    /// The message is made of these three: "FIELD is VALUE; it must be ALLOWED".
    public init(field: String, value: some CustomStringConvertible, allowed: String) {
        self.field = field
        self.value = value.description
        self.allowed = allowed
    }

    public var description: String { "\(field.shown(atMost: 120)) is \(value.shown()); it must be \(allowed)" }
}

/// Throws unless `value` lies in `range`.
public func require<Value: Comparable & CustomStringConvertible>(
    _ field: String, _ value: Value, in range: ClosedRange<Value>
) throws {
    // Written so that NaN fails.
    guard range.contains(value) else {
        let isOpen = range.upperBound as? Int == .max || range.upperBound as? Double == .greatestFiniteMagnitude
        let allowed = isOpen ? "at least \(range.lowerBound)" : "from \(range.lowerBound) to \(range.upperBound)"
        throw ConfigurationError(field: field, value: value, allowed: allowed)
    }
}

/// The largest number of units, columns or symbols that a single size may have.
///
/// Beyond it a mistyped size would ask for more memory than any machine has, before the first step.
public let largestSize = 1 << 20
