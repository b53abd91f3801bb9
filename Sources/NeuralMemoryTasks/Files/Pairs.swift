// Pairs of sequences from a user's own file.

import Foundation
import NeuralMemory

/// Pairs from a text file in UTF-8, one on each line: source, tab, target.
///
/// The vocabulary is that of the pairs trained on. A length counts the symbols of a pair's longer side.
///
/// Files may be larger than memory: about 24 bytes are kept for each line, and the lines are read when they are needed.
/// A symbol that was not trained on is read as `<unk>`, one input that was never trained; where a target has one, no
/// answer is right.
public struct Pairs: TransductionTask, DataTask {
    public static let kind = "pairs"
    public static let summary = "your own data: turn each line's source into its target"

    /// The file to train on.
    public var data = ""
    /// A file to evaluate on; empty to hold out a part of `data`.
    public var validation = ""
    /// Without a validation file every so many-th line of `data` is held out: not trained on, but evaluated.
    ///
    /// 0 holds out none; then, and where the file has fewer lines, the training pairs are evaluated.
    public var holdOut = 10
    /// Whether each character is a symbol; otherwise symbols are separated by spaces.
    public var characters = false
    /// Symbols that a source or a target may have; a file with more is refused.
    public var maximumLength = 1000

    /// Known from the data, while they are open or from a checkpoint.
    private var facts: PairFacts?
    private var open: PairData?

    public init() {}

    public var vocabulary: Vocabulary { facts?.vocabulary ?? Self.example }
    public var lengths: ClosedRange<Int> {
        // Data that are there to be evaluated only may be longer than those trained on.
        let longest = [facts?.longest, open?.heldOut.index.longest].compactMap { $0 }.max()
        return 1...(longest ?? min(10, maximumLength))
    }

    public func steps(length: Int) -> Int { 2 * length + 2 }

    /// What stands for the data while they are unknown.
    private static let example = Vocabulary(source: ["t", "h", "r", "e"], target: ["3", "1"], takesUnknown: true)

    /// A pair of random symbols of the vocabulary: for what needs sequences of any length, such as gradient checks.
    public func pair(lengths: ClosedRange<Int>, using generator: inout RandomGenerator) -> Transduction {
        let length = generator.integer(in: lengths)
        func symbols(_ count: Int) -> [Int] { (0..<length).map { _ in generator.integer(in: 0...count - 1) } }
        return Transduction(source: symbols(vocabulary.source.count), target: symbols(vocabulary.target.count))
    }

    public func shortPair(using generator: inout RandomGenerator) -> Transduction {
        // "three" and "3", where there are no data.
        guard facts != nil else { return Transduction(source: [0, 1, 2, 3, 3], target: [0]) }
        let length = min(6, lengths.upperBound)
        return pair(lengths: length...length, using: &generator)
    }

    public func validate() throws {
        try require("task.maximumLength", maximumLength, in: 1...largestSize)
        try require("task.holdOut", holdOut, in: 0...Int.max)
        guard holdOut != 1 else {
            throw ConfigurationError(field: "task.holdOut", value: 1, allowed: "0, or at least 2: 1 would hold out all")
        }
        try facts?.validate()
    }
}

// MARK: Data

extension Pairs {
    public var isOpen: Bool { open != nil }

    private var reader: PairReader { PairReader(characters: characters, maximumLength: maximumLength) }

    public mutating func open(progress: (String) -> Void) throws {
        guard !data.isEmpty else {
            throw ConfigurationError(
                field: "task.data", value: "empty",
                allowed: "a file with SOURCE, a tab and TARGET on each line, as in --data train.tsv")
        }
        let opened = try PairData(
            URL(fileURLWithPath: data), validation: validation.isEmpty ? nil : URL(fileURLWithPath: validation),
            holdOut: holdOut, reader: reader, progress: progress)
        if let facts, facts != opened.facts {
            let isTraining = facts.checksums.first != opened.facts.checksums.first
            throw DataError(
                URL(fileURLWithPath: isTraining || validation.isEmpty ? data : validation),
                "the file is not the one that this run began with; put that one back (--data and --validation say where "
                    + "the files are), or start a new run")
        }
        facts = opened.facts
        open = opened
    }

    public mutating func open(evaluating file: URL, progress: (String) -> Void) throws {
        guard let facts else {
            throw UsageError("Pairs.open", "nothing is known of these pairs yet; take the task of a trained network")
        }
        open = try PairData(evaluating: file, facts: facts, reader: reader, progress: progress)
    }

    public mutating func adopt(_ other: any SequenceTask) {
        guard let other = other as? Pairs, other.characters == characters else { return }
        facts = other.facts
    }

    private func opened(_ call: String) throws -> PairData {
        guard let open else { throw UsageError("Pairs.\(call)", "the data are not open; call open first") }
        return open
    }

