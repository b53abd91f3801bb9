// The LSTM controller (Hochreiter & Schmidhuber 1997; forget gates: Gers et al. 2000), in layers.

/// Settings of a stacked LSTM.
public struct LSTM: ControllerKind {
    public static let kind = "lstm"
    public static let summary = "long short-term memory, in layers"

    /// H, units of each layer, at least 1.
    public var units = 64
    /// From 1 to 64; the linear layer of `inputLayer` does not count.
    public var layers = 1
    /// The forget gate's bias at the start; all other gate biases start at 0.
    public var forgetBias = 1.0
    /// Whether h_0 and c_0 are trained; otherwise they are 0.
    public var trainsInitialState = true
    /// Whether there is a linear layer of H units before the first LSTM layer.
    public var inputLayer = false
    /// Whether every layer gets x_t, and the output is the h_t of all layers, lowest first, instead of the highest
    /// one's alone (Graves 2013).
    ///
    /// The linear layer counts as one of them.
    public var skipConnections = false

    public init() {}

    /// Layers of H units each; the other settings are the defaults.
    public init(units: Int, layers: Int = 1) {
        self.units = units
        self.layers = layers
    }

    public func makeController(
        _ layout: inout ParameterLayout, inputSize: Int, readSize: Int
    ) throws -> any Controller {
        try require("network.controller.units", units, in: 1...largestSize)
        try require("network.controller.layers", layers, in: 1...64)
        try require("network.controller.forgetBias", forgetBias, in: -100...100)
        var plans = (0..<layers).map { index in
            LayeredController.LayerPlan(
                name: "layer\(index)", cell: LSTMCell(forgetBias: Float(forgetBias)), units: units)
        }
        if inputLayer {
            plans.insert(.init(name: "input", cell: PointwiseCell(.identity, isRecurrent: false), units: units), at: 0)
        }
        return try LayeredController(
            &layout, inputSize: inputSize, readSize: readSize, trainsInitialState: trainsInitialState,
            skipConnections: skipConnections, plans)
    }
}

extension LSTM {
    public static let settingDescriptions = [
        SettingDescription("units", "H, the units of each layer", unit: "units", in: 1...largestSize),
        SettingDescription("layers", "LSTM layers, one above the other", unit: "layers", in: 1...64),
        SettingDescription("forgetBias", "The forget gate's bias at the start", in: -100...100.0),
        SettingDescription("trainsInitialState", "Whether h_0 and c_0 are trained; otherwise they are 0"),
        SettingDescription(
            "inputLayer", "Whether there is a linear layer of as many units before the first LSTM layer"),
        SettingDescription(
            "skipConnections",
            "Whether every layer gets the input, and the output is that of all layers instead of the highest one's alone"
        )
    ]
}

/// The gates of an LSTM, in the order input, forget, candidate, output.
struct LSTMCell: Cell {
    let gates = 4
    let isRecurrent = true
    fileprivate let forgetBias: Float
    fileprivate var initialCell: Parameter?

    init(forgetBias: Float) { self.forgetBias = forgetBias }

    var initialBias: Initializer { .blocks([0, forgetBias, 0, 0]) }
    var stateNames: [String] { ["cell"] }
    var gateNames: [String] { ["input gate", "forget gate", "candidate", "output gate"] }

    mutating func declareState(_ layout: inout ParameterLayout, name: String, units: Int, isTrained: Bool) throws {
        guard isTrained else { return }
        initialCell = try layout.declare("\(name).c0", [units], .normal(deviation: 0.05))
    }

    func footprint(steps: Int, batch: Int, units: Int) -> Footprint {
        let row = Double(batch) * Double(units)
        return Footprint(floats: (Double(steps) + 1) * row, gradients: row)
    }

    func makeState(_ parameters: ParameterBuffer, name: String, units: Int) -> any CellState {
        LSTMCellState(self, parameters, name: name, units: units)
    }
}

/// Keeps c_t, and dL/dc in the backward pass.
final class LSTMCellState: CellState {
    private let cell: LSTMCell
    private let parameters: ParameterBuffer
    private let name: String
    private let units: Int
    private var batch = 0
    /// (T+1, B, units): row t+1 holds c_t, row 0 the initial cell.
    private let cells = FloatBuffer()
    /// (B, units).
    private let cellGradients = FloatBuffer()

    init(_ cell: LSTMCell, _ parameters: ParameterBuffer, name: String, units: Int) {
        self.cell = cell
        self.parameters = parameters
        self.name = name + ".c"
        self.units = units
    }

    private var rows: Rows { Rows(cells.pointer, stride: units) }

    func begin(steps: Int, batch: Int, from snapshots: [Snapshot]?) throws {
        self.batch = batch
        cells.reserve((steps + 1) * batch * units)
        if let snapshots {
            for (row, snapshot) in snapshots.enumerated() {
                try snapshot.copy(name, to: rows, row: row, columns: units)
            }
        } else if let initialCell = cell.initialCell {
            Kernels.broadcast(parameters[initialCell], into: rows, rows: batch, columns: units)
        } else {
            cells.zero(batch * units)
        }
    }

    private func cell(_ step: Int) -> UnsafeMutablePointer<Float> { cells.pointer + (step + 1) * batch * units }

    func forward(step: Int, preactivations: Rows, hidden: Rows) {
        Kernels.lstm(
            gates: preactivations, previousCell: cell(step - 1), cell: cell(step), hidden: hidden,
            batch: batch, units: units)
    }

    func save(sequence: Int, after done: Int, to snapshot: inout Snapshot) {
        snapshot.set(name, row: done * batch + sequence, of: rows, columns: units)
    }

    func state(_ index: Int, step: Int, sequence: Int) -> SignalValue {
        SignalValue(Array(UnsafeBufferPointer(start: cell(step) + sequence * units, count: units)))
    }

    func beginBackward() {
        cellGradients.reserve(batch * units)
        cellGradients.zero(batch * units)
    }

    func backward(
        step: Int, preactivations: Rows, hidden: Rows, hiddenGradients: Rows, gradients: Rows
    ) {
        Kernels.lstmBackward(
            gates: preactivations, previousCell: cell(step - 1), cell: cell(step),
            hiddenGradient: hiddenGradients, cellGradient: cellGradients.pointer,
            gateGradients: gradients, batch: batch, units: units)
    }

    func accumulateGradients(into gradients: ParameterBuffer) {
        guard let initialCell = cell.initialCell else { return }
        let rows = Rows(cellGradients.pointer, stride: units)
        Kernels.addRows(of: rows, into: gradients[initialCell], rows: batch, columns: units)
    }
}
