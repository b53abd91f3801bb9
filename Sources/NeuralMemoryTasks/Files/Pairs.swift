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
public struct Pairs: TransductionTask, LineTask {
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
    var facts: PairFacts?
    var opened: PairData?

    public init() {}

    public var vocabulary: Vocabulary { facts?.vocabulary ?? Self.example }
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
}

// MARK: Data

extension Pairs {
    static let sequenceName = "pair"
    static let fileForm = "a file with SOURCE, a tab and TARGET on each line, as in --data train.tsv"

    private var reader: PairReader { PairReader(characters: characters, maximumLength: maximumLength) }

    func read(_ file: URL, validation: URL?, progress: (String) -> Void) throws -> PairData {
        try PairData(file, validation: validation, holdOut: holdOut, reader: reader, progress: progress)
    }

    func read(evaluating file: URL, facts: PairFacts, progress: (String) -> Void) throws -> PairData {
        try PairData(evaluating: file, facts: facts, reader: reader, progress: progress)
    }

    public mutating func adopt(_ other: any SequenceTask) {
        guard let other = other as? Pairs, other.characters == characters else { return }
        facts = other.facts
    }

    public func notes(progress: (String) -> Void) throws -> [String] {
        var notes = [try heldOutNote()].compactMap { $0 }
        let count = evaluationCount
        let opened = try requireOpen("notes")
        let unknown = try opened.countUnknown(progress)
        if unknown.inputs > 0 {
            notes.append(
                "\(unknown.inputs) of \(count) sources to evaluate on have symbols that no training source has; they "
                    + "are read as <unk>")
        }
        if unknown.targets > 0 {
            notes.append(
                "\(unknown.targets) of \(count) targets to evaluate on have symbols that no training target has; no "
                    + "answer to them is right")
        }
        let rare = rareTargetsNote(
            opened.rareTargets, of: opened.facts.vocabulary.target, instead: "task sequences learns numbers")
        notes += [rare].compactMap { $0 }
        return notes
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
    public static let settingDescriptions =
        [SettingDescription("data", "The file to train on: SOURCE, a tab and TARGET on each line")]
        + SettingDescription.evaluationLines + [
            SettingDescription(
                "characters", "Whether each character is a symbol; otherwise symbols are separated by spaces"),
            SettingDescription(
                "maximumLength", "Symbols that a source or a target may have; a file with more is refused",
                unit: "symbols",
                in: 1...largestSize)
        ]
}
