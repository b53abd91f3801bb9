// The seam for tasks: what a network is trained and evaluated on.

import Foundation
import NeuralMemory

/// A task: its settings, and the sequences drawn by them.
///
/// Each task is one file, and one entry in a `Registry`.
public protocol SequenceTask: Registrable {
    /// What the network gets and what it should give.
    var signature: Signature { get }

    /// The lengths to train at. What a length counts is the task's to say: source symbols, items, vectors.
    var lengths: ClosedRange<Int> { get }

    /// Lengths are multiples of this; 1 unless the task says otherwise.
    var lengthUnit: Int { get }

    /// The shortest length that there are sequences of; `lengthUnit` unless the task says otherwise.
    var shortestLength: Int { get }

    /// The most steps that a sequence of a length takes.
    func steps(length: Int) -> Int

    /// Throws `ConfigurationError` in the name of a setting or an option, where there are no sequences of these
    /// lengths.
    func requireLengths(_ lengths: ClosedRange<Int>, _ setting: String) throws

    /// Draws a length: of those in the range that there are sequences of, all are equally likely.
    func length(in lengths: ClosedRange<Int>, using generator: inout RandomGenerator) -> Int

    /// Draws a minibatch of sequences whose lengths lie in `lengths`; each length is drawn by `length(in:using:)`,
    /// unless the task says otherwise. Throws `UsageError` for a count below 1, and `ConfigurationError` where there
    /// are no sequences of these lengths.
    func batch(count: Int, lengths: ClosedRange<Int>, using generator: inout RandomGenerator) throws -> Batch

    /// Throws `ConfigurationError` where a setting is out of range.
    func validate() throws

    /// A small picture of one sequence, in plain text of a few lines; of sequences that are too long to be drawn, a
    /// line that says so.
    func picture(using generator: inout RandomGenerator) -> String

    // MARK: Capabilities, each with a default for tasks that do not have it

    /// What the best predictor that knows the task, but not the draws, pays for a batch that this task drew: Σ −log2 p
    /// over all outputs that count, of all sequences together. `nil`, by default, where that is not known. Throws
    /// `UsageError` for batches that cannot be this task's.
    func optimalBits(of batch: Batch) throws -> Double?

    /// Names of inputs and outputs; `nil`, by default, where they have none.
    var names: SymbolNames? { get }

    /// How numbers of vectors that go in were standardised; `nil`, by default, where they are as in the data.
    var inputScale: NumberScale? { get }

    /// How target numbers were standardised; `nil`, by default, where they are as in the data.
    var targetScale: NumberScale? { get }

    /// Whether the symbols come from a grammar or from data, and no setting says how many there are; `false` by
    /// default.
    var hasGivenSymbols: Bool { get }

    // MARK: Where sequences come from: by default they are drawn; `DataTask` has them

    /// Whether sequences of any lengths can be asked for. Where this is `false`, they are data, and lengths are what
    /// these have.
    var drawsSequences: Bool { get }

    /// Whether there are sequences to be had. What draws them is always open.
    var isOpen: Bool { get }

    /// Opens the data to train and to evaluate on. Throws `FileError`, `DataError` that names file and line, or
    /// `ConfigurationError`; also where what is known of the data from an earlier run does not fit them.
    ///
    /// - Parameter progress: is told what is being done, often.
    mutating func open(progress: (String) -> Void) throws

    /// Opens other data, to evaluate only. Throws as `open` does, and `UsageError` where the task reads no files.
    mutating func open(evaluating file: URL, progress: (String) -> Void) throws

    /// Takes over what another task of the same kind knows of its data.
    mutating func adopt(_ other: any SequenceTask)

    /// What somebody should know about the data that were opened: whole sentences without a full stop.
    func notes(progress: (String) -> Void) throws -> [String]

    /// The training batch after so many sequences, all of which came in batches of `count`. What is drawn depends on
    /// the generator and `lengths` alone; data depend on the seed and the number of sequences alone. Throws as `batch`
    /// does, and `DataError` or `FileError` where data cannot be read any more.
    func trainingBatch(
        count: Int, lengths: ClosedRange<Int>, after sequences: Int, seed: UInt64,
        using generator: inout RandomGenerator
    ) throws -> Batch

    /// Whether training sequences are stretches of streams, of which each batch but the first has the next ones;
    /// `false` by default.
    var hasStreams: Bool { get }

    /// Whether the sequences of the training batch after so many go on where those of the batch before ended; `false`
    /// by default.
    func continues(after sequences: Int, count: Int) -> Bool

    /// What an output is called of which bits and perplexity are told, such as "character"; `nil`, by default, where
    /// sequences are right or wrong as a whole.
    var outputUnit: String? { get }

    /// Sequences to evaluate on: where they are drawn, a set for each range of lengths; of data, one set in all.
    ///
    /// - Parameters:
    ///   - lengths: a range for each set of drawn sequences.
    ///   - count: sequences of each set at most; without it, all of data, and 1000 drawn ones.
    ///   - seed: decides the drawn sequences, and which of data are looked at one by one.
    func evaluationSets(_ lengths: [ClosedRange<Int>], count: Int?, seed: UInt64) throws -> [any EvaluationSet]
}

/// The most numbers, inputs and outputs together, of a sequence that is drawn.
private let largestPicture = 1 << 20

extension SequenceTask {
    public var lengthUnit: Int { 1 }
    public var shortestLength: Int { lengthUnit }

