// Going through files of sequences, once: which lines are trained on, and all that must be known of them.

import Foundation
import NeuralMemory

/// The files of a task, and how they are read.
struct SequenceFiles: Sendable {
    let training: URL
    /// Sequences to evaluate on; without it, every `holdOut`-th line of the training file is held out.
    let validation: URL?
    let holdOut: Int
    let options: SequenceOptions

    /// Whether a line of the training file is held out; lines are counted from 0.
    func isHeldOut(_ line: Int) -> Bool { validation == nil && holdOut > 0 && (line + 1) % holdOut == 0 }

    /// The lines to train on and those to evaluate on, which are the same where none are held out.
    ///
    /// - Parameters:
    ///   - lines: of each file.
    ///   - steps: of each line of each file.
    func sets(_ lines: [TextLines], _ steps: [[UInt32]]) -> (training: LineSet, heldOut: LineSet) {
        let training = LineSet(lines: lines[0], index: LineSet.Index(steps[0]) { !isHeldOut($0) })
        let heldOut =
            validation == nil
            ? LineSet(lines: lines[0], index: LineSet.Index(steps[0], isWanted: isHeldOut))
            : LineSet(lines: lines[1], index: LineSet.Index(steps[1]) { _ in true })
        return (training, heldOut.count == 0 ? training : heldOut)
    }
}

/// What is found in the files of a task, but for where their lines are.
struct SequenceFindings: Codable, Equatable {
    let facts: SequenceFacts
    /// How many symbols of targets trained on are there once.
    let rareTargets: Int
    /// Of sequences to evaluate on.
    let unknown: UnknownCounts
}

/// What is found in the files of a task.
struct FoundSequences {
    let findings: SequenceFindings
    let training: LineSet
    let heldOut: LineSet
}

/// Goes through the files of a task.
struct SequenceFilesSurvey {
    private let files: SequenceFiles
    private var survey: SequenceSurvey
    private var (inputs, targets) = (SequenceStatistics(), SequenceStatistics())
    private var unknown = UnknownCounts()
    /// Held-out lines with symbols that no line before them has: a line after them may have these.
    private var unsure: [Int] = []

    init(_ files: SequenceFiles) {
        self.files = files
        survey = SequenceSurvey(SequenceSurvey.Wanted(setting: files.options.alignment))
    }

    /// Throws `FileError`, and `DataError` for what cannot be used.
    mutating func found(_ progress: (String) -> Void) throws -> FoundSequences {
        let options = files.options
        let (first, counts) = try trainingLines(progress)
        let alignment = try alignment()
        let name = files.training.lastPathComponent
        survey.wanted = survey.wanted ?? SequenceSurvey.Wanted(alignment, "\(name) has \(alignment.summary)")
        survey.origin = " of \(name)"
        var (lines, steps) = ([first], [counts.steps(alignment)])
        if let validation = files.validation {
            let (second, counts) = try validationLines(validation, progress)
            lines.append(second)
            steps.append(counts.steps(alignment))
        }
        let (training, heldOut) = files.sets(lines, steps)
        guard training.count > 0 else {
            throw DataError(
                files.training,
                "no line is left to train on, with every \(files.holdOut)th held out (task.holdOut)")
        }
        guard !options.balances || targets.symbolCount > 0 else {
            throw DataError(
                files.training,
                "its targets are no symbols; set task.balance=false, or task.targets=symbols for numbers")
        }
        let facts = SequenceFacts(
            alignment: alignment, inputs: inputs.field(standardises: options.standardises),
            targets: targets.field(
                standardises: options.standardises && options.reader.targets != .bits, balances: options.balances),
            targetsAreBits: options.reader.targets == .bits && targets.size > 0,
            longest: max(training.index.longest, heldOut.index.longest), checksums: lines.map(\.checksum))
        // Held out are lines holdOut − 1, 2 · holdOut − 1, …, counted from 0.
        var unknown = unknown
        var (sequence, reader) = (SequenceLine(), try SequenceLines(options.reader, of: heldOut.lines))
        try unknown.add(unsure.map { $0 / files.holdOut }, progress) { number in
            try heldOut.read(number) { try reader.read($0, into: &sequence) }
            return lacksSymbols(sequence)
        }
        let findings = SequenceFindings(
            facts: facts,
            rareTargets: targets.rareCount,
            unknown: unknown)
        return FoundSequences(findings: findings, training: training, heldOut: heldOut)
    }

    private mutating func trainingLines(_ progress: (String) -> Void) throws -> (TextLines, LineCounts) {
        var counts = LineCounts()
        let lines = try files.options.reader.visit(files.training, progress: progress) { line, sequence in
            try survey.add(sequence, line: line.number)
            counts.add(sequence)
            if files.isHeldOut(line.index) {
                let lacks = lacksSymbols(sequence)
                if lacks.inputs || lacks.targets { unsure.append(line.index) }
                return
            }
            inputs.add(sequence.inputs)
            targets.add(sequence.targets)
            guard inputs.symbolCount < largestSize - 2, targets.symbolCount < largestSize - 2 else {
                throw LineFault(
                    reason: "up to here there are \(largestSize - 2) different symbols or more, which no network takes")
            }
        }
        return (lines, counts)
    }

    private mutating func validationLines(
        _ file: URL, _ progress: (String) -> Void
    ) throws -> (TextLines, LineCounts) {
        var counts = LineCounts()
        let lines = try files.options.reader.visit(file, progress: progress) { line, sequence in
            try survey.add(sequence, line: line.number)
            counts.add(sequence)
            let lacks = lacksSymbols(sequence)
            unknown.add(lacks)
        }
        return (lines, counts)
    }

    private func lacksSymbols(_ sequence: SequenceLine) -> (inputs: Bool, targets: Bool) {
        (inputs.index.lacksSymbol(of: sequence.inputs), targets.index.lacksSymbol(of: sequence.targets))
    }

    private func alignment() throws -> SequenceAlignment {
        do {
            return try survey.alignment()
        } catch let fault as LineFault {
            throw DataError(files.training, fault.reason)
        }
    }
}
