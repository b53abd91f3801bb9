// What a layer of a controller does elementwise with its preactivations: one kind of controller's own part.

/// A cell without numbers.
protocol Cell: Sendable {
    /// Preactivations per unit: 4 for an LSTM.
    var gates: Int { get }
    /// Whether h_{t-1} feeds back into the layer.
    var isRecurrent: Bool { get }
    /// The bias at the start.
    var initialBias: Initializer { get }
    /// What it has besides h, each of (units): "cell".
    var stateNames: [String] { get }
    /// What the preactivations are called once they are activated, one name a gate; none where backward does not keep them.
    var gateNames: [String] { get }

    /// Declares initial states that are trained, where there are any besides h_0.
    mutating func declareState(_ layout: inout ParameterLayout, name: String, units: Int, isTrained: Bool) throws

    /// What it keeps of so many steps.
    func footprint(steps: Int, batch: Int, units: Int) -> Footprint

    /// `name`: the layer's, for what snapshots hold.
    func makeState(_ parameters: ParameterBuffer, name: String, units: Int) -> any CellState
}

/// What a cell keeps of the sequences of one shard.
protocol CellState: AnyObject {
    /// Starts at the initial state, or at one snapshot for each sequence.
    func begin(steps: Int, batch: Int, from snapshots: [Snapshot]?) throws
    /// Preactivations (B, gates·units) of step t may be overwritten with what backward needs; hidden (B, units).
    func forward(step: Int, preactivations: Rows, hidden: Rows)
    func save(sequence: Int, after done: Int, to snapshot: inout Snapshot)

    /// The value of one of the cell's `stateNames`.
    func state(_ index: Int, step: Int, sequence: Int) -> SignalValue

    func beginBackward()
    /// From dL/dh to dL/d(preactivations), overwritten.
    func backward(
        step: Int, preactivations: Rows, hidden: Rows, hiddenGradients: Rows, gradients: Rows)
    /// Adds gradients of the initial state.
    func accumulateGradients(into gradients: ParameterBuffer)
}
