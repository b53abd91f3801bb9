// The seam for tasks whose sequences are somebody's data: files that are opened before a run, or what a program has.

import Foundation
import NeuralMemory

/// Where a sequence of somebody's data stands.
public struct DataPlace: Codable, Sendable, Equatable, CustomStringConvertible {
    /// The file's path.
    public let file: String
    /// Counted from 1.
    public let line: Int

    /// Of a path, and a line counted from 1.
    public init(file: String, line: Int) {
        self.file = file
        self.line = line
    }

    public var description: String { "\(file), line \(line)" }
}

/// A task that does not draw its sequences, but has them.
///
/// A run opens its task (`SequenceTask.open`). What must be known of the data when they are gone (symbols, lengths,
/// checksums) is encoded beside the settings, as `facts`, so a checkpoint has it; settings files do not. Then the
/// task's `customMirror` leaves it out, and `adopt` takes it over.
///
/// What gives sequences throws `UsageError` while the data are not open, and for numbers that there are not.
public protocol DataTask: SequenceTask {
    /// The training batch after so many sequences, all of which came in batches of `count`. It depends on nothing else.
    func trainingBatch(count: Int, after sequences: Int, seed: UInt64) throws -> Batch

    /// How many sequences there are to evaluate on; 0 while the data are not open.
    var evaluationCount: Int { get }

    /// A batch of sequences to evaluate on, by their numbers.
    func evaluationBatch(_ numbers: [Int]) throws -> Batch

    /// The steps that a sequence to evaluate on takes.
    func evaluationSteps(_ number: Int) throws -> Int

    /// Where a sequence to evaluate on stands in a file; `nil`, unless the task says otherwise, where it is in none.
    func evaluationPlace(_ number: Int) throws -> DataPlace?
}

extension DataTask {
    public func evaluationPlace(_ number: Int) throws -> DataPlace? { nil }

    public var drawsSequences: Bool { false }
    public var hasGivenSymbols: Bool { true }

    /// The next batch of the data: of what lengths, they say.
    public func trainingBatch(
        count: Int, lengths: ClosedRange<Int>, after sequences: Int, seed: UInt64,
        using generator: inout RandomGenerator
    ) throws -> Batch {
        try trainingBatch(count: count, after: sequences, seed: seed)
    }

    /// One set, of the lengths that the data have.
    public func evaluationSets(
        _ lengths: [ClosedRange<Int>], count: Int?, seed: UInt64
    ) throws -> [any EvaluationSet] {
        [DataSequences(self, count: count, seed: seed)]
    }
}
