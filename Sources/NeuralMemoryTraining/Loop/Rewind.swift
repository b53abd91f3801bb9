// Rewinding: a run whose loss jumps up goes back to the average of its parameters.

import NeuralMemory

/// When a run goes back to the average of its parameters.
///
/// A network with sharp attention can lose in one step what it has learned, though the gradients before were as usual and
/// clipped, and then it learns no more. Large models are set back to an earlier checkpoint where their loss jumps
/// (Chowdhery et al. 2022, "PaLM", section 5.1); the running average (`TrainingConfiguration.averaging`) is one that is
/// at hand, and that a few bad steps have hardly changed.
public struct RewindConfiguration: Codable, Sendable, Equatable {
    /// Where the loss of the last ten batches or so is more than so many times the usual one, and 0.01 nats per output
    /// above it; without it, never.
    public var factor: Double?

    /// No rewinding.
    public init() {}

    func validate(averaging: Double) throws {
        try require("training.rewind.factor", factor, in: 1.01...1000)
        guard factor != nil, averaging == 0 else { return }
        throw ConfigurationError(
            field: "training.averaging", value: averaging,
            allowed: "above 0, or training.rewind.factor must be null: a run goes back to the average of parameters")
    }
}

extension RewindConfiguration: DescribedSettings {
    public static let settingDescriptions = [
        SettingDescription(
            "factor",
            "A run goes back to the average of its parameters (training.averaging) when the running mean of the loss over "
                + "the last ten batches or so is more than so many times that over the last thousand, and by 0.01 "
                + "nats per output; without it, never",
            in: 1.01...1000.0)
    ]
}

/// Running means of the training loss, by which a jump is seen.
public struct LossLevels: Codable, Sendable, Equatable {
    /// Over some ten batches: nats per output.
    public private(set) var recent: Double
    /// Over some thousand batches: nats per output.
    public private(set) var usual: Double
    /// How many batches these have seen.
    public private(set) var batches: Int

    /// Begins with the loss of one batch.
    init(_ loss: Double) {
        recent = loss
        usual = loss
        batches = 1
    }

    /// Takes in one batch's mean loss.
    mutating func note(loss: Double) {
        batches += 1
        recent += (loss - recent) * 0.1
        // The mean of all batches at first, so that the loss of the first one is soon forgotten.
        usual += (loss - usual) / Double(min(batches, 1000))
    }

    /// Whether the recent loss is more than `factor` times the usual one.
    ///
    /// Not by less than a hundredth of a nat: where all but nothing is lost, chance alone makes some times as much.
    func haveJumped(_ factor: Double) -> Bool { recent > max(factor * usual, usual + 0.01) }

    /// Counts what was recent for nothing.
    mutating func forgetRecent() { recent = usual }
}

extension Trainer {
    /// Takes in one batch's mean loss, and goes back to the average where it has jumped.
    func rewindIfNeeded(loss: Double) {
        guard let factor = configuration.training.rewind.factor, let average else { return }
        guard var levels = state.lossLevels else {
            state.lossLevels = LossLevels(loss)
            return
        }
        levels.note(loss: loss)
        if levels.haveJumped(factor) {
            average.copy(into: network.parameters)
            carried = []
            levels.forgetRecent()
            state.rewinds += 1
        }
        state.lossLevels = levels
    }
}
