// The layers of a network, the names and shapes of its parameters, and how much memory it takes. No values.

/// The layers of a network and the layout of its parameters.
///
/// Nothing is allocated.
///
/// `Network` says what happens in a step.
package struct NetworkModel: Sendable {
    package let signature: Signature
    package let layout: ParameterLayout
    let encoder: InputEncoder
    let controller: any Controller
    let projection: Dense?
    let interfaceLayer: Dense?
    package let memory: any Memory
    let outputHidden: Dense?
    let outputLayer: Dense
    let reconstruction: Reconstruction?
    private let leastShards: Int

    /// Throws `ConfigurationError` for settings out of range, alone or together.
    package init(_ configuration: NetworkConfiguration, signature: Signature) throws {
        try configuration.validate(signature)
        self.signature = signature
        leastShards = configuration.shards ?? 1
        var layout = ParameterLayout()
        memory = try configuration.memory.makeMemory(&layout)
        encoder = try InputEncoder(&layout, configuration.input, signature.inputs)
        controller = try configuration.controller.makeController(
            &layout, inputSize: encoder.size, readSize: memory.readSize)
        let outputSize = controller.outputSize
        projection = try configuration.controllerOutputSize.map { size in
            try Dense(&layout, name: "projection", inputSize: outputSize, outputSize: size, tanh: true)
        }
        guard memory.interfaceBias.count <= memory.interfaceSize else {
            throw UsageError(
                "Memory.interfaceBias",
                "it has \(memory.interfaceBias.count) numbers; the interface has \(memory.interfaceSize)")
        }
        let drivingSize = projection?.outputSize ?? controller.outputSize
        interfaceLayer =
            memory.interfaceSize == 0
            ? nil
            : try Dense(
                &layout, name: "interface", inputSize: drivingSize, outputSize: memory.interfaceSize,
                bias: .values(memory.interfaceBias))
        let seenReads = configuration.output.source == .controllerAndReads ? memory.readSize : 0
        outputHidden = try configuration.output.hiddenSize.map { size in
            try Dense(
                &layout, name: "output.hidden", inputSize: drivingSize, restSize: seenReads, outputSize: size,
                tanh: true)
        }
        outputLayer = try Dense(
            &layout, name: "output", inputSize: outputHidden?.outputSize ?? drivingSize,
            restSize: outputHidden == nil ? seenReads : 0, outputSize: signature.outputs.size)
        reconstruction =
            configuration.reconstruction.weight == 0
            ? nil
            : try Reconstruction(
                &layout, configuration.reconstruction, signature.inputs,
                sourceSizes: [controller.outputSize] + (projection.map { [$0.outputSize] } ?? []))
        self.layout = layout
    }

    /// How many weights every step multiplies with.
    var stepWeights: Int { controller.stepWeights + (projection?.weights ?? 0) + (interfaceLayer?.weights ?? 0) }

    /// The memory's signals, the controller's, then the outputs before the last nonlinearity.
    package var signals: [Signal] {
        memory.signals + controller.signals + [Signal("output", .vector, [.columns(outputLayer.outputSize)])]
    }

    /// About how many bytes a recording of so many steps of one sequence takes.
    ///
    /// A read of entries takes few of them; for other signals with entries, half of all steps' are taken to be there.
    package func recordingBytes(steps: Int, isWanted: (Signal) -> Bool) -> Double {
        let overhead = 128.0
        let perStep = signals.filter(isWanted).reduce(0.0) { sum, signal in
            let count = signal.axes.reduce(1.0) { product, axis in
                switch axis {
                case .rows(let count), .shifts(let count), .columns(let count): product * Double(count)
                case .entries: product * (signal.role == .weighting ? 8 : Double(steps) / 2)
                }
            }
            return sum + 4 * count + overhead
        }
        return perStep * Double(steps)
    }

    // MARK: Memory

    /// What one shard of an episode allocates besides its memory's state.
    ///
    /// Losses, targets, masks and errors take one number a row each.
    func tapeFootprint(steps: Int, batch: Int) -> Footprint {
        let rows = Double(steps) * Double(batch)
        let tapes = [
            projection?.outputSize ?? 0, memory.interfaceSize, outputHidden?.outputSize ?? 0, outputLayer.outputSize
        ]
        return tapes.reduce(Footprint(floats: 4 * rows)) { $0 + Footprint(rows: rows, columns: $1) }
            + encoder.footprint(rows: rows) + controller.footprint(steps: steps, batch: batch)
            + (reconstruction?.footprint(rows: rows) ?? .none)
    }

    /// How a use's batch is cut.
    package func partition(_ use: NetworkUse) -> BatchPartition {
        use.isStream
            ? BatchPartition(whole: use.batch)
            : BatchPartition(
                steps: use.steps, batch: use.batch, stepWeights: stepWeights, memoryOperations: memory.operations,
                parameters: layout.count, least: leastShards)
    }

    /// Bytes of parameters and their gradients.
    package var parameterBytes: Double { 8 * Double(layout.bufferCount) }

    /// The bytes that a network holds after these uses.
    ///
    /// Each of its buffers is as large as the largest use needs.
    package func bytes(of uses: [NetworkUse]) -> Double {
        parameterBytes + uses.reduce(into: ShardFootprints()) { $0.add($1, self) }.bytes
    }

    /// The bytes of a batch's arrays, three times: as the task drew sequences, as the batch, and as the parts for
    /// shards.
    package func batchBytes(_ use: NetworkUse) -> Double {
        let inputs = if case .vectors(let width) = signature.inputs { width } else { 1 }
        let targets = signature.outputs.targetWidth
        return 3 * 4 * Double(use.steps) * Double(use.batch) * Double(inputs + targets + 1)
    }
}

