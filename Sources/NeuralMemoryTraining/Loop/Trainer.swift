// The training loop: batches through the network, gradients through the optimiser, evaluation at intervals.

import NeuralMemory
import NeuralMemoryTasks

/// Training stopped because numbers became NaN or infinite.
public struct DivergenceError: Error, CustomStringConvertible, Equatable {
    /// The step, counted from 1, at which it stopped; its update was not made.
    public let step: Int
    /// "loss"; "parameter", "gradient of" or the optimiser's state "of", and the first bad one's name; "update" where
    /// all these are finite and yet so large that squares of gradients are not.
    public let tensor: String

    public var description: String { "\(tensor) is not finite at step \(step)" }
}

/// All that changes during a run besides parameters and optimiser: what resuming needs to go on bit for bit.
public struct TrainingState: Codable, Sendable, Equatable {
    /// Steps done.
    public var step = 0
    /// Sequences trained on.
    public var sequences = 0
    /// Draws training sequences.
    public var generator: [UInt64]
    /// Which lengths are trained at.
    public var curriculum: Curriculum
    /// Training batches since the last evaluation.
    public var interval: LossReport?
    /// Σ of gradient norms since the last evaluation, of those steps that were not skipped.
    public var normSum = 0.0
    /// Steps since the last evaluation whose gradient overflowed, and which changed nothing.
    public var skipped = 0
    /// How many of these the last steps were, in a row.
    public var skippedInARow = 0
    /// Evaluations in a row that met the criterion.
    public var solvedEvaluations = 0
    /// The best that `training.evaluation.metric` was at the training lengths so far, as a cost: the least is the best;
    /// `nil` before the first evaluation.
    public var bestCost: Double?
    /// Evaluations since then.
    public var evaluationsSinceBest = 0
    /// How often the run has begun anew (`RestartConfiguration`).
    public var restarts = 0
    /// The steps done when it last did.
    public var restartStep = 0
    /// How often the run has gone back to the average of its parameters (`RewindConfiguration`).
    public var rewinds = 0
    /// What decides when it does; `nil` before the first batch, and where it never does.
    public var lossLevels: LossLevels?
    /// The steps done at the last evaluation that met the criterion; 0 before the first.
    public var metStep = 0
    /// Seconds of training, over all sessions.
    public var seconds = 0.0

    /// Whether enough evaluations in a row met the criterion.
    public func isSolved(by criterion: SolvedCriterion) -> Bool {
        criterion.isSet && solvedEvaluations >= criterion.evaluations
    }
}

/// What one interval of training came to.
public struct IntervalReport: Sendable {
    /// Steps of the run up to the end of the interval.
    public var step: Int
    /// Sequences trained on up to then.
    public var sequences: Int
    /// Over the interval's training batches.
    public var training: LossReport
    /// Whether sequences are pieces of a text, and the loss of a symbol is what counts.
    public var isOfText = false
    /// The mean norm of the interval's gradients, before clipping; NaN where all were skipped.
    public var gradientNorm: Double
    /// Steps whose gradient overflowed, and which changed nothing.
    public var skipped: Int
    /// How often the run had begun anew before the interval; `nil` where it never does.
    public var restarts: Int?
    /// How often the run had gone back to the average of its parameters; `nil` where it never does.
    public var rewinds: Int?
    /// That of the interval's last step.
    public var learningRate: Double
    /// The longest length trained at.
    public var longestLength: Int
    /// On held-out sequences: training lengths first, then the other lengths.
    public var evaluations: [EvaluationResult]
    /// Whether this is the best evaluation so far: by `training.evaluation.metric` at the training lengths, or the one
    /// that solved the run.
    public var isBest: Bool
    /// Whether the run counts as solved.
    public var isSolved: Bool
    /// How long the evaluations took.
    public var evaluationSeconds: Double
}

/// Trains one network by one configuration.
public final class Trainer {
    /// With what was found out about the data of its task.
    public let configuration: RunConfiguration
    /// Its parameters change with every step.
    ///
    /// With `training.averaging` these are not the ones that evaluations use; `Checkpoint.makeNetwork` has those.
    public let network: Network
    /// At work on the network's parameters.
    public let optimizer: Optimizer
    /// Those of the last step.
    let gradients: ParameterBuffer
    /// What evaluations use in place of the parameters; `nil` without `training.averaging`.
    let average: ParameterAverage?
    /// How far the run is.
    ///
    /// Checkpoints have it.
    public var state: TrainingState
    /// Where the streams are that the last step trained on, one for each sequence of a batch (`training.carry`).
    ///
    /// Checkpoints have it too.
    public internal(set) var carried: [Snapshot] = []
    /// Whether steps use fewer threads than `Runtime.threads` while other processes keep processors busy, if that is
    /// faster.
    ///
    /// Numbers do not depend on the threads.
    public var adaptsThreads = true
    private var threadChoice: ThreadChoice?

