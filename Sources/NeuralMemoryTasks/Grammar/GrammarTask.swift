// Transduction by a grammar that is data (Grefenstette et al. 2015, section 4.2): a shipped one, or a user's own.

import NeuralMemory

/// Pairs of a synchronous grammar, kept where both sides lie in the range of lengths; a length counts symbols.
///
/// Lengths are as the grammar gives them, not uniform. A draw is given up as soon as it is too long, and made again.
public struct GrammarTask: TransductionTask {
    public static let kind = "grammar"
    public static let summary = "translate what a grammar gives: svo-sov, gender, or a file of your own"

    /// Settings give it as the name of a shipped grammar, as the path of a file, or as the text of one.
    public var grammar: Grammar
    /// The fewest symbols of a side, from 1.
    public var minimumLength = 8
    /// The most symbols of a side.
    public var maximumLength = 64

    public init() { grammar = Self.subjectVerbObject }

    /// Pairs of a grammar whose sides both have so many symbols.
    ///
    /// `validate` throws where there are none.
    public init(_ grammar: Grammar, lengths: ClosedRange<Int>) {
        self.grammar = grammar
        minimumLength = lengths.lowerBound
        maximumLength = lengths.upperBound
    }

    private static let subjectVerbObject: Grammar = {
        do {
            return try Grammar(setting: "svo-sov")
        } catch {
            preconditionFailure("the package's own grammar cannot be read: \(error)")
        }
    }()

    public var vocabulary: Vocabulary { grammar.vocabulary }
    public var hasGivenSymbols: Bool { true }
    public var lengths: ClosedRange<Int> { minimumLength...maximumLength }
    public var shortestLength: Int { max(1, grammar.shortest.source, grammar.shortest.target) }

    public func steps(length: Int) -> Int { 2 * length + 2 }

    /// Draws until there is a pair; `requireLengths` has seen to it that there are some.
    public func pair(lengths: ClosedRange<Int>, using generator: inout RandomGenerator) -> Transduction {
        var rules = 0
        while true {
            if case .pair(let pair) = grammar.draw(lengths: lengths, rules: &rules, using: &generator) { return pair }
        }
    }

    /// The shortest of ten.
    public func shortPair(using generator: inout RandomGenerator) -> Transduction {
        let first = pair(lengths: lengths, using: &generator)
        return (1..<10).reduce(first) { shortest, _ in
            let pair = pair(lengths: lengths, using: &generator)
            return pair.source.count < shortest.source.count ? pair : shortest
        }
    }

    /// So many draws, or so many rules used in them, decide that a grammar has no pairs of some lengths.
    private static let draws = 20_000
    private static func rules(_ lengths: ClosedRange<Int>) -> Int { 500_000 + 4 * lengths.upperBound }

    public func requireLengths(_ lengths: ClosedRange<Int>, _ setting: String) throws {
        try require(setting, lengths.lowerBound, in: 1...largestSize)
        try require(setting, lengths.upperBound, in: shortestLength...largestSize)
        var generator = RandomGenerator(seed: 0)
        var (draws, rules) = (0, 0)
        while draws < Self.draws && rules < Self.rules(lengths) {
            draws += 1
            if case .pair = grammar.draw(lengths: lengths, rules: &rules, using: &generator) { return }
        }
        throw ConfigurationError(
            field: setting, value: lengths.label,
            allowed: "lengths that the grammar gives often enough: of \(draws) draws none had both sides of this range")
    }

    public func validate() throws {
        try require("task.minimumLength", minimumLength, in: 1...largestSize)
        try require("task.maximumLength", maximumLength, in: minimumLength...largestSize)
        try requireLengths(lengths, "task.maximumLength")
    }
}

extension GrammarTask {
    public static let settingDescriptions =
        [
            SettingDescription(
                "grammar", "The name of a shipped grammar (svo-sov, gender), the path of a grammar file, or its text")
        ] + SettingDescription.lengths("symbols of either side", unit: "symbols")
}
