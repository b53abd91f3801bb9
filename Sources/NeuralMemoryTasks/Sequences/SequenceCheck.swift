// What a file of sequences holds, and what is wrong with it: for somebody who wants to know before a run.

import Foundation
import NeuralMemory

/// A look at all lines of a file, which goes on after lines that cannot be used.
package struct SequenceCheck {
    /// What the file holds, in lines of text.
    package let text: String
    /// Whether a run would take the file.
    package let isUsable: Bool

    private static let mostProblems = 10
    private static let mostNames = 8

    /// - Parameters:
    ///   - file: the file.
    ///   - task: its settings say how the file is read.
    ///   - progress: is told what is being done, often.
    ///
    /// Throws `FileError`, and `DataError` for a line that is too long to be read, or a first line that is no object
    /// and cannot be used as a header: all lines below it would have the same problem.
    package init(_ file: URL, for task: Sequences, progress: (String) -> Void) throws {
        let options = task.options
        var survey = SequenceSurvey(SequenceSurvey.Wanted(setting: options.alignment))
        var (inputs, targets) = (SequenceStatistics(), SequenceStatistics())
        var (usable, left) = (0, 0)
        var (shortest, longest) = ((inputs: Int.max, targets: Int.max), (inputs: 0, targets: 0))
        var problems: [String] = []
        var (sequence, reader) = (SequenceLine(), SequenceLines(options.reader))
        let lines = try TextLines(
            file, limit: SequenceReader.byteLimit,
            progress: { progress("reading \(file.lastPathComponent): \(Int(100 * $0)) %") },
            isHeader: { try reader.takesHeader($0) }
        ) { line in
            do {
                try reader.read(line.bytes, into: &sequence)
                try survey.add(sequence, line: line.number)
                inputs.add(sequence.inputs)
                targets.add(sequence.targets)
                let counts = (inputs: sequence.inputs.count, targets: sequence.targets.count)
                shortest = (min(shortest.inputs, counts.inputs), min(shortest.targets, counts.targets))
                longest = (max(longest.inputs, counts.inputs), max(longest.targets, counts.targets))
                usable += 1
            } catch let fault as LineFault {
                if problems.count < Self.mostProblems {
                    problems.append("line \(line.number): \(fault.reason)")
                } else {
                    left += 1
                }
            }
        }
        var found = reader.columns.map { ["columns     \($0.summary)"] } ?? []
        found += ["sequences   \(usable)" + (usable < lines.count ? " of \(lines.count) lines" : "")]
        if usable > 0 {
            found += ["inputs      \((shortest.inputs...longest.inputs).label) a sequence: " + Self.text(inputs)]
            found += ["targets     \((shortest.targets...longest.targets).label) a sequence: " + Self.text(targets)]
            do {
                let alignment = try survey.alignment()
                let origin = options.alignment == nil ? "found from the file" : "task.alignment"
                found.append("alignment   \(alignment.rawValue): \(alignment.summary) (\(origin))")
            } catch let fault as LineFault {
                found.append("alignment   not clear")
                problems.append(fault.reason)
            }
            let names = targets.field(standardises: false).symbols
            if let note = rareTargetsNote(targets.rareCount, of: names, instead: Sequences.numbersInstead) {
                found.append("note        \(note)")
            }
        } else if let fault = lines.emptiness(form: SequenceReader.fileForm) {
            problems.append(fault)
        }
        if left > 0 { problems.append("and \(left) lines more") }
        isUsable = problems.isEmpty
        text = (found + problems.map { "problem     \($0)" }).map { $0 + "\n" }.joined()
    }

    /// Symbols by their number, or what range numbers have.
    private static func text(_ statistics: SequenceStatistics) -> String {
        guard let numbers = statistics.numbers else {
            let names = statistics.field(standardises: false).symbols
            let shown = names.prefix(mostNames).map { $0.shown(atMost: 20) }.joined(separator: ", ")
            return
                (names.count == 1 ? "1 symbol" : "\(names.count) symbols")
                + " (\(shown)\(names.count > mostNames ? ", …" : ""))"
        }
        let scale = numbers.scale
        let ranges = scale.means.indices.prefix(mostNames).map { element in
            let texts = [numbers.least[element], numbers.most[element], scale.means[element], scale.deviations[element]]
                .map { String(format: "%.5g", $0) }
            return "from \(texts[0]) to \(texts[1]), mean \(texts[2]), deviation \(texts[3])"
        }
        let kind = statistics.size == 1 ? "numbers" : "vectors of \(statistics.size) numbers"
        return kind + " " + ranges.joined(separator: "; ") + (statistics.size > mostNames ? "; …" : "")
    }
}
