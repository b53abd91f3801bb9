// Restarts: a run that has not learned in so many steps begins anew with other parameters.

import NeuralMemory

/// When a run begins anew, with newly drawn parameters.
///
/// Where a part of the seeds learns quickly and the rest never does, several short attempts find a network sooner than
/// one long one (Luby, Sinclair & Zuckerman 1993, "Optimal speedup of Las Vegas algorithms").
public struct RestartConfiguration: Codable, Sendable, Equatable {
    /// After so many steps in which no evaluation met the criterion; without it, or without a criterion, never.
    public var steps: Int?

    /// No restarts.
    public init() {}

    func validate() throws { try require("training.restart.steps", steps, in: 1...Int.max) }
}

extension RestartConfiguration: DescribedSettings {
    public static let settingDescriptions = [
        SettingDescription(
            "steps",
            "A run begins anew, with other parameters, after so many steps in which no evaluation met what is set in "
                + "training.solved; without it, or where nothing is set there, never",
            unit: "steps", in: 1...Int.max)
    ]
}

extension Trainer {
    /// The streams of the seed that restarts draw parameters from begin here.
    private static let restartStream: UInt64 = 1 << 40

    /// Whether the last evaluation ended an attempt.
    ///
    /// It is decided before a step and not after an evaluation, so that what was evaluated can be saved, and from the
    /// state alone, so that a resumed run decides alike.
    var isDueToRestart: Bool {
        let training = configuration.training
        guard let steps = training.restart.steps, training.solved.isSet else { return false }
        // Not after the last step of a run, where that ends no interval: a run of more steps would go on.
        let isEvaluated = state.interval == nil && state.step % training.evaluation.interval == 0
        return isEvaluated && state.step - max(state.restartStep, state.metStep) >= steps
    }

    /// Begins anew: parameters, optimiser, schedule and curriculum.
    ///
    /// Training sequences go on, and the best checkpoint is that of all attempts.
    func restart() {
        let training = configuration.training
        state.restarts += 1
        state.restartStep = state.step
        var generator = RandomGenerator(seed: training.seed, stream: Self.restartStream + UInt64(state.restarts))
        network.redrawParameters(using: &generator)
        optimizer.reset()
        average?.begin(with: network.parameters)
        carried = []
        state.curriculum = Curriculum(training.curriculum, lengths: configuration.task.lengths)
        state.evaluationsSinceBest = 0
        state.skippedInARow = 0
        state.lossLevels = nil
    }
}
