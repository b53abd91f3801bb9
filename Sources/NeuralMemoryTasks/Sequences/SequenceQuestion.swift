// From a line without targets to what a network is asked.

import NeuralMemory

/// The inputs of a line, and the steps at which a network answers it.
package struct SequenceQuestion {
    /// Of all steps of this one sequence.
    package let inputs: Batch.Inputs
    package let steps: Int
    /// The steps whose outputs are the answer.
    package let answers: Range<Int>
}

extension Sequences {
    /// How targets stand to inputs, as the data or a checkpoint tell; `nil` while neither is there.
    package var knownAlignment: SequenceAlignment? { facts?.alignment }

    /// Reads the inputs of a line as those of a file.
    ///
    /// Its targets are ignored, but that their number is how many are asked for where they come after the inputs.
    /// Throws `LineFault`, and `UsageError` where nothing is known of the data.
    ///
    /// - Parameters:
    ///   - line: without its end.
    ///   - count: how many targets are asked for after the inputs, where the line does not say.
    package func question(_ line: String, targets count: Int? = nil) throws -> SequenceQuestion {
        guard let facts else {
            throw UsageError(
                "Sequences.question", "the data are not known; open them, or take a trained network's task")
        }
        let (inputs, given) = try options.reader.inputs(Array(line.utf8)[...])
        try facts.inputs.require(inputs, "inputs")
        let targets: Int
        switch facts.alignment {
        case .aligned: targets = inputs.count
        case .last: targets = 1
        case .after:
            guard let asked = given ?? count else {
                throw LineFault(
                    reason:
                        "it does not say how many targets to give after the inputs; give \"targets\", a list with a "
                        + "null for each, or --max-length")
            }
            guard 1...maximumLength ~= asked else {
                throw LineFault(reason: "\(asked) targets are asked for; there must be from 1 to \(maximumLength)")
            }
            targets = asked
        }
        let wanted = SequenceField(isThere: Array(repeating: false, count: targets))
        let coder = SequenceCoder(facts)
        let batch = coder.batch([try coder.sequence(SequenceLine(inputs: inputs, targets: wanted))])
        return SequenceQuestion(
            inputs: batch.inputs, steps: batch.steps, answers: batch.steps - targets..<batch.steps)
    }
}
