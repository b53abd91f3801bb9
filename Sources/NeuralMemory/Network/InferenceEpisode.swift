// Sequences of any length, step by step: inference with the state of controller and memory kept in between.

/// Some sequences through a network, in pieces of any size and without a way back. The network remembers from one piece to
/// the next as if they were one.
///
/// A step costs the same however many came before, and memory does not grow with them: what is kept is the controller's
/// state and the memory's, which for stack, queue and deque are the vectors not fully popped.
///
///     let episode = try InferenceEpisode(network)
///     for symbol in symbols {
///         let outputs = try episode.advance(.symbols([symbol]), steps: 1)
///     }
public final class InferenceEpisode {
    public let network: Network
    /// B, sequences side by side.
    public private(set) var batch: Int
    /// Steps done since the episode began.
    public private(set) var steps = 0
    private let shard: Shard
    /// Steps that there is room for before the tapes are begun again from the state alone.
    private var capacity: Int
    /// How many steps' room has been copied so far, from one stretch to the next: what a long episode costs beyond its
    /// steps.
    package private(set) var copiedSteps = 0

    /// Steps that there is room for at first: few, so that a short sequence takes little memory.
    private static let firstStretch = 64
    /// The least steps between two copies of the state, once there have been some. Where much has to be copied, more steps
    /// come in between, so that a step's part of it is a few vectors at most.
    private static let shortestStretch = 1024
    package static let copiesPerStep = 8

    /// What the first stretches of one sequence ask of a network.
    package static let uses: [NetworkUse] = [
        .stream(steps: firstStretch, batch: 1), .stream(steps: shortestStretch, batch: 1)
    ]

    /// Begins `batch` sequences at the network's initial state. Throws `UsageError` for a batch below 1, and where there is
    /// no memory for it.
    ///
    /// - Parameter room: steps that are expected, at least 1. More may come.
    public convenience init(_ network: Network, batch: Int = 1, room: Int? = nil) throws {
        try self.init(network, batch: batch, room: room ?? Self.firstStretch, from: nil)
    }

    /// Begins one sequence at each of some snapshots, which may be another episode's, or have been read from a file.
    /// Throws `UsageError` where they are of another network, where there are none, and where there is no memory.
    public convenience init(_ network: Network, from snapshots: [Snapshot]) throws {
        try self.init(network, batch: snapshots.count, room: Self.firstStretch, from: snapshots)
        // What the network did not take would be lost.
        for (sequence, snapshot) in snapshots.enumerated() {
            try snapshot.requireNames(of: shard.snapshot(of: sequence))
        }
    }

    private init(_ network: Network, batch: Int, room: Int, from snapshots: [Snapshot]?) throws {
        let call = "InferenceEpisode"
        try network.signature.requireRows(room, batch, in: call)
        let carried = snapshots?.map(network.model.memory.carriedSteps).max() ?? 0
        _ = try network.allow(.stream(steps: room + carried, batch: batch), call)
        self.network = network
        self.batch = batch
        capacity = room
        shard = network.takeShards(1)[0]
        try shard.begin(steps: room, batch: batch, mode: .inference, from: snapshots)
    }

    deinit { network.giveBack([shard]) }

    /// The next steps; `inputs` holds these alone, (steps, B). Returns outputs before the last nonlinearity, (steps, B,
    /// size) row-major. Throws `UsageError` for inputs that are not of the network's signature, and where there is no memory.
    ///
    /// - Parameter recorder: what it asks for is recorded, one step at a time.
    public func advance(_ inputs: Batch.Inputs, steps: Int, recorder: Recorder? = nil) throws -> [Float] {
        let call = "InferenceEpisode.advance"
        try network.signature.requireInputs(inputs, steps: steps, count: batch, in: call)
        try recorder?.require(network, batch: batch, call)
        var outputs: [Float] = []
        outputs.reserveCapacity(steps * batch * network.signature.outputs.size)
        var first = 0
        while first < steps {
            if shard.done == capacity { try begin(steps: nextCapacity, Array(0..<batch), call) }
            let count = recorder == nil ? min(steps - first, capacity - shard.done) : 1
            let part = inputs.part(first..<first + count, of: steps)
            network.model.withThreads(steps: count, batch: batch) { shard.advance(part, steps: count) }
            for step in shard.done - count..<shard.done { outputs += shard.outputs(step: step) }
            recorder?.record(shard)
            first += count
            self.steps += count
        }
        return outputs
    }

    private var nextCapacity: Int {
        max(min(2 * capacity, Self.shortestStretch), shard.carriedSteps / Self.copiesPerStep)
    }

    /// Begins tapes for so many steps from what some sequences remember.
    private func begin(steps: Int, _ sequences: [Int], _ call: String) throws {
        let carried = shard.carriedSteps
        _ = try network.allow(.stream(steps: steps + carried, batch: sequences.count), call)
        copiedSteps += carried
        try shard.begin(
            steps: steps, batch: sequences.count, mode: .inference, from: sequences.map { shard.snapshot(of: $0) })
        batch = sequences.count
        capacity = steps
    }

    // MARK: Going on elsewhere

    /// What controller and memory remember of each sequence after the steps done: what another episode can begin from, or
    /// what can be written to a file.
    public func snapshots() -> [Snapshot] { (0..<batch).map { shard.snapshot(of: $0) } }

    /// An episode of its own that goes on from some sequences of this one, by their numbers, in the order of the new batch;
    /// all of them unless given. Throws `UsageError` as `keep` does.
    public func fork(_ sequences: [Int]? = nil) throws -> InferenceEpisode {
        let sequences = sequences ?? Array(0..<batch)
        try require(sequences, "InferenceEpisode.fork")
        let fork = try InferenceEpisode(network, from: sequences.map { shard.snapshot(of: $0) })
        fork.steps = steps
        return fork
    }

    /// Goes on with some of the sequences, by their numbers, in the order of the new batch; any may come several times.
    /// Throws `UsageError` for a number that the batch does not have, for none at all, and where there is no memory.
    public func keep(_ sequences: [Int]) throws {
        let call = "InferenceEpisode.keep"
        try require(sequences, call)
        try begin(steps: max(1, capacity - shard.done), sequences, call)
    }

    private func require(_ sequences: [Int], _ call: String) throws {
        try network.signature.requireRows(1, sequences.count, in: call)
        if let sequence = sequences.first(where: { !(0..<batch ~= $0) }) {
            throw UsageError(call, "sequences have \(sequence); the batch has sequences 0 to \(batch - 1)")
        }
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
