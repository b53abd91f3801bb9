// How the inputs and outputs of a network are written step by step, as words.

import NeuralMemory
import NeuralMemoryTasks

/// A word that stands for no input, by its place among those given.
package struct WordFault: Error {
    package let index: Int
    package let reason: String
}

/// How the steps of a network are written.
package protocol StepCoder: AnyObject {
    var wordsPerStep: Int { get }
    var help: String { get }
    /// Throws `WordFault`.
    func inputs(_ words: [String]) throws -> Batch.Inputs
    func text(_ outputs: [Float]) -> String
    /// What stands where the input has a line end.
    func lineEnd() -> String
}

/// A symbol in; out the most likely symbol, or, where outputs are bits, the set of those whose bit is 1.
package final class SymbolCoder: StepCoder {
    private var reader: any SymbolStreamReader
    private let outputNames: [String]
    private let isSet: Bool
    /// Whether the output is at the start of a line.
    private var isFirst = true
    package let wordsPerStep = 1

    package init(reader: any SymbolStreamReader, outputNames: [String], isSet: Bool) {
        self.reader = reader
        self.outputNames = outputNames
        self.isSet = isSet
    }

    package var help: String { "Symbols, separated by spaces or line ends: \(reader.words)." }

    package func inputs(_ words: [String]) throws -> Batch.Inputs {
        .symbols(
            try words.enumerated().map { index, word in
                guard let number = reader.input(word) else {
                    throw WordFault(index: index, reason: "is unknown; symbols are \(reader.words)")
                }
                return number
            })
    }

    package func text(_ outputs: [Float]) -> String {
        stride(from: 0, to: outputs.count, by: outputNames.count).map { first in
            defer { isFirst = false }
            return (isFirst ? "" : " ") + word(outputs[first..<first + outputNames.count])
        }.joined()
    }

    private func word(_ outputs: ArraySlice<Float>) -> String {
        guard isSet else { return outputNames[outputs.indexOfLargest] }
        let names = zip(outputNames, outputs).filter { $1 > 0 }.map(\.0)
        return names.isEmpty ? "-" : names.joined(separator: ",")
    }

    package func lineEnd() -> String {
        isFirst = true
        return "\n"
    }
}

/// A vector in, bits out: a line for each step, whatever lines the input has.
package final class VectorCoder: StepCoder {
    package let wordsPerStep: Int
    private let count: Int

    package init(size: Int, outputs count: Int) {
        wordsPerStep = size
        self.count = count
    }

    package var help: String { "\(wordsPerStep) numbers for each step, separated by spaces or line ends." }

    package func inputs(_ words: [String]) throws -> Batch.Inputs {
        .vectors(
            try words.enumerated().map { index, word in
                guard let number = Float(word), number.isFinite else {
                    throw WordFault(index: index, reason: "is not a finite number")
                }
                return number
            })
    }

    package func text(_ outputs: [Float]) -> String {
        stride(from: 0, to: outputs.count, by: count).map { first in
            outputs[first..<first + count].map { $0 > 0 ? "1" : "0" }.joined(separator: " ") + "\n"
        }.joined()
    }

    package func lineEnd() -> String { "" }
}
