// RMSProp as in Graves 2013, "Generating Sequences with Recurrent Neural Networks", equations 38–45.

import NeuralMemory

/// s = decay·s + (1−decay)·g²; a = decay·a + (1−decay)·g; m = momentum·m − rate·g/√(s − a² + epsilon); w += m.
public struct GravesRMSProp: OptimizerKind {
    public static let kind = "graves-rmsprop"
    public static let summary = "RMSProp of Graves 2013: centred, with momentum"
    public static let stateNames = ["square", "average", "velocity"]

    public var learningRate = 1e-4
    /// How much of both averages is kept at each update, from 0 to 1.
    public var decay = 0.95
    /// How much of the last update goes into the next, from 0 to 1.
    public var momentum = 0.9
    /// Keeps the root from 0, from 1e-30 to 1.
    public var epsilon = 1e-4

    public init() {}

    /// The other settings are those of the paper.
    public init(learningRate: Double) { self.learningRate = learningRate }

    public func validate() throws {
        try require("training.optimizer.decay", decay, in: 0...1)
        try require("training.optimizer.momentum", momentum, in: 0...1)
        try require("training.optimizer.epsilon", epsilon, in: 1e-30...1)
    }

    public func update(
        _ parameters: Parameters, state: [UnsafeMutablePointer<Float>], number: Int, learningRate: Float
    ) {
        Kernels.rmspropGraves(
            w: parameters.values.pointer, g: parameters.gradients.pointer, s: state[0], a: state[1], m: state[2],
            count: parameters.bufferCount, rate: learningRate, decay: Float(decay), momentum: Float(momentum),
            epsilon: Float(epsilon))
    }
}
