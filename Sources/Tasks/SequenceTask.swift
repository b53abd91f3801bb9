// The seam for tasks: what a network is trained on, drawn from a seeded generator.

import NeuralMemory

/// A task: its settings, and the sequences drawn by them. Each task is one file, and one entry in `taskChoices`.
public protocol SequenceTask: Choosable {
    /// What the network gets and what it should give.
    var signature: Signature { get }

    /// The lengths to train at. What a length counts is the task's to say: source symbols, items, vectors.
    var lengths: ClosedRange<Int> { get }

    /// Draws a minibatch, each sequence's length uniform in `lengths`.
    func batch(count: Int, lengths: ClosedRange<Int>, using generator: inout RandomGenerator) -> Batch

    /// Throws `ConfigurationError` where a setting is out of range.
    func validate() throws

    /// A small picture of one sequence, in plain text of a few lines.
    func picture(using generator: inout RandomGenerator) -> String
}

/// All tasks.
public let taskChoices = Choices("task.kind", [Copy.self, Reversal.self, CopyBits.self])
