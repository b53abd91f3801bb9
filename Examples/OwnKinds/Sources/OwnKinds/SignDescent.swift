// An optimiser: each parameter moves by the learning rate against the sign of its gradients' running sum (signSGD with
// momentum, Bernstein et al. 2018, algorithm 2).

import NeuralMemory

/// Settings of the rule.
struct SignDescent: OptimizerKind {
    static let kind = "sign-descent"
    static let summary = "signs of gradients, with momentum"
    static let stateNames = ["momentum"]

    var learningRate = 1e-3
    var momentum = 0.9

    func validate() throws { try require("training.optimizer.momentum", momentum, in: 0...0.999) }

    func update(
        _ values: UnsafeMutableBufferPointer<Float>, gradients: UnsafeMutableBufferPointer<Float>,
        state: [UnsafeMutablePointer<Float>], number: Int, learningRate: Float
    ) {
        let (sum, keep) = (state[0], Float(momentum))
        for index in values.indices {
            sum[index] = keep * sum[index] + (1 - keep) * gradients[index]
            values[index] -= sum[index] == 0 ? 0 : sum[index] < 0 ? -learningRate : learningRate
        }
    }
}
