// A dense layer over many rows: y = x W + b, or tanh of it.

/// y = x W + b with W (inputs, outputs), where x may come in several blocks of columns that lie in different places.
final class Dense {
    let inputSizes: [Int]
    let outputSize: Int
    private let hasTanh: Bool
    private let weight: Parameter
    private let bias: Parameter

    /// `inputSizes`: the widths of the blocks that make up x, in the order of the weight's rows.
    init(
        _ parameters: Parameters, name: String, inputSizes: [Int], outputSize: Int, tanh: Bool = false,
        bias initialBias: Initializer = .zeros
    ) {
        let inputs = inputSizes.reduce(0, +)
        self.inputSizes = inputSizes
        self.outputSize = outputSize
        hasTanh = tanh
        weight = parameters.declare("\(name).weight", [inputs, outputSize], .weight(inputs: inputs))
        bias = parameters.declare("\(name).bias", [outputSize], initialBias)
    }

    var weights: Int { inputSizes.reduce(0, +) * outputSize }

    /// y for `count` rows, overwritten.
    func forward(_ inputs: [Rows], into y: Rows, count: Int) {
        Kernels.broadcast(bias.value, into: y, rows: count, columns: outputSize)
        var row = 0
        for (x, size) in zip(inputs, inputSizes) {
            Kernels.product(x, weight.rows(from: row), into: y, m: count, n: outputSize, k: size, beta: 1)
            row += size
        }
        if hasTanh { Kernels.tanh(y, into: y, rows: count, columns: outputSize) }
    }

    /// From dL/dy to dL/d(x W + b), in place. Before `backward` and `accumulateGradients`.
    func undoActivation(y: Rows, gradients: Rows, count: Int) {
        guard hasTanh else { return }
        Kernels.tanhBackward(y: y, dy: gradients, into: gradients, rows: count, columns: outputSize)
    }

    /// Adds dL/dx to each block.
    func backward(_ gradients: Rows, into inputGradients: [Rows], count: Int) {
        var row = 0
        for (dx, size) in zip(inputGradients, inputSizes) {
            Kernels.product(
                gradients, weight.rows(from: row), transposing: .second, into: dx, m: count, n: size, k: outputSize,
                beta: 1)
            row += size
        }
    }

    /// Adds dL/dW and dL/db over `count` rows.
    func accumulateGradients(_ inputs: [Rows], _ gradients: Rows, count: Int) {
        var row = 0
        for (x, size) in zip(inputs, inputSizes) {
            Kernels.product(
                x, gradients, transposing: .first, into: weight.gradientRows(from: row), m: size, n: outputSize,
                k: count,
                beta: 1)
            row += size
        }
        Kernels.addRows(of: gradients, into: bias.gradient, rows: count, columns: outputSize)
    }
}
