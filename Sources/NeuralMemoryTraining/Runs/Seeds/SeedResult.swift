// What the run of one seed came to, as its folder tells, beside how its process ended.

import Foundation
import NeuralMemory

/// One of several runs.
public struct SeedResult: Sendable {
    /// How the process of a run ended.
    public enum Ending: Sendable, Equatable, Codable {
        /// By itself: solved, at its last step, or given up for want of progress.
        case finished
        /// Somebody asked it to, and it can be resumed.
        case stopped
        /// Numbers became NaN or infinite.
        case diverged
        /// With an exit code or by a signal, in words.
        case crashed(String)
    }

    /// What a run came to.
    public enum Outcome: Sendable, Equatable {
        /// It met the criterion of `training.solved`.
        case solved
        /// It ended without meeting the criterion.
        case notSolved
        /// All steps are done, and nothing had been asked for.
        case done
        /// It can be resumed.
        case stopped
        /// Numbers became NaN or infinite; it cannot go on.
        case diverged
        /// Its process failed, with this reason.
        case crashed(String)
    }

    /// The run's `training.seed`.
    public let seed: UInt64
    /// From what its folder says and how its process ended.
    public let outcome: Outcome
    /// What was trained, up to the last checkpoint; `nil` where there is none that can be read.
    public let state: TrainingState?
    /// At training lengths, then at the others: the last ones made.
    ///
    /// Empty where there are none.
    public let evaluations: [MetricsRecord.Evaluation]

    init(_ seed: UInt64, in folder: URL, _ ending: Ending, _ registry: Registry) {
        self.seed = seed
        let checkpoint = try? Checkpoint.read(from: RunDirectory.latestCheckpoint(in: folder), registry: registry)
        state = checkpoint?.state
        evaluations = (try? RunReader(folder).records())?.last?.evaluations ?? []
        switch ending {
        case .stopped: outcome = .stopped
        case .diverged: outcome = .diverged
        case .crashed(let reason): outcome = .crashed(reason)
        case .finished:
            guard let checkpoint else {
                outcome = .crashed("no checkpoint")
                return
            }
            let criterion = checkpoint.configuration.training.solved
            outcome = !criterion.isSet ? .done : checkpoint.state.isSolved(by: criterion) ? .solved : .notSolved
        }
    }

    /// Whether training went on to its end.
    public var isFinished: Bool { [.solved, .notSolved, .done].contains(outcome) }

    /// Why it crashed, if it did.
    public var reason: String? {
        if case .crashed(let reason) = outcome { reason } else { nil }
    }

    /// In a word or two.
    public var label: String {
        switch outcome {
        case .solved: "solved"
        case .notSolved: "not solved"
        case .done: "done"
        case .stopped: "stopped"
        case .diverged: "diverged"
        case .crashed: "crashed"
        }
    }
}
