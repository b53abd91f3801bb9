// A sequence that a person types, as a batch of one.

import NeuralMemory
import NeuralMemoryTasks

/// A text that is not a sequence of a task's symbols.
package struct GivenSequenceError: Error, CustomStringConvertible, Equatable {
    /// What cannot be read, as a sentence without a full stop that begins with the input's name.
    package let description: String
}

/// A sequence of symbols that somebody gave, for an `Inspection`.
package struct GivenSequence {
    package let batch: Batch
    /// Whether the targets are the person's own; otherwise they are the network's answer, or nothing.
    package let hasTarget: Bool
    /// What the person should know about it, as a sentence without a full stop.
    package private(set) var note: String?

    /// Reads a sequence of the task's symbols, or what the task's files hold; `nil` where the task has neither.
    ///
    /// For a source without a target, the network gives the answer that it hears. Throws `GivenSequenceError`.
    ///
    /// - Parameters:
    ///   - text: SOURCE, or SOURCE, a tab, TARGET; the symbols of a word; what `Sequences.typed` reads; or a text.
    ///   - name: what messages call the input.
    ///   - mostSteps: how many steps the sequence may have; an answer is cut before it has more.
    package init?(
        _ text: String, for task: any SequenceTask, _ network: Network, named name: String,
        mostSteps: Int = .max
    ) throws {
        switch task {
        case let task as any TransductionTask: try self.init(text, pairOf: task, network, name, mostSteps)
        case let task as any LanguageTask: try self.init(text, wordOf: task, name)
        case let task as Sequences: try self.init(text, sequenceOf: task, name)
        case let task as TextTask: try self.init(text, textOf: task, name)
        default: return nil
        }
        try Self.require(steps: batch.steps, atMost: mostSteps, name)
    }

    private static func require(steps: Int, atMost mostSteps: Int, _ name: String) throws {
        guard steps <= mostSteps else {
            throw GivenSequenceError(
                description: "\(name) takes \(steps) steps or more; give a shorter one, of at most \(mostSteps)")
        }
    }

    private init(
        _ text: String, pairOf task: any TransductionTask, _ network: Network, _ name: String, _ mostSteps: Int
    ) throws {
        let sides = text.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
        guard sides.count <= 2 else {
            throw GivenSequenceError(
                description: "\(name) has \(sides.count - 1) tabs; it must be SOURCE, or SOURCE, one tab, TARGET")
        }
        let source = try Self.numbers(sides[0], task.symbolReader, "\(name), source")
        let target: [Int]
        if sides.count == 2 {
            target = try Self.numbers(sides[1], task.targetReader, "\(name), target")
        } else {
            // Two marks stand before source and answer.
            try Self.require(steps: source.count + 2, atMost: mostSteps, name)
            let limit = min(task.longestAnswer(toSource: source.count), mostSteps - source.count - 2)
            let answer = try GreedyDecoder(network: network, vocabulary: task.vocabulary)
                .decode(source: source, maximumLength: limit)
            if !answer.isComplete {
                note = "the answer is cut at \(limit) symbols, where the network had not ended it"
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
            throw GivenSequenceError(description: "\(side): \(error)")
        }
    }

    /// What may follow each symbol is for the network to say.
    private init(_ text: String, wordOf task: any LanguageTask, _ name: String) throws {
        var reader = task.streamReader
        let words = text.split(whereSeparator: \.isWhitespace).map(String.init)
        guard !words.isEmpty else {
            throw GivenSequenceError(description: "\(name) is empty; it must hold at least one symbol")
        }
        let symbols = try words.enumerated().map { index, word in
            guard let number = reader.input(word) else {
                throw GivenSequenceError(
                    description:
                        "\(name): symbol \(index + 1), '\(word.shown())', is unknown; symbols are \(reader.words)")
            }
            return number
        }
        batch = try Batch(
            steps: symbols.count, count: 1, inputs: .symbols(symbols),
            targets: .bits(Array(repeating: 0, count: symbols.count * task.outputNames.count)),
            mask: Array(repeating: 1, count: symbols.count))
        hasTarget = false
    }

    private init(_ text: String, sequenceOf task: Sequences, _ name: String) throws {
        let typed: TypedSequence
        do {
            typed = try task.typed(text)
        } catch let fault as LineFault {
            throw GivenSequenceError(description: "\(name): \(fault.reason)")
        }
        batch = typed.batch
        hasTarget = typed.hasTarget
        if !typed.unknown.isEmpty {
            let names = Set(typed.unknown).sorted().map { "'\($0.shown())'" }.joined(separator: ", ")
            note = "these symbols were not trained on, and are read as <unk>: \(names.shown(atMost: 200))"
        }
    }

    /// The target of each symbol is the next one.
    private init(_ text: String, textOf task: TextTask, _ name: String) throws {
        let numbers: [Int32]
        do {
            numbers = try task.numbers(of: text)
        } catch let error as UsageError {
            throw GivenSequenceError(description: "\(name): \(error.problem)")
        }
        guard numbers.count > 1 else {
            throw GivenSequenceError(
                description:
                    "\(name) has \(numbers.count) \(task.unit.rawValue); it must have two at least, since each is "
                    + "the target of the one before")
        }
        batch = try Batch(
            steps: numbers.count - 1, count: 1, inputs: .symbols(Array(numbers.dropLast())),
            targets: .symbols(Array(numbers.dropFirst())), mask: Array(repeating: 1, count: numbers.count - 1))
        hasTarget = true
    }
}
