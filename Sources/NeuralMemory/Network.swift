// The network: a controller and a memory in a loop, between an input encoding and an output layer.

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
/// Not thread-safe: one network, one thread (whose kernels run on several).
public final class Network {
    public let configuration: NetworkConfiguration
    public let signature: Signature
    public let parameters: Parameters

    /// At least one. Those beyond `shares` have nothing to do in the present episode.
    private var strands: [Strand]
    /// The sequences of each strand.
    private var shares: [Range<Int>] = []

    /// Makes a network with new parameters. The same seed gives the same parameters.
    /// Throws `ConfigurationError` for settings out of range, alone or together, and for environment variables that
    /// cannot be used (see `Runtime`).
    public init(_ configuration: NetworkConfiguration, signature: Signature, seed: UInt64) throws {
        try Runtime.checkEnvironment()
        self.configuration = configuration
        self.signature = signature
        try require("signature.inputs", signature.inputs.size, in: 1...largestSize)
        try require("signature.outputs", signature.outputs.size, in: 1...largestSize)
        try require("network.controllerOutputSize", configuration.controllerOutputSize, in: 0...largestSize)
        try require("network.output.hiddenSize", configuration.output.hiddenSize, in: 0...largestSize)
        try require("network.weights.scale", configuration.weights.scale, in: 0...1000)
        try require("network.reconstruction.weight", configuration.reconstruction.weight, in: 0...1000)

        parameters = Parameters()
        strands = [try Strand(configuration, signature, parameters)]
        // Values and gradients.
        try requireMemory(
            "network", "one of \(parameters.count) parameters", bytes: 8 * Double(parameters.count), allowed: "smaller")
        var generator = RandomGenerator(seed: seed, stream: 0)
        parameters.allocate(configuration.weights, using: &generator)
    }

    // MARK: Strands

    /// How many strands a batch is cut into. It does not depend on the threads, and so neither do sums over strands.
    ///
    /// From paired runs on two cores with 1 MiB of second cache each. With four sequences a product is as fast as it gets. Up
    /// to 200,000 weights stand in the cache, where two sequences do nearly as well; up to 800,000 come from the third one fast
    /// enough. More weights, or so few steps that a fork costs as much, are one strand, and threads share its products.
    private func strandCount(steps: Int, batch: Int) -> Int {
        let weights = strands[0].stepWeights
        guard weights <= 800_000, steps * batch * weights > 1_000_000 else { return 1 }
        let wanted = weights <= Self.cachedWeights && 4..<8 ~= batch ? 2 : batch / 4
        return max(1, min(wanted, Self.mostStrands, Self.mostGradients / parameters.count))
    }

    private static let mostStrands = 8
    /// The floats that gradients of all strands may take.
    private static let mostGradients = 8_000_000

    private static let cachedWeights = 200_000

    /// Cuts a batch, and makes the strands that it wants.
    private func share(batch: Int, among count: Int) {
        shares = (0..<count).map { $0 * batch / count..<($0 + 1) * batch / count }
        while strands.count < count {
            guard let strand = try? Strand(configuration, signature, Parameters(sharing: parameters)) else {
                preconditionFailure("the first strand was made from the same settings")
            }
            strand.parameters.allocateGradients()
            strands.append(strand)
        }
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
        let isSmall = batch == 1 && weights <= Self.cachedWeights && steps * weights <= 4_000_000
        guard isSmall else { return body() }
        let threads = Runtime.threads
        defer { Runtime.threads = threads }
        Runtime.threads = 1
        body()
    }

    private var batch: Int { shares.last?.upperBound ?? 0 }
    private var done: Int { strands[0].done }

    // MARK: Forward

    /// Runs a whole batch from the initial state. `loss` and `backward` may follow.
    public func forward(_ batch: Batch) {
        share(batch: batch.count, among: strandCount(steps: batch.steps, batch: batch.count))
        withThreads(steps: batch.steps) {
            forEachStrand { index, strand in
                let part = batch.sequences(shares[index])
                strand.begin(steps: batch.steps, batch: part.count)
                strand.advance(part.inputs, steps: batch.steps)
            }
        }
    }

    /// Starts an episode of at most `steps` steps, of which none is done yet: one that is done by `advance`.
    public func begin(steps: Int, batch: Int) {
        share(batch: batch, among: 1)
        strands[0].begin(steps: steps, batch: batch)
    }

    /// Goes on with an episode for at most `steps` more steps, and forgets its tape: only the state of controller and
    /// memory is kept. Steps are counted from 0 again, and there is no way back: `backward` needs a whole episode. The
    /// outputs are those of the episode that had gone on in one piece. The episode must be one that `begin` started.
    ///
    /// The cost is that of copying the state: for stack, queue and deque the vectors not fully popped.
    ///
    /// - Parameter rows: the sequences to go on with, by their numbers in the present batch, in the order of the new one;
    ///   any may come several times or not at all. All of them unless told otherwise.
    public func proceed(steps: Int, rows: [Int]? = nil) {
        precondition(shares.count == 1, "proceed goes on with an episode that begin started")
        let rows = rows ?? Array(0..<batch)
        precondition(rows.allSatisfy { 0..<batch ~= $0 }, "rows are numbers of sequences in the batch")
        strands[0].proceed(steps: steps, rows: rows)
        share(batch: rows.count, among: 1)
    }

    /// How much `proceed` has to copy, as a number of steps.
    var carriedSteps: Int { strands[0].carriedSteps }

    /// The next steps of an episode that `begin` started; `inputs` holds these steps alone.
    public func advance(_ inputs: Batch.Inputs, steps: Int) {
        precondition(shares.count == 1, "advance goes on with an episode that begin started")
        withThreads(steps: steps) { strands[0].advance(inputs, steps: steps) }
    }

    // MARK: Outputs

    /// Outputs before the last nonlinearity of one step, (B, size) row-major.
    public func outputs(step: Int) -> [Float] { shares.indices.flatMap { strands[$0].outputs(step: step) } }

    /// What the memory of a sequence did in the step done last, with the `largest` greatest weights of each focus.
    public func trace(sequence: Int = 0, largest: Int = 3) -> MemoryTrace {
        guard done > 0, let index = shares.firstIndex(where: { $0.contains(sequence) }) else {
            preconditionFailure("no step is done, or there is no sequence \(sequence)")
        }
        return strands[index].trace(sequence: sequence - shares[index].lowerBound, largest: largest)
    }

    /// The loss of the batch just run. With gradients, `backward` may follow.
    public func loss(_ batch: Batch, withGradients: Bool = true) -> LossReport {
        precondition(batch.steps == done && batch.count == self.batch, "the loss belongs to the batch just run")
        let total = Strand.LossTerms(batch, hasReconstruction: configuration.reconstruction.weight > 0)
        forEachStrand { index, strand in
            strand.findLoss(batch.sequences(shares[index]), total, withGradients: withGradients)
        }
        return strands[1..<shares.count].reduce(strands[0].report) { $0.adding($1.report) }
    }

    // MARK: Backward

    /// Gradients of the loss last asked for with `loss(_:withGradients:)`; they are added to `parameters`' gradients,
    /// which the caller zeroes. All steps of the episode must be done.
    public func backward() {
        withThreads(steps: done) {
            forEachStrand { index, strand in
                strand.backward()
                if index > 0 { strand.parameters.zeroGradients() }
                strand.accumulateGradients()
            }
            for strand in strands[1..<shares.count] { parameters.addGradients(of: strand.parameters) }
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
