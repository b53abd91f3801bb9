// The symbols of a transduction task, and how pairs of sequences become batches: `<s> source ||| target </s>`.

import NeuralMemory

/// Input and output symbols of a transduction.
///
/// A network reads `<s>`, the source, `|||` and then the target so far; from `|||` on it gives the next symbol of the
/// target, and `</s>` at its end.
public struct Vocabulary: Codable, Sendable, Equatable {
    /// Source symbols, without marks; the position in the list is the number.
    ///
    /// The target may have the same names.
    public let source: [String]
    /// Target symbols; the position in the list is the number.
    public let target: [String]
    /// Whether a symbol of the target is the same input as the source's symbol of that number.
    public let isShared: Bool
    /// Whether symbols that are in neither list may come: as inputs all of them are one, `<unk>`, the last; as targets
    /// they are none of the outputs, so that every answer is wrong.
    public let takesUnknown: Bool

    /// Separate vocabularies.
    public init(source: [String], target: [String], takesUnknown: Bool = false) {
        self.source = source
        self.target = target
        self.takesUnknown = takesUnknown
        isShared = false
    }

    /// One vocabulary for both sides.
    public init(shared symbols: [String]) {
        source = symbols
        target = symbols
        isShared = true
        takesUnknown = false
    }

    /// Input number of `<s>`.
    ///
    /// After the marks come the source's symbols, then the target's unless they are shared.
    public static let start: Int32 = 0
    /// Input number of `|||`.
    public static let separator: Int32 = 1
    /// Output number of `</s>`; the target's symbols follow.
    public static let end: Int32 = 0
    /// The symbol number of a symbol that the vocabulary does not have, where it takes such.
    public static let unknown = -1

    private var knownInputs: Int { 2 + source.count + (isShared ? 0 : target.count) }
    /// Marks, source symbols, target symbols unless they are shared, and `<unk>` where there is one.
    public var inputCount: Int { knownInputs + (takesUnknown ? 1 : 0) }
    /// `</s>` and the target symbols.
    public var outputCount: Int { 1 + target.count }
    /// Of a network for this vocabulary.
    public var signature: Signature { Signature(inputs: .symbols(inputCount), outputs: .symbols(outputCount)) }

    /// The input number of a source symbol.
    public func input(source symbol: Int) -> Int32 {
        Int32(symbol == Self.unknown ? knownInputs : 2 + symbol)
    }

    /// The input number of a target symbol, as the network sees it one step after giving it.
    public func input(target symbol: Int) -> Int32 {
        Int32(symbol == Self.unknown ? knownInputs : 2 + (isShared ? 0 : source.count) + symbol)
    }

    /// The output number of a target symbol.
    public func output(target symbol: Int) -> Int32 {
        symbol == Self.unknown ? Batch.noSymbol : Int32(1 + symbol)
    }

    /// The target symbol of an output number; not of the end mark.
    public func target(output: Int32) -> Int { Int(output) - 1 }

    /// Names for a vocabulary of a size: letters up to 26, numbers above.
    public static func names(_ count: Int) -> [String] {
        if count <= 26 { return (0..<count).map { String(UnicodeScalar(UInt8(97 + $0))) } }
        return (0..<count).map { String($0) }
    }

    /// Steps of a pair: start, source, separator, target.
    static func steps(_ pair: Transduction) -> Int { pair.source.count + pair.target.count + 2 }

    /// A batch of pairs, padded at the end; outputs count from `|||` on.
    ///
    /// Throws `UsageError` where there is none, and for symbols that the vocabulary does not have.
    public func batch(_ pairs: [Transduction]) throws -> Batch {
        try requirePairs(pairs)
        let steps = pairs.map(Self.steps).max() ?? 1
        let count = pairs.count
        var inputs = [Int32](repeating: Self.start, count: steps * count)
        var targets = [Int32](repeating: Self.end, count: steps * count)
        var mask = [Float](repeating: 0, count: steps * count)
        for (b, pair) in pairs.enumerated() {
            var row = b + count
            for symbol in pair.source {
                inputs[row] = input(source: symbol)
                row += count
            }
            inputs[row] = Self.separator
            for symbol in pair.target {
                targets[row] = output(target: symbol)
                mask[row] = 1
                row += count
                inputs[row] = input(target: symbol)
            }
            mask[row] = 1
        }
        return Batch(checked: steps, count: count, inputs: .symbols(inputs), targets: .symbols(targets), mask: mask)
    }

    private func requirePairs(_ pairs: [Transduction]) throws {
        guard !pairs.isEmpty else { throw UsageError("Vocabulary.batch", "there are no pairs; give at least one") }
        for pair in pairs {
            try requireSource(pair.source)
            try require(pair.target, of: target, "target")
        }
    }

    /// Throws `UsageError` for a source with symbols that the vocabulary does not have.
    package func requireSource(_ symbols: [Int]) throws { try require(symbols, of: source, "source") }

    private func require(_ symbols: [Int], of names: [String], _ side: String) throws {
        let first = takesUnknown ? Self.unknown : 0
        guard let symbol = symbols.first(where: { !(first..<names.count).contains($0) }) else { return }
        throw UsageError(
            "Vocabulary", "a \(side) has symbol \(symbol); the \(side)'s symbols are \(first) to \(names.count - 1)")
    }
}

/// A source sequence and its target, as symbol numbers.
public struct Transduction: Sendable, Equatable {
    /// Numbers of source symbols, without marks.
    public let source: [Int]
    /// Numbers of target symbols, without marks.
    public let target: [Int]

    /// Whether the numbers are of a vocabulary is checked when a batch is made.
    public init(source: [Int], target: [Int]) {
        self.source = source
        self.target = target
    }
}
