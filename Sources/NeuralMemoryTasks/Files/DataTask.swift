// The seam for tasks whose sequences are somebody's data: files that are opened before a run, and may be gone after it.

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

/// A task that does not draw its sequences, but reads them.
///
/// A run opens its task. What must be known of the data when they are gone (symbols, lengths, checksums) is encoded
/// together with the settings, so a checkpoint has it; settings files do not.
///
/// What gives sequences throws `UsageError` while the data are not open, and for numbers that there are not.
public protocol DataTask: SequenceTask {
    /// Whether there are sequences to be had.
    var isOpen: Bool { get }

    /// Opens the data to train and to evaluate on. Throws `FileError`, `DataError` that names file and line, or
    /// `ConfigurationError`; also where what is known of the data from an earlier run does not fit them.
    ///
    /// - `progress`: is told what is being done, often.
    mutating func open(progress: (String) -> Void) throws

    /// Opens other data, to evaluate only. Throws as `open` does.
    mutating func open(evaluating file: URL, progress: (String) -> Void) throws

    /// Takes over what another task of the same kind knows of its data.
    mutating func adopt(_ other: any SequenceTask)

    /// What somebody should know about the data that were opened: whole sentences without a full stop.
    func notes(progress: (String) -> Void) throws -> [String]

    /// The training batch after so many sequences, all of which came in batches of `count`. It depends on nothing else.
    func trainingBatch(count: Int, after sequences: Int, seed: UInt64) throws -> Batch

    /// How many sequences there are to evaluate on; 0 while the data are not open.
    var evaluationCount: Int { get }

    /// A batch of sequences to evaluate on, by their numbers.
    func evaluationBatch(_ numbers: [Int]) throws -> Batch

    /// The steps that a sequence to evaluate on takes.
    func evaluationSteps(_ number: Int) throws -> Int

    /// Where a sequence to evaluate on stands in the data.
    func evaluationPlace(_ number: Int) throws -> DataPlace
}
