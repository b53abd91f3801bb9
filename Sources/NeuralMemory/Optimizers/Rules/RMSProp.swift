// RMSProp in its common form and in that of Graves, both with momentum.

/// RMSProp (Tieleman & Hinton 2012, lecture 6.5) with momentum:
/// s = decay·s + (1−decay)·g²; m = momentum·m + g/(√s + epsilon); w −= rate·m.
public struct RMSProp: OptimizerKind {
    public static let kind = "rmsprop"
    public static let summary = "RMSProp with momentum"
    public static let stateNames = ["square", "velocity"]

    public var learningRate = 1e-3
    /// How much of the average of squares is kept at each update, from 0 to 1.
    public var decay = 0.95
    /// How much of the last update goes into the next, from 0 to 1.
    public var momentum = 0.0
    /// Keeps the quotient finite, from 1e-30 to 1.
    public var epsilon = 1e-8

    public init() {}

    public func validate() throws { try requireSettings(decay: decay, momentum: momentum, epsilon: epsilon) }

    public func update(
        _ values: UnsafeMutableBufferPointer<Float>, gradients: UnsafeMutableBufferPointer<Float>,
        state: [UnsafeMutablePointer<Float>], number: Int, learningRate: Float
    ) {
        Kernels.rmsprop(
            w: values, g: gradients, s: state[0], m: state[1], rate: learningRate, decay: Float(decay),
            momentum: Float(momentum), epsilon: Float(epsilon))
    }
}

/// RMSProp of Graves 2013, "Generating Sequences with Recurrent Neural Networks", equations 38–45:
/// s = decay·s + (1−decay)·g²; a = decay·a + (1−decay)·g; m = momentum·m − rate·g/√(s − a² + epsilon); w += m.
public struct GravesRMSProp: OptimizerKind {
    public static let kind = "graves-rmsprop"
    public static let summary = "RMSProp of Graves 2013: centred, with momentum"
    public static let stateNames = ["square", "average", "velocity"]

    public var learningRate = 1e-4
    /// How much of the average of squares is kept at each update, from 0 to 1.
    public var decay = 0.95
    /// How much of the last update goes into the next, from 0 to 1.
    public var momentum = 0.9
    /// Keeps the quotient finite, from 1e-30 to 1.
    public var epsilon = 1e-4

    public init() {}

    public func validate() throws { try requireSettings(decay: decay, momentum: momentum, epsilon: epsilon) }

    public func update(
        _ values: UnsafeMutableBufferPointer<Float>, gradients: UnsafeMutableBufferPointer<Float>,
        state: [UnsafeMutablePointer<Float>], number: Int, learningRate: Float
    ) {
        Kernels.rmspropGraves(
            w: values, g: gradients, s: state[0], a: state[1], m: state[2], rate: learningRate, decay: Float(decay),
            momentum: Float(momentum), epsilon: Float(epsilon))
    }
}

extension RMSProp {
    public static let settingDescriptions = descriptions
}

extension GravesRMSProp {
    public static let settingDescriptions = descriptions
}

/// Both have the same settings.
private let descriptions = [
    .learningRate,
    SettingDescription("decay", "How much of the average square is kept at each update", in: 0...1.0),
    SettingDescription("momentum", "How much of the last update goes into the next", in: 0...1.0),
    SettingDescription("epsilon", "Keeps the update's quotient finite", in: 1e-30...1)
]

private func requireSettings(decay: Double, momentum: Double, epsilon: Double) throws {
    try require("training.optimizer.decay", decay, in: 0...1)
    try require("training.optimizer.momentum", momentum, in: 0...1)
    try require("training.optimizer.epsilon", epsilon, in: 1e-30...1)
}
