// What ends a run before its last step.

import NeuralMemory

/// When a run counts as solved, and stops: when all that is set here is met.
///
/// Where nothing is set, it runs to its last step.
public struct SolvedCriterion: Codable, Sendable, Equatable {
    /// The least coarse accuracy at the training lengths.
    public var coarse: Double?
    /// The least coarse accuracy at each of the evaluation's other lengths.
    public var longCoarse: Double?
    /// The most wrong outputs (symbols or bits) per sequence at the training lengths.
    public var wrong: Double?
    /// The most wrong outputs per sequence at each of the evaluation's other lengths.
    public var longWrong: Double?
    /// The largest root of the mean squared error of numbers at the training lengths.
    public var rmse: Double?
    /// In so many evaluations in a row.
    public var evaluations = 1

    /// Nothing is asked for.
    public init() {}

    func validate() throws {
        for (name, accuracy) in [("coarse", coarse), ("longCoarse", longCoarse)] {
            guard let accuracy, !(accuracy > 0 && accuracy <= 1) else { continue }
            throw ConfigurationError(
                field: "training.solved.\(name)", value: accuracy,
                allowed: "above 0 and at most 1, or null for none")
        }
        try require("training.solved.wrong", wrong, in: 0...1e9)
        try require("training.solved.longWrong", longWrong, in: 0...1e9)
        try require("training.solved.rmse", rmse, in: 0...1e9)
        try require("training.solved.evaluations", evaluations, in: 1...1000)
    }
}

extension SolvedCriterion: FormerSentinels {
    public static let formerSentinels = ["coarse": 0.0, "longCoarse": 0, "wrong": -1, "longWrong": -1]
}

extension SolvedCriterion: DescribedSettings {
    public static let settingDescriptions = [
        SettingDescription(
            "coarse",
            "The run counts as solved, and stops, when all that is set here is met: the least share of "
                + "sequences at training lengths that are wholly right", above: 0, atMost: 1),
        SettingDescription(
            "longCoarse", "The least share of wholly right sequences at each other length of evaluations",
            above: 0, atMost: 1),
        SettingDescription(
            "wrong", "The most wrong outputs of a sequence, on average, at training lengths", unit: "symbols or bits",
            in: 0...1e9),
        SettingDescription(
            "longWrong", "The most wrong outputs of a sequence, on average, at each other length of evaluations",
            unit: "symbols or bits", in: 0...1e9),
        SettingDescription(
            "rmse",
            "The largest root of the mean squared error of numbers at training lengths; of standardised targets, in "
                + "their standard deviations", in: 0...1e9),
        SettingDescription(
            "evaluations", "All that is set here must be met in so many evaluations in a row", unit: "evaluations",
            in: 1...1000)
    ]
}
