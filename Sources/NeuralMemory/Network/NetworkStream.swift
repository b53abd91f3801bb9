// A sequence without end, read piece by piece: inference with memory and controller state kept in between.

/// Sequences of any length through a network, in pieces of any size. The network remembers from one piece to the next as
/// if they were one.
///
/// A step costs the same however many came before, and memory does not grow with them: what is kept is the controller's
/// state and the memory's, which for stack, queue and deque are the vectors not fully popped. There are no gradients.
///
///     let stream = try NetworkStream(network)
///     for symbol in symbols {
///         let outputs = try stream.advance(.symbols([symbol]), steps: 1)
///     }
///
/// The network is the stream's alone while it is in use: after any other episode `advance` throws.
public final class NetworkStream {
    private let network: Network
    /// B, sequences side by side.
    public let batch: Int
    private var capacity: Int
    private var done = 0
    /// The stretch of the network's that is the stream's.
    private var stretch: Int
    /// How many steps' vectors the memory has copied so far, from one stretch to the next: what a long stream costs beyond
    /// its steps.
    package private(set) var copiedSteps = 0

    /// Steps that there is room for at first: few, so that a short sequence takes little memory.
    private static let firstStretch = 64
    /// The least steps between two copies of the state, once there have been some. Where much has to be copied, more steps
    /// come in between, so that a step's share of it is a few vectors at most.
    private static let shortestStretch = 1024
    package static let copiesPerStep = 8

    /// What the first stretches of one sequence ask of a network.
    package static let uses: [NetworkPlan.Use] = [
        .stepwise(steps: firstStretch, batch: 1), .proceeding(steps: shortestStretch, batch: 1)
    ]

    /// Begins sequences at the network's initial state. Throws `UsageError` as `Network.begin` does.
    public init(_ network: Network, batch: Int = 1) throws {
        self.network = network
        self.batch = batch
        capacity = Self.firstStretch
        try network.begin(steps: capacity, batch: batch)
        stretch = network.stretches
    }

    /// The next steps; `inputs` holds these alone, (steps, B). Returns outputs before the last nonlinearity, (steps, B,
    /// size) row-major. Throws `UsageError` as `Network.advance` does.
    public func advance(_ inputs: Batch.Inputs, steps: Int) throws -> [Float] {
        let call = "NetworkStream.advance"
        try network.signature.requireInputs(inputs, steps: steps, count: batch, in: call)
        guard stretch == network.stretches else {
            throw UsageError(call, "the network was used for another episode; make a network for the stream alone")
        }
        var outputs: [Float] = []
        outputs.reserveCapacity(steps * batch * network.signature.outputs.size)
        var first = 0
        while first < steps {
            if done == capacity { try goOn() }
            let count = min(steps - first, capacity - done)
            try network.advance(inputs.part(first..<first + count, of: steps), steps: count)
            for step in done..<done + count { outputs += try network.outputs(step: step) }
            done += count
            first += count
        }
        return outputs
    }

    private func goOn() throws {
        copiedSteps += network.carriedSteps
        capacity = max(min(2 * capacity, Self.shortestStretch), network.carriedSteps / Self.copiesPerStep)
        try network.proceed(steps: capacity)
        stretch = network.stretches
        done = 0
    }
}

extension Batch.Inputs {
    /// The inputs of a range of steps, of which there are `count`.
    fileprivate func part(_ steps: Range<Int>, of count: Int) -> Batch.Inputs {
        func slice<Value>(_ values: [Value]) -> [Value] {
            let row = values.count / count
            return Array(values[steps.lowerBound * row..<steps.upperBound * row])
        }
        if steps.count == count { return self }
        return switch self {
        case .symbols(let symbols): .symbols(slice(symbols))
        case .vectors(let numbers): .vectors(slice(numbers))
        }
    }
}
