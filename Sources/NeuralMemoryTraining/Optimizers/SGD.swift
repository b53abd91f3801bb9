// Stochastic gradient descent with momentum.

import NeuralMemory

/// m = momentum·m + g; w −= rate·m.
public struct SGD: OptimizerKind {
    public static let kind = "sgd"
    public static let summary = "gradient descent with momentum"
    public static let stateNames = ["velocity"]

    public var learningRate = 1e-2
    public var momentum = 0.9

    public init() {}

    public init(learningRate: Double) { self.learningRate = learningRate }

    public func validate() throws { try require("training.optimizer.momentum", momentum, in: 0...1) }

    public func update(
        _ parameters: ParameterBuffer, gradients: ParameterBuffer, state: [ParameterBuffer], number: Int,
        learningRate: Float
    ) {
        Kernels.sgd(
            w: parameters.pointer, g: gradients.pointer, m: state[0].pointer, count: parameters.floats.count,
            rate: learningRate, momentum: Float(momentum))
    }
}
