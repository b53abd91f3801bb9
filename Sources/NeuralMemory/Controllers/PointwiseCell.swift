// The cell of layers without gates: one function of each preactivation.

/// h = z or h = tanh(z), with or without h_{t-1} in z.
final class PointwiseCell: Cell {
    enum Function { case identity, tanh }

    let gates = 1
    let isRecurrent: Bool
    private let function: Function
    private var batch = 0
    private var units = 0

    init(_ function: Function, isRecurrent: Bool) {
        self.function = function
        self.isRecurrent = isRecurrent
    }

    var initialBias: Initializer { .zeros }
    func declareState(_ parameters: Parameters, name: String, units: Int, isTrained: Bool) {}

    func footprint(steps: Int, batch: Int, units: Int) -> Footprint { .none }

    func begin(steps: Int, batch: Int, units: Int) {
        self.batch = batch
        self.units = units
    }

    func proceed(steps: Int, after done: Int, rows: [Int]) { batch = rows.count }

    func forward(step: Int, preactivations: Rows, hidden: Rows) {
        switch function {
        case .identity: Kernels.copy(preactivations, into: hidden, rows: batch, columns: units)
        case .tanh: Kernels.tanh(preactivations, into: hidden, rows: batch, columns: units)
        }
    }

    func beginBackward() {}

    func backward(
        step: Int, preactivations: Rows, hidden: Rows, hiddenGradients: Rows, gradients: Rows
    ) {
        switch function {
        case .identity: Kernels.copy(hiddenGradients, into: gradients, rows: batch, columns: units)
        case .tanh:
            Kernels.tanhBackward(y: hidden, dy: hiddenGradients, into: gradients, rows: batch, columns: units)
        }
    }

    func finishBackward() {}
}
