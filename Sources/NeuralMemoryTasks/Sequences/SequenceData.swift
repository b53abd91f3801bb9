// The data of a task of sequences, open for reading: the lines of two files, or of one file in two parts.

import Foundation
import NeuralMemory

/// What a `Sequences` task says about its data.
struct SequenceOptions: Sendable, Equatable {
    let reader: SequenceReader
    let alignment: SequenceAlignment?
    let standardises: Bool
}

/// Some of the lines of a file, as sequences.
///
/// Beside the file's 8 bytes a line, each takes 8 bytes: the sequences themselves stay on the disk.
struct SequenceSet: Sendable {
    /// The numbers of lines, and how many steps their sequences take.
    struct Index: Sendable {
        var numbers: [UInt32] = []
        var steps: [UInt32] = []
        var longest: Int { Int(steps.max() ?? 1) }

        mutating func add(_ number: Int, steps count: Int) {
            numbers.append(UInt32(truncatingIfNeeded: number))
            steps.append(UInt32(count))
        }
    }

    let lines: TextLines
    let index: Index
    let reader: SequenceReader

    var count: Int { index.numbers.count }

    func place(_ number: Int) -> DataPlace { DataPlace(file: lines.file.path, line: Int(index.numbers[number]) + 1) }

    /// One sequence, as `body` makes it.
    ///
    /// Throws `DataError` or `FileError` where the file cannot be read any more, and for a fault of `body`.
    func sequence<Value>(_ number: Int, _ body: (SequenceLine) throws -> Value) throws -> Value {
        let line = Int(index.numbers[number])
        do {
            return try body(try reader.sequence(try lines.bytes(ofLine: line)))
        } catch let fault as SequenceFault {
            throw DataError(lines.file, line: line + 1, fault.reason)
        }
    }
}

extension SequenceReader {
    /// Reads all sequences of a file.
    ///
    /// Throws `FileError`, or `DataError` that names the line, unless each can be used and there is one.
    func visit(
        _ file: URL, progress: (String) -> Void, _ body: (Int, SequenceLine) throws -> Void
    ) throws -> TextLines {
        let lines = try TextLines(file, limit: Self.byteLimit) {
            progress("reading \(file.lastPathComponent): \(Int(100 * $0)) %")
        } visit: { number, bytes in
            do {
                try body(number, try sequence(bytes))
            } catch let fault as SequenceFault {
                throw DataError(file, line: number + 1, fault.reason)
            }
        }
        guard lines.count > 0 else { throw DataError(file, "the file has no lines; each must be a JSON object") }
        guard lines.count <= UInt32.max else { throw DataError(file, "the file has more than \(UInt32.max) lines") }
        return lines
    }
}

/// Symbols, and means and deviations, of the sequences trained on.
struct SequenceStatistics {
    private var counts: [String: Int] = [:]
    private(set) var numbers: NumberStatistics?
    private(set) var size = 0

    mutating func add(_ field: SequenceField) {
        if field.isOfTexts {
            for index in 0..<field.texts.count where field.isThere[index] {
                counts[field.texts[index], default: 0] += 1
            }
            return
        }
        size = field.size
        for index in 0..<field.count where field.isThere[index] {
            numbers = numbers ?? NumberStatistics(size: size)
            numbers?.add(field.vector(index))
        }
    }

    var symbolCount: Int { counts.count }
    /// Symbols that are there once.
    var rareCount: Int { counts.values.count { $0 == 1 } }

    func field(standardises: Bool) -> SequenceFacts.Field {
        // In the order of their bytes.
        let symbols = counts.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        return SequenceFacts.Field(symbols: symbols, size: size, scale: standardises ? numbers?.scale : nil)
    }
}

/// Sequences to train on and sequences to evaluate on.
final class SequenceData: Sendable {
    let facts: SequenceFacts
    /// `nil` where the data are there to be evaluated only.
    let training: SequenceSet?
    let heldOut: SequenceSet
    let schedule: PairSchedule
    /// How many symbols targets have that were trained on, and how many of them are there once.
    let targetSymbols: (all: Int, rare: Int)
    private let coder: SequenceCoder

