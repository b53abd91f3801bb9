// The controller of all kinds of this package: layers one above the other. The lowest gets the reads.

/// Layers one above the other.
///
/// The first layer gets x_t and r_{t-1}, each other layer the h_t of the one below. The last layer's h_t is the output.
/// With skip connections (Graves 2013) every layer gets x_t, and the output is the h_t of all layers, lowest first;
/// only the first layer gets r_{t-1}.
struct LayeredController: Controller {
    /// One layer to be made: its cell and its number of units.
    struct LayerPlan {
        let name: String
        let cell: any Cell
        let units: Int
    }

    let layers: [ControllerLayer]
    let skipConnections: Bool

    /// At least one plan.
    init(
        _ layout: inout ParameterLayout, inputSize: Int, readSize: Int, trainsInitialState: Bool,
        skipConnections: Bool = false,
        _ plans: [LayerPlan]
    ) throws {
        self.skipConnections = skipConnections
        var layers: [ControllerLayer] = []
        for (index, plan) in plans.enumerated() {
            let isFirst = index == 0
            layers.append(
                try ControllerLayer(
                    &layout, name: "controller.\(plan.name)", cell: plan.cell, units: plan.units,
                    inputSize: isFirst || skipConnections ? inputSize : 0,
                    belowSize: isFirst ? 0 : plans[index - 1].units,
                    readSize: isFirst ? readSize : 0, trainsInitialState: trainsInitialState))
        }
        self.layers = layers
    }

    var outputSize: Int {
        skipConnections ? layers.reduce(0) { $0 + $1.units } : layers[layers.count - 1].units
    }

    var stepWeights: Int { layers.reduce(0) { $0 + $1.stepRows * $1.width } }

    /// The widths of [r ; h] of each layer.
    private var ownWidths: [Int] { layers.map { $0.readSize + $0.units } }
    /// Those of the tapes: one for each layer, or one for all.
    fileprivate var tapeWidths: [Int] { skipConnections ? [ownWidths.reduce(0, +)] : ownWidths }
    /// The first column of a layer in its tape.
    fileprivate func column(_ index: Int) -> Int { skipConnections ? ownWidths[..<index].reduce(0, +) : 0 }

    func footprint(steps: Int, batch: Int) -> Footprint {
        tapeWidths.reduce(.none) { $0 + ControllerTape.footprint(width: $1, steps: steps, batch: batch) }
            + layers.reduce(.none) { $0 + $1.footprint(steps: steps, batch: batch) }
    }

    func makeState(_ parameters: ParameterBuffer) -> any ControllerState {
        LayeredControllerState(self, parameters)
    }

    var signals: [Signal] { layers.flatMap(\.signals) }
}

/// The state of the layers in one shard.
final class LayeredControllerState: ControllerState {
    private let layers: [ControllerLayerState]
    /// One for each layer, or one for all.
    private let tapes: [ControllerTape]
    /// How many signals each layer has.
    private let signalCounts: [Int]

    init(_ controller: LayeredController, _ parameters: ParameterBuffer) {
        let tapes = controller.tapeWidths.map { ControllerTape(width: $0) }
        self.tapes = tapes
        signalCounts = controller.layers.map(\.signals.count)
        layers = controller.layers.indices.map { index in
            ControllerLayerState(
                controller.layers[index], parameters, tape: tapes[min(index, tapes.count - 1)],
                column: controller.column(index))
        }
    }

    /// The layer where the output begins: the last one, or, in a tape of all layers, the first one.
    private var topLayers: ControllerLayerState { tapes.count == 1 ? layers[0] : layers[layers.count - 1] }
    var outputs: Rows { topLayers.hidden }
    var outputGradients: Rows { topLayers.hiddenGradients }
    var reads: Rows { layers[0].reads }
    var readGradients: Rows { layers[0].readGradients }

    private func below(_ index: Int) -> Rows? { index > 0 ? layers[index - 1].hidden : nil }

    func begin(steps: Int, batch: Int, from snapshots: [Snapshot]?) throws {
        for tape in tapes { tape.begin(steps: steps, batch: batch) }
        for layer in layers { try layer.begin(steps: steps, batch: batch, from: snapshots) }
    }

    func prepare(steps: Range<Int>, inputs: Rows) {
        for layer in layers { layer.prepare(steps: steps, inputs: inputs) }
    }

    func forward(step: Int) {
        for index in layers.indices { layers[index].forward(step: step, below: below(index)) }
    }

    func save(sequence: Int, after done: Int, to snapshot: inout Snapshot) {
        for layer in layers { layer.save(sequence: sequence, after: done, to: &snapshot) }
    }

    func value(of signal: Int, step: Int, sequence: Int) -> SignalValue {
        var (layer, rest) = (0, signal)
        while rest >= signalCounts[layer] {
            rest -= signalCounts[layer]
            layer += 1
        }
        return layers[layer].value(of: rest, step: step, sequence: sequence)
    }

    func beginBackward() {
        for tape in tapes { tape.beginBackward() }
        for layer in layers { layer.beginBackward() }
    }

    func backward(step: Int) {
        for index in layers.indices.reversed() {
            layers[index].backward(
                step: step, belowGradients: index > 0 ? layers[index - 1].hiddenGradients : nil)
        }
    }

    func accumulateGradients(inputs: Rows, inputGradients: Rows?, into gradients: ParameterBuffer) {
        for index in layers.indices {
            layers[index].accumulateGradients(
                inputs: inputs, below: below(index), inputGradients: inputGradients, addsToInputGradients: index > 0,
                into: gradients)
        }
    }
}
