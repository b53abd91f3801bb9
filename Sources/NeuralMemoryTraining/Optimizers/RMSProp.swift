// RMSProp in its common form (Tieleman & Hinton 2012, lecture 6.5), with momentum.

import NeuralMemory

/// s = decay·s + (1−decay)·g²; m = momentum·m + g/(√s + epsilon); w −= rate·m.
public struct RMSProp: OptimizerKind {
    public static let kind = "rmsprop"
    public static let summary = "RMSProp with momentum"
    public static let stateNames = ["square", "velocity"]

    public var learningRate = 1e-3
    /// How much of the average square is kept at each update, from 0 to 1.
    public var decay = 0.95
    /// How much of the last update goes into the next, from 0 to 1.
    public var momentum = 0.0
    /// Keeps the quotient finite, from 1e-30 to 1.
    public var epsilon = 1e-8

    public init() {}

    /// Without momentum, and a decay of 0.95.
    public init(learningRate: Double) { self.learningRate = learningRate }

    public func validate() throws {
        try require("training.optimizer.decay", decay, in: 0...1)
        try require("training.optimizer.momentum", momentum, in: 0...1)
        try require("training.optimizer.epsilon", epsilon, in: 1e-30...1)
    }

    public func update(
        _ parameters: Parameters, state: [UnsafeMutablePointer<Float>], number: Int, learningRate: Float
    ) {
        Kernels.rmsprop(
            w: parameters.values.pointer, g: parameters.gradients.pointer, s: state[0], m: state[1],
            count: parameters.bufferCount, rate: learningRate, decay: Float(decay), momentum: Float(momentum),
            epsilon: Float(epsilon))
    }
}
