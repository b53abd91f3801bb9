// The part of a layer that differs between controllers: what it does elementwise with its preactivations.

/// A cell's sizes and the places of its parameters.
protocol Cell: Sendable {
    /// Preactivations per unit: 4 for an LSTM.
    var gates: Int { get }
    /// Whether h_{t-1} feeds back into the layer.
    var isRecurrent: Bool { get }
    /// The bias at the start.
    var initialBias: Initializer { get }
    /// What it has besides h, each of (units): "cell".
    var stateNames: [String] { get }
    /// The names of the activated preactivations, one for each gate; empty where they are not kept.
    var gateNames: [String] { get }

    /// Declares initial states that are trained, where there are any besides h_0.
    mutating func declareState(_ layout: inout ParameterLayout, name: String, units: Int, isTrained: Bool) throws

    /// What its state allocates for an episode.
    func footprint(steps: Int, batch: Int, units: Int) -> Footprint

    /// `name`: the layer's, for the names of arrays in snapshots.
    func makeState(_ parameters: ParameterBuffer, name: String, units: Int) -> any CellState
}

/// A cell's state in one shard.
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
