// One layer of a controller: an affine map of what comes in, and a cell. Products that do not depend on the step before
// are taken for all steps at once, outside the loop over steps.

/// z_t = [x_t ; below_t ; feedback_{t-1}] W + b, then the cell.
///
/// x is known for all steps beforehand. below is h of the
/// layer under this one. feedback is r, if the layer gets reads, followed by h, if the cell is recurrent.
final class ControllerLayer: Sendable {
    let name: String
    let units: Int
    let inputSize: Int
    let belowSize: Int
    let readSize: Int
    let feedbackSize: Int
    /// Of all gates together.
    let width: Int
    let cell: any Cell
    let weight: Parameter
    let bias: Parameter
    let initialHidden: Parameter?

    init(
        _ layout: inout ParameterLayout, name: String, cell: any Cell, units: Int, inputSize: Int, belowSize: Int,
        readSize: Int, trainsInitialState: Bool
    ) throws {
        self.name = name
        self.units = units
        self.inputSize = inputSize
        self.belowSize = belowSize
        self.readSize = readSize
        feedbackSize = readSize + (cell.isRecurrent ? units : 0)
        width = cell.gates * units
        let rows = inputSize + belowSize + feedbackSize
        weight = try layout.declare("\(name).weight", [rows, width], .weight(inputs: rows))
        bias = try layout.declare("\(name).bias", [width], cell.initialBias)
        let hasInitialHidden = trainsInitialState && cell.isRecurrent
        initialHidden = hasInitialHidden ? try layout.declare("\(name).h0", [units], .normal(deviation: 0.05)) : nil
        var cell = cell
        try cell.declareState(&layout, name: name, units: units, isTrained: trainsInitialState)
        self.cell = cell
    }

    /// The distance between two rows of the preactivations, in floats.
    ///
    /// Rows that are a multiple of 4 KiB apart fall into the same few sets of a cache and evict each other: weight
    /// gradients then took up to half as long again.
    var stride: Int { width.isMultiple(of: 1024) ? width + 16 : width }

    /// How many rows of the weight belong to below and feedback, which come in step by step.
    var stepRows: Int { belowSize + feedbackSize }

    func footprint(steps: Int, batch: Int) -> Footprint {
        Footprint(rows: Double(steps) * Double(batch), columns: stride)
            + cell.footprint(steps: steps, batch: batch, units: units)
            + StepWeight.footprint(weight, rows: stepRows, steps: steps)
    }
}

/// A layer's state in one shard.
final class ControllerLayerState {
    private let layer: ControllerLayer
    private let parameters: ParameterBuffer
    private let cell: any CellState
    private let stepWeight: StepWeight
    /// [r_t ; h_t] is in the rows of `tape`, from `column` on.
    private let tape: ControllerTape
    private let column: Int
    /// (T·B, gates·units), in rows of the layer's stride.
    private let preactivations = Tape()
    private var steps = 0
    private var batch = 0
    /// Whether the episode began from snapshots: a trained initial state gets no gradient then.
    private var isCarried = false

    init(_ layer: ControllerLayer, _ parameters: ParameterBuffer, tape: ControllerTape, column: Int) {
        self.layer = layer
        self.parameters = parameters
        self.tape = tape
        self.column = column
        cell = layer.cell.makeState(parameters, name: layer.name, units: layer.units)
        stepWeight = StepWeight(parameters, layer.weight, from: layer.inputSize)
    }

    /// Row t·B + b is h_t.
    var hidden: Rows { tape.given(from: column + layer.readSize) }
    var hiddenGradients: Rows { tape.givenGradients(from: column + layer.readSize) }
    /// Rows 0..<B are r_0, row (t+1)·B + b is r_t; h_t follows.
    var reads: Rows { tape.rows.columns(from: column) }
    var readGradients: Rows { tape.gradients.columns(from: column) }

    private var readsName: String { layer.name + ".reads" }
    private var hiddenName: String { layer.name + ".h" }

    /// Starts an episode; the tape's `begin` comes first.
    func begin(steps: Int, batch: Int, from snapshots: [Snapshot]?) throws {
        self.steps = steps
        self.batch = batch
        isCarried = snapshots != nil
        preactivations.reserve(rows: steps * batch, columns: layer.stride)
        if let snapshots {
            for (row, snapshot) in snapshots.enumerated() { try restore(snapshot, row: row) }
        } else if let initialHidden = layer.initialHidden {
            let first = reads.columns(from: layer.readSize)
            Kernels.broadcast(parameters[initialHidden], into: first, rows: batch, columns: layer.units)
        }
        try cell.begin(steps: steps, batch: batch, from: snapshots)
    }

    private func restore(_ snapshot: Snapshot, row: Int) throws {
        if layer.readSize > 0 { try snapshot.copy(readsName, to: reads, row: row, columns: layer.readSize) }
        let first = reads.columns(from: layer.readSize)
        try snapshot.copy(hiddenName, to: first, row: row, columns: layer.units)
    }

