// Where the streams of a run are, as arrays of its checkpoints.

import NeuralMemory

/// These arrays: `carried/SEQUENCE/NAME`.
enum CarriedArrays {
    static let prefix = "carried/"

    static func entries(of snapshots: [Snapshot]) -> [SafetensorsEntry] {
        SnapshotArrays.entries(of: snapshots, prefix: prefix)
    }
}

extension Checkpoint {
    /// The snapshots of a network's streams; none where no batch has been trained on.
    ///
    /// Throws `CheckpointError` where they are not of this network, or not one for each sequence of a batch.
    func carried(for network: Network) throws -> [Snapshot] {
        func fail(_ reason: String) -> CheckpointError { CheckpointError(file: source, reason: reason) }
        let count = configuration.training.batchSize
        var snapshots = Array(repeating: Snapshot(), count: count)
        for (name, entry) in arrays where name.hasPrefix(CarriedArrays.prefix) {
            guard SnapshotArrays.set(entry, prefix: CarriedArrays.prefix, in: &snapshots) else {
                throw fail("\(name.shown()) is no array of a stream of this run, or not of dtype F32")
            }
        }
        let found = snapshots.count { !$0.arrays.isEmpty }
        if found == 0 { return [] }
        guard found == count else {
            throw fail("it has the state of \(found) streams; a batch of this run has \(count)")
        }
        do {
            _ = try InferenceEpisode(network, from: snapshots)
        } catch let error as UsageError {
            throw fail("the state of its streams cannot be used: \(error.problem)")
        }
        return snapshots
    }
}
