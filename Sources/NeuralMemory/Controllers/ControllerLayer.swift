// One layer of a controller: an affine map of what comes in, and a cell. All products with weights stand here, those
// that can wait or come early outside the loop over steps.

/// What a layer does elementwise with its preactivations; one kind of controller's own part.
protocol Cell: AnyObject {
    /// Preactivations per unit: 4 for an LSTM.
    var gates: Int { get }
    /// Whether h_{t-1} feeds back into the layer.
    var isRecurrent: Bool { get }
    /// The bias at the start.
    var initialBias: Initializer { get }
    /// Declares initial states that are trained, where there are any besides h_0.
    func declareState(_ parameters: Parameters, name: String, units: Int, isTrained: Bool) throws

    /// What it keeps of so many steps; nothing has been allocated yet.
    func footprint(steps: Int, batch: Int, units: Int) -> Footprint
    func begin(steps: Int, batch: Int, units: Int)
    /// Goes on from the state that sequences `rows` had after `done` steps.
    /// After the state's own.
    func proceed(steps: Int, after done: Int, rows: [Int])
    /// Preactivations (B, gates·units) of step t may be overwritten with what backward needs; hidden (B, units).
    func forward(step: Int, preactivations: Rows, hidden: Rows)
    func beginBackward()
    /// From dL/dh to dL/d(preactivations), overwritten.
    func backward(
        step: Int, preactivations: Rows, hidden: Rows, hiddenGradients: Rows, gradients: Rows)
    func finishBackward()
}

/// z_t = [x_t ; below_t ; feedback_{t-1}] W + b, then the cell. x is known for all steps beforehand; below is the layer
/// under this one; feedback is r (where the layer receives reads) and then h (where the cell is recurrent).
final class ControllerLayer {
    let units: Int
    private let inputSize: Int
    private let belowSize: Int
    private let readSize: Int
    private let feedbackSize: Int
    private let cell: any Cell
    private let weight: Parameter
    /// Its rows for what comes in at each step: below, then feedback.
    private let stepWeight: StepWeight
    private let bias: Parameter
    private let initialHidden: Parameter?

    private var steps = 0
    private var batch = 0
    /// (T·B, gates·units), in rows of `stride`.
    private let preactivations = Tape()
    /// [r_t ; h_t] stands in the rows of `state`, from `column` on.
    private let state: ControllerState
    private let column: Int

    /// Keeps [r_t ; h_t] in the rows of `state`, from `column` on.
    init(
        _ parameters: Parameters, name: String, cell: any Cell, units: Int, inputSize: Int, belowSize: Int,
        readSize: Int, trainsInitialState: Bool, state: ControllerState, column: Int
    ) throws {
        self.state = state
        self.column = column
        self.cell = cell
        self.units = units
        self.inputSize = inputSize
        self.belowSize = belowSize
        self.readSize = readSize
        feedbackSize = readSize + (cell.isRecurrent ? units : 0)
        let rows = inputSize + belowSize + feedbackSize
        weight = try parameters.declare("\(name).weight", [rows, cell.gates * units], .weight(inputs: rows))
        stepWeight = StepWeight(weight, from: inputSize)
        bias = try parameters.declare("\(name).bias", [cell.gates * units], cell.initialBias)
        let hasInitialHidden = trainsInitialState && cell.isRecurrent
        initialHidden =
            hasInitialHidden ? try parameters.declare("\(name).h0", [units], .normal(deviation: 0.05)) : nil
        try cell.declareState(parameters, name: name, units: units, isTrained: trainsInitialState)
    }

    private var width: Int { cell.gates * units }

    /// From row to row of the preactivations. Rows a multiple of 4 KiB apart would share a few places of the caches, and push
    /// each other out of them: weight gradients take up to half as long again then.
    private var stride: Int { width.isMultiple(of: 1024) ? width + 16 : width }

