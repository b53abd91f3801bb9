// The protocol of optimisation rules, and how rules and schedules are registered.

/// Settings and rule of an optimiser.
///
/// Each kind is registered in a `Registry`.
public protocol OptimizerKind: Registrable {
    /// The learning rate before warm-up and schedule.
    var learningRate: Double { get set }

    /// Throws `ConfigurationError` for settings out of range. `OptimizerChain.validate` checks the learning rate.
    func validate() throws

    /// The names of the arrays that are kept between updates. Each has one number for each parameter, and starts at 0.
    static var stateNames: [String] { get }

    /// Updates all parameters in place. All buffers have the same length and layout. Between two parameters, values,
    /// gradients and state are 0, and must stay 0.
    ///
    /// - Parameters:
    ///   - values: the parameters; where an `Optimizer` freezes some of them, a part of the others, part after part.
    ///   - gradients: finite numbers with a norm of at most about `Optimizer.largestNorm`.
    ///   - state: in the order of `stateNames`, each as long as `values`.
    ///   - number: which update this is, counted from 1.
    ///   - learningRate: that of this update, after warm-up and schedule.
    func update(
        _ values: UnsafeMutableBufferPointer<Float>, gradients: UnsafeMutableBufferPointer<Float>,
        state: [UnsafeMutablePointer<Float>], number: Int, learningRate: Float)
}

extension OptimizerKind {
    /// The default settings with another learning rate.
    public init(learningRate: Double) {
        self.init()
        self.learningRate = learningRate
    }
}

extension Registry {
    /// Adds an optimiser.
    ///
    /// Throws `ConfigurationError` for a name that is taken, or that no setting can have.
    public mutating func register(_ type: any OptimizerKind.Type) throws { try optimizers.register(type) }

    /// Adds a schedule.
    ///
    /// Throws `ConfigurationError` for a name that is taken, or that no setting can have.
    public mutating func register(_ type: any LearningRateScheduleKind.Type) throws { try schedules.register(type) }

    /// The optimisers and schedules of this package.
    package mutating func addOptimizers() {
        optimizers.add([RMSProp.self, GravesRMSProp.self, Adam.self, SGD.self])
        schedules.add([ConstantRate.self, ExponentialDecay.self, CosineDecay.self, PlateauDecay.self])
    }
}

extension SettingDescription {
    /// That of `OptimizerKind.learningRate`.
    public static let learningRate = SettingDescription(
        "learningRate", "The learning rate, before warm-up and schedule", in: Optimizer.learningRates)
}
