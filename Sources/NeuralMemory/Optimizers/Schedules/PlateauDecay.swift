// A learning rate that falls when evaluations get no better.

import Foundation

/// The learning rate is multiplied by `factor` after each `patience` evaluations in a row without a loss below the
/// least so far.
public struct PlateauDecay: LearningRateScheduleKind {
    public static let kind = "plateau"
    public static let summary = "falls by a factor when evaluations get no better"
    public static let stateNames = ["leastLoss", "evaluationsSinceLeast", "reductions"]

    /// What the learning rate is multiplied by, from 0 to 1.
    public var factor = 0.5
    /// How many evaluations without a lower loss it takes, at least 1.
    ///
    /// They come every `training.evaluation.interval` steps.
    public var patience = 5
    /// The smallest multiplier, from 0 to 1.
    public var least = 0.0

    public init() {}

    public func validate() throws {
        try require("training.schedule.factor", factor, in: 0...1)
        try require("training.schedule.patience", patience, in: 1...Int.max)
        try require("training.schedule.least", least, in: 0...1)
    }

    public func multiplier(step: Int, state: [String: Double]) -> Double {
        max(least, pow(factor, max(0, state["reductions"] ?? 0)))
    }

    public func observe(loss: Double, state: inout [String: Double]) {
        guard !(loss < state["leastLoss"] ?? .infinity) else {
            state["leastLoss"] = loss
            state["evaluationsSinceLeast"] = 0
            return
        }
        let evaluations = (state["evaluationsSinceLeast"] ?? 0) + 1
        let isReduced = evaluations >= Double(patience)
        state["evaluationsSinceLeast"] = isReduced ? 0 : evaluations
        if isReduced { state["reductions"] = (state["reductions"] ?? 0) + 1 }
    }
}

extension PlateauDecay {
    public static let settingDescriptions = [
        SettingDescription(
            "factor", "What the learning rate is multiplied by after `patience` evaluations without a lower loss",
            in: 0...1.0),
        SettingDescription(
            "patience", "How many evaluations in a row without a lower loss it takes", unit: "evaluations",
            in: 1...Int.max),
        SettingDescription("least", "The smallest number that the learning rate is multiplied by", in: 0...1.0)
    ]
}
