// Where the streams of a run are, as arrays of its checkpoints.

import NeuralMemory

/// The names of these arrays: `carried/SEQUENCE/NAME`, sequences counted from 0.
enum CarriedArrays {
    static let prefix = "carried/"

    static func entries(of snapshots: [Snapshot]) -> [SafetensorsEntry] {
        snapshots.enumerated().flatMap { sequence, snapshot in
            snapshot.arrays.map { name, numbers in
                SafetensorsEntry(name: "\(prefix)\(sequence)/\(name)", shape: [numbers.count], values: numbers)
            }
        }
    }
}

extension Checkpoint {
    /// The snapshots of a network's streams; none where no batch has been trained on.
    ///
    /// Throws `CheckpointError` where they are not of this network, or not one for each sequence of a batch.
    func carried(for network: Network) throws -> [Snapshot] {
        func fail(_ reason: String) -> CheckpointError { CheckpointError(file: source, reason: reason) }
        let count = configuration.training.batchSize
        var snapshots: [Int: Snapshot] = [:]
        for (name, entry) in arrays where name.hasPrefix(CarriedArrays.prefix) {
            let parts = name.dropFirst(CarriedArrays.prefix.count).split(separator: "/", maxSplits: 1)
            guard parts.count == 2, let sequence = Int(parts[0]), 0..<count ~= sequence, let numbers = entry.floats,
                "\(sequence)" == parts[0]
            else { throw fail("\(name.shown()) is no array of a stream of this run, or not of dtype F32") }
            snapshots[sequence, default: Snapshot()].set(String(parts[1]), numbers)
        }
        if snapshots.isEmpty { return [] }
        guard snapshots.count == count else {
            throw fail("it has the state of \(snapshots.count) streams; a batch of this run has \(count)")
        }
        let ordered = (0..<count).compactMap { snapshots[$0] }
        do {
            _ = try InferenceEpisode(network, from: ordered)
        } catch let error as UsageError {
            throw fail("the state of its streams cannot be used: \(error.problem)")
        }
        return ordered
    }
}
