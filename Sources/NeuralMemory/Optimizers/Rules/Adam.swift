// Adam (Kingma & Ba 2015, algorithm 1).

import Foundation

/// a = beta1·a + (1−beta1)·g; s = beta2·s + (1−beta2)·g²; w −= rate·â/(√ŝ + epsilon), where â and ŝ are corrected for
/// their start at 0.
///
/// With `OptimizerChain.weightDecay` this is AdamW.
public struct Adam: OptimizerKind {
    public static let kind = "adam"
    public static let summary = "Adam"
    public static let stateNames = ["average", "square"]

    public var learningRate = 1e-3
    /// How much of the average gradient is kept at each update, from 0 to 0.999999.
    public var beta1 = 0.9
    /// How much of the average square is kept at each update, from 0 to 0.999999.
    public var beta2 = 0.999
    /// Keeps the quotient finite, from 1e-30 to 1.
    public var epsilon = 1e-8

    public init() {}

    public func validate() throws {
        try require("training.optimizer.beta1", beta1, in: 0...0.999_999)
        try require("training.optimizer.beta2", beta2, in: 0...0.999_999)
        try require("training.optimizer.epsilon", epsilon, in: 1e-30...1)
    }

    public func update(
        _ values: UnsafeMutableBufferPointer<Float>, gradients: UnsafeMutableBufferPointer<Float>,
        state: [UnsafeMutablePointer<Float>], number: Int, learningRate: Float
    ) {
        Kernels.adam(
            w: values, g: gradients, a: state[0], s: state[1], rate: learningRate, beta1: Float(beta1),
            beta2: Float(beta2), epsilon: Float(epsilon), correction1: Float(1 - pow(beta1, Double(number))),
            correction2: Float(1 - pow(beta2, Double(number))))
    }
}

extension Adam {
    public static let settingDescriptions = [
        .learningRate,
        SettingDescription("beta1", "How much of the average gradient is kept at each update", in: 0...0.999_999),
        SettingDescription("beta2", "How much of the average square is kept at each update", in: 0...0.999_999),
        SettingDescription("epsilon", "Keeps the update's quotient finite", in: 1e-30...1)
    ]
}
