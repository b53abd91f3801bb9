// A learning rate that falls along half a cosine wave (Loshchilov & Hutter 2017, "SGDR", equation 5, without restarts).

import Foundation

/// least + (1 − least)·(1 + cos(π·(step−1)/steps))/2; after `steps` steps, `least`.
public struct CosineDecay: LearningRateScheduleKind {
    public static let kind = "cosine"
    public static let summary = "falls along half a cosine wave, and then stays low"

    /// Steps over which the learning rate falls, at least 1.
    ///
    /// It is a setting of its own, since a run can be given more steps.
    public var steps = 20_000
    /// The multiplier in the end, from 0 to 1.
    public var least = 0.0

    public init() {}

    public func validate() throws {
        try require("training.schedule.steps", steps, in: 1...Int.max)
        try require("training.schedule.least", least, in: 0...1)
    }

    public func multiplier(step: Int, state: [String: Double]) -> Double {
        let progress = min(1, Double(step - 1) / Double(steps))
        return least + (1 - least) * (1 + cos(.pi * progress)) / 2
    }
}

extension CosineDecay {
    public static let settingDescriptions = [
        SettingDescription("steps", "Steps over which the learning rate falls", unit: "steps", in: 1...Int.max),
        SettingDescription("least", "What the learning rate is multiplied by in the end", in: 0...1.0)
    ]
}
