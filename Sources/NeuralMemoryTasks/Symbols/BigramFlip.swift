// Bigram flip: give back the source with the symbols of each pair changed over (Grefenstette et al. 2015, section 4.1).

import NeuralMemory

/// The target of a1 a2 a3 a4 … is a2 a1 a4 a3 …. Only even lengths occur.
public struct BigramFlip: RandomSymbolTask, EvenLengthTask {
    public static let kind = "bigram-flip"
    public static let summary = "give a sequence of symbols back with the two symbols of each pair changed over"

    public var symbols = 128
    public var minimumLength = 8
    public var maximumLength = 64
    /// Whether the network sees a symbol of the target as another input than the same symbol of the source.
    public var separateVocabularies = false

    public init() {}

    /// So many symbols, and lengths of the source; `validate` throws for those that cannot be.
    public init(symbols: Int, lengths: ClosedRange<Int>) {
        self.symbols = symbols
        minimumLength = lengths.lowerBound
        maximumLength = lengths.upperBound
    }

    /// `source` has an even length.
    public func target(of source: [Int]) -> [Int] { source.indices.map { source[$0 ^ 1] } }
}
