// Optimisers: one pass over the flat parameters, state of the same layout, and a count of their updates.

import NeuralMemory

/// Settings and rule of an optimiser. Each kind is one file, and one entry in a `Registry`.
public protocol OptimizerKind: Registrable {
    /// The learning rate before any decay.
    var learningRate: Double { get set }

    /// Throws `ConfigurationError` for settings out of range.
    func validate() throws

    /// Names of what is kept between steps; each starts at 0 and has as many numbers as there are parameters.
    static var stateNames: [String] { get }

    /// One update of all parameters. `state` is in the order of `stateNames`; `number` is the update's, counted from 1;
    /// the learning rate is this update's. No gradient is beyond `Optimizer.largestNorm`.
    func update(_ parameters: Parameters, state: [UnsafeMutablePointer<Float>], number: Int, learningRate: Float)
}

extension Registry {
    /// Adds an optimiser. Throws `ConfigurationError` for a name that is taken, or that no setting can have.
    public mutating func register(_ type: any OptimizerKind.Type) throws { try optimizers.register(type) }

    /// All kinds of this package.
    public static let standard: Registry = {
        var registry = networks
        registry.addTasks()
        registry.optimizers.add([RMSProp.self, GravesRMSProp.self, Adam.self, SGD.self])
        return registry
    }()
}

/// An optimiser at work on one network's parameters.
///
/// State that is finite stays finite: a gradient is not used where the square of one of its numbers might be infinite.
/// With such a square, RMSProp and Adam would never move that parameter again.
public final class Optimizer {
    /// Its settings; they do not change.
    public let kind: any OptimizerKind
    private let parameters: Parameters
    /// By name, each with the layout of the parameters.
    package let state: [(name: String, values: FloatBuffer)]
    /// How many updates were made. Those that were refused do not count: Adam corrects its state by this number.
    public package(set) var updates = 0

    /// The largest norm of all gradients together that an update is made with. No single gradient is larger, so its
    /// square is at most 1e38: a finite float, with room for what rounding adds.
    public static let largestNorm = 1e19
    private static let learningRates = 0.0...100.0

    /// Throws `ConfigurationError` for settings out of range.
    public init(_ kind: any OptimizerKind, for parameters: Parameters) throws {
        try require("training.optimizer.learningRate", kind.learningRate, in: Self.learningRates)
        try kind.validate()
        self.kind = kind
        self.parameters = parameters
        state = type(of: kind).stateNames.map { ($0, FloatBuffer(zeros: parameters.bufferCount)) }
    }

    /// Updates the parameters from their gradients. Where the gradients' norm is above `largestNorm`, or not finite,
    /// changes nothing and returns false.
    ///
    /// - `learningRate`: from 0 to 100; the kind's own unless given. Throws `UsageError` for others.
    @discardableResult
    public func update(learningRate: Double? = nil) throws -> Bool {
        let rate = learningRate ?? kind.learningRate
        guard Self.learningRates.contains(rate) else {
            throw UsageError("Optimizer.update", "the learning rate is \(rate); it must be from 0 to 100")
        }
        guard parameters.gradientNorm <= Self.largestNorm else { return false }
        kind.update(
            parameters, state: state.map(\.values.pointer), number: updates + 1, learningRate: Float(rate))
        updates += 1
        return true
    }

    /// The first state with a NaN or an infinity, and the parameter it belongs to, as "square of output.bias"; `nil`
    /// where all are finite.
    public func firstNonFinite() -> String? {
        for (name, values) in state {
            if let slice = parameters.firstNonFinite(in: values) { return "\(name) of \(slice.name)" }
        }
        return nil
    }
}
