// LearningRateScheduleKind.swift: the seam of learning rate schedules.

/// Settings and rule of how the learning rate changes during a run. Each kind is one file in `Schedules`, and one entry
/// in `addOptimizers`. Warm-up is no part of it: see `OptimizerChain.warmupSteps`.
///
/// A schedule must not depend on how many steps a run has in all: a run that is resumed can be given more.
public protocol LearningRateScheduleKind: Registrable {
    /// Throws `ConfigurationError` for settings out of range.
    func validate() throws

    /// Names of the numbers that are kept between evaluations, and saved in checkpoints. None of them is there at first.
    /// A schedule that has such names depends on evaluations.
    static var stateNames: [String] { get }

    /// What the learning rate is multiplied by.
    ///
    /// - Parameters:
    ///   - step: counted from 1 after warm-up.
    ///   - state: by the names in `stateNames`; from a file, it may hold any finite numbers.
    func multiplier(step: Int, state: [String: Double]) -> Double

    /// Takes note of an evaluation's loss at the training lengths, in bits per sequence, after each full interval.
    func observe(loss: Double, state: inout [String: Double])
}

extension LearningRateScheduleKind {
    public func validate() throws {}
    public static var stateNames: [String] { [] }
    public func observe(loss: Double, state: inout [String: Double]) {}
}
