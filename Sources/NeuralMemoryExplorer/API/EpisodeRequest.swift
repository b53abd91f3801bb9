// What the page asks to see: a run at a moment of its training, and a sequence.

import NeuralMemory
import NeuralMemoryTasks
import NeuralMemoryTraining

/// The body of a request for an episode.
struct EpisodeRequest: Decodable, Sendable {
    /// The run's place among those that were named.
    let run: Int
    /// The name of a checkpoint; `nil` for the best one, or the last one before there is a best one.
    var checkpoint: String?
    /// Symbols that somebody typed.
    var input: String?
    /// Of the sequence that is drawn where nothing was typed.
    var length: Int?
    var seed: UInt64?
    /// What somebody made of the inputs of the sequence that is drawn: a vector a step.
    var vectors: [[Float]]?

    /// No episode has more steps.
    static let mostSteps = 2000
}

/// A sequence to run, with what the page is told of it.
struct EpisodeSequence {
    let batch: Batch
    let hasTarget: Bool
    /// Of a drawn sequence.
    var length: Int?
    var seed: UInt64?
    /// Where it stands in somebody's data.
    var place: String?
    /// Whole sentences without a full stop.
    var notes: [String] = []
}

extension EpisodeRequest {
    /// The sequence of the request; a task with data must be open, unless something was typed.
    ///
    /// Throws `RequestParser.Refusal`, `GivenSequenceError` or `ConfigurationError`, which say what to change.
    func sequence(of task: any SequenceTask, _ network: Network) throws -> EpisodeSequence {
        if let input { return try given(input, task, network) }
        var sequence = try drawn(task)
        if let vectors, let batch = try Self.batch(vectors, insteadOf: sequence.batch) {
            sequence = EpisodeSequence(batch: batch, hasTarget: false, length: sequence.length, seed: sequence.seed)
        }
        return sequence
    }

    private func given(_ input: String, _ task: any SequenceTask, _ network: Network) throws -> EpisodeSequence {
        guard let given = try GivenSequence(input, for: task, network, named: "the input", mostSteps: Self.mostSteps)
        else {
            throw Self.refusal("the inputs of \(task.kind) are no symbols that can be typed; draw a sequence")
        }
        return EpisodeSequence(
            batch: given.batch, hasTarget: given.hasTarget, notes: [given.note].compactMap { $0 })
    }

    /// The first sequence that an evaluation with this seed and length draws.
    private func drawn(_ task: any SequenceTask) throws -> EpisodeSequence {
        guard task.drawsSequences else { return try heldOut(task) }
        let lengths = length.map { $0...$0 } ?? Inspection.usualLengths(of: task)
        try task.requireLengths(lengths, "length")
        // Before anything is drawn, since the length may be anything.
        let longest = InputKind.longestLength(task)
        guard lengths.upperBound <= longest else {
            throw Self.refusal(
                "length is \(lengths.label); sequences of up to \(Self.mostSteps) steps are shown, which have lengths "
                    + "of up to \(longest)")
        }
        let seed = seed ?? 1
        let sample = try DrawnSequences(task, lengths: lengths, count: 1, seed: seed).sample(1)
        return EpisodeSequence(batch: sample.batch, hasTarget: true, length: length, seed: seed)
    }

    /// One of the data to evaluate on; the seed decides which, as in an inspection.
    private func heldOut(_ task: any SequenceTask) throws -> EpisodeSequence {
        guard length == nil else {
            throw Self.refusal("this network was trained on data, whose lengths are given; choose by seed, or type one")
        }
        let seed = seed ?? 1
        let set = try task.evaluationSets([task.lengths], count: nil, seed: seed)[0]
        let steps = try set.steps(ofSample: 1)
        guard steps <= Self.mostSteps else {
            throw Self.refusal(
                "the sequence of seed \(seed) has \(steps) steps; at most \(Self.mostSteps) are shown; draw another")
        }
        let sample = try set.sample(1)
        return EpisodeSequence(
            batch: sample.batch, hasTarget: true, seed: seed, place: sample.places.first.map { "\($0)" })
    }

    /// A batch of other vectors, whose targets are not known; `nil` where they are those of the batch.
    ///
    /// The outputs that count stay where they are, as far as there are steps.
    private static func batch(_ vectors: [[Float]], insteadOf batch: Batch) throws -> Batch? {
        guard case .vectors(let old) = batch.inputs else {
            throw refusal("the inputs of this task are symbols, and vectors were given; leave them out")
        }
        let size = old.count / batch.steps
        guard 1...mostSteps ~= vectors.count else {
            throw refusal("there are \(vectors.count) vectors; give 1 to \(mostSteps)")
        }
        guard let wrong = vectors.first(where: { $0.count != size || !$0.allSatisfy(\.isFinite) }) else {
            let new = Array(vectors.joined())
            guard new != old else { return nil }
            let mask = (0..<vectors.count).map { $0 < batch.steps ? batch.mask[$0] : 1 }
            return try Batch(
                steps: vectors.count, count: 1, inputs: .vectors(new),
                targets: batch.targets.zeros(steps: vectors.count, insteadOf: batch.steps), mask: mask)
        }
        throw refusal("a vector has \(wrong.count) numbers; each must have \(size), all of them finite")
    }

    static func refusal(_ reason: String) -> RequestParser.Refusal { .init(.badRequest, reason) }
}

extension Batch.Targets {
    /// Targets of the same kind of other steps of one sequence, which nobody knows.
    fileprivate func zeros(steps: Int, insteadOf old: Int) -> Batch.Targets {
        func zeros<Value: Numeric>(_ values: [Value]) -> [Value] {
            Array(repeating: 0, count: values.count / old * steps)
        }
        switch self {
        case .symbols(let symbols): return .symbols(zeros(symbols))
        case .bits(let bits): return .bits(zeros(bits))
        case .numbers(let numbers): return .numbers(zeros(numbers))
        }
    }
}
