// A trained network for the commands that use one: made once, in about a second, and written where a test wants it.

import Foundation
import NeuralMemory
import NeuralMemoryTasks
import TestSupport
import Testing
import NeuralMemoryTraining

enum TrainedFixture {
    /// Reversal of 1 to 4 of the symbols a, b, c, learned wholly; evaluated at length 8 as well.
    ///
    /// Whichever seed learned it.
    private static let reversal = Result { try firstLearned { seed in try reversal(seed: seed) } }

    private static func reversal(seed: UInt64) throws -> Checkpoint? {
        var configuration = RunConfiguration()
        configuration.task = Reversal(symbols: 3, lengths: 1...4)
        configuration.network.controller = ElmanRNN(units: 24)
        configuration.network.memory = NeuralStack(width: 12)
        configuration.network.input.embeddingSize = 8
        configuration.training.optimizer = Adam(learningRate: 5e-3)
        configuration.training.seed = seed
        configuration.training.steps = 3000
        configuration.training.evaluation.interval = 100
        configuration.training.evaluation.lengths = [8]
        configuration.training.solved.coarse = 1
        configuration.training.solved.evaluations = 3
        let trainer = try Trainer(configuration)
        while !trainer.isFinished { _ = try trainer.step() }
        return try trainer.isSolved && reversesAll(trainer.network) ? Checkpoint(trainer) : nil
    }

    /// Whether every source of 1 to 4 symbols is answered right: the tests ask for any of them.
    private static func reversesAll(_ network: Network) throws -> Bool {
        let decoder = try GreedyDecoder(network: network, vocabulary: Reversal(symbols: 3, lengths: 1...4).vocabulary)
        var sources: [[Int]] = [[]]
        for length in 0..<4 {
            for source in sources where source.count == length { sources += (0..<3).map { source + [$0] } }
        }
        return try sources.dropFirst().allSatisfy { source in
            try decoder.decode(source: source, maximumLength: 10) == .init(target: source.reversed(), isComplete: true)
        }
    }

    /// Bits, one step of training.
    private static let bits = Result { try copyBits(NeuralQueue(width: 4)) }

    /// The same with a Turing memory of 8 rows.
    private static let turing = Result { try copyBits(TuringMemory(rows: 8, columns: 4)) }

    /// The same with a Turing memory whose initial numbers are trained.
    private static let learnedTuring = Result {
        var memory = TuringMemory(rows: 8, columns: 4)
        memory.initialMemory = .learned
        return try copyBits(memory)
    }

    private static func copyBits(_ memory: any MemoryKind) throws -> Checkpoint {
        var configuration = RunConfiguration()
        var task = CopyBits()
        task.maximumLength = 3
        configuration.task = task
        configuration.network.controller = FeedForward(units: 8)
        configuration.network.memory = memory
        configuration.training.steps = 1
        configuration.training.evaluation.episodes = 1
        let trainer = try Trainer(configuration)
        _ = try trainer.step()
        return Checkpoint(trainer)
    }

    /// Writes a run's folder with its best checkpoint alone.
    ///
    /// Returns its name.
    static func writeReversal(in folder: TemporaryFolder) throws -> String { try write(reversal, in: folder) }
    static func writeBits(in folder: TemporaryFolder) throws -> String { try write(bits, in: folder) }
    static func writeTuring(in folder: TemporaryFolder) throws -> String { try write(turing, in: folder) }
    static func writeLearnedTuring(in folder: TemporaryFolder) throws -> String { try write(learnedTuring, in: folder) }

    /// Sets all numbers of an array to 0, as another program may, and leaves the checksum as it is.
    static func zero(_ array: String, of file: URL) throws {
        let contents = try Safetensors.read(from: file)
        let entries = contents.entries.map { entry in
            entry.name == array
                ? SafetensorsEntry(
                    name: entry.name, dtype: entry.dtype, shape: entry.shape, data: Data(count: entry.data.count))
                : entry
        }
        try Safetensors.write(entries, metadata: contents.metadata, to: file)
    }

    private static func write(_ checkpoint: Result<Checkpoint, any Error>, in folder: TemporaryFolder) throws -> String
    {
        let checkpoints = folder.file("run/checkpoints")
        try FileManager.default.createDirectory(at: checkpoints, withIntermediateDirectories: true)
        try checkpoint.get().write(to: checkpoints.appendingPathComponent("best.safetensors"))
        return "run"
    }
}
