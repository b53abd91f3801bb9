// The network: a controller and a memory in a loop, between an input encoding and an output layer.

import Synchronization

/// A recurrent network with a differentiable memory.
///
/// x_t is the encoded input. Each step t: h_t = controller(x_t, r_{t-1}); o'_t = h_t or tanh(W_p h_t + b_p); the raw
/// interface vector o'_t W_i + b_i drives the memory, which gives r_t; outputs come from o'_t, or [o'_t ; r_t].
/// Products that do not feed back are done for all steps at once.
///
/// Sequences do not depend on each other. So a batch is cut into strands, and each thread takes some of them through all
/// steps, forward and then backward to gradients of the parameters; nothing waits in between. In the end the gradients of
/// all strands are added, in order.
///
/// One network, one thread at a time (whose kernels run on several): a call that finds another one at work throws. All
/// functions throw `UsageError` where they are called in the wrong order or with what does not fit; nothing is changed then.
public final class Network {
    public let configuration: NetworkConfiguration
    public let signature: Signature
    public let parameters: Parameters
    package let plan: NetworkPlan

    /// At least one. Those beyond `shares` have nothing to do in the present episode.
    private var strands: [Strand]
    /// The sequences of each strand.
    private var shares: [Range<Int>] = []
    private var use: NetworkPlan.Use?
    private var episode = Episode()
    /// How many episodes, and stretches of them after `proceed`, there were.
    private(set) var stretches = 0
    private let isBusy = Atomic(false)
    /// What strands have been allowed to take, and for which uses.
    private var footprints = StrandFootprints()
    private var allowedUses: Set<NetworkPlan.Use> = []

    /// Makes a network with new parameters. The same seed gives the same parameters.
    /// Throws `ConfigurationError` for settings out of range, alone or together, and for environment variables that
    /// cannot be used (see `Runtime`).
    public init(_ configuration: NetworkConfiguration, signature: Signature, seed: UInt64) throws {
        try Runtime.checkEnvironment()
        self.configuration = configuration
        self.signature = signature
        plan = try NetworkPlan(configuration, signature: signature)
        parameters = plan.parameters
        strands = [plan.strand]
        try requireMemory(
            "network", "one of \(parameters.count) parameters", bytes: plan.parameterBytes, allowed: "smaller")
        var generator = RandomGenerator(seed: seed, stream: 0)
        parameters.allocate(configuration.weights, using: &generator)
    }

    // MARK: Strands

    /// Cuts a batch, and makes the strands that it wants. Throws `UsageError` where there is no memory for it.
    private func share(for use: NetworkPlan.Use, _ call: String) throws {
        try allow(use, call)
        let shares = plan.shares(use)
        while strands.count < shares.count {
            let strand = try Strand(configuration, signature, Parameters(sharing: parameters))
            guard strand.parameters.slices == parameters.slices else {
                throw UsageError(
                    call,
                    "the memory or controller declares other parameters each time it is made; it must declare the same")
            }
            strand.parameters.allocateGradients()
            strands.append(strand)
        }
        self.shares = shares
        self.use = use
    }

    /// Asks the system where more is needed than ever before.
    private func allow(_ use: NetworkPlan.Use, _ call: String) throws {
        guard !allowedUses.contains(use) else { return }
        var wanted = footprints
        wanted.add(use, plan)
        try requireRoom(for: use, taking: wanted.bytes - footprints.bytes, call)
        footprints = wanted
        if allowedUses.count == Self.mostUses { allowedUses.removeAll() }
        allowedUses.insert(use)
    }

