// Everything that decides a training run, as one value: what config.yaml holds.

import Foundation
import NeuralMemory
import NeuralMemoryTasks

/// A run: task, network, training. The same configuration gives the same run.
public struct RunConfiguration: Sendable {
    /// What is learned.
    public var task: any SequenceTask = Reversal()
    /// What learns it.
    public var network = NetworkConfiguration()
    /// How it is learned, and what it is measured on.
    public var training = TrainingConfiguration()
    /// The kinds that its settings can name. It is no setting.
    public var registry = Registry.standard

    /// The defaults.
    public init(_ registry: Registry = .standard) { self.registry = registry }

    /// Throws `ConfigurationError` unless all its kinds are registered: what a run of another kind saves could not be read.
    public func requireRegistered() throws {
        try registry.tasks.requireRegistered(task)
        try registry.memories.requireRegistered(network.memory)
        try registry.controllers.requireRegistered(network.controller)
        try registry.optimizers.requireRegistered(training.optimizer)
        try registry.schedules.requireRegistered(training.schedule)
    }

    /// Throws `ConfigurationError` for the first setting out of range. Sizes of the network are checked when it is made.
    public func validate() throws {
        try task.validate()
        try training.validate()
        try validateForData()
        let first = Curriculum(training.curriculum, lengths: task.lengths).lengths(within: task.lengths)
        if first != task.lengths { try task.requireLengths(first, "training.curriculum.start") }
        for lengths in training.evaluation.lengths {
            try task.requireLengths(lengths.range, "training.evaluation.lengths")
        }
    }
}

extension RunConfiguration: Codable {
    private enum Key: String, CodingKey { case task, network, training }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        registry = Registry.of(decoder) ?? .standard
        task = try registry.tasks.decode((any SequenceTask).self, from: container.superDecoder(forKey: .task))
        network = try container.decode(NetworkConfiguration.self, forKey: .network)
        training = try container.decode(TrainingConfiguration.self, forKey: .training)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try task.encodeWithKind(to: container.superEncoder(forKey: .task))
        try container.encode(network, forKey: .network)
        try container.encode(training, forKey: .training)
    }
}

/// How a network is trained.
public struct TrainingConfiguration: Sendable {
    /// Minibatches at most.
    public var steps = 20_000
    /// B.
    public var batchSize = 10
    /// Decides parameters, training sequences and held-out sequences.
    public var seed: UInt64 = 1
    /// The rule of updates, and its learning rate at the start.
    public var optimizer: any OptimizerKind = RMSProp()
    /// How the optimiser's learning rate changes. Without a kind, settings are those of an exponential decay.
    public var schedule: any LearningRateScheduleKind = ExponentialDecay()
    /// Over so many steps the learning rate grows from 0; the schedule begins after them.
    public var warmupSteps = 0
    public var clipping = GradientClipping(norm: 1)
    /// Each step takes this share, times the learning rate, from every parameter.
    public var weightDecay = 0.0
    public var curriculum = CurriculumConfiguration()
    /// When, and on what, the network is evaluated.
    public var evaluation = EvaluationConfiguration()
    /// What ends the run before its last step.
    public var solved = SolvedCriterion()

    /// 20,000 minibatches of 10 by RMSProp, without curriculum or criterion.
    public init() {}

    /// What happens to gradients.
    var chain: OptimizerChain {
        OptimizerChain(
            optimizer, schedule: schedule, warmupSteps: warmupSteps, clipping: clipping, weightDecay: weightDecay)
    }

    func validate() throws {
        try require("training.steps", steps, in: 1...Int.max)
        try require("training.batchSize", batchSize, in: 1...65_536)
        try chain.validate()
        try require("training.curriculum.start", curriculum.start, in: 0...largestSize)
        try require("training.curriculum.increment", curriculum.increment, in: 1...largestSize)
        try require("training.curriculum.threshold", curriculum.threshold, in: 0...Double.greatestFiniteMagnitude)
        try require("training.curriculum.memory", curriculum.memory, in: 0...0.9999)
        try require("training.evaluation.interval", evaluation.interval, in: 1...Int.max)
        try require("training.evaluation.episodes", evaluation.episodes, in: 1...1_000_000)
        try require("training.evaluation.patience", evaluation.patience, in: 0...Int.max)
        guard evaluation.lengths.count <= EvaluationConfiguration.mostLengths else {
            throw ConfigurationError(
                field: "training.evaluation.lengths", value: "a list of \(evaluation.lengths.count)",
                allowed: "one of at most \(EvaluationConfiguration.mostLengths) lengths and ranges")
        }
        try require("training.solved.coarse", solved.coarse, in: 0...1)
        try require("training.solved.longCoarse", solved.longCoarse, in: 0...1)
        try require("training.solved.wrong", solved.wrong, in: -1...1e9)
        try require("training.solved.longWrong", solved.longWrong, in: -1...1e9)
        try require("training.solved.evaluations", solved.evaluations, in: 1...1000)
    }
}

