// The network: a controller and a memory in a loop, between an input encoding and an output layer.

/// A recurrent network with a differentiable memory: its layers, and the values of its parameters.
///
/// In each step t, x_t is the encoded input; h_t = controller(x_t, r_{t-1}); o'_t = h_t or tanh(W_p h_t + b_p); the
/// memory gets the raw interface vector o'_t W_i + b_i and gives r_t; outputs come from o'_t, or [o'_t ; r_t]. Products
/// that no later step depends on are done for all steps at once.
///
/// Sequences do not depend on each other. So a batch is cut into shards. Each thread takes some of them through all
/// steps, forward and then backward to gradients of the parameters, without waiting for other threads. In the end the
/// gradients of all shards are added, in an order that depends on the shards alone.
///
/// A network runs episodes. An episode's type says what can be done with it:
///
///     let loss = try network.forward(batch).loss()    // a TrainingEpisode, then its EpisodeLoss
///     try loss.backward(into: gradients)              // once: this consumes the loss
///     let report = try network.evaluate(batch)        // the loss alone
///     let episode = try InferenceEpisode(network)     // step by step, of any length, without gradients
///
/// Only one thread at a time may use a network; its kernels may run on several. Several of its episodes may be under
/// way. Do not change `parameters` between the steps of an episode, nor between forward and backward.
public final class Network {
    /// The settings that the network was made from.
    public let configuration: NetworkConfiguration
    /// What it takes and gives in a step.
    public let signature: Signature
    /// The values of all parameters.
    public let parameters: ParameterBuffer
    package let model: NetworkModel
    /// The processes that this one trains and evaluates the network with; `nil` where it does so alone.
    ///
    /// Each then runs some shards of each batch, and all get the loss and the gradients of the whole batch, with the bits
    /// that one process computes. So all must have the same parameters, and call `forward`, `loss`, `backward` and
    /// `evaluate` alike.
    public var group: (any ProcessGroup)? {
        didSet { reducer = GradientReducer(group) }
    }
    /// How the gradients of the shards of a batch are added.
    private(set) var reducer = GradientReducer(nil)

    /// Shards that no episode uses now; their tapes are kept for the next one.
    private var freeShards: [Shard] = []
    /// Gradients of shards, kept from batch to batch.
    private var shardGradients: [ParameterBuffer] = []
    /// The memory that shards have been allowed to take, and the uses that it was for.
    private var footprints = ShardFootprints()
    private var allowedUses: Set<NetworkUse> = []
    /// How many uses `allowedUses` remembers at most.
    private static let mostUses = 4096

    /// Makes a network with new parameters.
    ///
    /// The same seed gives the same parameters. Throws `ConfigurationError` for settings out of range, alone or
    /// together, and for environment variables that cannot be used (see `Runtime`).
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

    /// Draws all parameters anew.
    package func redrawParameters(using generator: inout RandomGenerator) {
        parameters.draw(configuration.weights, using: &generator)
    }

    /// A buffer for the gradients of the parameters, all 0.
    public func makeGradients() -> ParameterBuffer { ParameterBuffer(zeros: model.layout) }

    /// What a `Recorder` can record of a step: the memory's signals, the controller's, then the outputs before the last
    /// nonlinearity.
    public var signals: [Signal] { model.signals }

    /// Multiplications and additions that the memory's equations ask for in one step of one sequence, forward and
    /// backward; 0 where that is not known.
    package var memoryOperations: Int { model.memory.operations }

    // MARK: Episodes

    /// Runs a whole batch forward, and keeps what the backward pass needs.
    ///
    /// Long streams are trained on in stretches: each begins from the snapshots of the one before, so that controller
    /// and memory go on, and gradients go back to the beginning of the stretch (truncated backpropagation through time,
    /// Williams & Peng 1990).
    ///
    /// Throws `UsageError` for a batch of another signature, for snapshots of another network, and if there is too
    /// little memory.
    ///
    /// - Parameters:
    ///   - batch: inputs and targets of the network's signature.
    ///   - snapshots: where its sequences begin, one for each; at the initial state unless given.
    ///   - noise: what is added to the memory's strengths; nothing unless given, or where a memory has none.
    public func forward(
        _ batch: Batch, from snapshots: [Snapshot]? = nil, noise: StrengthNoise? = nil
    ) throws -> TrainingEpisode {
        let use = NetworkUse.training(steps: batch.steps, batch: batch.count, carried: carriedSteps(snapshots))
        return TrainingEpisode(try run(batch, use, "Network.forward", from: snapshots, noise: noise))
    }

