// One episode of a trained network, step by step, with what its memory did.

import Foundation
import NeuralMemory
import NeuralMemoryTasks

/// What goes in, what should come out, what comes out, and what memory and controller did, for each step of one
/// sequence.
public struct Inspection: Sendable {
    /// One step.
    public struct Step: Sendable {
        /// The symbol, or the numbers of the vector.
        public let input: String
        /// Empty where no output counts, and where the target is not known.
        public let target: String
        /// The likeliest symbol, the bits or the numbers; empty where no output counts.
        public let output: String
        /// The numbers of the vector that goes in; empty where inputs are symbols.
        package let inputVector: [Float]
        /// The bits that should come out, 0 or 1; empty where outputs are neither bits nor choices, and where `target` is.
        package let targetBits: [Float]
        /// The probability of each bit; empty where outputs are neither bits nor choices, and where `output` is.
        package let outputBits: [Float]
        /// The numbers that should come out, as data have them; empty where outputs are no numbers, and where `target`
        /// is.
        package let targetNumbers: [Float]
        /// The numbers that come out, in the same scale; empty where outputs are no numbers, and where `output` is.
        package let outputNumbers: [Float]
    }

    /// The task's kind.
    public let task: String
    /// The memory's kind.
    public let memory: String
    /// Where the sequence is, if it is one of a user's data.
    public let place: DataPlace?
    /// The sequence's steps, from the first to the last.
    public let steps: [Step]
    /// What each bit of the outputs stands for; empty where outputs are no bits, and where these have no names.
    package let bitNames: [String]
    /// Whether outputs are real numbers, which are neither right nor wrong.
    package let areNumbers: Bool
    /// The signals of each step.
    public let recording: EpisodeRecording

    /// Draws one sequence and runs the network on it: the first that an evaluation with this seed and length draws.
    ///
    /// - Parameters:
    ///   - network: runs the sequence.
    ///   - task: draws the sequence, and names its symbols.
    ///   - length: of the sequence; the task says what it counts.
    ///   - seed: decides the sequence.
    ///   - signals: which are recorded.
    ///
    /// Throws `UsageError` for a task of another signature, and `ConfigurationError` where it has no such sequences.
    public init(
        _ network: Network, task: any SequenceTask, length: ClosedRange<Int>, seed: UInt64,
        signals: (Signal) -> Bool = { _ in true }
    ) throws {
        let sample = try DrawnSequences(task, lengths: length, count: 1, seed: seed).sample(1)
        try self.init(network, task: task, sample.batch, signals: signals)
    }

    /// Runs the network on a given sequence.
    ///
    /// - Parameters:
    ///   - network: runs the sequence.
    ///   - task: names the symbols.
    ///   - batch: of one sequence of the task.
    ///   - place: where the sequence is, if it is one of a user's data.
    ///   - hasTarget: whether the batch's targets are known; otherwise they are not shown.
    ///   - signals: which are recorded.
    ///
    /// Throws `UsageError` for a batch of another signature, or of more or less than one sequence.
    public init(
        _ network: Network, task: any SequenceTask, _ batch: Batch, from place: DataPlace? = nil,
        hasTarget: Bool = true, signals: (Signal) -> Bool = { _ in true }
    ) throws {
        try self.init(
            network, task: task, batch, from: place, hasTarget: hasTarget, signals: signals, thresholdOf: { _ in nil })
    }

    /// Runs the network on a given sequence, and records no numbers of a signal below its threshold.
    package init(
        _ network: Network, task: any SequenceTask, _ batch: Batch, from place: DataPlace? = nil,
        hasTarget: Bool = true, signals: (Signal) -> Bool, thresholdOf: (Signal) -> Float?
    ) throws {
        guard batch.count == 1 else {
            throw UsageError("Inspection", "the batch has \(batch.count) sequences; it must have one")
        }
        self.task = task.kind
        self.place = place
        memory = network.configuration.memory.kind
        let names = task.names
        bitNames = network.signature.outputs.isBits ? names?.outputs ?? [] : []
        let isNumbers = network.signature.outputs.isNumbers
        areNumbers = isNumbers
        let (inputScale, targetScale) = (task.inputScale, task.targetScale)
        let recorder = Recorder(network, thresholdOf: thresholdOf, isWanted: signals)
        let episode = try InferenceEpisode(network, room: batch.steps)
        steps = try (0..<batch.steps).map { step in
            let outputs = try episode.advance(batch.inputs.step(step, of: batch), steps: 1, recorder: recorder)
            let counts = batch.mask[step] > 0
            return Step(
                input: batch.inputs.text(step, of: batch, names?.inputs, inputScale),
                target: counts && hasTarget ? batch.targets.text(step, of: batch, names?.outputs, targetScale) : "",
                output: counts ? network.signature.outputs.text(outputs, names?.outputs, targetScale) : "",
                inputVector: batch.inputs.vector(step, of: batch),
                targetBits: counts && hasTarget ? batch.targets.bits(step, of: batch) : [],
                outputBits: counts ? network.signature.outputs.probabilities(outputs) : [],
                targetNumbers: counts && hasTarget ? batch.targets.numbers(step, of: batch, targetScale) : [],
                outputNumbers: counts && isNumbers ? targetScale.values(outputs) : [])
        }
        recording = recorder.recording
    }
}

