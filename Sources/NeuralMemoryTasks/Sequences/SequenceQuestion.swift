// From a line that somebody writes for a trained network to what the network is asked.

import Foundation
import NeuralMemory

/// The inputs of a line, and the steps at which a network answers it.
package struct SequenceQuestion {
    /// Of all steps of this one sequence.
    package let inputs: Batch.Inputs
    package let steps: Int
    /// The steps whose outputs are the answer.
    package let answers: Range<Int>
}

/// A sequence that somebody typed.
package struct TypedSequence {
    package let batch: Batch
    /// Whether it has targets; otherwise all outputs that a file would have targets for count.
    package let hasTarget: Bool
    /// Input symbols that were not trained on.
    package let unknown: [String]
}

extension Sequences {
    /// How targets stand to inputs, as the data or a checkpoint tell; `nil` while neither is there.
    package var knownAlignment: SequenceAlignment? { facts?.alignment }

    private func requireFacts(_ call: String) throws -> SequenceFacts {
        guard let facts else {
            throw UsageError(
                "Sequences.\(call)", "the data are not known; open them, or take a trained network's task")
        }
        return facts
    }

    /// Names of inputs that `typed` reads; `nil` for vectors, and where a name has spaces.
    package var typedNames: [String]? {
        guard let facts, facts.inputs.size == 0 else { return nil }
        return facts.inputs.symbols.contains { $0.contains(where: \.isWhitespace) } ? nil : facts.inputs.symbols
    }

    /// Reads the inputs of a line as those of a file.
    ///
    /// Its targets are ignored, but that their number is how many are asked for where they come after the inputs.
    /// Throws `LineFault`, and `UsageError` where nothing is known of the data.
    ///
    /// - Parameters:
    ///   - line: without its end.
    ///   - count: how many targets are asked for after the inputs, where the line does not say.
    package func question(_ line: String, targets count: Int? = nil) throws -> SequenceQuestion {
        let facts = try requireFacts("question")
        let question = try options.reader.question(Array(line.utf8)[...])
        let (batch, answers) = try batch(
            of: question.inputs, targets: question.count ?? count, facts,
            instead: "\"targets\", a list with a null for each, or --max-length")
        return SequenceQuestion(inputs: batch.inputs, steps: batch.steps, answers: answers)
    }

    /// Reads a sequence with its targets or without: as a line of JSON, or else as the cell of CSV that has inputs and,
    /// after a tab, the one that has targets, or null for each that is asked for.
    ///
    /// Throws as `question` does.
    package func typed(_ text: String) throws -> TypedSequence {
        let facts = try requireFacts("typed")
        let line = try lineOfJSON(text, facts)
        let question = try options.reader.question(line)
        let known = Set(facts.inputs.symbols)
        let unknown = facts.inputs.size > 0 ? [] : question.inputs.texts.filter { !known.contains($0) }
        guard question.hasTarget else {
            let (batch, answers) = try batch(
                of: question.inputs, targets: question.count, facts, instead: "\"targets\", a list with a null for each"
            )
            // No target is known, but these are the steps of targets.
            let asked = Batch(
                checked: batch.steps, count: 1, inputs: batch.inputs, targets: batch.targets,
                mask: (0..<batch.steps).map { answers.contains($0) ? 1 : 0 })
            return TypedSequence(batch: asked, hasTarget: false, unknown: unknown)
        }
        let sequence = try options.reader.sequence(line)
        var survey = SequenceSurvey(of: facts)
        try survey.add(sequence, line: 1)
        try facts.requireSizes(of: sequence)
        let coder = SequenceCoder(facts)
        return TypedSequence(
            batch: coder.batch([try coder.sequence(sequence)]), hasTarget: true, unknown: unknown)
    }

    /// Words as the line of JSON that says the same, with one target of null where there is no tab.
    private func lineOfJSON(_ text: String, _ facts: SequenceFacts) throws -> ArraySlice<UInt8> {
        let line = Array(text.utf8)
        guard !SequenceColumns.isObject(line[...]) else { return line[...] }
        let tabs = line.count { $0 == UInt8(ascii: "\t") }
        guard tabs <= 1 else {
            throw LineFault(reason: "there are \(tabs) tabs; it must be inputs, or inputs, one tab and targets")
        }
        let hasTarget = tabs > 0
        guard hasTarget || facts.alignment != .after else { throw Self.missingCount(Self.nulls) }
        let header = "inputs\t" + (facts.alignment == .last ? "target" : "targets")
        // What words are is known, so that symbols may look like numbers.
        var reader = options.reader
        reader.inputs = facts.inputs.size == 0 ? .symbols : .numbers
        reader.targets = facts.targets.size == 0 ? .symbols : .numbers
        var (json, cell): ([UInt8], [UInt8]) = ([], [])
        try SequenceColumns(Array(header.utf8)[...])?.write(
            (hasTarget ? line : line + Array("\tnull".utf8))[...], to: &json, cell: &cell, for: reader)
        return json[...]
    }

    private static let nulls = "a null for each of them, after a tab"

    private static func missingCount(_ instead: String) -> LineFault {
        LineFault(reason: "it does not say how many targets to give after the inputs; give \(instead)")
    }

    /// Inputs with steps for so many targets, none of which is there.
    ///
    /// - `instead`: what to give where their number must be said, and is not.
    private func batch(
        of inputs: SequenceField, targets count: Int?, _ facts: SequenceFacts, instead: String
    ) throws -> (Batch, answers: Range<Int>) {
        try facts.inputs.require(inputs, "inputs")
        let targets: Int
        switch facts.alignment {
        case .aligned: targets = inputs.count
        case .last: targets = 1
        case .after:
            guard let count else { throw Self.missingCount(instead) }
            guard 1...maximumLength ~= count else {
                throw LineFault(reason: "\(count) targets are asked for; there must be from 1 to \(maximumLength)")
            }
            targets = count
        }
        let wanted = SequenceField(isThere: Array(repeating: false, count: targets))
        let coder = SequenceCoder(facts)
        let batch = coder.batch([try coder.sequence(SequenceLine(inputs: inputs, targets: wanted))])
        return (batch, batch.steps - targets..<batch.steps)
    }
}
