// Training on streams: controller and memory go on from one stretch of a stream to the next.

import NeuralMemory
import NeuralMemoryTasks

extension Trainer {
    /// Where the sequences of the next training batch begin: where the last ones ended, if they go on from there; `nil`
    /// for the initial state.
    func beginning(of batch: Batch) -> [Snapshot]? {
        guard configuration.training.carry, carried.count == batch.count,
            configuration.task.continues(after: state.sequences, count: batch.count)
        else { return nil }
        return carried
    }

    /// Keeps where the streams of a batch are after its last step; nothing where streams are not carried over.
    func carry(_ snapshots: [Snapshot]) {
        carried = snapshots
        for index in carried.indices {
            network.model.memory.shorten(&carried[index], toEntries: configuration.training.carriedEntries)
        }
    }

    /// The first array of a stream's state with a number that is not finite.
    func firstNonFiniteCarried() -> String? {
        for snapshot in carried {
            let names = snapshot.arrays.keys.sorted()
            if let name = names.first(where: { !(snapshot.arrays[$0] ?? []).allSatisfy(\.isFinite) }) {
                return "carried \(name)"
            }
        }
        return nil
    }
}
