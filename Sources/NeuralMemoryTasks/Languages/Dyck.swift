// Dyck languages: words of balanced brackets (Suzgun et al. 2019; Hao et al. 2018).

import NeuralMemory

/// Balanced brackets of several kinds; after each bracket, the set of those that may follow: any opening one, and the
/// one that closes the last that is still open.
///
/// A length counts brackets, and is even.
///
/// Of a length's ways to nest, all are equally likely, and so are the kinds of each pair. The deepest nesting of a word
/// of n brackets is about √(πn/2) on average: 9 for 50, 28 for 500.
public struct Dyck: LanguageTask {
    public static let kind = "dyck"
    public static let summary = "balanced brackets: say at each step which brackets may come next"

    /// Kinds of brackets.
    public var kinds = 2
    public var minimumLength = 2
    public var maximumLength = 50

    public init() {}

    /// Words of so many brackets.
    ///
    /// `validate` throws for kinds and lengths that cannot be.
    public init(kinds: Int, lengths: ClosedRange<Int>) {
        self.kinds = kinds
        minimumLength = lengths.lowerBound
        maximumLength = lengths.upperBound
    }

    /// Opening brackets, then closing ones, in the same order.
    public var symbolNames: [String] {
        let pairs = ["()", "[]", "{}", "<>"].map { $0.map { String($0) } }
        func names(_ side: Int) -> [String] {
            (0..<kinds).map { $0 < pairs.count ? pairs[$0][side] : "\(pairs[0][side])\($0)" }
        }
        return names(0) + names(1)
    }
    public var outputNames: [String] { symbolNames }

    public var lengthUnit: Int { 2 }

    public func steps(length: Int) -> Int { length - length % 2 }

    /// A word of n brackets with d open ones and r brackets to come is one of (d + 1) / (r + 1) · C(r + 1, (r − d) /
    /// 2).
    ///
    /// The share of these that opens another is (d + 2) (r − d) / (2 r (d + 1)) (Arnold & Sleep 1980).
    public func word(length: Int, using generator: inout RandomGenerator) -> LanguageWord {
        var open: [Int] = []
        var symbols: [Int] = []
        var next: [Set<Int>] = []
        for left in stride(from: length, to: 0, by: -1) {
            let depth = open.count
            let share = Double((depth + 2) * (left - depth)) / Double(2 * left * (depth + 1))
            if generator.bernoulli(share) {
                open.append(generator.integer(in: 0...kinds - 1))
                symbols.append(open[depth])
            } else {
                symbols.append(kinds + open.removeLast())
            }
            next.append(Set(0..<kinds).union(open.last.map { [kinds + $0] } ?? []))
        }
        return LanguageWord(symbols: symbols, next: next)
    }

    public func validate() throws {
        try require("task.kinds", kinds, in: 1...1024)
        try validateLengths()
    }
}

extension Dyck {
    public static let settingDescriptions =
        [SettingDescription("kinds", "Kinds of brackets", unit: "kinds", in: 1...1024)]
        + SettingDescription.lengths("brackets of a word", unit: "brackets", from: 2)
}
