// The protocol of learning rate schedules.

/// How the learning rate changes during a run: settings and rule.
///
/// Each kind is registered in a `Registry`. Warm-up is not part of it: see `OptimizerChain.warmupSteps`.
///
/// A schedule must not depend on how many steps a run has in all: a run that is resumed can be given more.
public protocol LearningRateScheduleKind: Registrable {
    /// Throws `ConfigurationError` for settings out of range. By default all settings are allowed.
    func validate() throws

    /// The names of the numbers that are kept between evaluations and saved in checkpoints; none by default. The state
    /// is empty at first. A schedule that has such names depends on evaluations.
    static var stateNames: [String] { get }

    /// What the learning rate is multiplied by in a step.
    ///
    /// - Parameters:
    ///   - step: counted from 1 after warm-up.
    ///   - state: numbers by the names in `stateNames`. A file may have given it any finite numbers.
    func multiplier(step: Int, state: [String: Double]) -> Double

    /// Takes note of an evaluation, after each full interval; does nothing by default.
    ///
    /// - Parameters:
    ///   - loss: at the training lengths, in bits per sequence.
    ///   - state: numbers by the names in `stateNames`; those that have not been set are absent.
    func observe(loss: Double, state: inout [String: Double])
}

extension LearningRateScheduleKind {
    public func validate() throws {}
    public static var stateNames: [String] { [] }
    public func observe(loss: Double, state: inout [String: Double]) {}
}
