// What runs a share of a batch: the layers of the network in their loop, with tapes of their own.

/// The layers of a network over the values of parameters that all its strands share, and the tapes of some sequences.
///
/// What happens in a step is said at `Network`. Different strands may run at the same time: all that they write is their own.
/// Their tapes lie apart, because the caches of two cores would pass the lines around a common border to and fro in every
/// step.
final class Strand {
    /// With gradients of its own, but for a network's first strand, whose are the network's.
    let parameters: Parameters
    private let signature: Signature
    private let encoder: InputEncoder
    private let controller: any Controller
    private let projection: Dense?
    private let interfaceLayer: Dense?
    private let memory: any Memory
    private let outputHidden: Dense?
    private let outputLayer: Dense
    private let reconstruction: Reconstruction?

    private var batch = 0
    private var done = 0
    /// The last loss.
    private(set) var report = LossReport.empty
    private let projected = Tape()
    private let interface = Tape()
    private let hidden = Tape()
    private let logits = Tape()

    /// Declares the parameters. Throws `ConfigurationError` for settings out of range.
    init(_ configuration: NetworkConfiguration, _ signature: Signature, _ parameters: Parameters) throws {
        self.signature = signature
        self.parameters = parameters
        memory = try configuration.memory.makeMemory(parameters)
        encoder = try InputEncoder(parameters, configuration.input, signature.inputs)
        controller = try configuration.controller.makeController(
            parameters, inputSize: encoder.size, readSize: memory.readSize)
        let projectedSize = configuration.controllerOutputSize ?? 0
        projection =
            projectedSize == 0
            ? nil
            : try Dense(
                parameters, name: "projection", inputSize: controller.outputSize, outputSize: projectedSize, tanh: true)
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
                parameters, name: "interface", inputSize: drivingSize, outputSize: memory.interfaceSize,
                bias: .values(memory.interfaceBias))
        let seenReads = configuration.output.source == .controllerAndReads ? memory.readSize : 0
        let hiddenSize = configuration.output.hiddenSize ?? 0
        outputHidden =
            hiddenSize == 0
            ? nil
            : try Dense(
                parameters, name: "output.hidden", inputSize: drivingSize, restSize: seenReads,
                outputSize: hiddenSize, tanh: true)
        outputLayer =
            hiddenSize == 0
            ? try Dense(
                parameters, name: "output", inputSize: drivingSize, restSize: seenReads,
                outputSize: signature.outputs.size)
            : try Dense(parameters, name: "output", inputSize: hiddenSize, outputSize: signature.outputs.size)
        reconstruction =
            configuration.reconstruction.weight == 0
            ? nil
            : try Reconstruction(
                parameters, configuration.reconstruction, signature.inputs,
                sourceSizes: [controller.outputSize] + (projection.map { [$0.outputSize] } ?? []))
    }

    /// What an episode allocates; after `proceed`, with the steps that are carried over, the memory has two of all that it
    /// keeps. Losses, targets, masks and what is right are a number a row each.
    func footprint(steps: Int, batch: Int, isProceeding: Bool) -> Footprint {
        let rows = Double(steps) * Double(batch)
        let tapes = [
            projection?.outputSize ?? 0, memory.interfaceSize, outputHidden?.outputSize ?? 0, outputLayer.outputSize
        ]
        let memory = memory.footprint(steps: steps, batch: batch)
        return tapes.reduce(Footprint(floats: 4 * rows)) { $0 + Footprint(rows: rows, columns: $1) }
            + encoder.footprint(rows: rows) + controller.footprint(steps: steps, batch: batch)
            + memory + Footprint(forward: isProceeding ? memory.forward : 0)
            + (reconstruction?.footprint(rows: rows) ?? .none)
    }

    /// The longest episode, or stretch of one.
    var mostSteps: Int { memory.mostSteps }

    /// The weights that every step goes through.
    var stepWeights: Int { controller.stepWeights + (projection?.weights ?? 0) + (interfaceLayer?.weights ?? 0) }

    // MARK: Forward

    /// Starts an episode of at most `steps` steps, of which none is done yet.
    func begin(steps: Int, batch: Int) {
        makeRoom(steps: steps, batch: batch)
        controller.begin(steps: steps, batch: batch)
        memory.begin(steps: steps, batch: batch, interface: interface.rows, reads: controller.reads)
    }

    /// Goes on for at most `steps` more steps, with the state of sequences `rows` and without the tape.
    func proceed(steps: Int, rows: [Int]) {
        let before = done
        makeRoom(steps: steps, batch: rows.count)
        controller.proceed(steps: steps, after: before, rows: rows)
        memory.proceed(steps: steps, rows: rows, interface: interface.rows, reads: controller.reads)
    }

    /// How much `proceed` has to copy, as a number of steps.
    var carriedSteps: Int { memory.carriedSteps }

    private func makeRoom(steps: Int, batch: Int) {
        self.batch = batch
        done = 0
        let rows = steps * batch
        encoder.begin(steps: steps, batch: batch)
        projected.reserve(rows: rows, columns: projection?.outputSize ?? 0)
        interface.reserve(rows: rows, columns: memory.interfaceSize)
        hidden.reserve(rows: rows, columns: outputHidden?.outputSize ?? 0)
        logits.reserve(rows: rows, columns: outputLayer.outputSize)
    }

    /// The next steps of the episode, for which there is room; `inputs` holds these steps alone.
    func advance(_ inputs: Batch.Inputs, steps count: Int) {
        let steps = done..<done + count
        encoder.encode(inputs, steps: steps)
        controller.prepare(steps: steps, inputs: encoder.rows)
        for step in steps { forwardStep(step) }
        forwardOutputs(steps)
        done += count
    }

    private func forwardStep(_ step: Int) {
        let row = step * batch
        controller.forward(step: step)
        if let projection {
            projection.forward(
                Dense.Inputs(controller.outputs.advanced(by: row)), into: projected.rows.advanced(by: row),
                count: batch)
        }
        guard let interfaceLayer else { return }
        interfaceLayer.forward(
            Dense.Inputs(driving.advanced(by: row)), into: interface.rows.advanced(by: row), count: batch)
        memory.forward(steps: step..<step + 1)
    }

    private func forwardOutputs(_ steps: Range<Int>) {
        let row = steps.lowerBound * batch
        let count = steps.count * batch
        var sources = outputSources.advanced(by: row)
        if let outputHidden {
            let target = hidden.rows.advanced(by: row)
            outputHidden.forward(sources, into: target, count: count)
            sources = Dense.Inputs(target)
        }
        outputLayer.forward(sources, into: logits.rows.advanced(by: row), count: count)
    }

    /// o'_t: row t·B + b.
    private var driving: Rows { projection == nil ? controller.outputs : projected.rows }
    private var drivingGradients: Rows { projection == nil ? controller.outputGradients : projected.gradients }

    /// What the output layers take: o'_t, and r_t where they see it.
    private var outputSources: Dense.Inputs { Dense.Inputs(driving, controller.reads.advanced(by: batch)) }
    private var outputSourceGradients: Dense.Inputs {
        Dense.Inputs(drivingGradients, controller.readGradients.advanced(by: batch))
    }

    /// What is to tell x_{t-1} again: h_t, and o'_t where it is another.
    private var reconstructing: [Rows] { [controller.outputs] + (projection == nil ? [] : [projected.rows]) }
    private var reconstructingGradients: [Rows] {
        [controller.outputGradients] + (projection == nil ? [] : [projected.gradients])
    }

    /// Whether the steps done had the inputs that sequences `range`, of `count` in all, have here.
    func didRun(_ inputs: Batch.Inputs, _ range: Range<Int>, of count: Int) -> Bool {
        encoder.holds(inputs, range, of: count, steps: done)
    }

    // MARK: Outputs

    /// Outputs before the last nonlinearity of one step done, (B, size) row-major.
    func outputs(step: Int) -> [Float] {
        let size = outputLayer.outputSize
        return Array(UnsafeBufferPointer(start: logits.rows.pointer + step * batch * size, count: batch * size))
    }

    /// What the memory of a sequence did in the step done last.
    func trace(sequence: Int, largest: Int) -> MemoryTrace {
        memory.trace(step: done - 1, sequence: sequence, largest: largest)
    }

    /// Finds the loss of these sequences for `report`, and its gradients where `backward` is to follow. The sequences are a
    /// share of a batch that counts `total` terms.
    func findLoss(_ batch: Batch, _ total: LossTerms, withGradients: Bool) {
        if withGradients { logits.beginGradients(zero: false) }
        report = LossReport(
            batch, signature.outputs, outOf: total.outputs, logits: logits.rows,
            gradients: withGradients ? logits.gradients : nil)
        if let reconstruction {
            let auxiliary = reconstruction.loss(
                batch, outOf: total.reconstructed, reconstructing, withGradients: withGradients)
            report.auxiliaryNats = auxiliary * Double(total.outputs)
        }
    }

    /// What the losses of a whole batch are means over.
    struct LossTerms {
        /// Symbols, or bits.
        let outputs: Int
        /// Symbols that are to be told again.
        let reconstructed: Float

        init(_ batch: Batch, hasReconstruction: Bool) {
            outputs = LossReport.countedOutputs(batch)
            reconstructed = hasReconstruction ? Reconstruction.counted(batch) : 0
        }
    }

    // MARK: Backward

    /// Gradients of the last loss, back through all steps of a whole episode. Those of the parameters are left to
    /// `accumulateGradients`. The memory is then as it was before the first step.
    func backward() {
        projected.beginGradients(zero: true)
        interface.beginGradients(zero: false)
        hidden.beginGradients(zero: true)
        controller.beginBackward()
        memory.beginBackward(interfaceGradients: interface.gradients, readGradients: controller.readGradients)
        backwardOutputs()
        reconstruction?.backward(steps: done, batch: batch, into: reconstructingGradients)
        for step in (0..<done).reversed() { backwardStep(step) }
    }

    private func backwardOutputs() {
        let count = done * batch
        guard let outputHidden else {
            return outputLayer.backward(logits.gradients, into: outputSourceGradients, count: count)
        }
        outputLayer.backward(logits.gradients, into: Dense.Inputs(hidden.gradients), count: count)
        outputHidden.undoActivation(y: hidden.rows, gradients: hidden.gradients, count: count)
        outputHidden.backward(hidden.gradients, into: outputSourceGradients, count: count)
    }

    private func backwardStep(_ step: Int) {
        let row = step * batch
        if let interfaceLayer {
            memory.backward(steps: step..<step + 1)
            interfaceLayer.backward(
                interface.gradients.advanced(by: row), into: Dense.Inputs(drivingGradients.advanced(by: row)),
                count: batch)
        }
        if let projection {
            let gradients = projected.gradients.advanced(by: row)
            projection.undoActivation(y: projected.rows.advanced(by: row), gradients: gradients, count: batch)
            projection.backward(
                gradients, into: Dense.Inputs(controller.outputGradients.advanced(by: row)), count: batch)
        }
        controller.backward(step: step)
    }

    /// Adds to the gradients of all parameters, one product for each over all steps.
    func accumulateGradients() {
        let rows = done * batch
        controller.finishBackward(inputs: encoder.rows, inputGradients: encoder.gradientRows())
        encoder.finishBackward()
        if let outputHidden {
            outputLayer.accumulateGradients(Dense.Inputs(hidden.rows), logits.gradients, count: rows)
            outputHidden.accumulateGradients(outputSources, hidden.gradients, count: rows)
        } else {
            outputLayer.accumulateGradients(outputSources, logits.gradients, count: rows)
        }
        reconstruction?.accumulateGradients(steps: done, batch: batch, reconstructing)
        interfaceLayer?.accumulateGradients(Dense.Inputs(driving), interface.gradients, count: rows)
        projection?.accumulateGradients(Dense.Inputs(controller.outputs), projected.gradients, count: rows)
        memory.finishBackward()
    }
}
