// Curricula: lengths that grow during training.

import NeuralMemory

/// Lengths that grow as the error falls.
public struct CurriculumConfiguration: Codable, Sendable, Equatable {
    /// The longest length at first; without it all lengths are trained at from the start.
    public var start: Int?
    /// By how much the longest length grows at least.
    public var increment = 1
    /// What the longest length is multiplied by where that is more than `increment` adds; with 2 it doubles, and lengths
    /// of thousands take a dozen stages.
    public var factor = 1.0
    /// It grows whenever the running mean of the loss, in nats per output, is below this.
    public var threshold = 0.1
    /// How much of the running mean a new batch leaves: 0.9 means that a batch weighs a tenth.
    public var memory = 0.9
    /// So many steps are made at a longest length before it grows again, at least.
    ///
    /// With few, a batch that happens to be easy is enough, and lengths run away from what is learned. Rae et al. 2016
    /// let lengths grow once the loss has been low for a number of episodes.
    public var steps = 1

    /// All lengths from the start.
    public init() {}
}

extension CurriculumConfiguration: FormerSentinels {
    public static let formerSentinels = ["start": 0.0]
}

extension CurriculumConfiguration: DescribedSettings {
    public static let settingDescriptions = [
        SettingDescription(
            "start", "The longest length at first; without it all lengths are trained at from the start",
            unit: "as the task's lengths", in: 1...largestSize),
        SettingDescription(
            "increment", "By how much the longest length grows at least", unit: "as the task's lengths",
            in: 1...largestSize),
        SettingDescription(
            "factor",
            "What the longest length is multiplied by where that is more than increment adds; 2 doubles it",
            in: 1...1000.0),
        SettingDescription(
            "threshold", "The longest length grows whenever the running mean of the loss is below this",
            unit: "nats per output", in: 0...Double.greatestFiniteMagnitude),
        SettingDescription(
            "memory", "How much of that running mean a new batch leaves; with 0.9 a batch weighs a tenth",
            in: 0...0.9999),
        SettingDescription(
            "steps",
            "Steps that are made at a longest length before it grows again, at least; with few, one batch that happens to "
                + "be easy lets it grow", unit: "steps", in: 1...Int.max)
    ]
}
