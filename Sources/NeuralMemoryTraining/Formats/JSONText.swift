// JSON as text with keys in a chosen order, for output that people read too. Not a parser.

/// Pieces of JSON.
enum JSONText {
    /// An object whose keys come in this order; values are JSON already.
    static func object(_ fields: [(String, String)]) -> String {
        "{" + fields.map { "\($0.quotedForJSON): \($1)" }.joined(separator: ", ") + "}"
    }

    /// An array of values that are JSON already.
    static func array(_ values: [String]) -> String { "[" + values.joined(separator: ", ") + "]" }

    /// A number; null where it is not finite, which JSON cannot write.
    static func number(_ value: Double) -> String { value.isFinite ? "\(value)" : "null" }
}
