// From words to the inputs of a network, step by step.

import NeuralMemory
import NeuralMemoryTasks

/// A word that stands for no input, by its place among those given.
package struct WordFault: Error {
    package let index: Int
    package let reason: String
}

/// How the inputs of a step are written.
package protocol StepCoder {
    var wordsPerStep: Int { get }
    var help: String { get }
    /// Throws `WordFault`.
    mutating func inputs(_ words: [String]) throws -> Batch.Inputs

    /// As those of `SymbolStreamReader`.
    var state: String { get }
    mutating func restore(_ state: String) -> Bool
}

/// A symbol for each step.
package struct SymbolCoder: StepCoder {
    private var reader: any SymbolStreamReader
    package let wordsPerStep = 1

    package init(reader: any SymbolStreamReader) { self.reader = reader }

    package var help: String { "Symbols, separated by spaces or line ends: \(reader.words)." }

    package mutating func inputs(_ words: [String]) throws -> Batch.Inputs {
        .symbols(
            try words.enumerated().map { index, word in
                guard let number = reader.input(word) else {
                    throw WordFault(index: index, reason: "is unknown; symbols are \(reader.words)")
                }
                return number
            })
    }

    package var state: String { reader.state }
    package mutating func restore(_ state: String) -> Bool { reader.restore(state) }
}

/// A vector for each step.
package struct VectorCoder: StepCoder {
    package let wordsPerStep: Int
    private let scale: NumberScale?

    /// - `scale`: how numbers that are given are standardised.
    package init(size: Int, scale: NumberScale? = nil) {
        wordsPerStep = size
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

    package var state: String { "" }
    package func restore(_ state: String) -> Bool { state.isEmpty }
}