    public func requireLengths(_ lengths: ClosedRange<Int>, _ setting: String) throws {
        try require(setting, lengths.lowerBound, in: shortestLength...largestSize)
        try require(setting, lengths.upperBound, in: shortestLength...largestSize)
        guard !multiples(in: lengths).isEmpty else {
            let multiple = lengthUnit == 2 ? "even" : "a multiple of \(lengthUnit)"
            throw ConfigurationError(
                field: setting, value: lengths.label,
                allowed: "\(multiple), or a range with such a number: \(kind) has no other lengths")
        }
    }

    public func length(in lengths: ClosedRange<Int>, using generator: inout RandomGenerator) -> Int {
        let multiples = multiples(in: lengths)
        return lengthUnit * generator.integer(in: multiples.lowerBound...multiples.upperBound - 1)
    }

    /// The numbers n whose n · `lengthUnit` are in a range of lengths.
    private func multiples(in lengths: ClosedRange<Int>) -> Range<Int> {
        let first = (lengths.lowerBound + lengthUnit - 1) / lengthUnit
        return first..<max(first, lengths.upperBound / lengthUnit + 1)
    }

    /// Throws as `batch` does.
    func requireBatch(count: Int, lengths: ClosedRange<Int>) throws {
        guard count > 0 else { throw UsageError("\(kind).batch", "count is \(count); it must be at least 1") }
        try requireLengths(lengths, "lengths")
    }

    /// What stands in place of a picture where a sequence of this length has too many numbers to be made for one; else
    /// `nil`.
    func pictureTooLarge(length: Int) -> String? {
        let steps = steps(length: length)
        let sizes = signature.pictureSize
        guard steps > largestPicture / sizes else { return nil }
        return "a sequence of length \(length) has \(steps) steps of \(sizes) numbers: too many to be drawn here"
    }

    /// A minibatch at the lengths to train at.
    public func batch(count: Int, using generator: inout RandomGenerator) throws -> Batch {
        try batch(count: count, lengths: lengths, using: &generator)
    }
}

// MARK: Defaults

extension SequenceTask {
    public func optimalBits(of batch: Batch) throws -> Double? { nil }
    public var names: SymbolNames? { nil }
    public var hasGivenSymbols: Bool { false }
    public var inputScale: NumberScale? { nil }
    public var targetScale: NumberScale? { nil }

    public var hasStreams: Bool { false }
    public func continues(after sequences: Int, count: Int) -> Bool { false }
    public var outputUnit: String? { nil }

    public var drawsSequences: Bool { true }
    public var isOpen: Bool { true }
    public mutating func open(progress: (String) -> Void) throws {}
    public mutating func open(evaluating file: URL, progress: (String) -> Void) throws {
        throw UsageError("\(kind).open", "this task reads no files, and \(file.path.shown()) was given; leave it out")
    }
    public mutating func adopt(_ other: any SequenceTask) {}
    public func notes(progress: (String) -> Void) throws -> [String] { [] }

    /// Draws the batch.
    public func trainingBatch(
        count: Int, lengths: ClosedRange<Int>, after sequences: Int, seed: UInt64,
        using generator: inout RandomGenerator
    ) throws -> Batch {
        try batch(count: count, lengths: lengths, using: &generator)
    }

    public func evaluationSets(
        _ lengths: [ClosedRange<Int>], count: Int?, seed: UInt64
    ) throws -> [any EvaluationSet] {
        lengths.map { DrawnSequences(self, lengths: $0, count: count, seed: seed) }
    }
}

extension Registry {
    /// Adds a task.
    ///
    /// Throws `ConfigurationError` for a name that is taken, or that no setting can have.
    public mutating func register(_ type: any SequenceTask.Type) throws { try tasks.register(type) }

    /// The tasks of this package.
    package mutating func addTasks() {
        tasks.add([
            Copy.self, Reversal.self, BigramFlip.self, GrammarTask.self, CopyBits.self, RepeatCopy.self,
            AssociativeRecall.self, NGrams.self, PrioritySort.self, Dyck.self, AnBn.self, AnBnCn.self, Pairs.self,
            Sequences.self, TextTask.self,
            KeyValue.self, Allocation.self, GraphTraversal.self, ShortestPath.self
        ])
    }
}

extension Signature {
    /// Numbers of one step that a picture shows.
    fileprivate var pictureSize: Int {
        let inputs = if case .vectors(let size) = inputs { size } else { 1 }
        let outputs = outputs.targetWidth
        return inputs + outputs
    }
}

extension ClosedRange<Int> {
    /// "16", or "1-16" where it is more than one number.
    public var label: String { lowerBound == upperBound ? "\(lowerBound)" : "\(lowerBound)-\(upperBound)" }
}

extension SettingDescription {
    /// Those of `minimumLength` and `maximumLength`, by which most tasks say what lengths they train at.
    ///
    /// - Parameters:
    ///   - what: what a length counts, such as "symbols of a source".
    ///   - unit: its unit.
    ///   - least: the shortest length that there are sequences of.
    static func lengths(_ what: String, unit: String, from least: Int = 1) -> [SettingDescription] {
        [
            SettingDescription(
                "minimumLength", "The shortest length to train at: \(what)", unit: unit, in: least...largestSize,
                note: "not above maximumLength"),
            SettingDescription(
                "maximumLength", "The longest length to train at: \(what)", unit: unit, in: least...largestSize,
                note: "not below minimumLength")
        ]
    }
}
