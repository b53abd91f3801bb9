// Tasks that turn one sequence of symbols into another.

import NeuralMemory

/// A task of pairs over a vocabulary.
public protocol TransductionTask: NamedSymbols {
    /// The symbols of sources and targets; it decides the signature.
    var vocabulary: Vocabulary { get }
    /// One pair of these lengths, which count the source's symbols.
    func pair(lengths: ClosedRange<Int>, using generator: inout RandomGenerator) -> Transduction
    /// A short pair, for pictures.
    func shortPair(using generator: inout RandomGenerator) -> Transduction
    /// Reads what a person types for a source; words of the vocabulary unless the task says otherwise.
    var symbolReader: SymbolReader { get }
    /// The same for a target.
    var targetReader: SymbolReader { get }
}

extension TransductionTask {
    public var signature: Signature { vocabulary.signature }
    public var symbolReader: SymbolReader { SymbolReader(source: vocabulary) }
    public var targetReader: SymbolReader { SymbolReader(target: vocabulary) }

    /// How long an answer to a source of `count` symbols may get before it is cut, unless somebody says otherwise: as
    /// long as the longest target of the lengths trained at, and with room for sources that are longer than those.
    public func longestAnswer(toSource count: Int) -> Int { max(lengths.upperBound, 2 * count + 16) }

    public func batch(count: Int, lengths: ClosedRange<Int>, using generator: inout RandomGenerator) throws -> Batch {
        try requireBatch(count: count, lengths: lengths)
        return try vocabulary.batch((0..<count).map { _ in pair(lengths: lengths, using: &generator) })
    }

    public func picture(using generator: inout RandomGenerator) -> String {
        if let tooLarge = pictureTooLarge(length: lengths.lowerBound) { return tooLarge }
        let pair = shortPair(using: &generator)
        let source = pair.source.map { vocabulary.source[$0] }
        let target = pair.target.map { vocabulary.target[$0] }
        let inputs = ["<s>"] + source + ["|||"] + target
        let outputs = Array(repeating: "", count: source.count + 1) + target + ["</s>"]
        let widths = zip(inputs, outputs).map { max($0.count, $1.count) }
        func line(_ title: String, _ cells: [String]) -> String {
            let padded = zip(cells, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }
            return title + padded.joined(separator: " ")
        }
        return line("input   ", inputs) + "\n" + line("target  ", outputs)
    }
}

/// What copy, reversal and bigram flip have in common: uniform random symbols, uniform lengths.
public protocol RandomSymbolTask: TransductionTask {
    /// How many symbols there are.
    var symbols: Int { get }
    /// The fewest symbols of a source to train at, from 1.
    var minimumLength: Int { get }
    /// The most symbols of a source to train at.
    var maximumLength: Int { get }
    /// Whether the network sees a symbol of the target as another input than the same symbol of the source.
    var separateVocabularies: Bool { get }
    /// The target of a source.
    func target(of source: [Int]) -> [Int]
}

extension RandomSymbolTask {
    public var vocabulary: Vocabulary {
        let names = Vocabulary.names(symbols)
        return separateVocabularies ? Vocabulary(source: names, target: names) : Vocabulary(shared: names)
    }
    public var lengths: ClosedRange<Int> { minimumLength...maximumLength }

    public func steps(length: Int) -> Int { 2 * length + 2 }

    public func pair(lengths: ClosedRange<Int>, using generator: inout RandomGenerator) -> Transduction {
        let source = (0..<length(in: lengths, using: &generator)).map { _ in generator.integer(in: 0...symbols - 1) }
        return Transduction(source: source, target: target(of: source))
    }

    public func shortPair(using generator: inout RandomGenerator) -> Transduction {
        // Six symbols, or the two lengths nearest to that, since of one length alone there may be none.
        let (shortest, longest) = (lengths.lowerBound, lengths.upperBound)
        let some = max(shortest, min(6, longest - 1))...min(longest, max(6, shortest + 1))
        return pair(lengths: some, using: &generator)
    }

    public func validate() throws {
        try require("task.symbols", symbols, in: 1...65_536)
        try require("task.minimumLength", minimumLength, in: shortestLength...largestSize)
        try require("task.maximumLength", maximumLength, in: minimumLength...largestSize)
        try requireLengths(lengths, "task.maximumLength")
    }
}
