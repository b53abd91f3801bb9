// Small runs that tests look at.

import Foundation
import NeuralMemory
import NeuralMemoryTasks
import NeuralMemoryTraining
import TestSupport

@testable import NeuralMemoryExplorer

enum SampleRuns {
    /// Settings of a run that is trained in an instant.
    static func configuration(_ task: any SequenceTask, _ memory: any MemoryKind) -> RunConfiguration {
        var configuration = RunConfiguration()
        configuration.task = task
        configuration.network.controller = ElmanRNN(units: 8)
        configuration.network.memory = memory
        configuration.network.input.embeddingSize = 4
        configuration.training.steps = 6
        configuration.training.batchSize = 3
        configuration.training.evaluation.interval = 2
        configuration.training.evaluation.episodes = 2
        configuration.training.evaluation.lengths = []
        configuration.training.snapshots = 3
        return configuration
    }

    /// Trains a run in a folder, and gives it a name.
    static func train(_ configuration: RunConfiguration, _ name: String, in folder: TemporaryFolder) throws
        -> ExplorerRun
    {
        var configuration = configuration
        try configuration.openData()
        _ = try TrainingRun.start(configuration, at: folder.file(name)).run()
        return ExplorerRun(name: name, group: nil, reader: RunReader(folder.file(name)))
    }

    static func reversal(in folder: TemporaryFolder, symbols: Int = 4) throws -> ExplorerRun {
        try train(
            configuration(Reversal(symbols: symbols, lengths: 1...4), NeuralStack(width: 4)), "reversal", in: folder)
    }

    static func copyBits(in folder: TemporaryFolder) throws -> ExplorerRun {
        var task = CopyBits()
        task.maximumLength = 4
        return try train(configuration(task, TuringMemory(rows: 8, columns: 4)), "bits", in: folder)
    }

    /// Pairs of one to five letters and their reversals, in a file of 40 lines.
    static func pairs(in folder: TemporaryFolder) throws -> ExplorerRun {
        let words = (0..<40).map { n in (0...n % 5).map { ["a", "b", "c"][(n + $0 * $0) % 3] } }
        let lines = words.map { $0.joined(separator: " ") + "\t" + $0.reversed().joined(separator: " ") + "\n" }
        try Data(lines.joined().utf8).write(to: folder.file("pairs.tsv"))
        var task = Pairs()
        task.data = folder.file("pairs.tsv").path
        return try train(configuration(task, NeuralStack(width: 4)), "pairs", in: folder)
    }

    /// Tags of one to four letters, or their reversals after them, in a file of 20 lines.
    static func sequences(in folder: TemporaryFolder, areAfter: Bool) throws -> ExplorerRun {
        let words = (0..<20).map { n in (0...n % 4).map { ["a", "b", "c"][(n + $0 * $0) % 3] } }
        func list(_ texts: [String]) -> String { "[" + texts.map { "\"\($0)\"" }.joined(separator: ", ") + "]" }
        let lines = words.map { "{\"inputs\": \(list($0)), \"targets\": \(list($0.reversed()))}\n" }
        try Data(lines.joined().utf8).write(to: folder.file("sequences.jsonl"))
        var task = Sequences()
        task.data = folder.file("sequences.jsonl").path
        task.alignment = areAfter ? .after : .aligned
        return try train(configuration(task, NeuralStack(width: 4)), areAfter ? "after" : "tags", in: folder)
    }

    static func dyck(in folder: TemporaryFolder) throws -> ExplorerRun {
        var task = Dyck()
        task.maximumLength = 8
        return try train(configuration(task, NeuralStack(width: 4)), "dyck", in: folder)
    }
}
