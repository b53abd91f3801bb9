// Names for what goes into a network and comes out, for people to read.

import NeuralMemory

/// Names of a task's inputs and outputs, and what reads them.
public struct SymbolNames: Sendable {
    /// By input number.
    public let inputs: [String]
    /// By output number: symbols, or bits.
    public let outputs: [String]
    /// Reads a sequence without end from its start, word by word.
    public let streamReader: any SymbolStreamReader
}

/// A task whose inputs are symbols with names.
public protocol NamedSymbols: SequenceTask {
    /// By input number.
    var inputNames: [String] { get }
    /// By output number: symbols, or bits.
    var outputNames: [String] { get }
    /// Reads a sequence without end from its start, word by word; the names of inputs unless the task says otherwise.
    var streamReader: any SymbolStreamReader { get }
}

extension NamedSymbols {
    public var names: SymbolNames? {
        SymbolNames(inputs: inputNames, outputs: outputNames, streamReader: streamReader)
    }
    public var streamReader: any SymbolStreamReader { NameStreamReader(names: inputNames) }
}

extension TransductionTask {
    public var inputNames: [String] {
        ["<s>", "|||"] + vocabulary.source + (vocabulary.isShared ? [] : vocabulary.target)
            + (vocabulary.takesUnknown ? ["<unk>"] : [])
    }
    public var outputNames: [String] { ["</s>"] + vocabulary.target }
}

extension LanguageTask {
    public var inputNames: [String] { symbolNames }
}
