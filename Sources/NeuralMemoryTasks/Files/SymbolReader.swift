// From text to symbol numbers: what a person types for a source sequence.

import NeuralMemory

/// A line of text that is not a sequence of a vocabulary's source symbols.
public enum SymbolReaderError: Error, CustomStringConvertible, Equatable {
    /// There is no symbol.
    case empty
    /// A source and its target, where a source alone is wanted.
    case tab
    /// The word, where it stands in the line, counted from 1, and the symbols there are.
    case unknown(symbol: String, position: Int, known: [String])

    public var description: String {
        switch self {
        case .empty: "the line is empty; it must hold at least one symbol"
        case .tab: "the line has a tab; it must be a source alone, without its target"
        case .unknown(let symbol, let position, let known):
            "symbol \(position), '\(symbol.shown())', is unknown; symbols are \(Self.abbreviated(known))"
        }
    }

    /// All of up to 32 names; of more, the first few, the last and their number.
    static func abbreviated(_ names: [String]) -> String {
        func joined(_ names: some Sequence<String>) -> String {
            names.map { $0.shown(atMost: 16) }.joined(separator: " ")
        }
        guard names.count > 32 else { return joined(names) }
        return joined(names.prefix(8)) + " … " + joined(names.suffix(1)) + " (\(names.count) in all)"
    }
}

/// Reads sequences of a vocabulary's source or target symbols, separated by white space or a character each.
public struct SymbolReader: Sendable {
    private let names: [String]
    private let numbers: [String: Int]
    private let takesUnknown: Bool
    /// Whether each character is a symbol, spaces too.
    public let characters: Bool

    /// For sources.
    ///
    /// Symbols are words, or characters where `characters` says so.
    public init(source vocabulary: Vocabulary, characters: Bool = false) {
        self.init(vocabulary.source, takesUnknown: vocabulary.takesUnknown, characters: characters)
    }

    /// For targets, likewise.
    public init(target vocabulary: Vocabulary, characters: Bool = false) {
        self.init(vocabulary.target, takesUnknown: vocabulary.takesUnknown, characters: characters)
    }

    private init(_ names: [String], takesUnknown: Bool, characters: Bool) {
        self.names = names
        numbers = names.numbered
        self.takesUnknown = takesUnknown
        self.characters = characters
    }

    /// The symbols' names, in a text that is short however many there are.
    public var symbols: String { SymbolReaderError.abbreviated(names) }

    /// The symbol numbers of a line.
    ///
    /// Throws `SymbolReaderError` for an empty line, and for a word that is no symbol unless the vocabulary takes
    /// unknown ones.
    public func numbers(of line: String) throws -> [Int] {
        let words =
            characters
            ? line.map(String.init) : line.split { $0.isASCII && $0.isWhitespace }.map(String.init)
        if takesUnknown, line.contains("\t") { throw SymbolReaderError.tab }
        guard !words.isEmpty else { throw SymbolReaderError.empty }
        return try words.enumerated().map { index, word in
            guard let number = numbers[word] ?? (takesUnknown ? Vocabulary.unknown : nil) else {
                throw SymbolReaderError.unknown(symbol: word, position: index + 1, known: names)
            }
            return number
        }
    }
}
