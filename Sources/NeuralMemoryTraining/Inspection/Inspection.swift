// One episode of a trained network, step by step, with what its memory did.

import Foundation
import NeuralMemory
import NeuralMemoryTasks

/// What goes in, what should come out, what comes out, and the memory's strengths and focus, for each step of one sequence.
public struct Inspection: Sendable {
    /// One step.
    public struct Step: Sendable {
        public let input: String
        /// Empty where no output counts, and where the target is not known.
        public let target: String
        public let output: String
        public let memory: MemoryTrace
    }

    /// The task's kind.
    public let task: String
    /// The memory's kind.
    public let memory: String
    /// Where the sequence stands, if it is one of a user's data.
    public let place: DataPlace?
    public let steps: [Step]

    /// Draws one sequence and runs the network on it: the first that an evaluation with this seed and length draws.
    ///
    /// - Parameters:
    ///   - length: of the sequence; the task says what it counts.
    ///   - seed: decides the sequence.
    ///   - largest: how many places of each focus are told.
    ///
    /// Throws `UsageError` for a task of another signature, and `ConfigurationError` where it has no such sequences.
    public init(
        _ network: Network, task: any SequenceTask, length: ClosedRange<Int>, seed: UInt64, largest: Int
    ) throws {
        let sample = try DrawnSequences(task, lengths: length, count: 1, seed: seed).sample(1)
        try self.init(network, task: task, sample.batch, largest: largest)
    }

    /// Runs the network on a given sequence.
    ///
    /// - Parameters:
    ///   - batch: of one sequence of the task.
    ///   - place: where the sequence stands, if it is one of a user's data.
    ///   - hasTarget: whether the batch's targets are known; otherwise they are not shown.
    ///   - largest: how many places of each focus are told.
    ///
    /// Throws `UsageError` for a batch of another signature, or of more or less than one sequence.
    public init(
        _ network: Network, task: any SequenceTask, _ batch: Batch, from place: DataPlace? = nil,
        hasTarget: Bool = true, largest: Int
    ) throws {
        guard batch.count == 1 else {
            throw UsageError("Inspection", "the batch has \(batch.count) sequences; it must have one")
        }
        self.task = task.kind
        self.place = place
        memory = network.configuration.memory.kind
        let names = task.names
        try network.begin(steps: batch.steps, batch: 1)
        steps = try (0..<batch.steps).map { step in
            try network.advance(batch.inputs.step(step, of: batch), steps: 1)
            let counts = batch.mask[step] > 0
            let outputs = counts ? try network.outputs(step: step) : []
            return Step(
                input: batch.inputs.text(step, of: batch, names?.inputs),
                target: counts && hasTarget ? batch.targets.text(step, of: batch, names?.outputs) : "",
                output: counts ? network.signature.outputs.text(outputs, names?.outputs) : "",
                memory: try network.trace(largest: largest))
        }
    }

    /// One line a step.
    public var table: String {
        guard let first = steps.first else { return "" }
        let figures = first.memory.figures.map { ($0.name, TextTable.Alignment.right) }
        let focuses = first.memory.focuses.map { ($0.name, TextTable.Alignment.left) }
        var table = TextTable(
            [("step", .right), ("input", .left), ("target", .left), ("output", .left)] + figures + focuses)
        for (number, step) in steps.enumerated() {
            let places = step.memory.focuses.map { focus in
                focus.places.map { String(format: "%@:%.2f", $0.place, $0.weight) }.joined(separator: " ")
            }
            table.add(
                ["\(number + 1)", step.input, step.target, step.output]
                    + step.memory.figures.map { String(format: "%.2f", $0.value) } + places)
        }
        return table.text
    }

    /// One line of JSON, without a newline: `{"task": …, "memory": …, "steps": [{"step": 1, "input": …, "target": …, "output":
    /// …, "push": …, …, "read": [{"place": …, "weight": …}, …]}]}`. A step without an output has null for both; a target
    /// that is not known is null. Before the steps of a sequence of a user's data stands `"data": {"file": …, "line": …}`.
    public var json: String {
        let rows = steps.enumerated().map { number, step in
            let figures = step.memory.figures.map { ($0.name, JSONText.number($0.value)) }
            let focuses = step.memory.focuses.map { focus in
                let places = focus.places.map {
                    JSONText.object([("place", $0.place.quotedForJSON), ("weight", JSONText.number($0.weight))])
                }
                return (focus.name, JSONText.array(places))
            }
            func text(_ text: String) -> String { text.isEmpty ? "null" : text.quotedForJSON }
            return JSONText.object(
                [
                    ("step", "\(number + 1)"), ("input", step.input.quotedForJSON), ("target", text(step.target)),
                    ("output", text(step.output))
                ] + figures + focuses)
        }
        return JSONText.object(
            [
                ("task", task.quotedForJSON), ("memory", memory.quotedForJSON)
            ] + (place.map { [("data", $0.json)] } ?? []) + [("steps", JSONText.array(rows))])
    }
}

extension DataPlace {
    /// `{"file": …, "line": …}`
    var json: String { JSONText.object([("file", file.quotedForJSON), ("line", "\(line)")]) }
}

extension Batch.Inputs {
    /// One step's inputs of a batch of one sequence.
    fileprivate func step(_ step: Int, of batch: Batch) -> Batch.Inputs {
        switch self {
        case .symbols(let ids): .symbols([ids[step]])
        case .vectors(let values): .vectors(part(values, step, of: batch.steps))
        }
    }

    fileprivate func text(_ step: Int, of batch: Batch, _ names: [String]?) -> String {
        switch self {
        case .symbols(let ids): names?[Int(ids[step])] ?? "\(ids[step])"
        case .vectors(let values): vectorText(part(values, step, of: batch.steps))
        }
    }
}

extension Batch.Targets {
    fileprivate func text(_ step: Int, of batch: Batch, _ names: [String]?) -> String {
        switch self {
        case .symbols(let ids): ids[step] == Batch.noSymbol ? "<unk>" : names?[Int(ids[step])] ?? "\(ids[step])"
        case .bits(let bits): bitsText(part(bits, step, of: batch.steps).map { $0 > 0.5 }, names)
        }
    }
}

extension Signature.Outputs {
    /// The likeliest symbol, or the likeliest value of each bit.
    fileprivate func text(_ logits: [Float], _ names: [String]?) -> String {
        switch self {
        case .symbols:
            let best = logits.indices.max { logits[$0] < logits[$1] } ?? 0
            return names?[best] ?? "\(best)"
        case .bits: return bitsText(logits.map { $0 > 0 }, names)
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
    guard let names else { return bits.map { $0 ? "1" : "0" }.joined() }
    return "{" + zip(bits, names).filter(\.0).map(\.1).joined(separator: " ") + "}"
}

/// Digits where all numbers are 0 or 1.
private func vectorText(_ values: [Float]) -> String {
    values.allSatisfy { $0 == 0 || $0 == 1 }
        ? values.map { $0 == 1 ? "1" : "0" }.joined()
        : values.map { $0 == 0 || $0 == 1 ? String(Int($0)) : String(format: "%.2f", $0) }.joined(separator: " ")
}
