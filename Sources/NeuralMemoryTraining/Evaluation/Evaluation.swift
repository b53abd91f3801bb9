// Evaluation: a trained network on held-out sequences of given lengths.

import Foundation
import NeuralMemory
import NeuralMemoryTasks

/// The result for one length, or range of lengths.
public struct EvaluationResult: Sendable, Equatable {
    /// What the sequences were drawn from.
    public var lengths: ClosedRange<Int>
    /// Loss and accuracy over all of these sequences.
    public var report: LossReport
    /// The network's outputs are bits; accuracy is counted in wrong bits then.
    public var isOfBits: Bool
    /// Sequences are pieces of a text, and the loss of a symbol is what counts.
    public var isOfText = false
    /// What the best possible predictor pays, in bits per sequence; `nil` where the task does not know.
    public var optimalBits: Double?

    /// Bits per sequence beyond the best possible predictor's.
    public var excessBits: Double? { optimalBits.map { report.bits - $0 } }

    /// Wrong bits per sequence; `nil` where outputs are symbols or numbers.
    public var wrongBits: Double? { isOfBits ? report.wrong : nil }

    /// Bits per character, byte or word; `nil` where sequences are no text.
    public var bitsPerSymbol: Double? { isOfText ? report.bitsPerOutput : nil }
    /// 2 to the power of that.
    public var perplexity: Double? { bitsPerSymbol.map { exp2($0) } }

    /// The report's, and `nil` where outputs are numbers or sequences pieces of a text.
    var coarse: Double? { report.rmse == nil && !isOfText ? report.coarse : nil }
    var fine: Double? { report.rmse == nil && !isOfText ? report.fine : nil }
}

/// The result for a group of sequences.
public struct EvaluationGroup: Sendable, Equatable {
    /// What the sequences have in common, as in "3-4 steps" or a label.
    public let name: String
    /// Loss and accuracy over these sequences.
    public let result: EvaluationResult
}

/// Runs networks on held-out sequences.
public struct Evaluation: Sendable {
    /// What the sequences are drawn from, or read.
    public let task: any SequenceTask
    /// Decides drawn sequences; another stream of random numbers than training's.
    public let seed: UInt64
    /// Sequences for each length; of data, at most so many, spread evenly.
    ///
    /// Without it, all of data, and 1000 drawn ones.
    public let episodes: Int?
    /// Whether controller and memory go on from stretch to stretch of a stream, as in training with `training.carry`.
    public let carries: Bool

    /// `run` throws `UsageError` for fewer than one episode.
    public init(task: any SequenceTask, seed: UInt64, episodes: Int?, carries: Bool = false) {
        self.task = task
        self.seed = seed
        self.episodes = episodes
        self.carries = carries
    }

    /// About so many steps times sequences in one batch, so that long sequences do not need much memory.
    static let rowsPerBatch = 8192

    /// The sequences: a set for each range of lengths where they are drawn, or one of the task's data.
    ///
    /// The same sequences each time.
    public func sets(_ lengths: [ClosedRange<Int>]) throws -> [any EvaluationSet] {
        try task.evaluationSets(lengths, count: episodes, seed: seed)
    }

    /// Draws `episodes` sequences and runs the network on them, as `run(_:on:)` does.
    ///
    /// - `progress`: is told how many sequences are done, after each batch.
    public func run(
        _ network: Network, lengths: ClosedRange<Int>, progress: (Int) -> Void = { _ in }
    ) throws -> EvaluationResult {
        let sequences = DrawnSequences(task, lengths: lengths, count: episodes, seed: seed)
        return try run(network, on: sequences, progress: progress)
    }

    /// Runs the network on sequences of the task.
    ///
    /// The network hears the right symbols, not its own answers; coarse and fine accuracy are the same as in greedy
    /// decoding all the same: up to the first error both hear the same, and after it nothing counts.
    ///
    /// Throws `UsageError` for a network of another signature than the task's and for no sequences,
    /// `ConfigurationError` where there are none of these lengths, and `DataError` or `FileError` where data cannot be
    /// read any more.
    ///
    /// - Parameters:
    ///   - network: of the task's signature.
    ///   - set: the sequences, of this evaluation's task.
    ///   - progress: gets how many sequences are done, after each batch.
    public func run(
        _ network: Network, on set: any EvaluationSet, progress: (Int) -> Void = { _ in }
    ) throws -> EvaluationResult {
        var total: LossReport?
        var optimalBits: Double? = 0
        var carried: [Snapshot]?
        try set.forEachBatch({ Self.batchSize(steps: $0, by: network.model) }) { batch in
            let report: LossReport
            if carries, set.isStream {
                (report, carried) = try network.evaluate(batch, from: carried)
            } else {
                report = try network.evaluate(batch)
            }
            total = total?.adding(report) ?? report
            let optimal = try task.optimalBits(of: batch)
            optimalBits = optimalBits.flatMap { sum in optimal.map { sum + $0 } }
            progress(total?.sequences ?? 0)
        }
        guard let total else {
            throw UsageError("Evaluation.run", "episodes are \(set.count); an evaluation needs at least one")
        }
        return EvaluationResult(
            lengths: set.lengths, report: total, isOfBits: task.signature.outputs.isBits,
            isOfText: task.outputUnit != nil,
            optimalBits: optimalBits.map { $0 / Double(total.sequences) })
    }

    /// Runs the network on the sequences of data, group by group.
    ///
    /// Throws `UsageError` for a task that draws its sequences or has streams, and what `run` and `DataSequences.groups` throw.
    ///
    /// - Parameters:
    ///   - network: of the task's signature.
    ///   - grouping: what is a group.
    ///   - progress: gets how many sequences are done, after each batch.
    public func groups(
        _ network: Network, by grouping: EvaluationGrouping, progress: (Int) -> Void = { _ in }
    ) throws -> [EvaluationGroup] {
        guard let task = task as? any DataTask else {
            throw UsageError("Evaluation.groups", "\(task.kind) draws its sequences; ask for a result at each length")
        }
        guard !task.hasStreams else {
            throw UsageError("Evaluation.groups", "stretches of \(task.kind) go on from each other; ask for one result")
        }
        var done = 0
        return try DataSequences(task, count: episodes, seed: seed).groups(by: grouping).map { name, set in
            defer { done += set.count }
            return EvaluationGroup(name: name, result: try run(network, on: set) { progress(done + $0) })
        }
    }
}
