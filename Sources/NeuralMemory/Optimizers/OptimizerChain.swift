// What happens to gradients between the backward pass and the parameters, as settings.

/// How gradients change parameters. An update goes through these links, in this order:
///
/// 1. Gradients that are not finite are skipped: nothing changes.
/// 2. `clipping` limits gradients, by value and then by norm.
/// 3. Gradients are skipped if their norm is still above `Optimizer.largestNorm`.
/// 4. `weightDecay` makes the parameters smaller.
/// 5. `rule` changes the parameters, at the learning rate that `warmupSteps` and `schedule` give.
public struct OptimizerChain: Sendable {
    /// How parameters change.
    ///
    /// It also has the learning rate before warm-up and schedule.
    public var rule: any OptimizerKind
    /// How the learning rate changes after warm-up.
    public var schedule: any LearningRateScheduleKind
    /// Steps over which the learning rate grows linearly to the rule's own, at least 0.
    ///
    /// The schedule begins after them. Goyal et al. 2017, section 2.2.
    public var warmupSteps: Int
    /// Limits on gradients.
    public var clipping: GradientClipping
    /// λ of decoupled weight decay (Loshchilov & Hutter 2019, algorithm 2), from 0 to 1: w −= rate·λ·w, where `rate` is
    /// the step's learning rate.
    ///
    /// The paper's λ is the rule's learning rate times this one. Where rate·λ is below 3e-8, the decay has no effect on
    /// numbers of 32 bits.
    public var weightDecay: Double

    /// A rule alone, unless other links are given.
    public init(
        _ rule: any OptimizerKind, schedule: any LearningRateScheduleKind = ConstantRate(), warmupSteps: Int = 0,
        clipping: GradientClipping = GradientClipping(), weightDecay: Double = 0
    ) {
        self.rule = rule
        self.schedule = schedule
        self.warmupSteps = warmupSteps
        self.clipping = clipping
        self.weightDecay = weightDecay
    }

    /// Throws `ConfigurationError` for the first setting out of range.
    public func validate() throws {
        try require("training.optimizer.learningRate", rule.learningRate, in: Optimizer.learningRates)
        try rule.validate()
        try schedule.validate()
        try require("training.warmupSteps", warmupSteps, in: 0...Int.max)
        try clipping.validate()
        try require("training.weightDecay", weightDecay, in: 0...1)
    }

    /// The learning rate of a step: the rule's, multiplied by warm-up or schedule.
    ///
    /// - Parameters:
    ///   - step: counted from 1.
    ///   - state: what the schedule keeps between evaluations, by name.
    public func learningRate(step: Int, state: [String: Double] = [:]) -> Double {
        let multiplier =
            step <= warmupSteps
            ? Double(step) / Double(warmupSteps) : schedule.multiplier(step: step - warmupSteps, state: state)
        return rule.learningRate * multiplier
    }
}
