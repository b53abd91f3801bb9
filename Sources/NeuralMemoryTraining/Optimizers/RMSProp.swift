// RMSProp in its common form (Tieleman & Hinton 2012, lecture 6.5), with momentum.

import NeuralMemory

/// s = decay·s + (1−decay)·g²; m = momentum·m + g/(√s + epsilon); w −= rate·m.
public struct RMSProp: OptimizerKind {
    public static let kind = "rmsprop"
    public static let summary = "RMSProp with momentum"
    public static let stateNames = ["square", "velocity"]

    public var learningRate = 1e-3
    public var decay = 0.95
    public var momentum = 0.0
    public var epsilon = 1e-8

    public init() {}

    public init(learningRate: Double) { self.learningRate = learningRate }

    public func validate() throws {
        try require("training.optimizer.decay", decay, in: 0...1)
        try require("training.optimizer.momentum", momentum, in: 0...1)
        try require("training.optimizer.epsilon", epsilon, in: 1e-30...1)
    }

    public func update(
        _ parameters: ParameterBuffer, gradients: ParameterBuffer, state: [ParameterBuffer], number: Int,
        learningRate: Float
    ) {
        Kernels.rmsprop(
            w: parameters.pointer, g: gradients.pointer, s: state[0].pointer, m: state[1].pointer,
            count: parameters.floats.count, rate: learningRate, decay: Float(decay), momentum: Float(momentum),
            epsilon: Float(epsilon))
    }
}
