// Everything that decides a training run, as one value: what config.yaml holds.

import Foundation
import NeuralMemory
import NeuralMemoryTasks

/// A run: task, network, training.
///
/// The same configuration gives the same run.
public struct RunConfiguration: Sendable {
    /// What is learned.
    public var task: any SequenceTask = Reversal()
    /// What learns it.
    public var network = NetworkConfiguration()
    /// How it is learned, and what it is measured on.
    public var training = TrainingConfiguration()
    /// The kinds that its settings can name.
    ///
    /// It is no setting.
    public var registry = Registry.standard

    /// The defaults.
    public init(_ registry: Registry = .standard) { self.registry = registry }

    /// Throws `ConfigurationError` unless all its kinds are registered: what a run of another kind saves could not be
    /// read.
    public func requireRegistered() throws {
        try registry.tasks.requireRegistered(task)
        try registry.memories.requireRegistered(network.memory)
        try registry.controllers.requireRegistered(network.controller)
        try registry.optimizers.requireRegistered(training.optimizer)
        try registry.schedules.requireRegistered(training.schedule)
    }

    /// Throws `ConfigurationError` for the first setting out of range.
    ///
    /// Sizes of the network are checked when it is made.
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

/// The registry is no setting.
extension RunConfiguration: CustomReflectable {
    public var customMirror: Mirror {
        Mirror(self, children: ["task": task, "network": network, "training": training])
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

    /// What the task knows of its data, and all settings.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        func tree(_ value: Any, _ key: Key) -> ConfigurationTree {
            ConfigurationTree(value, path: key.rawValue) { registry[$0] }
        }
        let taskEncoder = container.superEncoder(forKey: .task)
        try task.encodeWithKind(to: taskEncoder)
        try tree(task, .task).encode(to: taskEncoder)
        try container.encode(tree(network, .network), forKey: .network)
        try container.encode(tree(training, .training), forKey: .training)
    }
}

/// How a network is trained.
public struct TrainingConfiguration: Sendable {
    /// Minibatches at most.
    public var steps = 20_000
    /// Seconds of training at most, over all sessions; the step under way then is the last.
    ///
    /// Where it ends a run depends on the machine.
    public var seconds: Double?
    /// B.
    public var batchSize = 10
    /// Decides parameters, training sequences and held-out sequences.
    public var seed: UInt64 = 1
    /// The rule of updates, and its learning rate at the start.
    public var optimizer: any OptimizerKind = RMSProp()
    /// How the optimiser's learning rate changes.
    ///
    /// Without a kind, settings are those of an exponential decay.
    public var schedule: any LearningRateScheduleKind = ExponentialDecay()
    /// Over so many steps the learning rate grows from 0; the schedule begins after them.
    public var warmupSteps = 0
    /// Limits on gradients.
    public var clipping = GradientClipping(norm: 1)
    /// Each step takes this share, times the learning rate, from every parameter.
    public var weightDecay = 0.0
    /// Patterns of parameters' names, such as `embedding.*`; training does not change those that match.
    public var freeze: [String] = []
    /// How much of a running average of the parameters each step keeps; evaluations use the average.
    ///
    /// 0 for none.
    public var averaging = 0.0
    /// How lengths grow during training.
    public var curriculum = CurriculumConfiguration()
    /// Noise on a memory's strengths.
    public var noise = NoiseConfiguration()
    /// When a run that has not learned begins anew.
    public var restart = RestartConfiguration()
    /// When, and on what, the network is evaluated.
    public var evaluation = EvaluationConfiguration()
    /// What ends the run before its last step.
    public var solved = SolvedCriterion()
    /// Every so many steps a checkpoint is kept, and one of step 0; without it, none but the last and the best.
    public var snapshots: Int?
    /// Whether the metrics are also written as event files, which TensorBoard shows.
    public var tensorboard = false
    /// Whether these files also have histograms of the gradients, by parameter.
    public var gradientHistograms = false

    /// 20,000 minibatches of 10 by RMSProp, without curriculum or criterion.
    public init() {}

    /// What happens to gradients.
    var chain: OptimizerChain {
        OptimizerChain(
            optimizer, schedule: schedule, warmupSteps: warmupSteps, clipping: clipping, weightDecay: weightDecay)
    }

    private static let averagingRange = 0...0.999999

