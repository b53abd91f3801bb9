// What a settings type tells those who read and write settings files, beyond its stored properties.

/// A setting of a type of its own that files write as a text: its `Codable` reads and writes that text.
public protocol TextSetting: Codable, Sendable {
    /// The text that files have for this setting.
    var settingText: String { get }
}

/// Settings of which some were numbers before they could be absent.
///
/// A setting whose property is an `Optional` is written as null where it is absent. Files of earlier versions have a
/// number there that could not be meant, such as 0 for a size. Wherever a settings file, an option or a checkpoint is
/// read, that number is read as null.
public protocol FormerSentinels {
    /// Of each such setting, by its name, the number that meant that it is absent.
    static var formerSentinels: [String: Double] { get }
}

/// Throws unless `value` is absent or lies in `range`.
public func require<Value: Comparable & CustomStringConvertible>(
    _ field: String, _ value: Value?, in range: ClosedRange<Value>
) throws {
    guard let value else { return }
    do {
        try require(field, value, in: range)
    } catch let error as ConfigurationError {
        throw ConfigurationError(field: field, value: error.value, allowed: "\(error.allowed), or null for none")
    }
}
