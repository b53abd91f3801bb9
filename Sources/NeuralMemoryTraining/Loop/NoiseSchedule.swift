// How the noise on a memory's strengths grows during training.

import NeuralMemory

/// Noise on the strengths of a stack, queue or deque in training, which grows with the steps; evaluation has none.
///
/// From the start, noise would hide what strengths do before they do anything. Later it makes them sharp:
/// `StrengthNoise` says why.
public struct NoiseConfiguration: Codable, Sendable, Equatable {
    /// The standard deviation in the end, before the sigmoid; 0 for no noise.
    public var deviation = 0.0
    /// Steps without noise.
    public var start = 0
    /// Steps over which it then grows from 0.
    public var steps = 1000

    /// No noise.
    public init() {}

    /// The standard deviation at a step, counted from 1.
    package func deviation(step: Int) -> Double {
        deviation * min(1, max(0, Double(step - start) / Double(steps)))
    }

    func validate() throws {
        try require("training.noise.deviation", deviation, in: 0...100)
        try require("training.noise.start", start, in: 0...Int.max)
        try require("training.noise.steps", steps, in: 1...Int.max)
    }
}

extension NoiseConfiguration: DescribedSettings {
    public static let settingDescriptions = [
        SettingDescription(
            "deviation",
            "The standard deviation, in the end, of normal noise that training adds to the strengths of a stack, queue "
                + "or deque before their sigmoids, which makes strengths sharp; 0 for none", in: 0...100.0),
        SettingDescription("start", "Steps without noise", unit: "steps", in: 0...Int.max),
        SettingDescription("steps", "Steps over which the noise then grows from 0", unit: "steps", in: 1...Int.max)
    ]
}

extension Trainer {
    /// The noise of a step of the run; `nil` where it has none.
    ///
    /// It grows anew after a restart.
    func noise(step: Int) -> StrengthNoise? {
        let training = configuration.training
        let deviation = training.noise.deviation(step: step - state.restartStep)
        return deviation > 0 ? StrengthNoise(deviation: deviation, seed: training.seed, number: step) : nil
    }
}
