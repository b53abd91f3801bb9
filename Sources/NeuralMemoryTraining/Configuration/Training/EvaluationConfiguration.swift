// When, and on what, a network is evaluated while it is trained.

import NeuralMemory

/// A number by which evaluations are compared.
public enum EvaluationMetric: String, Codable, Sendable, CaseIterable {
    /// The loss, in bits per sequence.
    case bits
    /// The share of sequences that are wholly right.
    case coarse
    /// The mean share of a sequence that is right before its first error.
    case fine
    /// Wrong symbols or bits per sequence.
    case wrong
    /// The root of the mean squared error of a number.
    case rmse
    /// The mean absolute error of a number.
    case mae

    /// Whether it is an error of numbers; others but the loss are of what is right or wrong.
    var isOfNumbers: Bool { self == .rmse || self == .mae }

    /// As a cost: the least is the best.
    package func cost(_ report: LossReport) -> Double {
        switch self {
        case .bits: report.bits
        case .coarse: 1 - report.coarse
        case .fine: 1 - report.fine
        case .wrong: report.wrong
        case .rmse: report.rmse ?? .nan
        case .mae: report.mae ?? .nan
        }
    }
}

/// Evaluation on held-out sequences, the same each time.
public struct EvaluationConfiguration: Codable, Sendable, Equatable {
    /// Every so many steps.
    public var interval = 500
    /// Sequences for each length; of data, at most so many, spread evenly.
    public var episodes = 200
    /// What decides which evaluation is the best, whose checkpoint is kept, and `patience`: at the training lengths.
    public var metric = EvaluationMetric.bits
    /// Training stops after so many evaluations in a row that were not better than the best so far; without it, it never
    /// stops for that.
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
            "metric",
            "What decides which evaluation at training lengths is the best, whose checkpoint is kept: the loss (bits), the "
                + "share of sequences that are right (coarse) or right before their first error (fine), wrong outputs "
                + "(wrong), or errors of numbers (rmse, mae)"),
        SettingDescription(
            "patience",
            "Training stops after so many evaluations in a row that were not better than the best so far, by the metric",
            unit: "evaluations", in: 1...Int.max),
        SettingDescription(
            "lengths",
            "Lengths to evaluate at beside those trained at, and ranges of them, at most \(mostLengths); none for data")
    ]
}