    /// Sequences to train on, which symbols and scales are of, and sequences to evaluate on.
    ///
    /// - `validation`: sequences to evaluate on. Without it, every `holdOut`-th line of the training file is held out;
    ///   where that comes to no line, the training sequences are evaluated.
    init(
        _ file: URL, validation: URL?, holdOut: Int, options: SequenceOptions, progress: (String) -> Void
    ) throws {
        var survey = SequenceSurvey(options.alignment)
        var (inputs, targets) = (SequenceStatistics(), SequenceStatistics())
        // Steps depend on the alignment, which all lines decide: of each line both counts are kept until then.
        var (kept, out) = (Counts(), Counts())
        let lines = try options.reader.visit(file, progress: progress) { number, sequence in
            try survey.add(sequence, line: number + 1)
            if validation == nil, holdOut > 0, (number + 1) % holdOut == 0 { return out.add(number, sequence) }
            kept.add(number, sequence)
            inputs.add(sequence.inputs)
            targets.add(sequence.targets)
            guard inputs.symbolCount < largestSize - 2, targets.symbolCount < largestSize - 2 else {
                throw SequenceFault(
                    reason: "up to here there are \(largestSize - 2) different symbols or more, which no network takes")
            }
        }
        guard !kept.numbers.isEmpty else {
            throw DataError(file, "no line is left to train on, with every \(holdOut)th held out (task.holdOut)")
        }
        let alignment = try Self.alignment(of: survey, file)
        survey.wanted = alignment
        let reader = options.reader
        let training = SequenceSet(lines: lines, index: kept.index(alignment), reader: reader)
        self.training = training
        if let validation {
            let lines = try reader.visit(validation, progress: progress) { number, sequence in
                try survey.add(sequence, line: number + 1)
                out.add(number, sequence)
            }
            heldOut = SequenceSet(lines: lines, index: out.index(alignment), reader: reader)
        } else {
            heldOut =
                out.numbers.isEmpty
                ? training : SequenceSet(lines: lines, index: out.index(alignment), reader: reader)
        }
        facts = SequenceFacts(
            alignment: alignment, inputs: inputs.field(standardises: options.standardises),
            targets: targets.field(standardises: options.standardises && reader.targets != .bits),
            targetsAreBits: reader.targets == .bits && targets.size > 0,
            longest: max(training.index.longest, heldOut.index.longest),
            checksums: [lines.checksum] + (validation == nil ? [] : [heldOut.lines.checksum]))
        schedule = PairSchedule(steps: training.index.steps)
        targetSymbols = (targets.symbolCount, targets.rareCount)
        coder = SequenceCoder(facts)
    }

    /// All sequences of a file, to evaluate a network on that was trained on others.
    init(evaluating file: URL, facts: SequenceFacts, options: SequenceOptions, progress: (String) -> Void) throws {
        var survey = SequenceSurvey(facts.alignment)
        var counts = Counts()
        let lines = try options.reader.visit(file, progress: progress) { number, sequence in
            try survey.add(sequence, line: number + 1)
            for (name, field, known) in [
                ("inputs", sequence.inputs, facts.inputs), ("targets", sequence.targets, facts.targets)
            ] where field.size != known.size {
                let wanted = SequenceField(size: known.size).element
                throw SequenceFault(
                    reason: "an element of \"\(name)\" is \(field.element); the network was trained on "
                        + "\(wanted) for each")
            }
            counts.add(number, sequence)
        }
        self.facts = facts
        training = nil
        heldOut = SequenceSet(lines: lines, index: counts.index(facts.alignment), reader: options.reader)
        schedule = PairSchedule(steps: [])
        targetSymbols = (facts.targets.symbols.count, 0)
        coder = SequenceCoder(facts)
    }

    private static func alignment(of survey: SequenceSurvey, _ file: URL) throws -> SequenceAlignment {
        do {
            return try survey.alignment()
        } catch let fault as SequenceFault {
            throw DataError(file, fault.reason)
        }
    }

    func batch(_ numbers: [Int], of set: SequenceSet) throws -> Batch {
        coder.batch(try numbers.map { number in try set.sequence(number) { try coder.sequence($0) } })
    }

    /// How many sequences to evaluate on have a symbol that was not trained on, among inputs and among targets.
    func countUnknown(_ progress: (String) -> Void) throws -> (inputs: Int, targets: Int) {
        var counts = (inputs: 0, targets: 0)
        for number in 0..<heldOut.count {
            let unknown = try heldOut.sequence(number) { coder.hasUnknown($0) }
            counts.inputs += unknown.inputs ? 1 : 0
            counts.targets += unknown.targets ? 1 : 0
            if number % 4096 == 0 { progress("looking for unknown symbols: \(100 * number / heldOut.count) %") }
        }
        return counts
    }
}

/// The lines of a set, with their numbers of inputs and targets.
private struct Counts {
    var numbers: [UInt32] = []
    private var inputs: [UInt32] = []
    private var targets: [UInt32] = []

    mutating func add(_ number: Int, _ sequence: SequenceLine) {
        numbers.append(UInt32(truncatingIfNeeded: number))
        inputs.append(UInt32(sequence.inputs.count))
        targets.append(UInt32(sequence.targets.count))
    }

    func index(_ alignment: SequenceAlignment) -> SequenceSet.Index {
        let steps = alignment == .after ? zip(inputs, targets).map { $0 + $1 } : inputs
        return SequenceSet.Index(numbers: numbers, steps: steps)
    }
}
