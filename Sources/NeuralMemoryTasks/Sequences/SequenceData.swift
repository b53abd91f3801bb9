// The data of a task of sequences, open for reading: the lines of two files, or of one file in two parts.

import Foundation
import NeuralMemory

/// What a `Sequences` task says about its data.
struct SequenceOptions: Sendable, Equatable {
    let reader: SequenceReader
    let alignment: SequenceAlignment?
    let standardises: Bool
}

extension SequenceReader {
    /// Reads all sequences of a file.
    ///
    /// Throws as `TextLines.init(ofSequences:)` does.
    func visit(
        _ file: URL, progress: (String) -> Void, _ body: (Int, SequenceLine) throws -> Void
    ) throws -> TextLines {
        try TextLines(ofSequences: file, limit: Self.byteLimit, form: "a JSON object", progress: progress) {
            try body($0, try sequence($1))
        }
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
final class SequenceData: LineData {
    let facts: SequenceFacts
    let training: LineSet?
    let heldOut: LineSet
    let schedule: LineSchedule
    /// How many symbols targets have that were trained on, and how many of them are there once.
    let targetSymbols: (all: Int, rare: Int)
    private let reader: SequenceReader
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
                throw LineFault(
                    reason: "up to here there are \(largestSize - 2) different symbols or more, which no network takes")
            }
        }
        guard !kept.numbers.isEmpty else {
            throw DataError(file, "no line is left to train on, with every \(holdOut)th held out (task.holdOut)")
        }
        let alignment = try Self.alignment(of: survey, file)
        survey.wanted = alignment
        survey.origin = " of \(file.lastPathComponent)"
        let reader = options.reader
        let training = LineSet(lines: lines, index: kept.index(alignment))
        self.training = training
        if let validation {
            let lines = try reader.visit(validation, progress: progress) { number, sequence in
                try survey.add(sequence, line: number + 1)
                out.add(number, sequence)
            }
            heldOut = LineSet(lines: lines, index: out.index(alignment))
        } else {
            heldOut = out.numbers.isEmpty ? training : LineSet(lines: lines, index: out.index(alignment))
        }
        facts = SequenceFacts(
            alignment: alignment, inputs: inputs.field(standardises: options.standardises),
            targets: targets.field(standardises: options.standardises && reader.targets != .bits),
            targetsAreBits: reader.targets == .bits && targets.size > 0,
            longest: max(training.index.longest, heldOut.index.longest),
            checksums: [lines.checksum] + (validation == nil ? [] : [heldOut.lines.checksum]))
        schedule = LineSchedule(steps: training.index.steps)
        targetSymbols = (targets.symbolCount, targets.rareCount)
        coder = SequenceCoder(facts)
        self.reader = reader
    }

    /// All sequences of a file, to evaluate a network on that was trained on others.
    init(evaluating file: URL, facts: SequenceFacts, options: SequenceOptions, progress: (String) -> Void) throws {
        var survey = SequenceSurvey(facts.alignment)
        var counts = Counts()
        let lines = try options.reader.visit(file, progress: progress) { number, sequence in
            try survey.add(sequence, line: number + 1)
            try facts.inputs.require(sequence.inputs, "inputs")
            try facts.targets.require(sequence.targets, "targets")
            counts.add(number, sequence)
        }
        self.facts = facts
        training = nil
        heldOut = LineSet(lines: lines, index: counts.index(facts.alignment))
        schedule = LineSchedule(steps: [])
        targetSymbols = (facts.targets.symbols.count, 0)
        coder = SequenceCoder(facts)
        reader = options.reader
    }

    private static func alignment(of survey: SequenceSurvey, _ file: URL) throws -> SequenceAlignment {
        do {
            return try survey.alignment()
        } catch let fault as LineFault {
            throw DataError(file, fault.reason)
        }
    }

    func batch(_ numbers: [Int], of set: LineSet) throws -> Batch {
        coder.batch(
            try numbers.map { number in
                try set.read(number) { try coder.sequence(try reader.sequence($0)) }
            })
    }

    func hasUnknown(_ number: Int) throws -> (inputs: Bool, targets: Bool) {
        try heldOut.read(number) { coder.hasUnknown(try reader.sequence($0)) }
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

    func index(_ alignment: SequenceAlignment) -> LineSet.Index {
        var index = LineSet.Index()
        for place in numbers.indices {
            let steps = Int(inputs[place]) + (alignment == .after ? Int(targets[place]) : 0)
            index.add(Int(numbers[place]), steps: steps, length: steps)
        }
        return index
    }
}
