// The data of a task of sequences, open for reading: the lines of two files, or of one file in two parts.

import Foundation
import NeuralMemory

/// What a `Sequences` task says about its data.
struct SequenceOptions: Sendable, Equatable {
    let reader: SequenceReader
    let alignment: SequenceAlignment?
    let standardises: Bool
    let balances: Bool
}

/// Sequences to train on and sequences to evaluate on.
final class SequenceData: LineData {
    let facts: SequenceFacts
    let training: LineSet?
    let heldOut: LineSet
    let schedule: LineSchedule
    /// How many target symbols that were trained on are there once.
    let rareTargets: Int
    /// Why the index of a large file could not be kept.
    let cacheFault: String?
    private let unknown: UnknownCounts
    private let reader: SequenceReader
    private let coder: SequenceCoder

    /// Sequences to train on, which symbols and scales are of, and sequences to evaluate on.
    ///
    /// - `validation`: sequences to evaluate on. Without it, every `holdOut`-th line of the training file is held out;
    ///   where that comes to no line, the training sequences are evaluated.
    /// - `cache`: where what is found in large files is kept.
    init(
        _ file: URL, validation: URL?, holdOut: Int, options: SequenceOptions, cache: IndexCache? = nil,
        progress: (String) -> Void
    ) throws {
        let files = SequenceFiles(training: file, validation: validation, holdOut: holdOut, options: options)
        let kept = try cache?.sequences(files)
        let found: FoundSequences
        if let kept {
            found = kept
        } else {
            var survey = SequenceFilesSurvey(files)
            found = try survey.found(progress)
        }
        cacheFault = kept == nil ? cache?.keep(found, of: files) : nil
        facts = found.findings.facts
        training = found.training
        heldOut = found.heldOut
        schedule = LineSchedule(steps: found.training.index.steps)
        rareTargets = found.findings.rareTargets
        unknown = found.findings.unknown
        coder = SequenceCoder(facts)
        reader = options.reader
    }

    /// All sequences of a file, to evaluate a network on that was trained on others.
    init(evaluating file: URL, facts: SequenceFacts, options: SequenceOptions, progress: (String) -> Void) throws {
        var survey = SequenceSurvey(of: facts)
        var counts = LineCounts()
        var unknown = UnknownCounts()
        let coder = SequenceCoder(facts)
        let lines = try options.reader.visit(file, progress: progress) { line, sequence in
            try survey.add(sequence, line: line.number)
            try facts.requireSizes(of: sequence)
            counts.add(sequence)
            unknown.add(coder.hasUnknown(sequence))
        }
        self.facts = facts
        training = nil
        heldOut = LineSet(lines: lines, index: LineSet.Index(counts.steps(facts.alignment)) { _ in true })
        schedule = LineSchedule(steps: [])
        rareTargets = 0
        cacheFault = nil
        self.unknown = unknown
        self.coder = coder
        reader = options.reader
    }

    func batch(_ numbers: [Int], of set: LineSet, isTraining: Bool) throws -> Batch {
        var sequence = SequenceLine()
        var lines = try SequenceLines(reader, of: set.lines)
        return coder.batch(
            try numbers.map { number in
                try set.read(number) {
                    try lines.read($0, into: &sequence)
                    return try coder.sequence(sequence, isWeighted: isTraining)
                }
            })
    }

    /// They were counted when the files were gone through.
    func countUnknown(_ progress: (String) -> Void) -> UnknownCounts { unknown }
}

/// The numbers of inputs and targets of all lines of a file.
///
/// Steps depend on the alignment, which all lines decide: both counts are kept until then.
struct LineCounts {
    private var inputs: [UInt32] = []
    private var targets: [UInt32] = []

    mutating func add(_ sequence: SequenceLine) {
        inputs.append(UInt32(sequence.inputs.count))
        targets.append(UInt32(sequence.targets.count))
    }

    /// Uses the counts up, so that no more memory is needed.
    consuming func steps(_ alignment: SequenceAlignment) -> [UInt32] {
        var steps = inputs
        inputs = []
        if alignment == .after { for line in steps.indices { steps[line] += targets[line] } }
        return steps
    }
}
