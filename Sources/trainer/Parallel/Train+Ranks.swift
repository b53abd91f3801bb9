// Training one run with several ranks: each takes some shards of every batch, and rank 0 keeps the run.

import Foundation
import NeuralMemory
import NeuralMemoryTraining

extension Ranks {
    /// Gives the other ranks a run, and trains with them from now on; on rank 0.
    func begin(_ trainer: Trainer, _ folder: String) throws {
        offer(.run, try Checkpoint(trainer).bytes())
        try prepare {}
        advise(folder)
        trainer.network.group = group
    }
}

extension Train {
    /// What ranks other than 0 do.
    ///
    /// They need nothing but the program, and data where the task has any: all else rank 0 sends.
    func follow(_ ranks: Ranks) throws {
        let (offer, bytes) = try ranks.accept()
        if offer == .runs { return try ranks.takeRuns(bytes) }
        let trainer = try ranks.prepare { try Checkpoint.read(bytes, source: "the run of rank 0").makeTrainer() }
        ranks.advise("")
        trainer.network.group = ranks.group
        trainer.adaptsThreads = threads.threads == nil
        do {
            if try trainer.follow(until: { shouldStop }) == .stopped { throw ExitStatus.stopped }
        } catch is DivergenceError {
            throw ExitStatus.diverged
        }
    }
}
