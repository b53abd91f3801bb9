// A setting that cannot be used: the one error type for sizes, names and ranges, wherever they are checked.

import Foundation

/// Names a setting, the value it has and what is allowed.
public struct ConfigurationError: Error, CustomStringConvertible, Equatable {
    /// The setting's path as configuration files write it, for example `network.memory.width`.
    public let field: String
    /// The value as given.
    public let value: String
    /// What the setting may be, as the end of a sentence: "a whole number from 1 to 4096".
    public let allowed: String

    public init(field: String, value: some CustomStringConvertible, allowed: String) {
        self.field = field
        self.value = value.description
        self.allowed = allowed
    }

    public var description: String { "\(field) is \(value); it must be \(allowed)" }
}

/// Throws unless `value` lies in `range`.
public func require<Value: Comparable & CustomStringConvertible>(
    _ field: String, _ value: Value, in range: ClosedRange<Value>
) throws {
    // Written so that NaN fails.
    guard range.contains(value) else {
        throw ConfigurationError(field: field, value: value, allowed: "from \(range.lowerBound) to \(range.upperBound)")
    }
}

/// The largest number of units, columns or symbols that a single size may have. Beyond it a mistyped size would ask for
/// more memory than any machine has, before the first step.
public let largestSize = 1 << 20

/// Throws unless this machine has memory for so many floats: sizes that are each allowed may be too large together, and
/// that is to be an error and not a crash. `noun` says what they are, in the plural.
package func requireMemory(_ field: String, _ count: Int, _ noun: String, floatsEach: Int = 1) throws {
    let most = Int(ProcessInfo.processInfo.physicalMemory) / (MemoryLayout<Float>.stride * floatsEach)
    guard count <= most else {
        throw ConfigurationError(
            field: field, value: "\(count) \(noun)", allowed: "at most \(most), to fit into this machine's memory")
    }
}
