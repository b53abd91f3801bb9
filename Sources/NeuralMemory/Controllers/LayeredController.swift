// The controller behind all kinds so far: layers on top of each other, the lowest receiving inputs and reads.

/// A stack of `ControllerLayer`s. x_t and r_{t-1} go to the first layer, each layer's h_t to the next, the last one's
/// h_t is the output. With skip connections (Graves 2013) x_t goes to every layer, and the output is the h_t of all layers,
/// lowest first; r_{t-1} goes to the first layer all the same.
final class LayeredController: Controller {
    /// One layer to be made: its cell and its number of units.
    struct LayerPlan {
        let name: String
        let cell: any Cell
        let units: Int
    }

    private let layers: [ControllerLayer]
    /// One for each layer, or one for all.
    private let states: [ControllerState]
    let outputSize: Int

    /// At least one plan.
    init(
        _ parameters: Parameters, inputSize: Int, readSize: Int, trainsInitialState: Bool,
        skipConnections: Bool = false,
        _ plans: [LayerPlan]
    ) throws {
        let units = plans.map(\.units)
        let ownWidths = units.indices.map { ($0 == 0 ? readSize : 0) + units[$0] }
        let states = (skipConnections ? [ownWidths.reduce(0, +)] : ownWidths).map { ControllerState(width: $0) }
        self.states = states
        outputSize = skipConnections ? units.reduce(0, +) : units[units.count - 1]
        layers = try plans.indices.map { index in
            let isFirst = index == 0
            return try ControllerLayer(
                parameters, name: "controller.\(plans[index].name)", cell: plans[index].cell, units: units[index],
                inputSize: isFirst || skipConnections ? inputSize : 0, belowSize: isFirst ? 0 : units[index - 1],
                readSize: isFirst ? readSize : 0, trainsInitialState: trainsInitialState,
                state: skipConnections ? states[0] : states[index],
                column: skipConnections ? ownWidths[..<index].reduce(0, +) : 0)
        }
    }

    /// The last layer's h_t; in rows that all layers share, the first layer's and the others' after it.
    private var topLayers: ControllerLayer { states.count == 1 ? layers[0] : layers[layers.count - 1] }
    var outputs: Rows { topLayers.hidden }
    var outputGradients: Rows { topLayers.hiddenGradients }
    var reads: Rows { layers[0].reads }
    var readGradients: Rows { layers[0].readGradients }

    private func below(_ index: Int) -> Rows? { index > 0 ? layers[index - 1].hidden : nil }

    func footprint(steps: Int, batch: Int) -> Footprint {
        let all =
            states.map { $0.footprint(steps: steps, batch: batch) }
            + layers.map { $0.footprint(steps: steps, batch: batch) }
        return all.reduce(.none, +)
    }

    func begin(steps: Int, batch: Int) {
        for state in states { state.begin(steps: steps, batch: batch) }
        for layer in layers { layer.begin(steps: steps, batch: batch) }
    }

    func proceed(steps: Int, after done: Int, rows: [Int]) {
        for state in states { state.proceed(steps: steps, after: done, rows: rows) }
        for layer in layers { layer.proceed(steps: steps, after: done, rows: rows) }
    }

    func prepare(steps: Range<Int>, inputs: Rows) {
        for layer in layers { layer.prepare(steps: steps, inputs: inputs) }
    }

    var stepWeights: Int { layers.reduce(0) { $0 + $1.stepWeights } }

    func forward(step: Int) {
        for index in layers.indices { layers[index].forward(step: step, below: below(index)) }
    }

    func beginBackward() {
        for state in states { state.beginBackward() }
        for layer in layers { layer.beginBackward() }
    }

    func backward(step: Int) {
        for index in layers.indices.reversed() {
            layers[index].backward(
                step: step, belowGradients: index > 0 ? layers[index - 1].hiddenGradients : nil)
        }
    }

    func finishBackward(inputs: Rows, inputGradients: Rows?) {
        for index in layers.indices {
            layers[index].finishBackward(
                inputs: inputs, below: below(index), inputGradients: inputGradients, addsToInputGradients: index > 0)
        }
    }
}
