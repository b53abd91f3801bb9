// A learning rate that falls exponentially.

import Foundation

/// The learning rate is multiplied by `factor` once every `every` steps, smoothly: factor^((step−1)/every).
public struct ExponentialDecay: LearningRateScheduleKind {
    public static let kind = "exponential"
    public static let summary = "falls by a factor for each so many steps"

    /// What the learning rate is multiplied by, from 0 to 1; 1 leaves it as it is.
    public var factor = 1.0
    /// Steps until the whole factor has its effect, at least 1.
    public var every = 1000

    public init() {}

    public func validate() throws {
        try require("training.schedule.factor", factor, in: 0...1)
        try require("training.schedule.every", every, in: 1...Int.max)
    }

    public func multiplier(step: Int, state: [String: Double]) -> Double {
        factor == 1 ? 1 : pow(factor, Double(step - 1) / Double(every))
    }
}

extension ExponentialDecay {
    public static let settingDescriptions = [
        SettingDescription(
            "factor", "What the learning rate is multiplied by, smoothly, over `every` steps; 1 leaves it as it is",
            in: 0...1.0),
        SettingDescription("every", "Steps until the whole factor has its effect", unit: "steps", in: 1...Int.max)
    ]
}
