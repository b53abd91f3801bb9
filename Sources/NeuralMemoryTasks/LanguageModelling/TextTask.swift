// Language modelling: the next symbol of a text, from a user's own file.

import Foundation
import NeuralMemory

/// Language modelling of a text file, by characters, bytes or words.
///
/// The text is cut into as many streams as a batch has sequences, and the streams into stretches of `length` steps. Each
/// training batch has the next stretch of each stream; with `training.carry` controller and memory go on from one to the
/// next (truncated backpropagation through time). The target at each step is the next symbol.
/// docs/data/TEXT.md describes it.
///
/// Files may be larger than memory: 8 bytes are kept for each 256 symbols, and the text is read when it is needed.
public struct TextTask: FileTask, NamedSymbols {
    public static let kind = "text"
    public static let summary = "language modelling of your own text file: the next character, byte or word"

    /// The file to train on.
    public var data = ""
    /// A file to evaluate on; empty to hold out the end of `data`.
    public var validation = ""
    /// Without a validation file the last one of so many equal parts of `data` is held out; 0 holds out none, and the
    /// training text is evaluated.
    public var holdOut = 10
    /// What the text is cut into.
    public var unit = TextUnit.characters
    /// The most frequent symbols are known by name, so many at most; all others are `<unk>`.
    public var symbols = 10_000
    /// Steps of a stretch: gradients go back through so many.
    public var length = 64

    /// Known from the data, while they are open or from a checkpoint.
    var facts: TextFacts?
    var opened: TextData?

    public init() {}

    public func steps(length: Int) -> Int { length }
    public var lengths: ClosedRange<Int> { length...length }
    public var outputUnit: String? { unit.singular }

    /// What stands for the vocabulary while it is unknown.
    private static let example = [TextUnit.unknown, "a", "b", "c"]
    public var inputNames: [String] { facts?.symbols ?? Self.example }
    public var outputNames: [String] { inputNames }
    public var streamReader: any SymbolStreamReader {
        NameStreamReader(names: inputNames, unknown: TextUnit.unknown)
    }
    public var signature: Signature {
        Signature(inputs: .symbols(inputNames.count), outputs: .symbols(inputNames.count))
    }

    /// What a network hears where no text comes before: the end of a line where it knows one, and else the most frequent
    /// symbol.
    public var firstSymbol: Int32 { Int32(inputNames.firstIndex(of: "<eol>") ?? min(1, inputNames.count - 1)) }

    /// The numbers of a text's symbols; those that are not known are `<unk>`.
    ///
    /// Throws `UsageError` for a text that is not of the unit.
    public func numbers(of text: String) throws -> [Int32] {
        do {
            return try TextVocabulary(unit, inputNames).numbers(of: Array(text.utf8))
        } catch let fault as TextFault {
            throw UsageError("TextTask.numbers", fault.reason)
        }
    }

    // MARK: Without data

    /// Random symbols: for what needs sequences of any length, such as gradient checks.
    public func batch(count: Int, lengths: ClosedRange<Int>, using generator: inout RandomGenerator) throws -> Batch {
        try requireBatch(count: count, lengths: lengths)
        let steps = lengths.upperBound
        let rows = (steps + 1) * count
        let numbers = (0..<rows).map { _ in Int32(generator.integer(in: 0...inputNames.count - 1)) }
        return Batch(
            checked: steps, count: count, inputs: .symbols(Array(numbers[..<(steps * count)])),
            targets: .symbols(Array(numbers[count...])), mask: [Float](repeating: 1, count: steps * count))
    }

    public func picture(using generator: inout RandomGenerator) -> String {
        guard let opened else {
            return """
                input   t  h  e  <space>  s
                target  h  e  <space>  s  t
                """
        }
        return "\(opened.heldOut.range.count) \(unit.rawValue) to evaluate on; \(inputNames.count) symbols"
    }
}

// MARK: Data

extension TextTask {
    static let dataName = "texts"
    static let fileForm = "a text file, as in --data book.txt"

    public func validate() throws {
        try require("task.symbols", symbols, in: 1...largestSize - 1)
        try require("task.length", length, in: 1...largestSize)
        try requireFileSettings()
    }

