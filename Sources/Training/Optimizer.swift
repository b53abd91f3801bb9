// Optimisers: one pass over the flat parameters, and state of the same layout.

import NeuralMemory

/// Settings and rule of an optimiser. Each kind is one file, and one entry in `optimizerChoices`.
public protocol OptimizerKind: Choosable {
    /// The learning rate before any decay.
    var learningRate: Double { get set }

    /// Throws `ConfigurationError` for settings out of range.
    func validate() throws

    /// Names of what is kept between steps; each starts at 0 and has as many numbers as there are parameters.
    static var stateNames: [String] { get }

    /// One step over all parameters. `state` is in the order of `stateNames`; `step` counts from 1; the learning rate
    /// is this step's.
    func update(_ parameters: Parameters, state: [UnsafeMutablePointer<Float>], step: Int, learningRate: Float)
}

/// All kinds of optimisers.
public let optimizerChoices = Choices(
    "training.optimizer.kind", [RMSProp.self, GravesRMSProp.self, Adam.self, SGD.self])

/// An optimiser at work on one network's parameters.
public final class Optimizer {
    public let kind: any OptimizerKind
    private let parameters: Parameters
    /// By name, each with the layout of the parameters.
    package let state: [(name: String, values: FloatBuffer)]

    /// Throws `ConfigurationError` for settings out of range.
    public init(_ kind: any OptimizerKind, for parameters: Parameters) throws {
        try require("training.optimizer.learningRate", kind.learningRate, in: 0...100)
        try kind.validate()
        self.kind = kind
        self.parameters = parameters
        state = type(of: kind).stateNames.map { ($0, FloatBuffer(zeros: parameters.bufferCount)) }
    }

    /// Updates the parameters from their gradients. `step` counts from 1.
    public func update(step: Int, learningRate: Double? = nil) {
        kind.update(
            parameters, state: state.map(\.values.pointer), step: step,
            learningRate: Float(learningRate ?? kind.learningRate))
    }
}
