// What tasks have in common whose sequences are lines of text files: giving sequences by number.

import Foundation
import NeuralMemory

/// What a run keeps of its lines.
protocol LineFacts: FileFacts {
    /// The most of what a length of the task counts, in a sequence.
    var longest: Int { get }
}

extension LineFacts {
    /// What `validate` checks of all facts.
    func requireLongestAndChecksums() throws {
        try require("task.facts.longest", longest, in: 1...largestSize)
        try requireChecksums()
    }
}

/// The lines of two files, or of one file in two parts, open for reading.
protocol LineData: OpenedFiles where Facts: LineFacts {
    /// `nil` where the data are there to be evaluated only.
    var training: LineSet? { get }
    var heldOut: LineSet { get }
    /// Of the training lines.
    var schedule: LineSchedule { get }

    /// - `isTraining`: whether the batch is to be trained on, and may have weights.
    func batch(_ numbers: [Int], of set: LineSet, isTraining: Bool) throws -> Batch
    /// How many sequences to evaluate on have a symbol that was not trained on, in what goes in and in what is wanted.
    func countUnknown(_ progress: (String) -> Void) throws -> UnknownCounts
}

/// How many sequences have symbols that were not trained on.
struct UnknownCounts: Codable, Sendable, Equatable {
    var inputs = 0
    var targets = 0

    /// Adds a sequence: whether it has such symbols, in what goes in and in what is wanted.
    mutating func add(_ isUnknown: (inputs: Bool, targets: Bool)) {
        inputs += isUnknown.inputs ? 1 : 0
        targets += isUnknown.targets ? 1 : 0
    }

    /// Adds the sequences with these numbers.
    ///
    /// - Parameters:
    ///   - numbers: of the sequences.
    ///   - progress: is told what is being done, often.
    ///   - hasUnknown: says of one what `add` needs.
    mutating func add(
        _ numbers: some Collection<Int>, _ progress: (String) -> Void,
        hasUnknown: (Int) throws -> (inputs: Bool, targets: Bool)
    ) throws {
        for (place, number) in numbers.enumerated() {
            add(try hasUnknown(number))
            if place % 4096 == 0 { progress("looking for unknown symbols: \(100 * place / numbers.count) %") }
        }
    }
}

/// A task whose sequences are lines of text files.
///
/// It says how lines are read; all that `DataTask` asks for is here.
protocol LineTask: FileTask where Opened: LineData {
    /// What messages call a sequence, as in "pair".
    static var sequenceName: String { get }
    /// What a sequence may have at most.
    var maximumLength: Int { get }
}

extension LineTask {
    static var dataName: String { sequenceName + "s" }

    public var lengths: ClosedRange<Int> {
        // Data that are there to be evaluated only may be longer than those trained on.
        let longest = [facts?.longest, opened?.heldOut.index.longest].compactMap { $0 }.max()
        return 1...(longest ?? min(10, maximumLength))
    }

    public func validate() throws {
        try require("task.maximumLength", maximumLength, in: 1...largestSize)
        try requireFileSettings()
    }

    /// What somebody should know about the sequences to evaluate on; `nil` where they have a file of their own.
    func heldOutNote() throws -> String? {
        let opened = try requireOpen("notes")
        guard let training = opened.training, training.lines === opened.heldOut.lines else { return nil }
        let name = Self.sequenceName
        return training.count == training.lines.count
            ? "no \(name)s are held out: evaluations are of the training \(name)s, and cannot tell learning from "
                + "learning by heart"
            : "no --validation: every \(holdOut)th line is held out for evaluations, \(evaluationCount) of "
                + "\(training.lines.count)"
    }
}

/// What somebody should know of target symbols where most are there once; `nil` where fewer are.
///
/// - Parameters:
///   - rare: how many of them are there once.
///   - names: all of them.
///   - instead: what to do where they are numbers.
func rareTargetsNote(_ rare: Int, of names: [String], instead: String) -> String? {
    guard 2 * rare > names.count else { return nil }
    let numbers = names.count { Double($0) != nil }
    return "\(rare) of \(names.count) target symbols are there once; "
        + (2 * numbers > names.count
            ? "they are numbers, and each is a name of its own: \(instead)"
            : "of a name that is there once little can be learned")
}

// MARK: Sequences

extension LineTask {
    public func trainingBatch(count: Int, after sequences: Int, seed: UInt64) throws -> Batch {
        let call = "trainingBatch"
        let opened = try requireOpen(call)
        guard let training = opened.training else {
            throw UsageError(
                "\(Self.self).\(call)", "these data were opened to evaluate only; open those to train on")
        }
        guard count > 0, sequences >= 0 else {
            throw UsageError(
                "\(Self.self).\(call)",
                "count is \(count) and there were \(sequences) sequences; these must be at least 1 and 0")
        }
        let numbers = opened.schedule.batch(count: count, after: sequences, seed: seed)
        return try opened.batch(numbers, of: training, isTraining: true)
    }

    public var evaluationCount: Int { opened?.heldOut.count ?? 0 }

    public func evaluationBatch(_ numbers: [Int]) throws -> Batch {
        let opened = try requireOpen("evaluationBatch")
        for number in numbers { try requireNumber(number, of: opened, "evaluationBatch") }
        return try opened.batch(numbers, of: opened.heldOut, isTraining: false)
    }

    public func evaluationSteps(_ number: Int) throws -> Int {
        let opened = try requireOpen("evaluationSteps")
        try requireNumber(number, of: opened, "evaluationSteps")
        return Int(opened.heldOut.index.steps[number])
    }

    public func evaluationPlace(_ number: Int) throws -> DataPlace? {
        let opened = try requireOpen("evaluationPlace")
        try requireNumber(number, of: opened, "evaluationPlace")
        return opened.heldOut.place(number)
    }

    private func requireNumber(_ number: Int, of opened: Opened, _ call: String) throws {
        let count = opened.heldOut.count
        guard !(0..<count ~= number) else { return }
        throw UsageError(
            "\(Self.self).\(call)", "\(Self.sequenceName) \(number) is asked for; there are \(count), counted from 0")
    }
}
