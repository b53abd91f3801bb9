// A learning rate that does not change.

/// The learning rate stays the same.
public struct ConstantRate: LearningRateScheduleKind {
    public static let kind = "constant"
    public static let summary = "the same learning rate at all steps"

    public init() {}

    public func multiplier(step: Int, state: [String: Double]) -> Double { 1 }
}
