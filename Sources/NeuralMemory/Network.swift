// The network: a controller and a memory in a loop, between an input encoding and an output layer, with its tape.

/// A recurrent network with a differentiable memory.
///
/// x_t is the encoded input. Each step t: h_t = controller(x_t, r_{t-1}); o'_t = h_t or tanh(W_p h_t + b_p); the raw
/// interface vector o'_t W_i + b_i drives the memory, which gives r_t; outputs come from o'_t, or [o'_t ; r_t].
/// Products that do not feed back are done for all steps at once.
///
/// Not thread-safe: one network, one thread (whose kernels run on several).
public final class Network {
    public let configuration: NetworkConfiguration
    public let signature: Signature
    public let parameters: Parameters

    private let encoder: InputEncoder
    private let controller: any Controller
    private let projection: Dense?
    private let interfaceLayer: Dense?
    private let memory: any Memory
    private let outputHidden: Dense?
    private let outputLayer: Dense
    private let reconstruction: Reconstruction?

    private var capacity = 0
    private var batch = 0
    private var done = 0
    /// Whether the episode began where the tape does.
    private var isWhole = true
    private let projected = Tape()
    private let interface = Tape()
    private let hidden = Tape()
    private let logits = Tape()

    /// Makes a network with new parameters. The same seed gives the same parameters.
    /// Throws `ConfigurationError` for settings out of range, alone or together.
    public init(_ configuration: NetworkConfiguration, signature: Signature, seed: UInt64) throws {
        self.configuration = configuration
        self.signature = signature
        try require("signature.inputs", signature.inputs.size, in: 1...largestSize)
        try require("signature.outputs", signature.outputs.size, in: 1...largestSize)
        try require("network.controllerOutputSize", configuration.controllerOutputSize, in: 0...largestSize)
        try require("network.output.hiddenSize", configuration.output.hiddenSize, in: 0...largestSize)
        try require("network.weights.scale", configuration.weights.scale, in: 0...1000)

        let parameters = Parameters()
        self.parameters = parameters
        memory = try configuration.memory.makeMemory(parameters)
        encoder = try InputEncoder(parameters, configuration.input, signature.inputs)
        controller = try configuration.controller.makeController(
            parameters, inputSize: encoder.size, readSize: memory.readSize)
        let projectedSize = configuration.controllerOutputSize
        projection =
            projectedSize == 0
            ? nil
            : Dense(
                parameters, name: "projection", inputSizes: [controller.outputSize], outputSize: projectedSize,
                tanh: true)
        let drivingSize = projection?.outputSize ?? controller.outputSize
        interfaceLayer =
            memory.interfaceSize == 0
            ? nil
            : Dense(
                parameters, name: "interface", inputSizes: [drivingSize], outputSize: memory.interfaceSize,
                bias: .values(memory.interfaceBias))
        let takesReads = configuration.output.source == .controllerAndReads && memory.readSize > 0
        let sources = takesReads ? [drivingSize, memory.readSize] : [drivingSize]
        let hiddenSize = configuration.output.hiddenSize
        outputHidden =
            hiddenSize == 0
            ? nil
            : Dense(parameters, name: "output.hidden", inputSizes: sources, outputSize: hiddenSize, tanh: true)
        outputLayer = Dense(
            parameters, name: "output", inputSizes: hiddenSize == 0 ? sources : [hiddenSize],
            outputSize: signature.outputs.size)
        try require("network.reconstruction.weight", configuration.reconstruction.weight, in: 0...1000)
        reconstruction =
            configuration.reconstruction.weight == 0
            ? nil
            : try Reconstruction(
                parameters, configuration.reconstruction, signature.inputs,
                sourceSizes: [controller.outputSize] + (projection.map { [$0.outputSize] } ?? []))
        // Values and gradients.
        try requireMemory(
            "network", "one of \(parameters.count) parameters", bytes: 8 * Double(parameters.count), allowed: "smaller")
        var generator = RandomGenerator(seed: seed, stream: 0)
        parameters.allocate(configuration.weights, using: &generator)
    }

    // MARK: Threads

    /// Calls `body` for parts of the batch that together are the whole.
    ///
    /// Sequences do not depend on each other between inputs and outputs. So each thread takes its share of the batch through
    /// all steps, and nothing waits in between; but then each thread goes through all weights. Where these are too many for
    /// that, or `steps` so few that a fork costs as much, threads share the weights instead, product by product, and there is
    /// one part here.
    private func forEachPart(steps: Int, _ body: (_ elements: Range<Int>) -> Void) {
        let threads = Runtime.threads
        let parts = sharesBatch(among: threads, steps: steps) ? min(threads, batch) : 1
        Kernels.run(parts: parts) { part in body(part * batch / parts..<(part + 1) * batch / parts) }
    }

