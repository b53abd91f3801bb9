// A layer without nonlinearity: h = z.

/// Copies its preactivations.
final class LinearCell: Cell {
    let gates = 1
    let isRecurrent = false
    private var batch = 0
    private var units = 0

    func initialBias(units: Int) -> [Float] { Array(repeating: 0, count: units) }
    func declareState(_ parameters: Parameters, name: String, units: Int, isTrained: Bool) {}

    func begin(steps: Int, batch: Int, units: Int) {
        self.batch = batch
        self.units = units
    }

    func forward(step: Int, preactivations: UnsafeMutablePointer<Float>, hidden: Rows) {
        Kernels.copy(Rows(preactivations, stride: units), into: hidden, rows: batch, columns: units)
    }

    func beginBackward() {}

    func backward(
        step: Int, preactivations: UnsafeMutablePointer<Float>, hidden: Rows, hiddenGradients: Rows,
        gradients: UnsafeMutablePointer<Float>
    ) {
        Kernels.copy(hiddenGradients, into: Rows(gradients, stride: units), rows: batch, columns: units)
    }

    func finishBackward() {}
}
