// A dense layer over many rows: y = x W + b, or tanh of it.

/// y = x W + b with W (inputs, outputs).
///
/// x may consist of two blocks of columns in different places.
///
/// Each call is given the buffer with the numbers of W and b.
final class Dense: Sendable {
    let outputSize: Int
    private let inputSize: Int
    private let restSize: Int
    private let hasTanh: Bool
    private let weight: Parameter
    private let bias: Parameter

    /// x, or dL/dx: `first` has the columns for the weight's first rows, `rest` those for the other rows, if there are
    /// any.
    struct Inputs {
        var first: Rows
        var rest: Rows?

        init(_ first: Rows, _ rest: Rows? = nil) {
            self.first = first
            self.rest = rest
        }

        func advanced(by rows: Int) -> Inputs { Inputs(first.advanced(by: rows), rest?.advanced(by: rows)) }
    }

    init(
        _ layout: inout ParameterLayout, name: String, inputSize: Int, restSize: Int = 0, outputSize: Int,
        tanh: Bool = false, bias initialBias: Initializer = .zeros
    ) throws {
        self.inputSize = inputSize
        self.restSize = restSize
        self.outputSize = outputSize
        hasTanh = tanh
        let inputs = inputSize + restSize
        weight = try layout.declare("\(name).weight", [inputs, outputSize], .weight(inputs: inputs))
        bias = try layout.declare("\(name).bias", [outputSize], initialBias)
    }

    /// How many numbers W has.
    var weights: Int { (inputSize + restSize) * outputSize }

    /// Calls `body` for each block of x that the layer takes, with its number of columns and its first row of the
    /// weight.
    private func forEachBlock(_ x: Inputs, _ body: (_ block: Rows, _ size: Int, _ row: Int) -> Void) {
        body(x.first, inputSize, 0)
        if let rest = x.rest, restSize > 0 { body(rest, restSize, inputSize) }
    }

    /// Overwrites `count` rows of y.
    func forward(_ x: Inputs, into y: Rows, count: Int, _ parameters: ParameterBuffer) {
        Kernels.broadcast(parameters[bias], into: y, rows: count, columns: outputSize)
        forEachBlock(x) { x, size, row in
            Kernels.product(
                x, parameters.rows(weight, from: row), into: y, m: count, n: outputSize, k: size, beta: 1)
        }
        if hasTanh { Kernels.tanh(y, into: y, rows: count, columns: outputSize) }
    }

    /// Turns dL/dy into dL/d(x W + b), in place.
    ///
    /// It comes before `backward` and `accumulate`.
    func undoActivation(y: Rows, gradients: Rows, count: Int) {
        guard hasTanh else { return }
        Kernels.tanhBackward(y: y, dy: gradients, into: gradients, rows: count, columns: outputSize)
    }

    /// Adds dL/dx to each block.
    func backward(_ gradients: Rows, into inputGradients: Inputs, count: Int, _ parameters: ParameterBuffer) {
        forEachBlock(inputGradients) { dx, size, row in
            Kernels.product(
                gradients, parameters.rows(weight, from: row), transposing: .second, into: dx, m: count, n: size,
                k: outputSize, beta: 1)
        }
    }

    /// Adds dL/dW and dL/db over `count` rows to `target`.
    func accumulate(_ x: Inputs, _ gradients: Rows, count: Int, into target: ParameterBuffer) {
        forEachBlock(x) { x, size, row in
            Kernels.product(
                x, gradients, transposing: .first, into: target.rows(weight, from: row), m: size, n: outputSize,
                k: count, beta: 1)
        }
        Kernels.addRows(of: gradients, into: target[bias], rows: count, columns: outputSize)
    }
}