extension TrainingConfiguration: Codable {
    private enum Key: String, CodingKey {
        case steps, batchSize, seed, optimizer, schedule, warmupSteps, clipping, weightDecay, curriculum, evaluation
        case solved
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        steps = try container.decode(Int.self, forKey: .steps)
        batchSize = try container.decode(Int.self, forKey: .batchSize)
        seed = try container.decode(UInt64.self, forKey: .seed)
        let registry = Registry.of(decoder) ?? .standard
        optimizer = try registry.optimizers.decode(
            (any OptimizerKind).self, from: container.superDecoder(forKey: .optimizer))
        schedule = try registry.schedules.decode(
            (any LearningRateScheduleKind).self, from: container.superDecoder(forKey: .schedule))
        warmupSteps = try container.decode(Int.self, forKey: .warmupSteps)
        clipping = try container.decode(GradientClipping.self, forKey: .clipping)
        weightDecay = try container.decode(Double.self, forKey: .weightDecay)
        curriculum = try container.decode(CurriculumConfiguration.self, forKey: .curriculum)
        evaluation = try container.decode(EvaluationConfiguration.self, forKey: .evaluation)
        solved = try container.decode(SolvedCriterion.self, forKey: .solved)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(steps, forKey: .steps)
        try container.encode(batchSize, forKey: .batchSize)
        try container.encode(seed, forKey: .seed)
        try optimizer.encodeWithKind(to: container.superEncoder(forKey: .optimizer))
        try schedule.encodeWithKind(to: container.superEncoder(forKey: .schedule))
        try container.encode(warmupSteps, forKey: .warmupSteps)
        try container.encode(clipping, forKey: .clipping)
        try container.encode(weightDecay, forKey: .weightDecay)
        try container.encode(curriculum, forKey: .curriculum)
        try container.encode(evaluation, forKey: .evaluation)
        try container.encode(solved, forKey: .solved)
    }
}

/// Lengths that grow as the error falls.
public struct CurriculumConfiguration: Codable, Sendable, Equatable {
    /// The longest length at first; 0 trains at all lengths from the start.
    public var start = 0
    /// By how much the longest length grows.
    public var increment = 1
    /// It grows whenever the running mean of the loss, in nats per output, is below this.
    public var threshold = 0.1
    /// How much of the running mean a new batch leaves: 0.9 means that a batch weighs a tenth.
    public var memory = 0.9

    /// All lengths from the start.
    public init() {}
}

/// Evaluation on held-out sequences, the same each time.
public struct EvaluationConfiguration: Codable, Sendable, Equatable {
    /// Every so many steps.
    public var interval = 500
    /// Sequences for each length; of data, at most so many, spread evenly.
    public var episodes = 200
    /// Training stops after so many evaluations in a row whose loss at training lengths was not below the least so far; 0
    /// never stops for that.
    public var patience = 0
    /// Lengths beside those trained at, and ranges of them; at most `mostLengths`.
    public var lengths: [LengthRange] = []

    /// Each is evaluated every time, and before that looked for in the task: thousands would be a mistake.
    static let mostLengths = 32

    /// 200 sequences at the training lengths, every 500 steps.
    public init() {}
}

/// When a run counts as solved, and stops: when all that is asked for here is met. Where nothing is asked for, it runs to
/// its last step.
public struct SolvedCriterion: Codable, Sendable, Equatable {
    /// The least coarse accuracy at the training lengths; 0 asks for none.
    public var coarse = 0.0
    /// The least coarse accuracy at each of the evaluation's other lengths; 0 asks for none.
    public var longCoarse = 0.0
    /// The most wrong outputs (symbols or bits) per sequence at the training lengths; below 0 any number will do.
    public var wrong = -1.0
    /// The most wrong outputs per sequence at each of the evaluation's other lengths; below 0 any number will do.
    public var longWrong = -1.0
    /// In so many evaluations in a row.
    public var evaluations = 1

    /// Nothing is asked for.
    public init() {}
}
