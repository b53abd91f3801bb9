// A task's symbols in a sequence without end: a word for each input, a word for each output.

import NeuralMemory

/// A task whose network can be followed symbol by symbol, in text.
public protocol SymbolStreamTask: SequenceTask {
    /// A reader at the start of a sequence.
    var streamReader: any SymbolStreamReader { get }
}

/// From words to input numbers, and from output numbers to words. What a word means may depend on those before it.
public protocol SymbolStreamReader {
    /// The input number of the next word; `nil` where it has none. The reader is as before then.
    mutating func input(_ word: String) -> Int32?
    func word(output: Int32) -> String
    /// What words there are, in a text that is short however many there are.
    var words: String { get }
}

extension TransductionTask {
    public var streamReader: any SymbolStreamReader { TransductionStreamReader(vocabulary) }
}

/// The words `<s>` and `|||` are the marks. From `|||` to the next `<s>` all others are symbols of the target, before and
/// after of the source. Outputs are symbols of the target, or `</s>`.
public struct TransductionStreamReader: SymbolStreamReader {
    private let vocabulary: Vocabulary
    private let source: [String: Int]
    private let target: [String: Int]
    private var isTarget = false

    public init(_ vocabulary: Vocabulary) {
        self.vocabulary = vocabulary
        source = vocabulary.source.numbered
        target = vocabulary.target.numbered
    }

    public var words: String { "<s> ||| " + SymbolReaderError.abbreviated(vocabulary.source) }

    public mutating func input(_ word: String) -> Int32? {
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

    public func word(output: Int32) -> String {
        output == Vocabulary.end ? "</s>" : vocabulary.target[vocabulary.target(output: output)]
    }
}
