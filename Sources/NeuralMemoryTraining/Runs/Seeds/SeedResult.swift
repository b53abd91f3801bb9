// What the run of one seed came to, as its folder tells, beside how its process ended.

import Foundation
import NeuralMemory

/// One of several runs.
public struct SeedResult: Sendable {
    /// How the process of a run ended.
    public enum Ending: Sendable, Equatable {
        case finished
        case stopped
        case diverged
        /// With an exit code or by a signal, in words.
        case crashed(String)
    }

    public enum Outcome: Sendable, Equatable {
        case solved
        case notSolved
        /// All steps are done, and nothing had been asked for.
        case done
        case stopped
        case diverged
        case crashed(String)
    }

    public let seed: UInt64
    public let outcome: Outcome
    /// What was trained, up to the last checkpoint; `nil` where there is none that can be read.
    public let state: TrainingState?
    /// At training lengths, then at the others: the last ones made. Empty where there are none.
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
    var label: String {
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
