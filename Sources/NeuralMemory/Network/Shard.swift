// One shard of a batch: runs the layers of the network in a loop over steps, forward and back.

/// The state of a network in one shard: tapes, and the states of controller and memory.
///
/// `Network` says what happens in a step. Different shards may run at the same time: each writes only to arrays of its
/// own. In common arrays two cores would write to the same cache lines in every step, which is slow (false sharing).
final class Shard {
    private let model: NetworkModel
    private let parameters: ParameterBuffer
    private let encoder: InputEncoderState
    private let controller: any ControllerState
    private let memory: any MemoryState
    private let reconstruction: ReconstructionState?
    private let projection: Dense?
    private let interfaceLayer: Dense?
    private let outputHidden: Dense?
    private let outputLayer: Dense
    /// How many signals memory and controller have.
    ///
    /// They are counted once: their names are put together anew at each look.
    private lazy var signalCounts = (memory: model.memory.signals.count, controller: model.controller.signals.count)

    private var batch = 0
    /// What is added to the strengths of each sequence in the coming steps; empty for nothing.
    var noise: [StrengthNoise.Source] = []
    /// How many steps of the episode are done.
    private(set) var done = 0
    /// That of the last loss.
    private(set) var report = LossReport.empty
    private let projected = Tape()
    private let interface = Tape()
    private let hidden = Tape()
    private let logits = Tape()

    init(_ model: NetworkModel, _ parameters: ParameterBuffer) {
        self.model = model
        self.parameters = parameters
        encoder = InputEncoderState(model.encoder, parameters)
        controller = model.controller.makeState(parameters)
        memory = model.memory.makeState(parameters)
        reconstruction = model.reconstruction.map { ReconstructionState($0, parameters) }
        projection = model.projection
        interfaceLayer = model.interfaceLayer
        outputHidden = model.outputHidden
        outputLayer = model.outputLayer
    }

    // MARK: Forward

    /// Starts an episode of at most `steps` steps, at the initial state or at one snapshot for each sequence.
    ///
    /// Throws `UsageError` for snapshots of another network.
    func begin(steps: Int, batch: Int, mode: EpisodeMode, from snapshots: [Snapshot]? = nil) throws {
        self.batch = batch
        done = 0
        noise = []
        let rows = steps * batch
        encoder.begin(steps: steps, batch: batch)
        projected.reserve(rows: rows, columns: projection?.outputSize ?? 0)
        interface.reserve(rows: rows, columns: model.memory.interfaceSize)
        hidden.reserve(rows: rows, columns: outputHidden?.outputSize ?? 0)
        logits.reserve(rows: rows, columns: outputLayer.outputSize)
        try controller.begin(steps: steps, batch: batch, from: snapshots)
        let ports = MemoryPorts(interface: interface.rows, reads: controller.reads)
        try memory.begin(steps: steps, batch: batch, mode: mode, ports, from: snapshots)
    }

    /// Starts an episode of some sequences of a batch, with the snapshots and the noise that are theirs.
    func begin(
        _ sequences: Range<Int>, of batch: Batch, mode: EpisodeMode, from snapshots: [Snapshot]?, noise: StrengthNoise?
    ) throws {
        try begin(
            steps: batch.steps, batch: sequences.count, mode: mode, from: snapshots.map { Array($0[sequences]) })
        self.noise = noise?.sources(sequences) ?? []
    }

    /// The state of a sequence after the steps done.
    func snapshot(of sequence: Int) -> Snapshot {
        var snapshot = Snapshot()
        controller.save(sequence: sequence, after: done, to: &snapshot)
        memory.save(sequence: sequence, to: &snapshot)
        return snapshot
    }

    /// The states of all sequences after the steps done.
    var snapshots: [Snapshot] { (0..<batch).map { snapshot(of: $0) } }

    /// How many steps of room the present state takes in an episode that begins from it.
    var carriedSteps: Int { memory.carriedSteps }