    func read(_ file: URL, validation: URL?, progress: (String) -> Void) throws -> TextData {
        let data = try TextData(
            file, validation: validation, unit: unit, holdOut: holdOut, atMost: symbols, progress: progress)
        try requireStretch(data)
        return data
    }

    func read(evaluating file: URL, facts: TextFacts, progress: (String) -> Void) throws -> TextData {
        let data = try TextData(evaluating: file, facts: facts, progress: progress)
        try requireStretch(data)
        return data
    }

    /// Before a run begins: it would end at its first evaluation.
    private func requireStretch(_ data: TextData) throws {
        let held = data.heldOut
        guard held.streams(1, steps: length).stretches == 0 else { return }
        throw DataError(
            held.file.file,
            "there are \(held.range.count) \(unit.rawValue) to evaluate on; a stretch takes \(length + 1). Give a "
                + "longer text (--validation, or task.holdOut), or set task.length lower")
    }

    public mutating func adopt(_ other: any SequenceTask) {
        guard let other = other as? TextTask, other.unit == unit, other.symbols == symbols else { return }
        facts = other.facts
    }

    public func notes(progress: (String) -> Void) throws -> [String] {
        let opened = try requireOpen("notes")
        let held = opened.heldOut
        let unknown =
            opened.unknown == 0
            ? []
            : [
                "\(opened.unknown) of \(held.range.count) \(unit.rawValue) to evaluate on are not among those known; "
                    + "they count as \(TextUnit.unknown)"
            ]
        guard let training = opened.training else { return unknown }
        let kinds = "\(training.range.count) \(unit.rawValue) to train on, of \(opened.facts.symbols.count - 1) kinds"
        guard held.file === training.file else { return [kinds] + unknown }
        return held.range.count == held.file.count
            ? [
                kinds,
                "nothing is held out: evaluations are of the training text, and cannot tell learning from learning by heart"
            ] + unknown
            : ["\(kinds); no --validation: the last \(held.range.count) are held out for evaluations"] + unknown
    }

    // MARK: Training

    public var hasStreams: Bool { true }

    public func continues(after sequences: Int, count: Int) -> Bool {
        guard let streams = opened?.training?.streams(count, steps: length), streams.stretches > 0 else { return false }
        return (sequences / count) % streams.stretches != 0
    }

    /// The next stretch of each stream; after the last one, the first one again.
    public func trainingBatch(count: Int, after sequences: Int, seed: UInt64) throws -> Batch {
        let opened = try requireOpen("trainingBatch")
        guard let training = opened.training, count > 0, sequences >= 0 else {
            throw UsageError(
                "TextTask.trainingBatch",
                "count is \(count) and there were \(sequences) sequences; these must be at least 1 and 0, and the data be "
                    + "opened to train on")
        }
        let streams = training.streams(count, steps: length)
        guard streams.stretches > 0 else {
            throw DataError(
                training.file.file,
                "there are \(training.range.count) \(unit.rawValue) to train on; \(count) streams of \(length) steps take "
                    + "\(count * length + 1). Give a longer text, or set training.batchSize or task.length lower")
        }
        let stretch = (sequences / count) % streams.stretches
        return try training.batch(streams.places(stretch), steps: length, opened.vocabulary)
    }

    // MARK: Evaluation

    public func evaluationSets(
        _ lengths: [ClosedRange<Int>], count: Int?, seed: UInt64
    ) throws -> [any EvaluationSet] {
        [try TextStretches(self, count: count, seed: seed)]
    }

    /// Stretches one after the other.
    public var evaluationCount: Int { opened?.heldOut.streams(1, steps: length).stretches ?? 0 }

    public func evaluationBatch(_ numbers: [Int]) throws -> Batch {
        let opened = try requireOpen("evaluationBatch")
        let count = evaluationCount
        if let number = numbers.first(where: { !(0..<count ~= $0) }) {
            throw UsageError(
                "TextTask.evaluationBatch", "stretch \(number) is asked for; there are \(count), counted from 0")
        }
        return try opened.heldOut.batch(numbers.map { $0 * length }, steps: length, opened.vocabulary)
    }

    public func evaluationSteps(_ number: Int) throws -> Int { length }
}