    private func requireRoom(for use: NetworkPlan.Use, taking more: Double, _ call: String) throws {
        let (steps, most) = (use.steps, strands[0].mostSteps)
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

    /// Of so many shapes it is known that there is memory for them.
    private static let mostUses = 4096

    /// Calls `body`, unless another call is at work.
    private func alone<Value>(_ call: String, _ body: () throws -> Value) throws -> Value {
        guard !isBusy.exchange(true, ordering: .acquiring) else {
            throw UsageError(call, "another thread is using this network; make a network for each thread")
        }
        defer { isBusy.store(false, ordering: .releasing) }
        return try body()
    }

    /// Calls `body` for each strand of the episode, on as many threads as there are.
    private func forEachStrand(_ body: (_ index: Int, _ strand: Strand) -> Void) {
        let count = shares.count
        let parts = min(count, Runtime.threads)
        Kernels.run(parts: parts) { part in
            for index in part * count / parts..<(part + 1) * count / parts { body(index, strands[index]) }
        }
    }

    /// Calls `body`, which goes on with or back through an episode; on one thread where that is a short one of one sequence.
    /// Its steps run on one core anyhow. What is left for others, the products over all steps, would take its tapes and
    /// gradients from that core's cache to theirs: it wins a fiftieth where cores share a cache, and costs a third where they
    /// do not.
    private func withThreads(steps: Int, _ body: () -> Void) {
        let weights = strands[0].stepWeights
        let isSmall = episode.batch == 1 && weights <= NetworkPlan.cachedWeights && steps * weights <= 4_000_000
        guard isSmall else { return body() }
        let threads = Runtime.threads
        defer { Runtime.threads = threads }
        Runtime.threads = 1
        body()
    }

    // MARK: Forward

    /// Runs a whole batch from the initial state. `loss` and `backward` may follow. Throws `UsageError` for a batch of
    /// another signature.
    public func forward(_ batch: Batch) throws {
        let call = "Network.forward"
        try alone(call) {
            try signature.requireInputs(batch.inputs, steps: batch.steps, count: batch.count, in: call)
            try share(for: .whole(steps: batch.steps, batch: batch.count), call)
            start(Episode(steps: batch.steps, batch: batch.count, isStepwise: false, isWhole: true))
            withThreads(steps: batch.steps) {
                forEachStrand { index, strand in
                    let part = batch.sequences(shares[index])
                    strand.begin(steps: batch.steps, batch: part.count)
                    strand.advance(part.inputs, steps: batch.steps)
                }
            }
            episode.didAdvance(batch.steps)
        }
    }

    private func start(_ episode: Episode) {
        self.episode = episode
        stretches += 1
    }

    /// Starts an episode of at most `steps` steps, of which none is done yet: one that is done by `advance`.
    public func begin(steps: Int, batch: Int) throws {
        let call = "Network.begin"
        try alone(call) {
            try signature.requireRows(steps, batch, in: call)
            try share(for: .stepwise(steps: steps, batch: batch), call)
            start(Episode(steps: steps, batch: batch, isStepwise: true, isWhole: true))
            strands[0].begin(steps: steps, batch: batch)
        }
    }

    /// Goes on with an episode for at most `steps` more steps, and forgets its tape: only the state of controller and
    /// memory is kept. Steps are counted from 0 again, and there is no way back: `backward` needs a whole episode. The
    /// outputs are those of the episode that had gone on in one piece. The episode must be one that `begin` started.
    ///
    /// The cost is that of copying the state: for stack, queue and deque the vectors not fully popped.
    ///
    /// - Parameter rows: the sequences to go on with, by their numbers in the present batch, in the order of the new one;
    ///   any may come several times or not at all. All of them unless told otherwise.
    public func proceed(steps: Int, rows: [Int]? = nil) throws {
        let call = "Network.proceed"
        try alone(call) {
            try episode.requireStepwise(call)
            let rows = rows ?? Array(0..<episode.batch)
            try signature.requireRows(steps, rows.count, in: call)
            if let row = rows.first(where: { !(0..<episode.batch ~= $0) }) {
                throw UsageError(call, "rows have \(row); the batch has sequences 0 to \(episode.batch - 1)")
            }
            try share(for: .proceeding(steps: steps + strands[0].carriedSteps, batch: rows.count), call)
            start(Episode(steps: steps, batch: rows.count, isStepwise: true, isWhole: false))
            strands[0].proceed(steps: steps, rows: rows)
        }
    }

    /// How much `proceed` has to copy, as a number of steps.
    var carriedSteps: Int { strands[0].carriedSteps }

    /// The next steps of an episode that `begin` started; `inputs` holds these steps alone.
    public func advance(_ inputs: Batch.Inputs, steps: Int) throws {
        let call = "Network.advance"
        try alone(call) {
            try episode.requireRoom(for: steps, call)
            try signature.requireInputs(inputs, steps: steps, count: episode.batch, in: call)
            withThreads(steps: steps) { strands[0].advance(inputs, steps: steps) }
            episode.didAdvance(steps)
        }
    }

    // MARK: Outputs

    /// Outputs before the last nonlinearity of one step, (B, size) row-major. The step, counted from 0, must be done.
    public func outputs(step: Int) throws -> [Float] {
        let call = "Network.outputs"
        return try alone(call) {
            try episode.requireStep(step, call)
            return shares.indices.flatMap { strands[$0].outputs(step: step) }
        }
    }

    /// What the memory of a sequence did in the step done last, with the `largest` greatest weights of each focus. Not
    /// after `backward`.
    public func trace(sequence: Int = 0, largest: Int = 3) throws -> MemoryTrace {
        let call = "Network.trace"
        return try alone(call) {
            try episode.requireMemory(ofSequence: sequence, call)
            guard largest >= 0 else { throw UsageError(call, "largest is \(largest); it must be at least 0") }
            let index = shares.firstIndex { $0.contains(sequence) } ?? 0
            return strands[index].trace(sequence: sequence - shares[index].lowerBound, largest: largest)
        }
    }

    /// The loss of the batch just run. With gradients, `backward` may follow. Throws `UsageError` for a batch whose inputs
    /// are not those that were run, or whose targets are not of the network's signature.
    public func loss(_ batch: Batch, withGradients: Bool = true) throws -> LossReport {
        let call = "Network.loss"
        return try alone(call) {
            try episode.requireShape(of: batch, withGradients: withGradients, call)
            try signature.requireTargets(batch.targets, steps: batch.steps, count: batch.count, in: call)
            guard shares.indices.allSatisfy({ strands[$0].didRun(batch.inputs, shares[$0], of: batch.count) }) else {
                throw UsageError(call, "the batch's inputs are not those that were run; give the batch that was run")
            }
            if withGradients, let use { try allow(use.training, call) }
            let total = Strand.LossTerms(batch, hasReconstruction: configuration.reconstruction.weight > 0)
            forEachStrand { index, strand in
                strand.findLoss(batch.sequences(shares[index]), total, withGradients: withGradients)
            }
            episode.didScore(withGradients: withGradients)
            return strands[1..<shares.count].reduce(strands[0].report) { $0.adding($1.report) }
        }
    }

    // MARK: Backward

    /// Gradients of the loss last asked for with `loss(_:withGradients:)`; they are added to `parameters`' gradients,
    /// which the caller zeroes. All steps of the episode must be done. Once for each `forward`: what the memory kept of
    /// the steps is used up on the way back.
    public func backward() throws {
        let call = "Network.backward"
        try alone(call) {
            try episode.requireWayBack(call)
            withThreads(steps: episode.done) {
                forEachStrand { index, strand in
                    strand.backward()
                    if index > 0 { strand.parameters.zeroGradients() }
                    strand.accumulateGradients()
                }
                for strand in strands[1..<shares.count] { parameters.addGradients(of: strand.parameters) }
            }
            episode.didGoBack()
        }
    }
}

extension Signature.Inputs {
    /// How many symbols there are, or numbers in a step's input.
    public var size: Int {
        switch self {
        case .symbols(let count): count
        case .vectors(let count): count
        }
    }
}

extension Signature.Outputs {
    /// Whether outputs are bits, and not symbols.
    public var isBits: Bool {
        if case .bits = self { true } else { false }
    }

    /// Numbers of one step's output.
    public var size: Int {
        switch self {
        case .symbols(let count): count
        case .bits(let count): count
        }
    }
}
