// Sequences from a user's own file: symbols or vectors in, symbols, bits or real numbers out.

import Foundation
import NeuralMemory

/// Sequences from a text file in UTF-8, a JSON object on each line.
///
/// docs/SEQUENCES.md describes the format. A length counts steps. Symbols, and the means and deviations by which
/// vectors and target numbers are standardised, are those of the sequences trained on.
///
/// Files may be larger than memory: about 24 bytes are kept for each line, and the lines are read when they are needed.
public struct Sequences: DataTask, NamedSymbols {
    public static let kind = "sequences"
    public static let summary = "your own data: sequences of symbols or numbers, with targets in JSON lines"

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
    /// Inputs or targets that a sequence may have; a file with more is refused.
    public var maximumLength = 10_000

    /// Known from the data, while they are open or from a checkpoint.
    private(set) var facts: SequenceFacts?
    private var open: SequenceData?

    public init() {}

    /// With what an earlier run knew of its data.
    init(knowing facts: SequenceFacts?) { self.facts = facts }

    public var lengths: ClosedRange<Int> {
        // Data that are there to be evaluated only may be longer than those trained on.
        let longest = [facts?.longest, open?.heldOut.index.longest].compactMap { $0 }.max()
        return 1...(longest ?? min(10, maximumLength))
    }

    public func steps(length: Int) -> Int { length }

    /// What stands for the data while they are unknown.
    private var known: SequenceFacts { facts ?? Self.example }
    private static let example = SequenceFacts(
        alignment: .aligned, inputs: SequenceFacts.Field(symbols: ["a", "b", "c"]),
        targets: SequenceFacts.Field(symbols: ["x", "y"]), targetsAreBits: false, longest: 10, checksums: [""])

    public var signature: Signature { known.signature }
    public var inputNames: [String] { known.inputNames }
    public var outputNames: [String] { known.targets.symbols }
    public var streamReader: any SymbolStreamReader { SequenceStreamReader(names: inputNames) }
    public var inputScale: NumberScale? { known.inputs.scale }
    public var targetScale: NumberScale? { known.targets.scale }

    public func validate() throws {
        try require("task.maximumLength", maximumLength, in: 1...largestSize)
        try require("task.holdOut", holdOut, in: 0...Int.max)
        guard holdOut != 1 else {
            throw ConfigurationError(field: "task.holdOut", value: 1, allowed: "0, or at least 2: 1 would hold out all")
        }
        try facts?.validate()
    }

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
    public var isOpen: Bool { open != nil }

    var options: SequenceOptions {
        SequenceOptions(
            reader: SequenceReader(maximumLength: maximumLength, inputs: inputs, targets: targets),
            alignment: alignment, standardises: standardize)
    }

    public mutating func open(progress: (String) -> Void) throws {
        guard !data.isEmpty else {
            throw ConfigurationError(
                field: "task.data", value: "empty",
                allowed: "a file with a JSON object on each line, as in --data train.jsonl")
        }
        let opened = try SequenceData(
            URL(fileURLWithPath: data), validation: validation.isEmpty ? nil : URL(fileURLWithPath: validation),
            holdOut: holdOut, options: options, progress: progress)
        if let facts, facts != opened.facts {
            let isTraining = facts.checksums.first != opened.facts.checksums.first
            throw DataError(
                URL(fileURLWithPath: isTraining || validation.isEmpty ? data : validation),
                "the file is not the one that this run began with; put that one back (--data and --validation "
                    + "say where "
                    + "the files are), or start a new run")
        }
        facts = opened.facts
        open = opened
    }

    public mutating func open(evaluating file: URL, progress: (String) -> Void) throws {
        guard let facts else {
            throw UsageError(
                "Sequences.open", "nothing is known of these sequences yet; take the task of a trained network")
        }
        open = try SequenceData(evaluating: file, facts: facts, options: options, progress: progress)
    }

    public mutating func adopt(_ other: any SequenceTask) {
        guard let other = other as? Sequences, other.options == options else { return }
        facts = other.facts
    }

    private func opened(_ call: String) throws -> SequenceData {
        guard let open else { throw UsageError("Sequences.\(call)", "the data are not open; call open first") }
        return open
    }

    public func notes(progress: (String) -> Void) throws -> [String] {
        let opened = try opened("notes")
        let count = evaluationCount
        var notes = opened.training == nil ? [] : ["\(known.summary); settings of the task say otherwise"]
        if let training = opened.training, training.lines === opened.heldOut.lines {
            notes.append(
                training.count == training.lines.count
                    ? "no sequences are held out: evaluations are of the training sequences, and cannot tell learning "
                        + "from learning by heart"
                    : "no --validation: every \(holdOut)th line is held out for evaluations, \(count) of "
                        + "\(training.lines.count)")
        }
        let symbols = opened.targetSymbols
        if 2 * symbols.rare > symbols.all {
            notes.append(
                "\(symbols.rare) of \(symbols.all) target symbols are there once; if they are numbers in "
                    + "quotes, write them "
                    + "without, and they are learned as numbers")
        }
        let unknown = try opened.countUnknown(progress)
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

    public func trainingBatch(count: Int, after sequences: Int, seed: UInt64) throws -> Batch {
        let opened = try opened("trainingBatch")
        guard let training = opened.training else {
            throw UsageError(
                "Sequences.trainingBatch", "these data were opened to evaluate only; open those to train on")
        }
        guard count > 0, sequences >= 0 else {
            throw UsageError(
                "Sequences.trainingBatch",
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

    private func requireNumber(_ number: Int, of opened: SequenceData, _ call: String) throws {
        let count = opened.heldOut.count
        guard !(0..<count ~= number) else { return }
        throw UsageError("Sequences.\(call)", "sequence \(number) is asked for; there are \(count), counted from 0")
    }
}

/// Each word is the name of an input, or read as `<unk>`.
private struct SequenceStreamReader: SymbolStreamReader {
    private let names: [String]
    private let numbers: [String: Int]

    init(names: [String]) {
        self.names = names
        numbers = names.numbered
    }

    var words: String { SymbolReaderError.abbreviated(names) }
    func input(_ word: String) -> Int32? { (numbers[word] ?? numbers["<unk>"]).map { Int32($0) } }
}
