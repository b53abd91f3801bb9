// RMSProp as in Graves 2013, "Generating Sequences with Recurrent Neural Networks", equations 38–45.

import NeuralMemory

/// s = decay·s + (1−decay)·g²; a = decay·a + (1−decay)·g; m = momentum·m − rate·g/√(s − a² + epsilon); w += m.
public struct GravesRMSProp: OptimizerKind {
    public static let kind = "graves-rmsprop"
    public static let summary = "RMSProp of Graves 2013: centred, with momentum"
    public static let stateNames = ["square", "average", "velocity"]

    public var learningRate = 1e-4
    public var decay = 0.95
    public var momentum = 0.9
    public var epsilon = 1e-4

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
        Kernels.rmspropGraves(
            w: parameters.pointer, g: gradients.pointer, s: state[0].pointer, a: state[1].pointer, m: state[2].pointer,
            count: parameters.floats.count, rate: learningRate, decay: Float(decay), momentum: Float(momentum),
            epsilon: Float(epsilon))
    }
}