extension NetworkConfiguration {
    /// Throws `ConfigurationError` for the first setting out of range that is not the controller's or the memory's own.
    fileprivate func validate(_ signature: Signature) throws {
        try require("signature.inputs", signature.inputs.size, in: 1...largestSize)
        try require("signature.outputs", signature.outputs.size, in: 1...largestSize)
        try require("network.controllerOutputSize", controllerOutputSize, in: 1...largestSize)
        try require("network.output.hiddenSize", output.hiddenSize, in: 1...largestSize)
        try require("network.shards", shards, in: 1...4096)
        try require("network.weights.scale", weights.scale, in: 0...1000)
        try require("network.reconstruction.weight", reconstruction.weight, in: 0...1000)
    }
}

/// Something that a network does.
package struct NetworkUse: Hashable, Sendable {
    package let steps: Int
    package let batch: Int
    package let mode: EpisodeMode
    /// The steps of room that the snapshots take from which it begins.
    var carried = 0
    /// Whether steps come piece by piece, through one shard.
    var isStream = false
    /// How many shards there are at a time; all where it is `nil`.
    var shardsAtATime: Int?

    /// A whole batch, forward and then back.
    package static func training(steps: Int, batch: Int, carried: Int = 0) -> NetworkUse {
        NetworkUse(steps: steps, batch: batch, mode: .training, carried: carried)
    }

    /// A whole batch, of which each thread takes one shard forward and back before the next one.
    package static func pass(steps: Int, batch: Int, carried: Int = 0) -> NetworkUse {
        NetworkUse(
            steps: steps, batch: batch, mode: .training, carried: carried, shardsAtATime: Runtime.threads)
    }

    /// The losses of a whole batch.
    package static func evaluation(steps: Int, batch: Int, carried: Int = 0) -> NetworkUse {
        NetworkUse(steps: steps, batch: batch, mode: .inference, carried: carried)
    }

    /// The tapes of an `InferenceEpisode`, with the steps of room that its state takes.
    package static func stream(steps: Int, batch: Int) -> NetworkUse {
        NetworkUse(steps: steps, batch: batch, mode: .inference, isStream: true)
    }
}

/// The most that each shard of a network has taken.
///
/// Evaluation may need the largest tapes, and training the largest state of the memory; so each part has a maximum of
/// its own.
struct ShardFootprints {
    private var tapes: [Footprint] = []
    private var memories: [Footprint] = []
    private var gradients = 0.0
    /// How many shards have gradients of their own besides the first.
    private var gradientBuffers = 0

    var bytes: Double {
        (tapes + memories).reduce(gradients * Double(gradientBuffers)) { $0 + $1.bytes(withGradients: true) }
    }

    mutating func add(_ use: NetworkUse, _ model: NetworkModel) {
        gradients = 4 * Double(model.layout.bufferCount)
        let shards = model.partition(use).shards
        if use.mode == .training { gradientBuffers = max(gradientBuffers, shards.count - 1) }
        let isTraining = use.mode == .training
        var counts = shards.map(\.count)
        if let most = use.shardsAtATime, let largest = counts.max() {
            counts = Array(repeating: largest, count: min(most, counts.count))
        }
        for (index, count) in counts.enumerated() {
            tapes.grow(index, to: model.tapeFootprint(steps: use.steps, batch: count), withGradients: isTraining)
            let room = use.steps + use.carried
            memories.grow(
                index, to: model.memory.footprint(steps: room, batch: count, mode: use.mode),
                withGradients: isTraining)
        }
    }
}

extension [Footprint] {
    /// Makes a footprint at least as large as another; the first that is not there is made.
    fileprivate mutating func grow(_ index: Int, to other: Footprint, withGradients: Bool) {
        if index == count { append(.none) }
        self[index].forward = Swift.max(self[index].forward, other.forward)
        if withGradients { self[index].backward = Swift.max(self[index].backward, other.backward) }
    }
}