    func save(sequence: Int, after done: Int, to snapshot: inout Snapshot) {
        let row = done * batch + sequence
        if layer.readSize > 0 { snapshot.set(readsName, row: row, of: reads, columns: layer.readSize) }
        snapshot.set(hiddenName, row: row, of: reads.columns(from: layer.readSize), columns: layer.units)
        cell.save(sequence: sequence, after: done, to: &snapshot)
    }

    /// z = x W_x + b for all rows of a range of steps.
    func prepare(steps range: Range<Int>, inputs: Rows) {
        stepWeight.prepare(steps: range.count)
        let first = range.lowerBound * batch
        let count = range.count * batch
        let z = preactivations.rows.advanced(by: first)
        Kernels.broadcast(parameters[layer.bias], into: z, rows: count, columns: layer.width)
        guard layer.inputSize > 0 else { return }
        Kernels.product(
            inputs.advanced(by: first), parameters.rows(layer.weight), into: z, m: count, n: layer.width,
            k: layer.inputSize, beta: 1)
    }

    func forward(step: Int, below: Rows?) {
        let row = step * batch
        let z = preactivations.rows.advanced(by: row)
        if let below {
            Kernels.product(
                below.advanced(by: row), stepWeight.rows(), into: z, m: batch, n: layer.width,
                k: layer.belowSize, beta: 1)
        }
        if layer.feedbackSize > 0 {
            Kernels.product(
                reads.advanced(by: row), stepWeight.rows(from: layer.belowSize), into: z, m: batch,
                n: layer.width, k: layer.feedbackSize, beta: 1)
        }
        cell.forward(step: step, preactivations: z, hidden: hidden.advanced(by: row))
    }

    func beginBackward() {
        preactivations.beginGradients(zero: false)
        cell.beginBackward()
    }

    func backward(step: Int, belowGradients: Rows?) {
        let row = step * batch
        let dz = preactivations.gradients.advanced(by: row)
        cell.backward(
            step: step, preactivations: preactivations.rows.advanced(by: row),
            hidden: hidden.advanced(by: row), hiddenGradients: hiddenGradients.advanced(by: row), gradients: dz)
        if let belowGradients {
            Kernels.product(
                dz, stepWeight.rows(), transposing: .second, into: belowGradients.advanced(by: row),
                m: batch, n: layer.belowSize, k: layer.width, beta: 1)
        }
        if layer.feedbackSize > 0 {
            Kernels.product(
                dz, stepWeight.rows(from: layer.belowSize), transposing: .second,
                into: readGradients.advanced(by: row), m: batch, n: layer.feedbackSize, k: layer.width, beta: 1)
        }
    }

    /// Adds the weight gradients, one product for each source over all T·B rows.
    ///
    /// Gradients of the inputs are added to, or overwritten.
    func accumulateGradients(
        inputs: Rows, below: Rows?, inputGradients: Rows?, addsToInputGradients: Bool, into gradients: ParameterBuffer
    ) {
        let count = steps * batch
        let dz = preactivations.gradients
        func accumulate(_ source: Rows, fromRow row: Int, size: Int) {
            guard size > 0 else { return }
            Kernels.product(
                source, dz, transposing: .first, into: gradients.rows(layer.weight, from: row), m: size, n: layer.width,
                k: count, beta: 1)
        }
        accumulate(inputs, fromRow: 0, size: layer.inputSize)
        if let below { accumulate(below, fromRow: layer.inputSize, size: layer.belowSize) }
        accumulate(reads, fromRow: layer.inputSize + layer.belowSize, size: layer.feedbackSize)
        Kernels.addRows(of: dz, into: gradients[layer.bias], rows: count, columns: layer.width)
        if let inputGradients, layer.inputSize > 0 {
            Kernels.product(
                dz, parameters.rows(layer.weight), transposing: .second, into: inputGradients, m: count,
                n: layer.inputSize, k: layer.width, beta: addsToInputGradients ? 1 : 0)
        }
        if isCarried { return }
        if let initialHidden = layer.initialHidden {
            let first = readGradients.columns(from: layer.readSize)
            Kernels.addRows(of: first, into: gradients[initialHidden], rows: batch, columns: layer.units)
        }
        cell.accumulateGradients(into: gradients)
    }
}

// MARK: Looking at it

extension ControllerLayer {
    /// h_t, then the gates, then the cell's other states.
    var signals: [Signal] {
        let columns = [Signal.Axis.columns(units)]
        return [Signal("\(name) h", .vector, columns)]
            + cell.gateNames.map { Signal("\(name) \($0)", $0.hasSuffix("gate") ? .gate : .vector, columns) }
            + cell.stateNames.map { Signal("\(name) \($0)", .vector, columns) }
    }
}

extension ControllerLayerState {
    func value(of signal: Int, step: Int, sequence: Int) -> SignalValue {
        let row = step * batch + sequence
        let gates = layer.cell.gateNames.count
        if signal > gates { return cell.state(signal - 1 - gates, step: step, sequence: sequence) }
        let rows =
            signal == 0 ? hidden : preactivations.rows.columns(from: (signal - 1) * layer.units)
        return SignalValue(
            Array(UnsafeBufferPointer(start: rows.advanced(by: row).pointer, count: layer.units)))
    }
}
