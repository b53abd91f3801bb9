// How a network is trained: what `training` in config.yaml holds.

import NeuralMemory

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
    /// So many sequences of a batch go through the network at a time, and their gradients are added up; without it, all.
    ///
    /// Less memory is taken, and results differ by roundings alone.
    public var microbatch: Int?
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
    /// Whether controller and memory go on from one stretch of a stream to the next, for tasks that have streams.
    ///
    /// Gradients go back to the beginning of a stretch (truncated backpropagation through time).
    public var carry = false
    /// Vectors that a stack, queue or deque carries over at most; of more, the weakest are dropped.
    public var carriedEntries = 1024
    /// How lengths grow during training.
    public var curriculum = CurriculumConfiguration()
    /// Noise on a memory's strengths.
    public var noise = NoiseConfiguration()
    /// When a run that has not learned begins anew.
    public var restart = RestartConfiguration()
    /// When a run goes back to the average of its parameters.
    public var rewind = RewindConfiguration()
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
    private static let entriesRange = 2...1_000_000

    func validate() throws {
        try require("training.steps", steps, in: 1...Int.max)
        try require("training.seconds", seconds, in: 0.001...1e9)
        try require("training.batchSize", batchSize, in: 1...65_536)
        try require("training.microbatch", microbatch, in: 1...65_536)
        try chain.validate()
        try require("training.averaging", averaging, in: Self.averagingRange)
        try require("training.carriedEntries", carriedEntries, in: Self.entriesRange)
        try require("training.curriculum.start", curriculum.start, in: 1...largestSize)
        try require("training.curriculum.increment", curriculum.increment, in: 1...largestSize)
        try require("training.curriculum.factor", curriculum.factor, in: 1...1000)
        try require("training.curriculum.threshold", curriculum.threshold, in: 0...Double.greatestFiniteMagnitude)
        try require("training.curriculum.memory", curriculum.memory, in: 0...0.9999)
        try require("training.curriculum.steps", curriculum.steps, in: 1...Int.max)
        try noise.validate()
        try restart.validate()
        try rewind.validate(averaging: averaging)
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
        case steps, seconds, batchSize, microbatch, seed, optimizer, schedule, warmupSteps, clipping, weightDecay,
            freeze
        case averaging, carry, carriedEntries, curriculum, noise, restart, rewind, evaluation, solved, snapshots,
            tensorboard, gradientHistograms
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        steps = try container.decode(Int.self, forKey: .steps)
        seconds = try container.decodeIfPresent(Double.self, forKey: .seconds)
        batchSize = try container.decode(Int.self, forKey: .batchSize)
        microbatch = try container.decodeIfPresent(Int.self, forKey: .microbatch)
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
        carry = try container.decode(Bool.self, forKey: .carry)
        carriedEntries = try container.decode(Int.self, forKey: .carriedEntries)
        curriculum = try container.decode(CurriculumConfiguration.self, forKey: .curriculum)
        noise = try container.decode(NoiseConfiguration.self, forKey: .noise)
        restart = try container.decode(RestartConfiguration.self, forKey: .restart)
        rewind = try container.decode(RewindConfiguration.self, forKey: .rewind)
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
        try container.encode(microbatch, forKey: .microbatch)
        try container.encode(seed, forKey: .seed)
        try optimizer.encodeWithKind(to: container.superEncoder(forKey: .optimizer))
        try schedule.encodeWithKind(to: container.superEncoder(forKey: .schedule))
        try container.encode(warmupSteps, forKey: .warmupSteps)
        try container.encode(clipping, forKey: .clipping)
        try container.encode(weightDecay, forKey: .weightDecay)
        try container.encode(freeze, forKey: .freeze)
        try container.encode(averaging, forKey: .averaging)
        try container.encode(carry, forKey: .carry)
        try container.encode(carriedEntries, forKey: .carriedEntries)
        try container.encode(curriculum, forKey: .curriculum)
        try container.encode(noise, forKey: .noise)
        try container.encode(restart, forKey: .restart)
        try container.encode(rewind, forKey: .rewind)
        try container.encode(evaluation, forKey: .evaluation)
        try container.encode(solved, forKey: .solved)
        try container.encode(snapshots, forKey: .snapshots)
        try container.encode(tensorboard, forKey: .tensorboard)
        try container.encode(gradientHistograms, forKey: .gradientHistograms)
    }
}

extension TrainingConfiguration: DescribedSettings {
    public static let settingDescriptions = [
        SettingDescription("steps", "Minibatches at most", unit: "steps", in: 1...Int.max),
        SettingDescription(
            "seconds", "Seconds of training at most; where that ends a run depends on the machine", unit: "seconds",
            in: 0.001...1e9),
        SettingDescription("batchSize", "Sequences in a minibatch", unit: "sequences", in: 1...65_536),
        SettingDescription(
            "microbatch",
            "So many sequences of a minibatch go through the network at a time, and their gradients are added up, which "
                + "takes less memory; without it, all", unit: "sequences", in: 1...65_536),
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
            "carry",
            "Whether controller and memory go on from one stretch of a stream to the next; gradients go back to the "
                + "beginning of a stretch. For tasks that have streams, such as text"),
        SettingDescription(
            "carriedEntries",
            "Vectors that a stack, queue or deque carries over at most; of more, the weakest are dropped",
            unit: "vectors", in: entriesRange),
        SettingDescription(
            "snapshots", "A checkpoint is kept every so many steps; without it, the latest and the best alone",
            unit: "steps", in: 1...Int.max),
        SettingDescription("tensorboard", "Whether event files for TensorBoard are written"),
        SettingDescription(
            "gradientHistograms", "Whether these files also get histograms of each parameter's gradients")
    ]
}
