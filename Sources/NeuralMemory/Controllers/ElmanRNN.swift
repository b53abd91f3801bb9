// The simple recurrent network (Elman 1990): h_t = tanh([x_t ; r_{t-1} ; h_{t-1}] W + b).

/// Settings of an Elman network.
public struct ElmanRNN: ControllerKind {
    public static let kind = "rnn"
    public static let summary = "simple recurrent network (Elman), one tanh layer"

    /// H.
    public var units = 64
    /// Whether h_0 is trained; otherwise it is 0.
    public var trainsInitialState = true

    public init() {}

    public init(units: Int) { self.units = units }

    public func makeController(_ parameters: Parameters, inputSize: Int, readSize: Int) throws -> any Controller {
        try require("network.controller.units", units, in: 1...largestSize)
        return LayeredController(
            parameters, inputSize: inputSize, readSize: readSize, trainsInitialState: trainsInitialState,
            [.init(name: "layer0", cell: TanhCell(isRecurrent: true), units: units)])
    }
}

/// h = tanh(z), with or without h_{t-1} in z.
final class TanhCell: Cell {
    let gates = 1
    let isRecurrent: Bool
    private var batch = 0
    private var units = 0

    init(isRecurrent: Bool) { self.isRecurrent = isRecurrent }

    func initialBias(units: Int) -> [Float] { Array(repeating: 0, count: units) }
    func declareState(_ parameters: Parameters, name: String, units: Int, isTrained: Bool) {}

    func begin(steps: Int, batch: Int, units: Int) {
        self.batch = batch
        self.units = units
    }

    func forward(step: Int, preactivations: UnsafeMutablePointer<Float>, hidden: Rows) {
        Kernels.tanh(Rows(preactivations, stride: units), into: hidden, rows: batch, columns: units)
    }

    func beginBackward() {}

    func backward(
        step: Int, preactivations: UnsafeMutablePointer<Float>, hidden: Rows, hiddenGradients: Rows,
        gradients: UnsafeMutablePointer<Float>
    ) {
        Kernels.tanhBackward(
            y: hidden, dy: hiddenGradients, into: Rows(gradients, stride: units), rows: batch, columns: units)
    }

    func finishBackward() {}
}
