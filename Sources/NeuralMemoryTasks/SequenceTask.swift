// The seam for tasks: what a network is trained on, drawn from a seeded generator.

import NeuralMemory

/// A task: its settings, and the sequences drawn by them. Each task is one file, and one entry in a `Registry`.
public protocol SequenceTask: Registrable {
    /// What the network gets and what it should give.
    var signature: Signature { get }

    /// The lengths to train at. What a length counts is the task's to say: source symbols, items, vectors.
    var lengths: ClosedRange<Int> { get }

    /// The shortest length that there are sequences of; 1 unless the task says otherwise.
    var shortestLength: Int { get }

    /// The most steps that a sequence of a length takes.
    func steps(length: Int) -> Int

    /// Throws `ConfigurationError` in the name of a setting or an option, where there are no sequences of these lengths.
    func requireLengths(_ lengths: ClosedRange<Int>, _ setting: String) throws

    /// Draws a length: of those in the range that there are sequences of, all are equally likely.
    func length(in lengths: ClosedRange<Int>, using generator: inout RandomGenerator) -> Int

    /// Draws a minibatch of sequences whose lengths lie in `lengths`; each length is drawn by `length(in:using:)`, unless
    /// the task says otherwise. Throws `UsageError` for a count below 1, and `ConfigurationError` where there are no
    /// sequences of these lengths.
    func batch(count: Int, lengths: ClosedRange<Int>, using generator: inout RandomGenerator) throws -> Batch

    /// Throws `ConfigurationError` where a setting is out of range.
    func validate() throws

    /// A small picture of one sequence, in plain text of a few lines; of sequences that are too long to be drawn, a line
    /// that says so.
    func picture(using generator: inout RandomGenerator) -> String
}

/// The most numbers, inputs and outputs together, of a sequence that is drawn.
private let largestPicture = 1 << 20

extension SequenceTask {
    public var shortestLength: Int { 1 }

    public func requireLengths(_ lengths: ClosedRange<Int>, _ setting: String) throws {
        try require(setting, lengths.lowerBound, in: shortestLength...largestSize)
        try require(setting, lengths.upperBound, in: shortestLength...largestSize)
    }

    public func length(in lengths: ClosedRange<Int>, using generator: inout RandomGenerator) -> Int {
        generator.integer(in: lengths)
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

extension Registry {
    /// Adds a task. Throws `ConfigurationError` for a name that is taken, or that no setting can have.
    public mutating func register(_ type: any SequenceTask.Type) throws { try tasks.register(type) }

    /// The tasks of this package.
    package mutating func addTasks() {
        tasks.add([
            Copy.self, Reversal.self, BigramFlip.self, GrammarTask.self, CopyBits.self, RepeatCopy.self,
            AssociativeRecall.self, NGrams.self, PrioritySort.self, Dyck.self, AnBn.self, AnBnCn.self, Pairs.self
        ])
    }
}

extension Signature {
    /// Numbers of one step that a picture shows.
    fileprivate var pictureSize: Int {
        let inputs = if case .vectors(let size) = inputs { size } else { 1 }
        let outputs = if case .bits(let size) = outputs { size } else { 1 }
        return inputs + outputs
    }
}

extension ClosedRange<Int> {
    /// "16", or "1-16" where it is more than one number.
    public var label: String { lowerBound == upperBound ? "\(lowerBound)" : "\(lowerBound)-\(upperBound)" }
}
