// A sequence that a user writes on the command line, as a batch of one.

import ArgumentParser
import NeuralMemory
import NeuralMemoryTasks
import NeuralMemoryTraining

/// The sequence of `--input`, or of another option.
struct GivenSequence {
    let batch: Batch
    /// Whether the targets are the user's own; otherwise they are the network's answer, or nothing.
    let hasTarget: Bool

    /// Reads a sequence of the task's symbols; `nil` where the task has none.
    ///
    /// For a source without a target, the network gives the answer that it hears. Throws a `ValidationError` that says
    /// what cannot be read of which option.
    init?(_ text: String, for task: any SequenceTask, _ network: Network, option: String = "--input") throws {
        switch task {
        case let task as any TransductionTask: try self.init(text, pairOf: task, network, option)
        case let task as any LanguageTask: try self.init(text, wordOf: task, option)
        default: return nil
        }
    }

    private init(_ text: String, pairOf task: any TransductionTask, _ network: Network, _ option: String) throws {
        let sides = text.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
        guard sides.count <= 2 else {
            throw ValidationError(
                "\(option) has \(sides.count - 1) tabs; it must be SOURCE, or SOURCE, one tab, TARGET.")
        }
        let source = try Self.numbers(sides[0], task.symbolReader, "\(option), source")
        let target: [Int]
        if sides.count == 2 {
            target = try Self.numbers(sides[1], task.targetReader, "\(option), target")
        } else {
            let limit = task.longestAnswer(toSource: source.count)
            let answer = try GreedyDecoder(network: network, vocabulary: task.vocabulary)
                .decode(source: source, maximumLength: limit)
            if !answer.isComplete {
                complain("Warning: the answer is cut at \(limit) symbols, where the network had not ended it.")
            }
            target = answer.target
        }
        batch = try task.vocabulary.batch([Transduction(source: source, target: target)])
        hasTarget = sides.count == 2
    }

    private static func numbers(_ text: String, _ reader: SymbolReader, _ side: String) throws -> [Int] {
        do {
            return try reader.numbers(of: text)
        } catch let error as SymbolReaderError {
            throw ValidationError("\(side): \(error).")
        }
    }

    /// What may follow each symbol is for the network to say.
    private init(_ text: String, wordOf task: any LanguageTask, _ option: String) throws {
        var reader = task.streamReader
        let words = text.split(whereSeparator: \.isWhitespace).map(String.init)
        guard !words.isEmpty else { throw ValidationError("\(option) is empty; it must hold at least one symbol.") }
        let symbols = try words.enumerated().map { index, word in
            guard let number = reader.input(word) else {
                throw ValidationError(
                    "\(option): symbol \(index + 1), '\(word)', is unknown; symbols are \(reader.words).")
            }
            return number
        }
        batch = try Batch(
            steps: symbols.count, count: 1, inputs: .symbols(symbols),
            targets: .bits(Array(repeating: 0, count: symbols.count * task.outputNames.count)),
            mask: Array(repeating: 1, count: symbols.count))
        hasTarget = false
    }
}
