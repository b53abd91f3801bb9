// Evaluation: a trained network on held-out sequences of given lengths.

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
    /// What the best possible predictor pays, in bits per sequence; `nil` where the task does not know.
    public var optimalBits: Double?

    /// Bits per sequence beyond the best possible predictor's.
    public var excessBits: Double? { optimalBits.map { report.bits - $0 } }

    /// Wrong bits per sequence; `nil` where outputs are symbols.
    public var wrongBits: Double? { isOfBits ? report.wrong : nil }
}

/// Runs networks on held-out sequences.
public struct Evaluation: Sendable {
    /// What the sequences are drawn from, or read.
    public let task: any SequenceTask
    /// Decides the sequences; another stream of random numbers than training's.
    public let seed: UInt64
    /// Sequences for each length.
    public let episodes: Int

    /// `run` throws `UsageError` for fewer than one episode.
    public init(task: any SequenceTask, seed: UInt64, episodes: Int) {
        self.task = task
        self.seed = seed
        self.episodes = episodes
    }

    /// What `run` throws where there is nothing to run.
    var noEpisodes: UsageError {
        UsageError("Evaluation.run", "episodes are \(episodes); an evaluation needs at least one")
    }

    /// The random numbers that sequences of these lengths are drawn from. Whoever draws from them one sequence after the
    /// other gets those that an evaluation gets, in its order.
    static func generator(seed: UInt64, lengths: ClosedRange<Int>) -> RandomGenerator {
        RandomGenerator(seed: seed, stream: 2 + UInt64(lengths.upperBound))
    }

    /// About so many steps times sequences in one batch, so that long sequences do not need much memory.
    static let rowsPerBatch = 8192

    /// Draws `episodes` sequences and runs the network on them. The same sequences each time.
    ///
    /// The network hears the right symbols, not its own answers; coarse and fine accuracy are the same as in greedy
    /// decoding all the same: up to the first error both hear the same, and after it nothing counts.
    ///
    /// Throws `UsageError` for a network of another signature than the task's and for fewer episodes than one, and
    /// `ConfigurationError` where there are no sequences of these lengths.
    ///
    /// - `progress`: is told how many sequences are done, after each batch.
    public func run(
        _ network: Network, lengths: ClosedRange<Int>, progress: (Int) -> Void = { _ in }
    ) throws -> EvaluationResult {
        try task.requireLengths(lengths, "lengths")
        var generator = Self.generator(seed: seed, lengths: lengths)
        var total: LossReport?
        let reference = task as? any OptimalCost
        var optimalBits = 0.0
        var left = episodes
        let batchSize = Self.batchSize(steps: task.steps(length: lengths.upperBound), by: network.model)
        while left > 0 {
            let count = min(left, batchSize)
            let batch = try task.batch(count: count, lengths: lengths, using: &generator)
            let report = try network.evaluate(batch)
            total = total?.adding(report) ?? report
            optimalBits += try reference?.optimalBits(of: batch) ?? 0
            left -= count
            progress(episodes - left)
        }
        guard let total else { throw noEpisodes }
        return EvaluationResult(
            lengths: lengths, report: total, isOfBits: task.signature.outputs.isBits,
            optimalBits: reference.map { _ in optimalBits / Double(episodes) })
    }
}