    /// A new run.
    ///
    /// Opens the task's data where it has any. Throws `ConfigurationError` for settings out of range, and as
    /// `SequenceTask.open` does.
    public init(_ configuration: RunConfiguration) throws {
        var configuration = configuration
        try configuration.validate()
        try configuration.openData()
        try configuration.validateForOutputs()
        let training = configuration.training
        self.configuration = configuration
        try configuration.requireMemory()
        network = try Network(configuration.network, signature: configuration.task.signature, seed: training.seed)
        optimizer = try Optimizer(
            training.chain, for: network.parameters, freezing: training.frozen(in: network.parameters.layout))
        gradients = network.makeGradients()
        average = training.averaging > 0 ? ParameterAverage(of: network.parameters, decay: training.averaging) : nil
        let generator = RandomGenerator(seed: training.seed, stream: 1)
        state = TrainingState(
            generator: generator.state,
            curriculum: Curriculum(training.curriculum, lengths: configuration.task.lengths))
    }

    /// Whether the last step is done, or there is a reason not to do it.
    public var isFinished: Bool {
        // The step in which the time runs out ends an interval, which is evaluated.
        state.step >= configuration.training.steps || isSolved || isStalled || isOutOfTime && state.interval == nil
    }

    /// Whether training took as many seconds as it may.
    public var isOutOfTime: Bool { configuration.training.seconds.map { state.seconds >= $0 } ?? false }

    /// Whether evaluations got no better for as many times as they may; a run that has stalled is finished.
    public var isStalled: Bool {
        configuration.training.evaluation.patience.map { state.evaluationsSinceBest >= $0 } ?? false
    }

    /// Whether enough evaluations in a row met the criterion; a run that is solved is finished.
    public var isSolved: Bool {
        state.isSolved(by: configuration.training.solved)
    }

    /// So many steps in a row may be skipped.
    static let mostSkippedInARow = 10

    /// One minibatch.
    ///
    /// Returns a report at the end of each interval, and of the run.
    ///
    /// A gradient can overflow where the loss is fine: through hundreds of steps, or through the cosine with a row of
    /// the memory that is all but erased. Such a step, and one whose gradient is after clipping still so large that its
    /// square would overflow (`Optimizer.largestNorm`), changes no parameter and is counted; after more than
    /// `mostSkippedInARow` of them, or where the loss itself is not finite, throws `DivergenceError`. Throws
    /// `DataError` or `FileError` where data cannot be read. Parameters are then those before this step, except where
    /// it was an evaluation's data.
    public func step() throws -> IntervalReport? {
        let training = configuration.training
        if isDueToRestart { restart() }
        let lengths = state.curriculum.lengths(within: configuration.task.lengths)
        guard var generator = RandomGenerator(state: state.generator) else {
            throw UsageError("Trainer.step", "state.generator is \(state.generator); it must be four words, not all 0")
        }
        let batch = try configuration.task.trainingBatch(
            count: training.batchSize, lengths: lengths, after: state.sequences, seed: training.seed, using: &generator)
        let start = beginning(of: batch)
        let report = try onChosenThreads(batch) { try train(on: batch, from: start) }
        let number = state.step
        state.sequences += batch.count
        state.generator = generator.state
        rewindIfNeeded(loss: report.mean)
        let longest = state.curriculum.longest
        state.curriculum.note(loss: report.mean, training.curriculum, lengths: configuration.task.lengths)
        // Longer sequences have another loss.
        if state.curriculum.longest != longest { state.lossLevels = nil }
        state.interval = state.interval?.adding(report) ?? report
        let isLast = number == training.steps || isOutOfTime
        return isLast || number % training.evaluation.interval == 0 ? try endInterval() : nil
    }

    /// Runs a step on as many threads as are fastest now.
    private func onChosenThreads<Result>(_ batch: Batch, _ step: () throws -> Result) rethrows -> Result {
        guard adaptsThreads else { return try step() }
        var choice = threadChoice.take() ?? ThreadChoice(most: Runtime.threads)
        defer { threadChoice = choice }
        return try choice.run(work: batch.steps * batch.count, step)
    }

    /// The part of a step between drawing its batch and keeping count of losses: forward, loss, backward, optimiser.
    ///
    /// Throws `DivergenceError` as `step` does.
    package func train(on batch: Batch, from start: [Snapshot]? = nil) throws -> LossReport {
        let number = state.step + 1
        gradients.zero()
        let totals = network.totals(batch)
        let most = configuration.training.microbatch ?? batch.count
        var report: LossReport?
        var ends: [Snapshot] = []
        for first in stride(from: 0, to: batch.count, by: most) {
            let part = first..<min(first + most, batch.count)
            var noise = noise(step: number)
            noise?.firstSequence = first
            let pass = try network.accumulateGradients(
                of: batch.sequences(part), from: start.map { Array($0[part]) }, noise: noise, over: totals,
                keepsSnapshots: configuration.training.carry, into: gradients)
            guard pass.report.objective.isFinite else { throw divergence(number, "loss") }
            ends += pass.snapshots
            report = report?.adding(pass.report) ?? pass.report
        }
        carry(ends)
        try update(number)
        state.step = number
        return report ?? .empty
    }

