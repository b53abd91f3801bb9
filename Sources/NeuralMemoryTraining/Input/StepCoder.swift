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

/// How the outputs of one step are written.
package enum OutputWords {
    /// The name of the most likely symbol.
    case symbols([String])
    /// The names of the bits that are 1, and - for none.
    case set([String])
    /// A digit for each bit.
    case bits(Int)
    /// So many numbers, each with five digits, as data have them.
    case numbers(Int, NumberScale?)

    /// Numbers of a step.
    fileprivate var size: Int {
        switch self {
        case .symbols(let names), .set(let names): names.count
        case .bits(let count), .numbers(let count, _): count
        }
    }

    fileprivate func text(_ outputs: ArraySlice<Float>, separator: String) -> String {
        switch self {
        case .symbols(let names): return names[outputs.indexOfLargest]
        case .set(let names):
            let present = zip(names, outputs).filter { $1 > 0 }.map(\.0)
            return present.isEmpty ? "-" : present.joined(separator: ",")
        case .bits: return outputs.map { $0 > 0 ? "1" : "0" }.joined(separator: separator)
        case .numbers(_, let scale): return scale.values(Array(outputs)).map(\.fiveDigits).joined(separator: separator)
        }
    }
}

/// A symbol in; a word for each step's outputs, on lines as they come.
package final class SymbolCoder: StepCoder {
    private var reader: any SymbolStreamReader
    private let outputs: OutputWords
    /// Whether the output is at the start of a line.
    private var isFirst = true
    package let wordsPerStep = 1

    package init(reader: any SymbolStreamReader, outputs: OutputWords) {
        self.reader = reader
        self.outputs = outputs
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
        stride(from: 0, to: outputs.count, by: self.outputs.size).map { first in
            defer { isFirst = false }
            let step = outputs[first..<first + self.outputs.size]
            return (isFirst ? "" : " ") + self.outputs.text(step, separator: ",")
        }.joined()
    }

    package func lineEnd() -> String {
        isFirst = true
        return "\n"
    }
}

/// A vector in, and a line for each step's outputs, whatever lines the input has.
package final class VectorCoder: StepCoder {
    package let wordsPerStep: Int
    private let outputs: OutputWords
    private let scale: NumberScale?

    /// - `scale`: how numbers that are given are standardised.
    package init(size: Int, outputs: OutputWords, scale: NumberScale? = nil) {
        wordsPerStep = size
        self.outputs = outputs
        self.scale = scale
    }

    package var help: String { "\(wordsPerStep) numbers for each step, separated by spaces or line ends." }

    package func inputs(_ words: [String]) throws -> Batch.Inputs {
        .vectors(
            try words.enumerated().map { index, word in
                let element = index % wordsPerStep
                let number = Double(word).map { value -> Float in
                    guard let scale, scale.means.indices ~= element else { return Float(value) }
                    return scale.standardised(value, element: element)
                }
                guard let number, number.isFinite else {
                    throw WordFault(index: index, reason: "is not a finite number")
                }
                return number
            })
    }

    package func text(_ outputs: [Float]) -> String {
        stride(from: 0, to: outputs.count, by: self.outputs.size).map { first in
            self.outputs.text(outputs[first..<first + self.outputs.size], separator: " ") + "\n"
        }.joined()
    }

    package func lineEnd() -> String { "" }
}
