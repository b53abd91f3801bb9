// When, and on what, a network is evaluated while it is trained.

import NeuralMemory

/// Evaluation on held-out sequences, the same each time.
public struct EvaluationConfiguration: Codable, Sendable, Equatable {
    /// Every so many steps.
    public var interval = 500
    /// Sequences for each length; of data, at most so many, spread evenly.
    public var episodes = 200
    /// Training stops after so many evaluations in a row whose loss at training lengths was not below the least so far;
    /// without it, it never stops for that.
    public var patience: Int?
    /// Lengths beside those trained at, and ranges of them; at most `mostLengths`.
    public var lengths: [LengthRange] = []

    /// Each is evaluated every time, and before that looked for in the task: thousands would be a mistake.
    static let mostLengths = 32

    /// 200 sequences at the training lengths, every 500 steps.
    public init() {}
}

extension EvaluationConfiguration: FormerSentinels {
    public static let formerSentinels = ["patience": 0.0]
}

extension EvaluationConfiguration: DescribedSettings {
    public static let settingDescriptions = [
        SettingDescription("interval", "The network is evaluated every so many steps", unit: "steps", in: 1...Int.max),
        SettingDescription(
            "episodes", "Sequences of each length; of data, at most so many, spread evenly", unit: "sequences",
            in: 1...1_000_000),
        SettingDescription(
            "patience",
            "Training stops after so many evaluations in a row whose loss at training lengths was not below the least "
                + "so far", unit: "evaluations", in: 1...Int.max),
        SettingDescription(
            "lengths",
            "Lengths to evaluate at beside those trained at, and ranges of them, at most \(mostLengths); none for data")
    ]
}
