// Languages that take counting: aⁿbⁿ and aⁿbⁿcⁿ (Gers & Schmidhuber 2001).

import NeuralMemory

/// n times each of some letters, one letter after the other; a length is n.
///
/// After each symbol, the set of those that may follow: after an a, another a or the first b; then the one letter that
/// is due; and after the last one the end.
public protocol CountingLanguage: LanguageTask {
    /// The letters in the order in which they come; at least two.
    static var letters: [String] { get }
}

extension CountingLanguage {
    public var symbolNames: [String] { Self.letters }
    public var outputNames: [String] { Self.letters + ["end"] }

    public func steps(length: Int) -> Int { Self.letters.count * length }

    public func word(length: Int, using generator: inout RandomGenerator) -> LanguageWord {
        let symbols = Self.letters.indices.flatMap { Array(repeating: $0, count: length) }
        let due = symbols.dropFirst() + [Self.letters.count]
        return LanguageWord(symbols: symbols, next: zip(symbols, due).map { $0 == 0 ? [0, 1] : [$1] })
    }
}

/// aⁿbⁿ, which a counter can do, and so can a stack.
public struct AnBn: CountingLanguage {
    public static let kind = "a-n-b-n"
    public static let summary = "n times a, then n times b: say at each step what may come next"
    public static let letters = ["a", "b"]

    public var minimumLength = 1
    public var maximumLength = 50

    public init() {}
}

/// aⁿbⁿcⁿ, which one stack cannot do.
public struct AnBnCn: CountingLanguage {
    public static let kind = "a-n-b-n-c-n"
    public static let summary = "n times a, then b, then c: say at each step what may come next"
    public static let letters = ["a", "b", "c"]

    public var minimumLength = 1
    public var maximumLength = 50

    public init() {}
}

extension CountingLanguage {
    /// Those of the lengths.
    public static var settingDescriptions: [SettingDescription] {
        SettingDescription.lengths("n, how often each letter comes", unit: "letters")
    }
}