    /// Runs a whole batch forward and back, and adds the gradients of its loss to `gradients`: what `forward`, `loss` and
    /// `backward` do one after the other, with the same bits.
    ///
    /// This takes less memory and time: a thread takes its shards forward and back one after the other, in the same
    /// arrays. Of a shard whose loss is not finite nothing is added.
    ///
    /// Throws `UsageError` as `forward` and `backward` do.
    ///
    /// - Parameters:
    ///   - batch: inputs and targets of the network's signature.
    ///   - snapshots: where its sequences begin, one for each; at the initial state unless given.
    ///   - noise: what is added to the memory's strengths; nothing unless given, or where a memory has none.
    ///   - totals: what losses are means over; the totals of this batch unless given.
    ///   - keepsSnapshots: whether the states after the last step are returned; there are none otherwise.
    ///   - gradients: made by `makeGradients`.
    public func accumulateGradients(
        of batch: Batch, from snapshots: [Snapshot]? = nil, noise: StrengthNoise? = nil,
        over totals: LossTotals? = nil, keepsSnapshots: Bool = false, into gradients: ParameterBuffer
    ) throws -> (report: LossReport, snapshots: [Snapshot]) {
        try requireGradients(gradients, in: "Network.accumulateGradients")
        let use = NetworkUse.pass(steps: batch.steps, batch: batch.count, carried: carriedSteps(snapshots))
        let partition = try partition(batch, use, "Network.accumulateGradients", from: snapshots)
        let pass = try BatchPass(
            self, batch, partition, from: snapshots, noise: noise, over: totals ?? self.totals(batch),
            keepsSnapshots: keepsSnapshots, into: gradients)
        return (pass.report, pass.snapshots)
    }

    /// Throws `UsageError` for a buffer of another network, and for the parameters themselves.
    func requireGradients(_ gradients: ParameterBuffer, in call: String) throws {
        guard gradients !== parameters else {
            throw UsageError(call, "these are the network's parameters; make gradients with Network.makeGradients")
        }
        guard gradients.layout.parameters == parameters.layout.parameters else {
            throw UsageError(
                call, "these gradients are another network's; make some with Network.makeGradients")
        }
    }

    /// The loss of a whole batch from the initial state, and how many of its sequences are right.
    ///
    /// No gradients can follow. Throws `UsageError` as `forward` does.
    ///
    /// - Parameters:
    ///   - batch: inputs and targets of the network's signature.
    ///   - totals: what losses are means over; the totals of this batch unless given.
    public func evaluate(_ batch: Batch, over totals: LossTotals? = nil) throws -> LossReport {
        let run = try run(batch, .evaluation(steps: batch.steps, batch: batch.count), "Network.evaluate")
        return run.loss(over: totals ?? self.totals(batch), withGradients: false)
    }

    /// The loss of one stretch of some streams, and where they are after it.
    ///
    /// Throws `UsageError` as `forward` does.
    ///
    /// - Parameters:
    ///   - batch: inputs and targets of the network's signature.
    ///   - snapshots: where its sequences begin, one for each; at the initial state where there are none.
    public func evaluate(
        _ batch: Batch, from snapshots: [Snapshot]?
    ) throws -> (report: LossReport, snapshots: [Snapshot]) {
        let use = NetworkUse.evaluation(steps: batch.steps, batch: batch.count, carried: carriedSteps(snapshots))
        let run = try run(batch, use, "Network.evaluate", from: snapshots)
        return (run.loss(over: totals(batch), withGradients: false), run.snapshots())
    }

    /// The steps of room that snapshots take.
    private func carriedSteps(_ snapshots: [Snapshot]?) -> Int { snapshots?.map(model.memory.carriedSteps).max() ?? 0 }

    /// How many outputs, and symbols to reconstruct, count in a batch.
    public func totals(_ batch: Batch) -> LossTotals {
        LossTotals(
            outputs: LossReport.countedOutputs(batch, signature.outputs),
            reconstructed: configuration.reconstruction.weight > 0 ? Reconstruction.counted(batch) : 0)
    }

    private func run(
        _ batch: Batch, _ use: NetworkUse, _ call: String, from snapshots: [Snapshot]? = nil,
        noise: StrengthNoise? = nil
    ) throws -> BatchRun {
        let partition = try partition(batch, use, call, from: snapshots)
        return try BatchRun(self, batch, partition, mode: use.mode, from: snapshots, noise: noise)
    }

    /// How a batch is cut, which is checked first.
    private func partition(
        _ batch: Batch, _ use: NetworkUse, _ call: String, from snapshots: [Snapshot]?
    ) throws -> BatchPartition {
        try signature.requireInputs(batch.inputs, steps: batch.steps, count: batch.count, in: call)
        try signature.requireTargets(batch.targets, steps: batch.steps, count: batch.count, in: call)
        if let snapshots, snapshots.count != batch.count {
            throw UsageError(
                call, "there are \(snapshots.count) snapshots for \(batch.count) sequences; give one for each")
        }
        return try allow(use, call)
    }

    // MARK: Shards

    /// Shards for an episode, to be given back.
    func takeShards(_ count: Int) -> [Shard] {
        while freeShards.count < count { freeShards.insert(Shard(model, parameters), at: 0) }
        let taken = Array(freeShards.suffix(count).reversed())
        freeShards.removeLast(count)
        return taken
    }

    /// The first of these shards is the first to be taken again, because its tapes may still be in the cache of the
    /// core that runs the first shard.
    func giveBack(_ shards: [Shard]) { freeShards += shards.reversed() }

    /// Buffers for the gradients of so many shards, with any numbers in them.
    func gradientBuffers(_ count: Int) -> [ParameterBuffer] {
        while shardGradients.count < count { shardGradients.append(makeGradients()) }
        return Array(shardGradients.prefix(count))
    }

    /// How the batch of a use is cut.
    ///
    /// Throws `UsageError` if the use takes more memory than any before and the system does not have it.
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
        let (steps, most) = (use.steps + use.carried, model.memory.mostSteps)
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