    func validate() throws {
        try require("training.steps", steps, in: 1...Int.max)
        try require("training.seconds", seconds, in: 0.001...1e9)
        try require("training.batchSize", batchSize, in: 1...65_536)
        try chain.validate()
        try require("training.averaging", averaging, in: Self.averagingRange)
        try require("training.curriculum.start", curriculum.start, in: 1...largestSize)
        try require("training.curriculum.increment", curriculum.increment, in: 1...largestSize)
        try require("training.curriculum.threshold", curriculum.threshold, in: 0...Double.greatestFiniteMagnitude)
        try require("training.curriculum.memory", curriculum.memory, in: 0...0.9999)
        try noise.validate()
        try restart.validate()
        try require("training.evaluation.interval", evaluation.interval, in: 1...Int.max)
        try require("training.evaluation.episodes", evaluation.episodes, in: 1...1_000_000)
        try require("training.evaluation.patience", evaluation.patience, in: 1...Int.max)
        try require("training.snapshots", snapshots, in: 1...Int.max)
        guard tensorboard || !gradientHistograms else {
            throw ConfigurationError(
                field: "training.gradientHistograms", value: true, allowed: "false where training.tensorboard is false")
        }
        guard evaluation.lengths.count <= EvaluationConfiguration.mostLengths else {
            throw ConfigurationError(
                field: "training.evaluation.lengths", value: "a list of \(evaluation.lengths.count)",
                allowed: "one of at most \(EvaluationConfiguration.mostLengths) lengths and ranges")
        }
        try solved.validate()
    }
}

extension TrainingConfiguration: Codable {
    private enum Key: String, CodingKey {
        case steps, seconds, batchSize, seed, optimizer, schedule, warmupSteps, clipping, weightDecay, freeze
        case averaging, curriculum, noise, restart, evaluation, solved, snapshots, tensorboard, gradientHistograms
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        steps = try container.decode(Int.self, forKey: .steps)
        seconds = try container.decodeIfPresent(Double.self, forKey: .seconds)
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
        freeze = try container.decode([String].self, forKey: .freeze)
        averaging = try container.decode(Double.self, forKey: .averaging)
        curriculum = try container.decode(CurriculumConfiguration.self, forKey: .curriculum)
        noise = try container.decode(NoiseConfiguration.self, forKey: .noise)
        restart = try container.decode(RestartConfiguration.self, forKey: .restart)
        evaluation = try container.decode(EvaluationConfiguration.self, forKey: .evaluation)
        solved = try container.decode(SolvedCriterion.self, forKey: .solved)
        snapshots = try container.decodeIfPresent(Int.self, forKey: .snapshots)
        tensorboard = try container.decode(Bool.self, forKey: .tensorboard)
        gradientHistograms = try container.decode(Bool.self, forKey: .gradientHistograms)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(steps, forKey: .steps)
        try container.encode(seconds, forKey: .seconds)
        try container.encode(batchSize, forKey: .batchSize)
        try container.encode(seed, forKey: .seed)
        try optimizer.encodeWithKind(to: container.superEncoder(forKey: .optimizer))
        try schedule.encodeWithKind(to: container.superEncoder(forKey: .schedule))
        try container.encode(warmupSteps, forKey: .warmupSteps)
        try container.encode(clipping, forKey: .clipping)
        try container.encode(weightDecay, forKey: .weightDecay)
        try container.encode(freeze, forKey: .freeze)
        try container.encode(averaging, forKey: .averaging)
        try container.encode(curriculum, forKey: .curriculum)
        try container.encode(noise, forKey: .noise)
        try container.encode(restart, forKey: .restart)
        try container.encode(evaluation, forKey: .evaluation)
        try container.encode(solved, forKey: .solved)
        try container.encode(snapshots, forKey: .snapshots)
        try container.encode(tensorboard, forKey: .tensorboard)
        try container.encode(gradientHistograms, forKey: .gradientHistograms)
    }
}

/// Lengths that grow as the error falls.
public struct CurriculumConfiguration: Codable, Sendable, Equatable {
    /// The longest length at first; without it all lengths are trained at from the start.
    public var start: Int?
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
    /// Training stops after so many evaluations in a row whose loss at training lengths was not below the least so far;
    /// without it, it never stops for that.
    public var patience: Int?
    /// Lengths beside those trained at, and ranges of them; at most `mostLengths`.
    public var lengths: [LengthRange] = []

    /// Each is evaluated every time, and before that looked for in the task: thousands would be a mistake.
    static let mostLengths = 32

    /// 200 sequences at the training lengths, every 500 steps.
    public init() {}
}

/// When a run counts as solved, and stops: when all that is set here is met.
///
/// Where nothing is set, it runs to its last step.
public struct SolvedCriterion: Codable, Sendable, Equatable {
    /// The least coarse accuracy at the training lengths.
    public var coarse: Double?
    /// The least coarse accuracy at each of the evaluation's other lengths.
    public var longCoarse: Double?
    /// The most wrong outputs (symbols or bits) per sequence at the training lengths.
    public var wrong: Double?
    /// The most wrong outputs per sequence at each of the evaluation's other lengths.
    public var longWrong: Double?
    /// The largest root of the mean squared error of numbers at the training lengths.
    public var rmse: Double?
    /// In so many evaluations in a row.
    public var evaluations = 1

    /// Nothing is asked for.
    public init() {}