    /// From paired runs on two cores with 1 MiB of second cache each. Up to 200,000 weights stand in it; up to 800,000 come
    /// from the third fast enough if at least four sequences use each of them.
    private func sharesBatch(among threads: Int, steps: Int) -> Bool {
        let weights = controller.stepWeights + (projection?.weights ?? 0) + (interfaceLayer?.weights ?? 0)
        guard weights <= (batch >= 4 * threads ? 800_000 : 200_000) else { return false }
        return steps * batch * weights > 1_000_000
    }

    // MARK: Forward

    /// Runs a whole batch from the initial state.
    public func forward(_ batch: Batch) {
        begin(steps: batch.steps, batch: batch.count)
        advance(batch.inputs, steps: batch.steps)
    }

    /// Starts an episode of at most `steps` steps, of which none is done yet.
    public func begin(steps: Int, batch: Int) {
        makeRoom(steps: steps, batch: batch)
        isWhole = true
        controller.begin(steps: steps, batch: batch)
        memory.begin(steps: steps, batch: batch, interface: interface.rows, reads: controller.reads)
    }

    /// Goes on with an episode for at most `steps` more steps, and forgets its tape: only the state of controller and
    /// memory is kept. Steps are counted from 0 again, and there is no way back: `backward` needs a whole episode. The
    /// outputs are those of the episode that had gone on in one piece.
    ///
    /// The cost is that of copying the state: for stack, queue and deque the vectors not fully popped.
    ///
    /// - Parameter rows: the sequences to go on with, by their numbers in the present batch, in the order of the new one;
    ///   any may come several times or not at all. All of them unless told otherwise.
    public func proceed(steps: Int, rows: [Int]? = nil) {
        precondition(batch > 0, "there is no episode yet")
        let rows = rows ?? Array(0..<batch)
        precondition(rows.allSatisfy { 0..<batch ~= $0 }, "rows are numbers of sequences in the batch")
        let before = done
        makeRoom(steps: steps, batch: rows.count)
        isWhole = false
        controller.proceed(steps: steps, after: before, rows: rows)
        memory.proceed(steps: steps, rows: rows, interface: interface.rows, reads: controller.reads)
    }

    /// How much `proceed` has to copy, as a number of steps.
    var carriedSteps: Int { memory.carriedSteps }

    private func makeRoom(steps: Int, batch: Int) {
        precondition(steps > 0 && batch > 0)
        capacity = steps
        self.batch = batch
        done = 0
        let rows = steps * batch
        encoder.begin(steps: steps, batch: batch)
        projected.reserve(rows: rows, columns: projection?.outputSize ?? 0)
        interface.reserve(rows: rows, columns: memory.interfaceSize)
        hidden.reserve(rows: rows, columns: outputHidden?.outputSize ?? 0)
        logits.reserve(rows: rows, columns: outputLayer.outputSize)
    }

    /// The next steps of the episode; `inputs` holds these steps alone.
    public func advance(_ inputs: Batch.Inputs, steps count: Int) {
        precondition(done + count <= capacity, "the episode was begun for \(capacity) steps")
        let steps = done..<done + count
        encoder.encode(inputs, steps: steps)
        controller.prepare(steps: steps, inputs: encoder.rows)
        forEachPart(steps: count) { elements in
            for step in steps { forwardStep(step, elements) }
        }
        forwardOutputs(steps)
        done += count
    }

    private func forwardStep(_ step: Int, _ elements: Range<Int>) {
        let row = step * batch + elements.lowerBound
        controller.forward(step: step, elements: elements)
        if let projection {
            projection.forward(
                [controller.outputs.advanced(by: row)], into: projected.rows.advanced(by: row), count: elements.count)
        }
        guard let interfaceLayer else { return }
        interfaceLayer.forward(
            [driving.advanced(by: row)], into: interface.rows.advanced(by: row), count: elements.count)
        memory.forward(steps: step..<step + 1, elements: elements)
    }

    private func forwardOutputs(_ steps: Range<Int>) {
        let row = steps.lowerBound * batch
        let count = steps.count * batch
        var sources = outputSources.map { $0.advanced(by: row) }
        if let outputHidden {
            let target = hidden.rows.advanced(by: row)
            outputHidden.forward(sources, into: target, count: count)
            sources = [target]
        }
        outputLayer.forward(sources, into: logits.rows.advanced(by: row), count: count)
    }

