// What tasks have in common whose sequences are lines of text files: opening them, and giving sequences by number.

import Foundation
import NeuralMemory

/// What a run keeps of its data, so that the network can be used without them, and the same data known again.
protocol FileFacts: Codable, Sendable, Equatable {
    /// The most of what a length of the task counts, in a sequence.
    var longest: Int { get }
    /// 64-bit FNV-1a of the training file, and of the validation file where there is one.
    var checksums: [String] { get }
    /// Throws `ConfigurationError` for what no data can have told: a checkpoint may be anybody's work.
    func validate() throws
}

extension FileFacts {
    /// What `validate` checks of all facts.
    func requireLongestAndChecksums() throws {
        try require("task.facts.longest", longest, in: 1...largestSize)
        guard 1...2 ~= checksums.count else {
            throw ConfigurationError(
                field: "task.facts.checksums", value: "a list of \(checksums.count)", allowed: "of 1 or 2 checksums")
        }
    }
}

/// The lines of two files, or of one file in two parts, open for reading.
protocol FileData: Sendable {
    associatedtype Facts: FileFacts
    var facts: Facts { get }
    /// `nil` where the data are there to be evaluated only.
    var training: LineSet? { get }
    var heldOut: LineSet { get }
    /// Of the training lines.
    var schedule: LineSchedule { get }

    func batch(_ numbers: [Int], of set: LineSet) throws -> Batch
    /// Whether a sequence to evaluate on has a symbol that was not trained on, in what goes in and in what is wanted.
    func hasUnknown(_ number: Int) throws -> (inputs: Bool, targets: Bool)
}

extension FileData {
    /// How many sequences to evaluate on have a symbol that was not trained on.
    func countUnknown(_ progress: (String) -> Void) throws -> (inputs: Int, targets: Int) {
        var counts = (inputs: 0, targets: 0)
        for number in 0..<heldOut.count {
            let unknown = try hasUnknown(number)
            counts.inputs += unknown.inputs ? 1 : 0
            counts.targets += unknown.targets ? 1 : 0
            if number % 4096 == 0 { progress("looking for unknown symbols: \(100 * number / heldOut.count) %") }
        }
        return counts
    }
}

/// A task whose sequences are lines of text files.
///
/// It says how lines are read; all that `DataTask` asks for is here.
protocol FileTask: DataTask {
    associatedtype Opened: FileData
    /// What messages call a sequence, as in "pair".
    static var sequenceName: String { get }
    /// What a file must be, with an example of how it is named.
    static var fileForm: String { get }

    /// The file to train on.
    var data: String { get }
    /// A file to evaluate on; empty to hold out a part of `data`.
    var validation: String { get }
    /// Without a validation file every so many-th line of `data` is held out; 0 holds out none.
    var holdOut: Int { get }
    /// What a sequence may have at most.
    var maximumLength: Int { get }

    /// Known from the data, while they are open or from a checkpoint.
    var facts: Opened.Facts? { get set }
    /// `nil` while the data are not open.
    var opened: Opened? { get set }

    /// Reads the data to train and to evaluate on.
    func read(_ file: URL, validation: URL?, progress: (String) -> Void) throws -> Opened
    /// Reads all sequences of a file, to evaluate a network on that was trained on others.
    func read(evaluating file: URL, facts: Opened.Facts, progress: (String) -> Void) throws -> Opened
}

// MARK: Opening

extension FileTask {
    public var isOpen: Bool { opened != nil }

    public var lengths: ClosedRange<Int> {
        // Data that are there to be evaluated only may be longer than those trained on.
        let longest = [facts?.longest, opened?.heldOut.index.longest].compactMap { $0 }.max()
        return 1...(longest ?? min(10, maximumLength))
    }

    public func validate() throws {
        try require("task.maximumLength", maximumLength, in: 1...largestSize)
        try require("task.holdOut", holdOut, in: 0...Int.max)
        guard holdOut != 1 else {
            throw ConfigurationError(field: "task.holdOut", value: 1, allowed: "0, or at least 2: 1 would hold out all")
        }
        try facts?.validate()
    }

    public mutating func open(progress: (String) -> Void) throws {
        guard !data.isEmpty else {
            throw ConfigurationError(field: "task.data", value: "empty", allowed: Self.fileForm)
        }
        let found = try read(
            URL(fileURLWithPath: data), validation: validation.isEmpty ? nil : URL(fileURLWithPath: validation),
            progress: progress)
        if let facts, facts != found.facts {
            let isTraining = facts.checksums.first != found.facts.checksums.first
            throw DataError(
                URL(fileURLWithPath: isTraining || validation.isEmpty ? data : validation),
                "the file is not the one that this run began with; put that one back (--data and --validation say where "
                    + "the files are), or start a new run")
        }
        facts = found.facts
        opened = found
    }

    public mutating func open(evaluating file: URL, progress: (String) -> Void) throws {
        guard let facts else {
            throw UsageError(
                "\(Self.self).open",
                "nothing is known of these \(Self.sequenceName)s yet; take the task of a trained network")
        }
        opened = try read(evaluating: file, facts: facts, progress: progress)
    }

    func requireOpen(_ call: String) throws -> Opened {
        guard let opened else { throw UsageError("\(Self.self).\(call)", "the data are not open; call open first") }
        return opened
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

// MARK: Sequences

extension FileTask {
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
        return try opened.batch(opened.schedule.batch(count: count, after: sequences, seed: seed), of: training)
    }

    public var evaluationCount: Int { opened?.heldOut.count ?? 0 }

    public func evaluationBatch(_ numbers: [Int]) throws -> Batch {
        let opened = try requireOpen("evaluationBatch")
        for number in numbers { try requireNumber(number, of: opened, "evaluationBatch") }
        return try opened.batch(numbers, of: opened.heldOut)
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

// MARK: Settings

extension SettingDescription {
    /// Those of `validation` and `holdOut`.
    static let evaluationFiles = [
        SettingDescription("validation", "A file to evaluate on; empty to hold out a part of the data"),
        SettingDescription(
            "holdOut",
            "Without a validation file every so many-th line is held out: not trained on, but evaluated; 0 holds out none",
            unit: "lines", in: 0...Int.max, note: "not 1")
    ]
}