    fileprivate func validate() throws {
        for (name, accuracy) in [("coarse", coarse), ("longCoarse", longCoarse)] {
            guard let accuracy, !(accuracy > 0 && accuracy <= 1) else { continue }
            throw ConfigurationError(
                field: "training.solved.\(name)", value: accuracy,
                allowed: "above 0 and at most 1, or null for none")
        }
        try require("training.solved.wrong", wrong, in: 0...1e9)
        try require("training.solved.longWrong", longWrong, in: 0...1e9)
        try require("training.solved.rmse", rmse, in: 0...1e9)
        try require("training.solved.evaluations", evaluations, in: 1...1000)
    }
}

// MARK: Numbers of earlier versions

extension CurriculumConfiguration: FormerSentinels {
    public static let formerSentinels = ["start": 0.0]
}

extension EvaluationConfiguration: FormerSentinels {
    public static let formerSentinels = ["patience": 0.0]
}

extension SolvedCriterion: FormerSentinels {
    public static let formerSentinels = ["coarse": 0.0, "longCoarse": 0, "wrong": -1, "longWrong": -1]
}

// MARK: What settings mean

extension RunConfiguration: DescribedSettings {
    public static let settingDescriptions = [SettingDescription("task", "What is learned")]
}

extension TrainingConfiguration: DescribedSettings {
    public static let settingDescriptions = [
        SettingDescription("steps", "Minibatches at most", unit: "steps", in: 1...Int.max),
        SettingDescription(
            "seconds", "Seconds of training at most; where that ends a run depends on the machine", unit: "seconds",
            in: 0.001...1e9),
        SettingDescription("batchSize", "Sequences in a minibatch", unit: "sequences", in: 1...65_536),
        SettingDescription("seed", "Decides parameters, training sequences and held-out sequences"),
        SettingDescription("optimizer", "The rule of updates"),
        SettingDescription("schedule", "How the learning rate changes after warm-up"),
        SettingDescription(
            "warmupSteps", "Steps over which the learning rate grows from 0; the schedule begins after them",
            unit: "steps", in: 0...Int.max),
        SettingDescription(
            "weightDecay", "Each step takes this share, times the learning rate, from every parameter", in: 0...1.0),
        freezeDescription,
        SettingDescription(
            "averaging",
            "How much of a running average of the parameters each step keeps, such as 0.999; the network is evaluated, "
                + "and used later, with the average. 0 for none", in: averagingRange),
        SettingDescription(
            "snapshots", "A checkpoint is kept every so many steps; without it, the latest and the best alone",
            unit: "steps", in: 1...Int.max),
        SettingDescription("tensorboard", "Whether event files for TensorBoard are written"),
        SettingDescription(
            "gradientHistograms", "Whether these files also get histograms of each parameter's gradients")
    ]
}

extension CurriculumConfiguration: DescribedSettings {
    public static let settingDescriptions = [
        SettingDescription(
            "start", "The longest length at first; without it all lengths are trained at from the start",
            unit: "as the task's lengths", in: 1...largestSize),
        SettingDescription(
            "increment", "By how much the longest length grows", unit: "as the task's lengths", in: 1...largestSize),
        SettingDescription(
            "threshold", "The longest length grows whenever the running mean of the loss is below this",
            unit: "nats per output", in: 0...Double.greatestFiniteMagnitude),
        SettingDescription(
            "memory", "How much of that running mean a new batch leaves; with 0.9 a batch weighs a tenth",
            in: 0...0.9999)
    ]
}

extension EvaluationConfiguration: DescribedSettings {
    public static let settingDescriptions = [
        SettingDescription("interval", "The network is evaluated every so many steps", unit: "steps", in: 1...Int.max),
        SettingDescription(
            "episodes", "Sequences of each length; of data, at most so many, spread evenly", unit: "sequences",
            in: 1...1_000_000),
        SettingDescription(
            "patience",
            "Training stops after so many evaluations in a row whose loss at training lengths was not below the least "
                + "so far", unit: "evaluations", in: 1...Int.max),
        SettingDescription(
            "lengths",
            "Lengths to evaluate at beside those trained at, and ranges of them, at most \(mostLengths); none for data")
    ]
}

extension SolvedCriterion: DescribedSettings {
    public static let settingDescriptions = [
        SettingDescription(
            "coarse",
            "The run counts as solved, and stops, when all that is set here is met: the least share of "
                + "sequences at training lengths that are wholly right", above: 0, atMost: 1),
        SettingDescription(
            "longCoarse", "The least share of wholly right sequences at each other length of evaluations",
            above: 0, atMost: 1),
        SettingDescription(
            "wrong", "The most wrong outputs of a sequence, on average, at training lengths", unit: "symbols or bits",
            in: 0...1e9),
        SettingDescription(
            "longWrong", "The most wrong outputs of a sequence, on average, at each other length of evaluations",
            unit: "symbols or bits", in: 0...1e9),
        SettingDescription(
            "rmse",
            "The largest root of the mean squared error of numbers at training lengths; of standardised targets, in "
                + "their standard deviations", in: 0...1e9),
        SettingDescription(
            "evaluations", "All that is set here must be met in so many evaluations in a row", unit: "evaluations",
            in: 1...1000)
    ]
}
