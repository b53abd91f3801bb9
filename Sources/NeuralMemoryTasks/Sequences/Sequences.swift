// Sequences from a user's own file: symbols or vectors in, symbols, bits or real numbers out.

import Foundation
import NeuralMemory

/// Sequences from a text file in UTF-8, one on each line, as JSON or CSV.
///
/// docs/data/SEQUENCES.md describes the format. A length counts steps. Symbols, and the means and deviations by which
/// vectors and target numbers are standardised, are those of the sequences trained on.
///
/// Files may be larger than memory: about 16 bytes are kept for each line, and the lines are read when they are needed.
/// Opening takes up to 24 bytes a line.
public struct Sequences: LineTask, NamedSymbols {
    public static let kind = "sequences"
    public static let summary = "your own data: sequences of symbols or numbers, with targets in JSON lines or CSV"

    /// The file to train on.
    public var data = ""
    /// A file to evaluate on; empty to hold out a part of `data`.
    public var validation = ""
    /// Without a validation file every so many-th line of `data` is held out: not trained on, but evaluated.
    ///
    /// 0 holds out none; then, and where the file has fewer lines, the training sequences are evaluated.
    public var holdOut = 10
    /// How targets stand to inputs; found from the file unless given.
    public var alignment: SequenceAlignment?
    /// What inputs are; found from the file unless given.
    public var inputs: SequenceInputs?
    /// What targets are; found from the file unless given.
    public var targets: SequenceTargets?
    /// Whether vectors and target numbers are standardised: mean 0 and deviation 1 of each element.
    public var standardize = true
    /// Whether each target symbol counts alike in the loss of training, however often it is there.
    ///
    /// A target of symbol c then has the weight n / (k · n_c), where n_c of n targets of k symbols are c.
    public var balance = false
    /// Inputs or targets that a sequence may have; a file with more is refused.
    public var maximumLength = 10_000

    /// Known from the data, while they are open or from a checkpoint.
    var facts: SequenceFacts?
    var opened: SequenceData?
    /// Where what is found in large files is kept between runs; `nil` for nowhere.
    package var cache = IndexCache.standard()

    public init() {}

    public func steps(length: Int) -> Int { length }

    /// What stands for the data while they are unknown.
    private var known: SequenceFacts { facts ?? Self.example }
    private static let example = SequenceFacts(
        alignment: .aligned, inputs: SequenceFacts.Field(symbols: ["a", "b", "c"]),
        targets: SequenceFacts.Field(symbols: ["x", "y"]), targetsAreBits: false, longest: 10, checksums: [""])

    public var signature: Signature { known.signature }
    public var inputNames: [String] { known.inputNames }
    public var outputNames: [String] { known.targets.symbols }
    public var streamReader: any SymbolStreamReader {
        NameStreamReader(names: inputNames, unknown: SequenceFacts.unknown)
    }
    public var inputScale: NumberScale? { known.inputs.scale }
    public var targetScale: NumberScale? { known.targets.scale }

    // MARK: Without data

    /// Random sequences of the data's kind: for what needs sequences of any length, such as gradient checks.
    public func batch(count: Int, lengths: ClosedRange<Int>, using generator: inout RandomGenerator) throws -> Batch {
        try requireBatch(count: count, lengths: lengths)
        let coder = SequenceCoder(known)
        let sequences = (0..<count).map { _ in
            coder.randomSequence(steps: length(in: lengths, using: &generator), using: &generator)
        }
        return coder.batch(sequences)
    }

    public func picture(using generator: inout RandomGenerator) -> String {
        guard facts != nil else {
            return """
                input   a  b  a
                target  x  y  x

                as a line: {"inputs": ["a", "b", "a"], "targets": ["x", "y", "x"]}
                """
        }
        return "\(known.summary); \(Int(known.longest)) steps at most"
    }
}

// MARK: Data

extension Sequences {
    static let sequenceName = "sequence"
    static let fileForm = "a file of JSON lines or CSV, as in --data train.jsonl"

    var options: SequenceOptions {
        SequenceOptions(
            reader: SequenceReader(maximumLength: maximumLength, inputs: inputs, targets: targets),
            alignment: alignment, standardises: standardize, balances: balance)
    }

    /// What makes numbers of names.
    static let numbersInstead = "without quotes, and without task.targets=symbols, they are learned as numbers"

    func read(_ file: URL, validation: URL?, progress: (String) -> Void) throws -> SequenceData {
        try SequenceData(
            file, validation: validation, holdOut: holdOut, options: options, cache: cache, progress: progress)
    }

    func read(evaluating file: URL, facts: SequenceFacts, progress: (String) -> Void) throws -> SequenceData {
        try SequenceData(evaluating: file, facts: facts, options: options, progress: progress)
    }

    public mutating func adopt(_ other: any SequenceTask) {
        guard let other = other as? Sequences, other.options == options else { return }
        facts = other.facts
    }

    public func notes(progress: (String) -> Void) throws -> [String] {
        let opened = try requireOpen("notes")
        let count = evaluationCount
        var notes = opened.training == nil ? [] : ["\(known.summary); settings of the task say otherwise"]
        notes += [try heldOutNote()].compactMap { $0 }
        let rare = rareTargetsNote(
            opened.rareTargets, of: known.targets.symbols, instead: Self.numbersInstead)
        notes += [rare].compactMap { $0 }
        if let fault = opened.cacheFault, let cache {
            notes.append(
                "the index of the data cannot be kept in \(cache.folder.path.shownPath) (\(fault)), so that the next run "
                    + "goes through them again; NEURALMEMORY_CACHE names another folder, or is 0 for none")
        }
        let unknown = opened.countUnknown(progress)
        if unknown.inputs > 0 {
            notes.append(
                "\(unknown.inputs) of \(count) sequences to evaluate on have inputs that were not trained on; they are "
                    + "read as <unk>")
        }
        if unknown.targets > 0 {
            notes.append(
                "\(unknown.targets) of \(count) sequences to evaluate on have targets that were not trained on; no "
                    + "answer to them is right")
        }
        return notes
    }
}