    /// Updates the parameters, and counts steps that are skipped.
    private func update(_ step: Int) throws {
        let outcome = try optimizer.update(gradients, step: step - state.restartStep)
        guard outcome.isApplied else {
            guard state.skippedInARow < Self.mostSkippedInARow else { throw divergence(step, "update") }
            state.skipped += 1
            state.skippedInARow += 1
            return
        }
        state.skippedInARow = 0
        state.normSum += outcome.gradientNorm
        average?.add(network.parameters, step: step - state.restartStep, in: optimizer.trainedRanges)
    }

    /// Throws `DivergenceError` that names the first parameter, or state of the optimiser, that is not finite.
    func requireFinite() throws {
        if let slice = network.parameters.firstNonFinite() {
            throw DivergenceError(step: state.step, tensor: "parameter \(slice.name)")
        }
        if let name = optimizer.firstNonFinite() ?? firstNonFiniteCarried() {
            throw DivergenceError(step: state.step, tensor: name)
        }
    }

    /// Names the first bad parameter or gradient, and else the `other`.
    private func divergence(_ step: Int, _ other: String) -> DivergenceError {
        if let slice = network.parameters.firstNonFinite() {
            return DivergenceError(step: step, tensor: "parameter \(slice.name)")
        }
        if let slice = gradients.firstNonFinite() {
            return DivergenceError(step: step, tensor: "gradient of \(slice.name)")
        }
        return DivergenceError(step: step, tensor: other)
    }

    private func endInterval() throws -> IntervalReport {
        let training = configuration.training
        guard let interval = state.interval else { preconditionFailure("an interval has at least one batch") }
        try requireFinite()
        var stopwatch = Stopwatch()
        let evaluations = try evaluate()
        let evaluationSeconds = stopwatch.lap()
        let bits = evaluations[0].report.bits
        guard bits.isFinite else { throw divergence(state.step, "loss") }
        let meets = training.solved.isMet(by: evaluations)
        state.solvedEvaluations = meets ? state.solvedEvaluations + 1 : 0
        if meets { state.metStep = state.step }
        let cost = training.evaluation.metric.cost(evaluations[0].report)
        let isLeast = state.bestCost.map { cost < $0 } ?? true
        if isLeast { state.bestCost = cost }
        state.evaluationsSinceBest = isLeast ? 0 : state.evaluationsSinceBest + 1
        // Not the setting's: the interval may have been begun under another one, before the run was resumed.
        let batches = interval.sequences / training.batchSize
        let report = IntervalReport(
            step: state.step, sequences: state.sequences, training: interval,
            isOfText: configuration.task.outputUnit != nil,
            gradientNorm: state.normSum / Double(batches - state.skipped), skipped: state.skipped,
            restarts: training.restart.steps.map { _ in state.restarts },
            rewinds: training.rewind.factor.map { _ in state.rewinds },
            learningRate: optimizer.learningRate(step: state.step - state.restartStep),
            longestLength: state.curriculum.longest, evaluations: evaluations, isBest: isLeast || isSolved,
            isSolved: isSolved, evaluationSeconds: evaluationSeconds)
        state.interval = nil
        state.normSum = 0
        state.skipped = 0
        // Not the evaluation after the last step, where that ends no interval: a run of more steps would not have it.
        if state.step % training.evaluation.interval == 0 { optimizer.observe(loss: bits) }
        return report
    }

    /// The held-out sequences: at training lengths, then at each other length of the configuration.
    ///
    /// With `training.averaging`, of the network with the averaged parameters.
    ///
    /// Throws where data cannot be read.
    public func evaluate() throws -> [EvaluationResult] {
        let training = configuration.training
        let evaluation = Evaluation(
            task: configuration.task, seed: training.seed, episodes: training.evaluation.episodes,
            carries: training.carry)
        let lengths = [configuration.task.lengths] + training.evaluation.lengths.map(\.range)
        average?.swap(with: network.parameters)
        defer { average?.swap(with: network.parameters) }
        return try evaluation.sets(lengths).map { try evaluation.run(network, on: $0) }
    }
}

extension SolvedCriterion {
    /// Whether it says anything.
    public var isSet: Bool { [coarse, longCoarse, wrong, longWrong, rmse].contains { $0 != nil } }

    /// Whether evaluations, training lengths first, meet it.
    func isMet(by evaluations: [EvaluationResult]) -> Bool {
        isSet && evaluations[0].report.meets(coarse: coarse, wrong: wrong, rmse: rmse)
            && evaluations.dropFirst().allSatisfy { $0.report.meets(coarse: longCoarse, wrong: longWrong) }
    }
}

extension LossReport {
    fileprivate func meets(coarse least: Double?, wrong most: Double?, rmse mostError: Double? = nil) -> Bool {
        (least.map { coarse >= $0 } ?? true) && (most.map { wrong <= $0 } ?? true)
            && (mostError.map { (rmse ?? .nan) <= $0 } ?? true)
    }
}
