// What tasks of formal languages have in common: at each step of a word the network says which symbols may come next.

import NeuralMemory

/// A word of a language, and what may follow each of its symbols.
public struct LanguageWord: Sendable, Equatable {
    /// Symbol numbers; at least one.
    public let symbols: [Int]
    /// For each of these, the outputs that are 1: the symbols that may come next.
    public let next: [Set<Int>]

    /// As many sets as symbols; `LanguageTask.batch` throws for other numbers.
    public init(symbols: [Int], next: [Set<Int>]) {
        self.symbols = symbols
        self.next = next
    }
}

/// A task of reading a word symbol by symbol, and giving after each the set of symbols that may come next, as one bit
/// for each.
///
/// A sequence is right only if all sets are (Gers & Schmidhuber 2001; Suzgun et al. 2019, "Memory-Augmented Recurrent
/// Neural Networks Can Learn Generalized Dyck Languages", with their threshold of ½).
public protocol LanguageTask: NamedSymbols {
    /// Names of the symbols. The output bits are these and in some languages the end.
    var symbolNames: [String] { get }
    /// The shortest word to train at.
    var minimumLength: Int { get }
    /// The longest word to train at.
    var maximumLength: Int { get }
    /// One word of a length.
    func word(length: Int, using generator: inout RandomGenerator) -> LanguageWord
}

extension LanguageTask {
    public var lengths: ClosedRange<Int> { minimumLength...maximumLength }
    public var signature: Signature {
        Signature(inputs: .symbols(symbolNames.count), outputs: .bits(outputNames.count))
    }

    public func validate() throws { try validateLengths() }

    func validateLengths() throws {
        try require("task.minimumLength", minimumLength, in: shortestLength...largestSize)
        try require("task.maximumLength", maximumLength, in: minimumLength...largestSize)
        try requireLengths(lengths, "task.maximumLength")
    }

    public func batch(count: Int, lengths: ClosedRange<Int>, using generator: inout RandomGenerator) throws -> Batch {
        try requireBatch(count: count, lengths: lengths)
        return try batch(
            (0..<count).map { _ in
                word(length: length(in: lengths, using: &generator), using: &generator)
            })
    }

    /// A batch of given words, padded at the end.
    ///
    /// Throws `UsageError` for those that are not this language's: empty, or with other symbols.
    public func batch(_ words: [LanguageWord]) throws -> Batch {
        try requireWords(words)
        let steps = words.map(\.symbols.count).max() ?? 1
        let bits = outputNames.count
        var inputs = [Int32](repeating: 0, count: steps * words.count)
        var targets = [Float](repeating: 0, count: steps * words.count * bits)
        var mask = [Float](repeating: 0, count: steps * words.count)
        for (b, word) in words.enumerated() {
            for (t, symbol) in word.symbols.enumerated() {
                let row = t * words.count + b
                inputs[row] = Int32(symbol)
                mask[row] = 1
                for bit in word.next[t] { targets[row * bits + bit] = 1 }
            }
        }
        return Batch(checked: steps, count: words.count, inputs: .symbols(inputs), targets: .bits(targets), mask: mask)
    }

    private func requireWords(_ words: [LanguageWord]) throws {
        let (symbols, bits) = (symbolNames.count, outputNames.count)
        let areFit = words.allSatisfy { word in
            !word.symbols.isEmpty && word.symbols.count == word.next.count
                && word.symbols.allSatisfy { 0..<symbols ~= $0 }
                && word.next.allSatisfy { $0.allSatisfy { 0..<bits ~= $0 } }
        }
        guard !words.isEmpty, areFit else {
            throw UsageError(
                "\(kind).batch",
                "each word must have as many sets, of outputs below \(bits), as symbols, below \(symbols); and there must "
                    + "be at least one")
        }
    }

    /// The word, and below each symbol what may come next.
    public func picture(using generator: inout RandomGenerator) -> String {
        let shortest = max(lengths.lowerBound, min(8, lengths.upperBound - 1))
        let length = length(in: shortest...min(lengths.upperBound, max(8, shortest + 1)), using: &generator)
        if let tooLarge = pictureTooLarge(length: length) { return tooLarge }
        let word = word(length: length, using: &generator)
        let width = (symbolNames + outputNames).map(\.count).max() ?? 1
        func line(_ title: String, _ name: String, _ cells: [String]) -> String {
            let padded = ([name] + cells).map { $0 + String(repeating: " ", count: width - $0.count) }
            return title + padded.joined(separator: " ")
        }
        let rows = outputNames.enumerated().map { output, name in
            line("target  ", name, word.next.map { $0.contains(output) ? "#" : "·" })
        }
        return ([line("input   ", "", word.symbols.map { symbolNames[$0] })] + rows).joined(separator: "\n")
    }
}
