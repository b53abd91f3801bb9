// Evaluating with several ranks: each takes some shards of every batch, and rank 0 reads the checkpoint and prints.

import ArgumentParser
import Foundation
import NeuralMemory
import NeuralMemoryTraining

extension Ranks {
    /// Gives the other ranks a network to evaluate, and computes with them from now on; on rank 0.
    func begin(_ subject: Evaluate.Subject, _ checkpoint: Checkpoint) throws {
        offer(.network, try checkpoint.bytes())
        _ = try join(subject)
    }

    /// Waits until all ranks have the sequences, which must be alike, and computes with them from now on.
    fileprivate func join(_ subject: @autoclosure () throws -> Evaluate.Subject) throws -> Evaluate.Subject {
        let subject = try prepare(subject)
        let sequences = subject.sets.map { "\($0.count) of lengths \($0.lengths.label)" }.joined(separator: ", ")
        try requireAlike("sequences", sequences, "give all ranks the same data")
        subject.network.group = group
        return subject
    }
}

extension Evaluate {
    /// What ranks other than 0 do, until rank 0 ends: they need nothing but the program, and data where the task has any.
    func follow(_ ranks: Ranks) throws {
        while true {
            let bytes = try ranks.accept().bytes
            let subject = try ranks.join(makeSubject(Checkpoint.read(bytes, source: "the checkpoint of rank 0")))
            _ = try results(subject)
        }
    }
}
