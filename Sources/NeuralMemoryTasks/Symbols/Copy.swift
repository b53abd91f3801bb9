// Copy: give back the source as it came (Grefenstette et al. 2015, section 4.1).

import NeuralMemory

/// The target is the source.
public struct Copy: RandomSymbolTask {
    public static let kind = "copy"
    public static let summary = "give a sequence of symbols back as it came"

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

    public func target(of source: [Int]) -> [Int] { source }
}
