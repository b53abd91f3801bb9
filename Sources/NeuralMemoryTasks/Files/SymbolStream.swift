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

    /// What it knows of the words read so far, as a text: another reader of the same task goes on from it. Empty, the
    /// default, where the meaning of a word does not depend on those before it.
    var state: String { get }
    /// Goes on where another reader was that had this state. Returns `false`, and changes nothing, for a text that no
    /// reader of this kind gives.
    mutating func restore(_ state: String) -> Bool
}

extension SymbolStreamReader {
    public var state: String { "" }
    public mutating func restore(_ state: String) -> Bool { state.isEmpty }
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

    var state: String { isTarget ? "target" : "source" }

    mutating func restore(_ state: String) -> Bool {
        guard ["source", "target"].contains(state) else { return false }
        isTarget = state == "target"
        return true
    }

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
