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

// MARK: What settings mean

/// Settings that say what they mean.
///
/// A type that lists no descriptions works as well: its settings are then listed with their types and defaults alone.
public protocol DescribedSettings {
    /// One for each stored property that is a setting, or a section whose kind is one; in any order.
    static var settingDescriptions: [SettingDescription] { get }
}

extension DescribedSettings {
    /// None.
    public static var settingDescriptions: [SettingDescription] { [] }
}

/// What one setting means, and which numbers it can be.
///
/// A description checks nothing: ranges are enforced with `require` where the settings are used.
public struct SettingDescription: Sendable, Equatable {
    /// The property's name.
    public let name: String
    /// A sentence without a full stop.
    public let meaning: String
    /// What a number counts or measures, such as "steps"; empty where it has no unit.
    public let unit: String
    /// What the number can be; `nil` for settings that are no numbers, or any number.
    public let limits: Limits?

    /// The numbers that a setting can be.
    public struct Limits: Sendable, Equatable {
        /// The least number.
        public let least: Double
        /// Whether `least` itself is allowed.
        public let includesLeast: Bool
        /// The greatest number; infinite where there is no limit.
        public let greatest: Double
        /// What further limits there are, such as "not below minimumLength"; empty where there are none.
        public let note: String
    }

    /// A setting that is no number, or any number.
    public init(_ name: String, _ meaning: String) {
        self.init(name: name, meaning: meaning, unit: "", limits: nil)
    }

    /// A whole number; `Int.max` says that there is no upper limit.
    public init(
        _ name: String, _ meaning: String, unit: String = "", in range: ClosedRange<Int>, note: String = ""
    ) {
        let greatest = range.upperBound == .max ? .infinity : Double(range.upperBound)
        self.init(
            name: name, meaning: meaning, unit: unit,
            limits: Limits(least: Double(range.lowerBound), includesLeast: true, greatest: greatest, note: note))
    }

    /// A number; `greatestFiniteMagnitude` says that there is no upper limit.
    public init(
        _ name: String, _ meaning: String, unit: String = "", in range: ClosedRange<Double>, note: String = ""
    ) {
        let greatest = range.upperBound == .greatestFiniteMagnitude ? .infinity : range.upperBound
        self.init(
            name: name, meaning: meaning, unit: unit,
            limits: Limits(least: range.lowerBound, includesLeast: true, greatest: greatest, note: note))
    }

    /// A number above one and at most another.
    public init(_ name: String, _ meaning: String, unit: String = "", above least: Double, atMost greatest: Double) {
        self.init(
            name: name, meaning: meaning, unit: unit,
            limits: Limits(least: least, includesLeast: false, greatest: greatest, note: ""))
    }

    private init(name: String, meaning: String, unit: String, limits: Limits?) {
        self.name = name
        self.meaning = meaning
        self.unit = unit
        self.limits = limits
    }
}
