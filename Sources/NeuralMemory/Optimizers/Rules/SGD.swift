// Stochastic gradient descent with momentum.

/// m = momentum·m + g; w −= rate·m.
public struct SGD: OptimizerKind {
    public static let kind = "sgd"
    public static let summary = "gradient descent with momentum"
    public static let stateNames = ["velocity"]

    public var learningRate = 1e-2
    /// How much of the last update goes into the next, from 0 to 1.
    public var momentum = 0.9

    public init() {}

    public func validate() throws { try require("training.optimizer.momentum", momentum, in: 0...1) }

    public func update(
        _ values: UnsafeMutableBufferPointer<Float>, gradients: UnsafeMutableBufferPointer<Float>,
        state: [UnsafeMutablePointer<Float>], number: Int, learningRate: Float
    ) {
        Kernels.sgd(w: values, g: gradients, m: state[0], rate: learningRate, momentum: Float(momentum))
    }
}

extension SGD {
    public static let settingDescriptions = [
        .learningRate,
        SettingDescription("momentum", "How much of the last update goes into the next", in: 0...1.0)
    ]
}
