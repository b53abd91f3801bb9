// Snapshots of sequences as arrays of a file.

import NeuralMemory

/// The names of these arrays: a prefix and `SEQUENCE/NAME`, sequences counted from 0.
enum SnapshotArrays {
    /// Each sequence's in the order of their names.
    static func entries(of snapshots: [Snapshot], prefix: String = "") -> [SafetensorsEntry] {
        snapshots.enumerated().flatMap { sequence, snapshot in
            snapshot.arrays.sorted { $0.key < $1.key }.map { name, numbers in
                SafetensorsEntry(name: "\(prefix)\(sequence)/\(name)", shape: [numbers.count], values: numbers)
            }
        }
    }

    /// Sets an array of a file in the snapshot that it is of.
    ///
    /// Returns whether there is one: its name has the prefix and the number of a sequence, its dtype is F32.
    static func set(_ entry: SafetensorsEntry, prefix: String = "", in snapshots: inout [Snapshot]) -> Bool {
        let parts = entry.name.dropFirst(prefix.count).split(separator: "/", maxSplits: 1)
        guard entry.name.hasPrefix(prefix), parts.count == 2, let sequence = Int(parts[0]),
            snapshots.indices ~= sequence, "\(sequence)" == parts[0], let numbers = entry.floats
        else { return false }
        snapshots[sequence].set(String(parts[1]), numbers)
        return true
    }
}
