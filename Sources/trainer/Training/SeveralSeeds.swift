// Runs of several seeds at once. What they came to is for the library to gather.

import ArgumentParser
import Foundation
import NeuralMemory
import NeuralMemoryTraining

/// The runs of a folder of seeds.
struct SeveralSeeds {
    private let directory: SeedDirectory
    /// As the user writes it.
    private let folder: String
    private let unfinished: [UInt64]
    private let pool: RunPool<UInt64>

    init(
        _ directory: SeedDirectory, _ folder: String, unfinished: [UInt64], threads: Int?, jobs: Int?, ranks: Ranks?
    ) throws {
        self.directory = directory
        self.folder = folder
        self.unfinished = unfinished
        let fitting = try directory.runsThatFit()
        let label = { (seed: UInt64) in "seed \(seed)" }
        guard let ranks else {
            pool = RunPool(
                jobs, of: unfinished.count, fitting: fitting, threads: threads, passesOutput: true, label: label,
                folder: directory.folder)
            return
        }
        pool = try RunPool(
            ranks, in: directory.url, of: unfinished.count, fitting: fitting, passesOutput: true, label: label,
            folder: directory.folder)
    }

    /// Trains the unfinished, and prints and writes the summary of all.
    func run() throws {
        print("training \(unfinished.count) of \(directory.seeds.count) seeds, \(pool.description), in \(folder)")
        let notBegun = try unfinished.filter { try !directory.hasBegun($0) }.count
        if notBegun > 0, notBegun < directory.seeds.count { print("\(notBegun) of these have not begun yet") }
        fflush(nil)
        var waiting = unfinished[...]
        var endings: [UInt64: SeedResult.Ending] = [:]
        try pool.train(next: { waiting.popFirst() }, ended: { endings[$0] = $1 })
        for seed in waiting { endings[seed] = .stopped }
        let summary = directory.summary(endings)
        print("\n" + summary.table, terminator: "")
        try directory.write(summary)
        print("The summary is in \(directory.summaryFile.relativePath).")
        let outcomes = endings.values
        if outcomes.contains(.stopped) {
            print("Stopped, and saved. To go on: trainer train --resume \(folder)")
            throw ExitStatus.stopped
        }
        if summary.results.contains(where: { $0.reason != nil }) { throw ExitCode.failure }
        if outcomes.contains(.diverged) { throw ExitStatus.diverged }
    }
}