    /// Runs the next steps of the episode.
    ///
    /// There must be room for them; `inputs` holds these steps alone.
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
                count: batch, parameters)
        }
        guard let interfaceLayer else { return }
        interfaceLayer.forward(
            Dense.Inputs(driving.advanced(by: row)), into: interface.rows.advanced(by: row), count: batch,
            parameters)
        for sequence in noise.indices {
            noise[sequence].add(
                to: interface.rows.advanced(by: row + sequence).pointer, columns: model.memory.strengthCount)
        }
        memory.forward(steps: step..<step + 1)
    }

    private func forwardOutputs(_ steps: Range<Int>) {
        let row = steps.lowerBound * batch
        let count = steps.count * batch
        var sources = outputSources.advanced(by: row)
        if let outputHidden {
            let target = hidden.rows.advanced(by: row)
            outputHidden.forward(sources, into: target, count: count, parameters)
            sources = Dense.Inputs(target)
        }
        outputLayer.forward(sources, into: logits.rows.advanced(by: row), count: count, parameters)
    }

    /// o'_t: row t·B + b.
    private var driving: Rows { projection == nil ? controller.outputs : projected.rows }
    private var drivingGradients: Rows { projection == nil ? controller.outputGradients : projected.gradients }

    /// What the output layers get: o'_t, and r_t.
    ///
    /// They leave out r_t where their source is the controller alone.
    private var outputSources: Dense.Inputs { Dense.Inputs(driving, controller.reads.advanced(by: batch)) }
    private var outputSourceGradients: Dense.Inputs {
        Dense.Inputs(drivingGradients, controller.readGradients.advanced(by: batch))
    }

    /// What x_{t-1} is reconstructed from: h_t, and o'_t if there is a projection.
    private var reconstructing: [Rows] { [controller.outputs] + (projection == nil ? [] : [projected.rows]) }
    private var reconstructingGradients: [Rows] {
        [controller.outputGradients] + (projection == nil ? [] : [projected.gradients])
    }

    // MARK: Outputs

    /// Outputs before the last nonlinearity of one step done, (B, size) row-major.
    func outputs(step: Int) -> [Float] {
        let size = outputLayer.outputSize
        return Array(UnsafeBufferPointer(start: logits.rows.pointer + step * batch * size, count: batch * size))
    }

    /// The value of a signal, by its number among the model's, in the step done last.
    func value(of signal: Int, sequence: Int) -> SignalValue {
        let (ofMemory, ofController) = signalCounts
        if signal < ofMemory { return memory.value(of: signal, sequence: sequence) }
        if signal < ofMemory + ofController {
            return controller.value(of: signal - ofMemory, step: done - 1, sequence: sequence)
        }
        let size = outputLayer.outputSize
        let row = (done - 1) * batch + sequence
        return SignalValue(Array(UnsafeBufferPointer(start: logits.rows.pointer + row * size, count: size)))
    }

    /// Computes the loss of these sequences for `report`, and its gradients where `backward` is to follow.
    ///
    /// `totals` are those of the whole batch.
    func computeLoss(_ batch: Batch, _ totals: LossTotals, withGradients: Bool) {
        if withGradients { logits.beginGradients(zero: false) }
        report = LossReport(
            batch, model.signature.outputs, outOf: totals.outputs, logits: logits.rows,
            gradients: withGradients ? logits.gradients : nil)
        if let reconstruction {
            let auxiliary = reconstruction.loss(
                batch, outOf: Float(totals.reconstructed), reconstructing, withGradients: withGradients)
            report.auxiliaryNats = auxiliary * Double(totals.outputs)
        }
    }

    // MARK: Backward

    /// Goes back from the last loss through all steps of an episode for training.
    ///
    /// Gradients of the parameters are left to `accumulateGradients`. The memory is then as it was before the first
    /// step.
    func backward() {
        projected.beginGradients(zero: true)
        interface.beginGradients(zero: false)
        hidden.beginGradients(zero: true)
        controller.beginBackward()
        memory.beginBackward(MemoryPorts(interface: interface.gradients, reads: controller.readGradients))
        backwardOutputs()
        reconstruction?.backward(steps: done, batch: batch, into: reconstructingGradients)
        for step in (0..<done).reversed() { backwardStep(step) }
    }

    private func backwardOutputs() {
        let count = done * batch
        guard let outputHidden else {
            return outputLayer.backward(logits.gradients, into: outputSourceGradients, count: count, parameters)
        }
        outputLayer.backward(logits.gradients, into: Dense.Inputs(hidden.gradients), count: count, parameters)
        outputHidden.undoActivation(y: hidden.rows, gradients: hidden.gradients, count: count)
        outputHidden.backward(hidden.gradients, into: outputSourceGradients, count: count, parameters)
    }

    private func backwardStep(_ step: Int) {
        let row = step * batch
        if let interfaceLayer {
            memory.backward(steps: step..<step + 1)
            interfaceLayer.backward(
                interface.gradients.advanced(by: row), into: Dense.Inputs(drivingGradients.advanced(by: row)),
                count: batch, parameters)
        }
        if let projection {
            let gradients = projected.gradients.advanced(by: row)
            projection.undoActivation(y: projected.rows.advanced(by: row), gradients: gradients, count: batch)
            projection.backward(
                gradients, into: Dense.Inputs(controller.outputGradients.advanced(by: row)), count: batch, parameters)
        }
        controller.backward(step: step)
    }

    /// Adds to the gradients of all parameters, one product for each over all steps.
    func accumulateGradients(into gradients: ParameterBuffer) {
        let rows = done * batch
        controller.accumulateGradients(
            inputs: encoder.rows, inputGradients: encoder.gradientRows(), into: gradients)
        encoder.accumulateGradients(into: gradients)
        if let outputHidden {
            outputLayer.accumulate(Dense.Inputs(hidden.rows), logits.gradients, count: rows, into: gradients)
            outputHidden.accumulate(outputSources, hidden.gradients, count: rows, into: gradients)
        } else {
            outputLayer.accumulate(outputSources, logits.gradients, count: rows, into: gradients)
        }
        reconstruction?.accumulateGradients(steps: done, batch: batch, reconstructing, into: gradients)
        interfaceLayer?.accumulate(Dense.Inputs(driving), interface.gradients, count: rows, into: gradients)
        projection?.accumulate(
            Dense.Inputs(controller.outputs), projected.gradients, count: rows, into: gradients)
        memory.accumulateGradients(into: gradients)
    }
}
