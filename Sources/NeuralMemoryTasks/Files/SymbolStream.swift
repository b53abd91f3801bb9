// From the words of a sequence without end to input numbers.

import NeuralMemory

/// Reads words one after the other.
///
/// What a word means may depend on those before it.
public protocol SymbolStreamReader: Sendable {
    /// The input number of the next word; `nil` where it has none. The reader is as before then.
    mutating func input(_ word: String) -> Int32?
    /// What words there are, in a text that is short however many there are.
    var words: String { get }
}

/// Each word is the name of an input.
struct NameStreamReader: SymbolStreamReader {
    private let names: [String]
    private let numbers: [String: Int]
    private let unknown: Int?

    /// - `unknown`: the name that all other words are read as; without it they have no number.
    init(names: [String], unknown: String? = nil) {
        self.names = names
        numbers = names.numbered
        self.unknown = unknown.flatMap { names.firstIndex(of: $0) }
    }

    var words: String { SymbolReaderError.abbreviated(names) }
    func input(_ word: String) -> Int32? { (numbers[word] ?? unknown).map { Int32($0) } }
}

extension TransductionTask {
    public var streamReader: any SymbolStreamReader { TransductionStreamReader(vocabulary) }
}

/// The words `<s>` and `|||` are the marks.
///
/// From `|||` to the next `<s>` all others are symbols of the target, before and after of the source.
struct TransductionStreamReader: SymbolStreamReader {
    private let vocabulary: Vocabulary
    private let source: [String: Int]
    private let target: [String: Int]
    private var isTarget = false

    init(_ vocabulary: Vocabulary) {
        self.vocabulary = vocabulary
        source = vocabulary.source.numbered
        target = vocabulary.target.numbered
    }

    var words: String { "<s> ||| " + SymbolReaderError.abbreviated(vocabulary.source) }

    mutating func input(_ word: String) -> Int32? {
        switch word {
        case "<s>":
            isTarget = false
            return Vocabulary.start
        case "|||":
            isTarget = true
            return Vocabulary.separator
        default:
            let number = (isTarget ? target : source)[word] ?? (vocabulary.takesUnknown ? Vocabulary.unknown : nil)
            return number.map(isTarget ? vocabulary.input(target:) : vocabulary.input(source:))
        }
    }
}
