// The cell of layers without gates: one function of each preactivation.

/// h = z or h = tanh(z), with or without h_{t-1} in z.
struct PointwiseCell: Cell {
    enum Function { case identity, tanh }

    let gates = 1
    let isRecurrent: Bool
    fileprivate let function: Function

    init(_ function: Function, isRecurrent: Bool) {
        self.function = function
        self.isRecurrent = isRecurrent
    }

    var initialBias: Initializer { .zeros }
    var stateNames: [String] { [] }
    var gateNames: [String] { [] }

    mutating func declareState(_ layout: inout ParameterLayout, name: String, units: Int, isTrained: Bool) {}

    func footprint(steps: Int, batch: Int, units: Int) -> Footprint { .none }

    func makeState(_ parameters: ParameterBuffer, name: String, units: Int) -> any CellState {
        PointwiseCellState(function, units: units)
    }
}

/// Keeps nothing besides h.
final class PointwiseCellState: CellState {
    private let function: PointwiseCell.Function
    private let units: Int
    private var batch = 0

    init(_ function: PointwiseCell.Function, units: Int) {
        self.function = function
        self.units = units
    }

    func begin(steps: Int, batch: Int, from snapshots: [Snapshot]?) { self.batch = batch }

    func forward(step: Int, preactivations: Rows, hidden: Rows) {
        switch function {
        case .identity: Kernels.copy(preactivations, into: hidden, rows: batch, columns: units)
        case .tanh: Kernels.tanh(preactivations, into: hidden, rows: batch, columns: units)
        }
    }

    func save(sequence: Int, after done: Int, to snapshot: inout Snapshot) {}

    func state(_ index: Int, step: Int, sequence: Int) -> SignalValue { SignalValue([]) }

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

    func accumulateGradients(into gradients: ParameterBuffer) {}
}