    /// Row t·B + b is h_t.
    var hidden: Rows { state.given(from: column + readSize) }
    var hiddenGradients: Rows { state.givenGradients(from: column + readSize) }
    /// Rows 0..<B are r_0, row (t+1)·B + b is r_t; h_t follows.
    var reads: Rows { state.rows.columns(from: column) }
    var readGradients: Rows { state.gradients.columns(from: column) }

    func footprint(steps: Int, batch: Int) -> Footprint {
        Footprint(rows: Double(steps) * Double(batch), columns: stride)
            + cell.footprint(steps: steps, batch: batch, units: units) + stepWeight.footprint(steps: steps)
    }

    /// After the state's own.
    func begin(steps: Int, batch: Int) {
        self.steps = steps
        self.batch = batch
        preactivations.reserve(rows: steps * batch, columns: stride)
        if let initialHidden {
            let first = reads.columns(from: readSize)
            Kernels.broadcast(initialHidden.value, into: first, rows: batch, columns: units)
        }
        cell.begin(steps: steps, batch: batch, units: units)
    }

    /// After the state's own.
    func proceed(steps: Int, after done: Int, rows: [Int]) {
        self.steps = steps
        batch = rows.count
        preactivations.reserve(rows: steps * batch, columns: stride)
        cell.proceed(steps: steps, after: done, rows: rows)
    }

    /// z = x W_x + b for all rows of a range of steps.
    func prepare(steps range: Range<Int>, inputs: Rows) {
        stepWeight.prepare(steps: range.count)
        let first = range.lowerBound * batch
        let count = range.count * batch
        let z = preactivations.rows.advanced(by: first)
        Kernels.broadcast(bias.value, into: z, rows: count, columns: width)
        guard inputSize > 0 else { return }
        Kernels.product(
            inputs.advanced(by: first), weight.rows(), into: z, m: count, n: width, k: inputSize, beta: 1)
    }

    var stepWeights: Int { (belowSize + feedbackSize) * width }

    func forward(step: Int, below: Rows?) {
        let row = step * batch
        let z = preactivations.rows.advanced(by: row)
        if let below {
            Kernels.product(
                below.advanced(by: row), stepWeight.rows(), into: z, m: batch, n: width,
                k: belowSize, beta: 1)
        }
        if feedbackSize > 0 {
            Kernels.product(
                reads.advanced(by: row), stepWeight.rows(from: belowSize), into: z, m: batch,
                n: width, k: feedbackSize, beta: 1)
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
                m: batch, n: belowSize, k: width, beta: 1)
        }
        if feedbackSize > 0 {
            Kernels.product(
                dz, stepWeight.rows(from: belowSize), transposing: .second,
                into: readGradients.advanced(by: row), m: batch, n: feedbackSize, k: width, beta: 1)
        }
    }

    /// Weight gradients: one product per source over all T·B rows. Gradients of the inputs are added to, or overwritten.
    func finishBackward(inputs: Rows, below: Rows?, inputGradients: Rows?, addsToInputGradients: Bool) {
        let count = steps * batch
        let dz = preactivations.gradients
        func accumulate(_ source: Rows, fromRow row: Int, size: Int) {
            guard size > 0 else { return }
            Kernels.product(
                source, dz, transposing: .first, into: weight.gradientRows(from: row), m: size, n: width, k: count,
                beta: 1)
        }
        accumulate(inputs, fromRow: 0, size: inputSize)
        if let below { accumulate(below, fromRow: inputSize, size: belowSize) }
        accumulate(reads, fromRow: inputSize + belowSize, size: feedbackSize)
        Kernels.addRows(of: dz, into: bias.gradient, rows: count, columns: width)
        if let inputGradients, inputSize > 0 {
            Kernels.product(
                dz, weight.rows(), transposing: .second, into: inputGradients, m: count, n: inputSize, k: width,
                beta: addsToInputGradients ? 1 : 0)
        }
        if let initialHidden {
            let first = readGradients.columns(from: readSize)
            Kernels.addRows(of: first, into: initialHidden.gradient, rows: batch, columns: units)
        }
        cell.finishBackward()
    }
}