extension Inspection {
    /// Lengths of a sequence to look at: 6 where that is trained at, and else what is nearest; two lengths, since of one
    /// alone there may be no sequences.
    package static func usualLengths(of task: any SequenceTask) -> ClosedRange<Int> {
        let (shortest, longest) = (task.lengths.lowerBound, task.lengths.upperBound)
        return max(shortest, min(6, longest - 1))...min(longest, max(6, shortest + 1))
    }
}

extension Batch.Inputs {
    /// One step's inputs of a batch of one sequence.
    fileprivate func step(_ step: Int, of batch: Batch) -> Batch.Inputs {
        switch self {
        case .symbols(let ids): .symbols([ids[step]])
        case .vectors(let values): .vectors(part(values, step, of: batch.steps))
        }
    }

    /// One step's numbers; none for symbols.
    fileprivate func vector(_ step: Int, of batch: Batch) -> [Float] {
        guard case .vectors(let values) = self else { return [] }
        return part(values, step, of: batch.steps)
    }

    fileprivate func text(
        _ step: Int, of batch: Batch, _ names: [String]?, _ scale: NumberScale?
    ) -> String {
        switch self {
        case .symbols(let ids): names?[Int(ids[step])] ?? "\(ids[step])"
        case .vectors(let values):
            scale == nil
                ? vectorText(part(values, step, of: batch.steps))
                : numbersText(scale.values(part(values, step, of: batch.steps)))
        }
    }
}

extension Batch.Targets {
    /// One step's bits; none for symbols.
    fileprivate func bits(_ step: Int, of batch: Batch) -> [Float] {
        guard case .bits(let bits) = self else { return [] }
        return part(bits, step, of: batch.steps)
    }

    /// One step's numbers, as data have them; none for symbols and bits.
    fileprivate func numbers(_ step: Int, of batch: Batch, _ scale: NumberScale?) -> [Float] {
        guard case .numbers(let numbers) = self else { return [] }
        return scale.values(part(numbers, step, of: batch.steps))
    }

    fileprivate func text(
        _ step: Int, of batch: Batch, _ names: [String]?, _ scale: NumberScale?
    ) -> String {
        switch self {
        case .symbols(let ids): ids[step] == Batch.noSymbol ? "<unk>" : names?[Int(ids[step])] ?? "\(ids[step])"
        case .bits(let bits): bitsText(part(bits, step, of: batch.steps).map { $0 > 0.5 }, names)
        case .numbers: numbersText(numbers(step, of: batch, scale))
        }
    }
}

extension Signature.Outputs {
    /// The probability that each bit is 1, also of choices; none for symbols and numbers.
    fileprivate func probabilities(_ logits: [Float]) -> [Float] {
        switch self {
        case .bits: logits.map { 1 / (1 + exp(-$0)) }
        case .choices(_, let symbols): logits.choices(of: symbols).flatMap(\.softmax)
        case .symbols, .numbers: []
        }
    }

    /// The likeliest symbol, the likeliest value of each bit, or the numbers.
    fileprivate func text(_ logits: [Float], _ names: [String]?, _ scale: NumberScale?) -> String {
        switch self {
        case .symbols:
            let best = logits.indices.max { logits[$0] < logits[$1] } ?? 0
            return names?[best] ?? "\(best)"
        case .bits: return bitsText(logits.map { $0 > 0 }, names)
        case .choices(_, let symbols):
            let chosen = logits.choices(of: symbols).map(\.indexOfLargest)
            return bitsText(chosen.flatMap { best in (0..<symbols).map { $0 == best } }, names)
        case .numbers: return numbersText(scale.values(logits))
        }
    }
}

/// One step's numbers of all.
private func part(_ values: [Float], _ step: Int, of steps: Int) -> [Float] {
    let size = values.count / steps
    return Array(values[step * size..<(step + 1) * size])
}

/// Names of the bits that are 1, or digits where bits have none.
private func bitsText(_ bits: [Bool], _ names: [String]?) -> String {
    guard let names, !names.isEmpty else { return bits.map { $0 ? "1" : "0" }.joined() }
    return "{" + zip(bits, names).filter(\.0).map(\.1).joined(separator: " ") + "}"
}

/// Five digits of each number.
private func numbersText(_ values: [Float]) -> String { values.map(\.fiveDigits).joined(separator: " ") }

/// Digits where all numbers are 0 or 1.
private func vectorText(_ values: [Float]) -> String {
    values.allSatisfy { $0 == 0 || $0 == 1 }
        ? values.map { $0 == 1 ? "1" : "0" }.joined()
        : values.map { $0 == 0 || $0 == 1 ? String(Int($0)) : String(format: "%.2f", $0) }.joined(separator: " ")
}

extension Float {
    /// As text, with five significant digits.
    package var fiveDigits: String { String(format: "%.5g", self) }
}

extension NumberScale? {
    /// One step's numbers of a network as data have them; those beyond the scale's elements stay.
    package func values(_ numbers: [Float]) -> [Float] {
        guard let scale = self else { return numbers }
        return numbers.enumerated().map { element, number in
            scale.means.indices ~= element ? Float(scale.value(number, element: element)) : number
        }
    }
}
