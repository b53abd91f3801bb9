// Copy, reversal and bigram flip of random symbols (Grefenstette et al. 2015, section 4.1).

import NeuralMemory

/// What distinguishes copy, reversal and bigram flip.
public protocol SymbolRule: Sendable {
    /// The task's name in configuration files.
    static var kind: String { get }
    /// One line for lists.
    static var summary: String { get }
    /// Sources have a multiple of so many symbols.
    static var lengthUnit: Int { get }
    /// The target of a source, whose length is a multiple of `lengthUnit`.
    static func target(of source: [Int]) -> [Int]
}

extension SymbolRule {
    public static var lengthUnit: Int { 1 }
}

/// The target is the source.
public enum CopyRule: SymbolRule {
    public static let kind = "copy"
    public static let summary = "give a sequence of symbols back as it came"

    public static func target(of source: [Int]) -> [Int] { source }
}

/// The target is the source reversed.
public enum ReversalRule: SymbolRule {
    public static let kind = "reversal"
    public static let summary = "give a sequence of symbols back from its end to its start"

    public static func target(of source: [Int]) -> [Int] { source.reversed() }
}

/// The target of a1 a2 a3 a4 … is a2 a1 a4 a3 ….
///
/// Only even lengths occur.
public enum BigramFlipRule: SymbolRule {
    public static let kind = "bigram-flip"
    public static let summary = "give a sequence of symbols back with the two symbols of each pair changed over"
    public static let lengthUnit = 2

    public static func target(of source: [Int]) -> [Int] { source.indices.map { source[$0 ^ 1] } }
}

/// The target is the source.
public typealias Copy = SymbolTask<CopyRule>
/// The target is the source reversed.
public typealias Reversal = SymbolTask<ReversalRule>
/// The target is the source with the two symbols of each pair changed over.
public typealias BigramFlip = SymbolTask<BigramFlipRule>

/// Random symbols, and a target that a rule makes of them.
public struct SymbolTask<Rule: SymbolRule>: RandomSymbolTask {
    public static var kind: String { Rule.kind }
    public static var summary: String { Rule.summary }

    public var symbols = 128
    public var minimumLength = 8
    public var maximumLength = 64
    /// Whether the network sees a symbol of the target as another input than the same symbol of the source.
    public var separateVocabularies = false

    public init() {}

    /// So many symbols, and sources of these lengths to train at; one vocabulary.
    public init(symbols: Int, lengths: ClosedRange<Int>) {
        self.symbols = symbols
        minimumLength = lengths.lowerBound
        maximumLength = lengths.upperBound
    }

    public var lengthUnit: Int { Rule.lengthUnit }

    public func target(of source: [Int]) -> [Int] { Rule.target(of: source) }
}

extension SymbolTask {
    public static var settingDescriptions: [SettingDescription] {
        [
            SettingDescription("symbols", "How many different symbols there are", unit: "symbols", in: 1...65_536),
            SettingDescription(
                "separateVocabularies",
                "Whether a symbol of the target is another input than the same symbol of the source")
        ] + SettingDescription.lengths("symbols of a source", unit: "symbols", from: Rule.lengthUnit)
    }
}
