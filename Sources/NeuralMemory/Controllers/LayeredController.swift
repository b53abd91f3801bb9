// The controller behind all kinds so far: layers on top of each other, the lowest receiving inputs and reads.

/// A stack of `ControllerLayer`s. x_t and r_{t-1} go to the first layer, each layer's h_t to the next, the last one's
/// h_t is the output.
final class LayeredController: Controller {
    /// One layer to be made: its cell and its number of units.
    struct LayerPlan {
        let name: String
        let cell: any Cell
        let units: Int
    }

    private let layers: [ControllerLayer]

    init(
        _ parameters: Parameters, inputSize: Int, readSize: Int, trainsInitialState: Bool, _ plans: [LayerPlan]
    ) {
        precondition(!plans.isEmpty)
        layers = plans.indices.map { index in
            let isFirst = index == 0
            return ControllerLayer(
                parameters, name: "controller.\(plans[index].name)", cell: plans[index].cell,
                units: plans[index].units, inputSize: isFirst ? inputSize : 0,
                belowSize: isFirst ? 0 : plans[index - 1].units, readSize: isFirst ? readSize : 0,
                trainsInitialState: trainsInitialState)
        }
    }

    var outputSize: Int { layers[layers.count - 1].units }
    var outputs: Rows { layers[layers.count - 1].hidden }
    var outputGradients: Rows { layers[layers.count - 1].hiddenGradients }
    var reads: Rows { layers[0].reads }
    var readGradients: Rows { layers[0].readGradients }

    private func below(_ index: Int) -> Rows? { index > 0 ? layers[index - 1].hidden : nil }

    func begin(steps: Int, batch: Int) {
        for layer in layers { layer.begin(steps: steps, batch: batch) }
    }

    func proceed(steps: Int, after done: Int, rows: [Int]) {
        for layer in layers { layer.proceed(steps: steps, after: done, rows: rows) }
    }

    func prepare(steps: Range<Int>, inputs: Rows) {
        for layer in layers { layer.prepare(steps: steps, inputs: inputs) }
    }

    func forward(step: Int) {
        for index in layers.indices { layers[index].forward(step: step, below: below(index)) }
    }

    func beginBackward() {
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
                inputs: inputs, below: below(index), inputGradients: index == 0 ? inputGradients : nil)
        }
    }
}
