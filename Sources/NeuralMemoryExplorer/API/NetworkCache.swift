// The networks that were shown last, so that a checkpoint is read once.

import Foundation
import NeuralMemory
import NeuralMemoryTasks
import NeuralMemoryTraining

/// Networks by file, for as long as the file is what it was.
struct NetworkCache {
    private struct Entry {
        let file: URL
        let stamp: FileReader.Stamp
        let network: Network
        let task: any SequenceTask
    }

    /// So many networks are kept.
    private static let most = 8

    /// The one that was used last is the last.
    private var entries: [Entry] = []

    init() {}

    /// How many are kept now.
    var count: Int { entries.count }

    /// A checkpoint's network and its task.
    ///
    /// Throws as reading a checkpoint does.
    mutating func network(of file: URL) throws -> (network: Network, task: any SequenceTask) {
        // Before it is read: where it is replaced in between, it is read again next time.
        let stamp = try FileReader(file).stamp()
        let old = entries.firstIndex { $0.file == file }.map { entries.remove(at: $0) }
        let entry: Entry
        if let old, old.stamp == stamp {
            entry = old
        } else {
            let checkpoint = try Checkpoint.read(from: file)
            let network = try checkpoint.makeNetwork()
            entry = Entry(file: file, stamp: stamp, network: network, task: checkpoint.configuration.task)
        }
        entries = entries.suffix(Self.most - 1) + [entry]
        return (entry.network, entry.task)
    }
}
