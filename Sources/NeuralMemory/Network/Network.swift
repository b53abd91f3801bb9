// The network: a controller and a memory in a loop, between an input encoding and an output layer.

/// A recurrent network with a differentiable memory: its layers, and the values of its parameters.
///
/// x_t is the encoded input. Each step t: h_t = controller(x_t, r_{t-1}); o'_t = h_t or tanh(W_p h_t + b_p); the raw
/// interface vector o'_t W_i + b_i drives the memory, which gives r_t; outputs come from o'_t, or [o'_t ; r_t].
/// Products that do not feed back are done for all steps at once.
///
/// Sequences do not depend on each other. So a batch is cut into shards, and each thread takes some of them through all
/// steps, forward and then backward to gradients of the parameters; nothing waits in between. In the end the gradients of
/// all shards are added, in an order that depends on the shards alone.
///
/// What a network computes is an episode, and its type says what can be done with it:
///
///     let loss = try network.forward(batch).loss()    // a TrainingEpisode, then its EpisodeLoss
///     try loss.backward(into: gradients)              // once: it is used up
///     let report = try network.evaluate(batch)        // the loss alone
///     let episode = try InferenceEpisode(network)     // step by step, of any length, without a way back
///
/// A network is used by one thread at a time (whose kernels run on several); several of its episodes may be under way. Do
/// not change `parameters` between the steps of an episode, nor between forward and backward.
public final class Network {
    public let configuration: NetworkConfiguration
    public let signature: Signature
    /// The values of all parameters.
    public let parameters: ParameterBuffer
    package let model: NetworkModel
    /// What adds the gradients of the shards of a batch.
    public var reducer: any GradientReducer = TreeReducer()

    /// Shards that no episode uses now; their tapes are kept for the next one.
    private var freeShards: [Shard] = []
    /// Gradients of shards, for the way back: kept from step to step.
    private var shardGradients: [ParameterBuffer] = []
    /// What shards have been allowed to take, and for which uses.
    private var footprints = ShardFootprints()
    private var allowedUses: Set<NetworkUse> = []
    /// Of so many shapes it is known that there is memory for them.
    private static let mostUses = 4096

    /// Makes a network with new parameters. The same seed gives the same parameters.
    /// Throws `ConfigurationError` for settings out of range, alone or together, and for environment variables that
    /// cannot be used (see `Runtime`).
    public init(_ configuration: NetworkConfiguration, signature: Signature, seed: UInt64) throws {
        try Runtime.checkEnvironment()
        self.configuration = configuration
        self.signature = signature
        model = try NetworkModel(configuration, signature: signature)
        try requireMemory(
            "network", "one of \(model.layout.count) parameters", bytes: model.parameterBytes, allowed: "smaller")
        var generator = RandomGenerator(seed: seed, stream: 0)
        parameters = ParameterBuffer(model.layout, configuration.weights, using: &generator)
    }

    /// A buffer for the gradients of the parameters, all 0.
    public func makeGradients() -> ParameterBuffer { ParameterBuffer(zeros: model.layout) }

    /// What it shows of a step to a `Recorder`: the memory's signals, the controller's, then its outputs.
    public var signals: [Signal] { model.signals }

    /// Multiplications and additions that the memory's equations ask for in one step of one sequence, forward and
    /// backward; 0 where that is not known.
    package var memoryOperations: Int { model.memory.operations }

    // MARK: Episodes

    /// Runs a whole batch from the initial state, and keeps what the way back needs.
    /// Throws `UsageError` for a batch of another signature, and where there is no memory for it.
    public func forward(_ batch: Batch) throws -> TrainingEpisode {
        let run = try run(batch, .training(steps: batch.steps, batch: batch.count), "Network.forward")
        return TrainingEpisode(run)
    }

    /// The loss of a whole batch from the initial state, and how many of its sequences are right. Nothing is kept of its
    /// steps. Throws `UsageError` as `forward` does.
    ///
    /// - Parameter totals: what losses are means over; those of the batch unless given.
    public func evaluate(_ batch: Batch, over totals: LossTotals? = nil) throws -> LossReport {
        let run = try run(batch, .evaluation(steps: batch.steps, batch: batch.count), "Network.evaluate")
        return run.loss(over: totals ?? self.totals(batch), withGradients: false)
    }

    /// What the losses of a batch are means over.
    public func totals(_ batch: Batch) -> LossTotals {
        LossTotals(
            outputs: LossReport.countedOutputs(batch),
            reconstructed: configuration.reconstruction.weight > 0 ? Reconstruction.counted(batch) : 0)
    }

    private func run(_ batch: Batch, _ use: NetworkUse, _ call: String) throws -> BatchRun {
        try signature.requireInputs(batch.inputs, steps: batch.steps, count: batch.count, in: call)
        try signature.requireTargets(batch.targets, steps: batch.steps, count: batch.count, in: call)
        let partition = try allow(use, call)
        return try BatchRun(self, batch, partition, mode: use.mode)
    }

    // MARK: Shards

    /// Shards for an episode, to be given back.
    func takeShards(_ count: Int) -> [Shard] {
        while freeShards.count < count { freeShards.insert(Shard(model, parameters), at: 0) }
        let taken = Array(freeShards.suffix(count).reversed())
        freeShards.removeLast(count)
        return taken
    }

    /// The first one is taken first again, for its tapes are in its core's cache.
    func giveBack(_ shards: [Shard]) { freeShards += shards.reversed() }

    /// Buffers for the gradients of so many shards; what is in them is of no use.
    func gradientBuffers(_ count: Int) -> [ParameterBuffer] {
        while shardGradients.count < count { shardGradients.append(makeGradients()) }
        return Array(shardGradients.prefix(count))
    }

    /// How a use's batch is cut. Asks the system for memory where more is needed than ever before, and throws `UsageError`
    /// where there is none.
    func allow(_ use: NetworkUse, _ call: String) throws -> BatchPartition {
        let partition = model.partition(use)
        guard !allowedUses.contains(use) else { return partition }
        var wanted = footprints
        wanted.add(use, model)
        try requireRoom(for: use, taking: wanted.bytes - footprints.bytes, call)
        footprints = wanted
        if allowedUses.count == Self.mostUses { allowedUses.removeAll() }
        allowedUses.insert(use)
        return partition
    }

    private func requireRoom(for use: NetworkUse, taking more: Double, _ call: String) throws {
        let (steps, most) = (use.steps, model.memory.mostSteps)
        guard steps <= most else {
            throw UsageError(call, "the episode would have \(steps) steps; this memory's kernels count up to \(most)")
        }
        guard more > 0 else { return }
        let available = AvailableMemory.now
        guard more <= available.bytes else {
            throw UsageError(
                call,
                "\(steps) steps of \(use.batch) sequences are too much: \(available.refusal(of: more)); give fewer at once, "
                    + "or make a smaller network")
        }
    }
}