    public func notes(progress: (String) -> Void) throws -> [String] {
        let opened = try opened("notes")
        let count = evaluationCount
        var notes: [String] = []
        if let training = opened.training, training.lines === opened.heldOut.lines {
            notes.append(
                training.count == training.lines.count
                    ? "no pairs are held out: evaluations are of the training pairs, and cannot tell learning from "
                        + "learning by heart"
                    : "no --validation: every \(holdOut)th line is held out for evaluations, \(count) of "
                        + "\(training.lines.count)")
        }
        let unknown = try opened.countUnknown(progress)
        if unknown.sources > 0 {
            notes.append(
                "\(unknown.sources) of \(count) sources to evaluate on have symbols that no training source has; they "
                    + "are read as <unk>")
        }
        if unknown.targets > 0 {
            notes.append(
                "\(unknown.targets) of \(count) targets to evaluate on have symbols that no training target has; no "
                    + "answer to them is right")
        }
        return notes
    }

    public func trainingBatch(count: Int, after sequences: Int, seed: UInt64) throws -> Batch {
        let opened = try opened("trainingBatch")
        guard let training = opened.training else {
            throw UsageError("Pairs.trainingBatch", "these data were opened to evaluate only; open those to train on")
        }
        guard count > 0, sequences >= 0 else {
            throw UsageError(
                "Pairs.trainingBatch",
                "count is \(count) and there were \(sequences) sequences; these must be at least 1 and 0")
        }
        return try opened.batch(opened.schedule.batch(count: count, after: sequences, seed: seed), of: training)
    }

    public var evaluationCount: Int { open?.heldOut.count ?? 0 }

    public func evaluationBatch(_ numbers: [Int]) throws -> Batch {
        let opened = try opened("evaluationBatch")
        for number in numbers { try requireNumber(number, of: opened, "evaluationBatch") }
        return try opened.batch(numbers, of: opened.heldOut)
    }

    public func evaluationSteps(_ number: Int) throws -> Int {
        let opened = try opened("evaluationSteps")
        try requireNumber(number, of: opened, "evaluationSteps")
        return Int(opened.heldOut.index.steps[number])
    }

    public func evaluationPlace(_ number: Int) throws -> DataPlace? {
        let opened = try opened("evaluationPlace")
        try requireNumber(number, of: opened, "evaluationPlace")
        return opened.heldOut.place(number)
    }

    private func requireNumber(_ number: Int, of opened: PairData, _ call: String) throws {
        let count = opened.heldOut.count
        guard !(0..<count ~= number) else { return }
        throw UsageError("Pairs.\(call)", "pair \(number) is asked for; there are \(count), counted from 0")
    }

    /// What stands in a line of text to be answered: a source alone.
    public var symbolReader: SymbolReader { SymbolReader(source: vocabulary, characters: characters) }
    public var targetReader: SymbolReader { SymbolReader(target: vocabulary, characters: characters) }
}

// MARK: Settings

/// What is known of the data is no setting.
extension Pairs: CustomReflectable {
    public var customMirror: Mirror {
        Mirror(
            self,
            children: [
                "data": data, "validation": validation, "holdOut": holdOut, "characters": characters,
                "maximumLength": maximumLength
            ])
    }
}

extension Pairs: Codable {
    private enum Key: String, CodingKey { case data, validation, holdOut, characters, maximumLength, facts }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        data = try container.decode(String.self, forKey: .data)
        validation = try container.decode(String.self, forKey: .validation)
        holdOut = try container.decode(Int.self, forKey: .holdOut)
        characters = try container.decode(Bool.self, forKey: .characters)
        maximumLength = try container.decode(Int.self, forKey: .maximumLength)
        facts = try container.decodeIfPresent(PairFacts.self, forKey: .facts)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(data, forKey: .data)
        try container.encode(validation, forKey: .validation)
        try container.encode(holdOut, forKey: .holdOut)
        try container.encode(characters, forKey: .characters)
        try container.encode(maximumLength, forKey: .maximumLength)
        try container.encodeIfPresent(facts, forKey: .facts)
    }
}

extension Pairs {
    public static let settingDescriptions = [
        SettingDescription("data", "The file to train on: SOURCE, a tab and TARGET on each line"),
        SettingDescription("validation", "A file to evaluate on; empty to hold out a part of the data"),
        SettingDescription(
            "holdOut",
            "Without a validation file every so many-th line is held out: not trained on, but evaluated; 0 holds out none",
            unit: "lines", in: 0...Int.max, note: "not 1"),
        SettingDescription(
            "characters", "Whether each character is a symbol; otherwise symbols are separated by spaces"),
        SettingDescription(
            "maximumLength", "Symbols that a source or a target may have; a file with more is refused", unit: "symbols",
            in: 1...largestSize)
    ]
}