    /// o'_t: row t·B + b.
    private var driving: Rows { projection == nil ? controller.outputs : projected.rows }
    private var drivingGradients: Rows { projection == nil ? controller.outputGradients : projected.gradients }

    /// What the output layers take: o'_t, and r_t where they see it.
    private var outputSources: [Rows] { [driving, controller.reads.advanced(by: batch)] }
    private var outputSourceGradients: [Rows] { [drivingGradients, controller.readGradients.advanced(by: batch)] }

    /// What is to tell x_{t-1} again: h_t, and o'_t where it is another.
    private var reconstructing: [Rows] { [controller.outputs] + (projection == nil ? [] : [projected.rows]) }
    private var reconstructingGradients: [Rows] {
        [controller.outputGradients] + (projection == nil ? [] : [projected.gradients])
    }

    // MARK: Backward

    /// Gradients of the loss last asked for with `loss(_:withGradients:)`; they are added to `parameters`' gradients,
    /// which the caller zeroes. All steps of the episode must be done.
    public func backward() {
        precondition(isWhole && done == capacity && logits.hasGradients, "backward needs a whole episode and its loss")
        let rows = done * batch
        projected.beginGradients(zero: true)
        interface.beginGradients(zero: false)
        hidden.beginGradients(zero: true)
        controller.beginBackward()
        memory.beginBackward(interfaceGradients: interface.gradients, readGradients: controller.readGradients)
        backwardOutputs(count: rows)
        reconstruction?.backward(steps: done, batch: batch, reconstructing, into: reconstructingGradients)
        forEachPart(steps: done) { elements in
            for step in (0..<done).reversed() { backwardStep(step, elements) }
        }
        interfaceLayer?.accumulateGradients([driving], interface.gradients, count: rows)
        projection?.accumulateGradients([controller.outputs], projected.gradients, count: rows)
        controller.finishBackward(inputs: encoder.rows, inputGradients: encoder.gradientRows())
        encoder.finishBackward()
        memory.finishBackward()
    }

    private func backwardOutputs(count: Int) {
        guard let outputHidden else {
            outputLayer.accumulateGradients(outputSources, logits.gradients, count: count)
            return outputLayer.backward(logits.gradients, into: outputSourceGradients, count: count)
        }
        outputLayer.accumulateGradients([hidden.rows], logits.gradients, count: count)
        outputLayer.backward(logits.gradients, into: [hidden.gradients], count: count)
        outputHidden.undoActivation(y: hidden.rows, gradients: hidden.gradients, count: count)
        outputHidden.accumulateGradients(outputSources, hidden.gradients, count: count)
        outputHidden.backward(hidden.gradients, into: outputSourceGradients, count: count)
    }

    private func backwardStep(_ step: Int, _ elements: Range<Int>) {
        let row = step * batch + elements.lowerBound
        let count = elements.count
        if let interfaceLayer {
            memory.backward(steps: step..<step + 1, elements: elements)
            interfaceLayer.backward(
                interface.gradients.advanced(by: row), into: [drivingGradients.advanced(by: row)], count: count)
        }
        if let projection {
            let gradients = projected.gradients.advanced(by: row)
            projection.undoActivation(y: projected.rows.advanced(by: row), gradients: gradients, count: count)
            projection.backward(gradients, into: [controller.outputGradients.advanced(by: row)], count: count)
        }
        controller.backward(step: step, elements: elements)
    }

    // MARK: Outputs

    /// Outputs before the last nonlinearity of one step, (B, size) row-major.
    public func outputs(step: Int) -> [Float] {
        precondition(step < done)
        let size = outputLayer.outputSize
        return Array(UnsafeBufferPointer(start: logits.rows.pointer + step * batch * size, count: batch * size))
    }

    /// What the memory of a sequence did in the step done last, with the `largest` greatest weights of each focus.
    public func trace(sequence: Int = 0, largest: Int = 3) -> MemoryTrace {
        precondition(done > 0 && sequence < batch)
        return memory.trace(step: done - 1, sequence: sequence, largest: largest)
    }

    /// The loss of the batch just run. With gradients, `backward` may follow.
    public func loss(_ batch: Batch, withGradients: Bool = true) -> LossReport {
        precondition(batch.steps == done && batch.count == self.batch, "the loss belongs to the batch just run")
        if withGradients { logits.beginGradients(zero: false) }
        var report = LossReport(
            batch, signature.outputs, logits: logits.rows, gradients: withGradients ? logits.gradients : nil)
        if let reconstruction {
            let auxiliary = reconstruction.loss(batch, reconstructing, withGradients: withGradients)
            report.auxiliaryNats = auxiliary * Double(report.outputs)
        }
        return report
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
