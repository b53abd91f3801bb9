// Inference on sequences of any length, step by step. Controller and memory keep their state in between.

/// Runs some sequences through a network, in pieces of any size, without a backward pass.
///
/// The outputs are those of one piece with all steps.
///
/// The time of a step does not depend on how many came before, nor does the room that is taken: only the present state
/// of controller and memory is kept. A stack, queue or deque keeps the vectors that are not fully popped.
///
///     let episode = try InferenceEpisode(network)
///     for symbol in symbols {
///         let outputs = try episode.advance(.symbols([symbol]), steps: 1)
///     }
public final class InferenceEpisode {
    /// What runs the sequences.
    ///
    /// Its parameters must not change while the episode goes on.
    public let network: Network
    /// B, sequences side by side.
    public private(set) var batch: Int
    /// Steps done since the episode began.
    public private(set) var steps = 0
    private let shard: Shard
    /// How many steps the tapes have room for.
    ///
    /// When they are full, new ones begin from the present state.
    private var capacity: Int
    /// How many steps of room states took in new tapes, in all: the work of a long episode besides its steps.
    package private(set) var copiedSteps = 0

    /// The room of the first tapes, in steps: little, so that a short sequence takes little memory.
    private static let firstStretch = 64
    /// The room that tapes grow to by doubling, in steps.
    private static let shortestStretch = 1024
    /// The most steps of room that are copied for each step done.
    ///
    /// A large state gets longer tapes.
    package static let copiesPerStep = 8

    /// What an episode of one sequence uses a network for, up to its first long tape.
    package static let uses: [NetworkUse] = [
        .stream(steps: firstStretch, batch: 1), .stream(steps: shortestStretch, batch: 1)
    ]

    /// Begins `batch` sequences at the network's initial state.
    ///
    /// Throws `UsageError` for a batch below 1, and if there is too little memory.
    ///
    /// - Parameters:
    ///   - network: runs the sequences.
    ///   - batch: B, how many sequences run side by side.
    ///   - room: how many steps are expected, at least 1. More may come.
    public convenience init(_ network: Network, batch: Int = 1, room: Int? = nil) throws {
        try self.init(network, batch: batch, room: room ?? Self.firstStretch, from: nil)
    }

    /// Begins one sequence at each snapshot.
    ///
    /// Snapshots may come from another episode or from a file. Throws `UsageError` for snapshots of another network,
    /// for none at all, and if there is too little memory.
    public convenience init(_ network: Network, from snapshots: [Snapshot]) throws {
        try self.init(network, batch: snapshots.count, room: Self.firstStretch, from: snapshots)
        // Arrays that this network does not know would be lost without a word.
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

    /// Runs the next steps.
    ///
    /// Returns outputs before the last nonlinearity, (steps, B, size) row-major. Throws `UsageError` for inputs that
    /// are not of the network's signature, and if there is too little memory.
    ///
    /// - Parameters:
    ///   - inputs: those of these steps alone, (steps, B).
    ///   - steps: how many they are, at least 1.
    ///   - recorder: gets the signals of each step; it must have been made for this network.
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

    /// Begins tapes for so many steps from the present states of some sequences.
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

    /// The state of each sequence after the steps done.
    ///
    /// Another episode can begin from it, and it can be written to a file.
    public func snapshots() -> [Snapshot] { (0..<batch).map { shard.snapshot(of: $0) } }

    /// A new episode that goes on from sequences of this one, which does not change.
    ///
    /// Throws `UsageError` as `keep` does.
    ///
    /// - Parameter sequences: their numbers, from 0, in the order of the new batch; all sequences unless given.
    public func fork(_ sequences: [Int]? = nil) throws -> InferenceEpisode {
        let sequences = sequences ?? Array(0..<batch)
        try require(sequences, "InferenceEpisode.fork")
        let fork = try InferenceEpisode(
            network, batch: sequences.count, room: Self.firstStretch, from: sequences.map { shard.snapshot(of: $0) })
        fork.steps = steps
        return fork
    }

    /// Goes on with some of the sequences, and drops the others.
    ///
    /// Throws `UsageError` for a number that the batch does not have, for none at all, and if there is too little
    /// memory.
    ///
    /// - Parameter sequences: their numbers, from 0, in the order of the new batch. A number may come several times.
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
