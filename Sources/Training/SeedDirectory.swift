// The folder of one configuration trained with several seeds: a run's folder for each, and what they came to together.
//
//   seed-1/ seed-2/ …   runs, each as RunDirectory describes
//   summary.json        what they came to
//   lock                held while a process sees to them; empty

import Foundation
import NeuralMemory

/// A folder with a run for each seed, locked for this process for as long as the object lives.
public final class SeedDirectory {
    public let url: URL
    /// In ascending order.
    public let seeds: [UInt64]
    private let lock: FolderLock

    public var summaryFile: URL { url.appendingPathComponent("summary.json") }

    /// The folder of a seed's run.
    public func folder(of seed: UInt64) -> URL { url.appendingPathComponent("seed-\(seed)") }

    /// Starts a run for each seed in a new or empty folder. Nothing is trained yet: the runs are there to be resumed.
    /// Throws `ConfigurationError`, before there is a folder, or `FileError`.
    public static func create(
        at url: URL, _ configuration: RunConfiguration, seeds: [UInt64]
    ) throws -> SeedDirectory {
        _ = try Trainer(configuration)
        guard !holdsSeeds(url) else {
            throw FileError(url, "this folder holds runs of several seeds already; resume it, or choose another folder")
        }
        try RunDirectory.makeFolder(url)
        try RunDirectory.requireEmpty(url)
        let directory = try SeedDirectory(url, seeds)
        for seed in seeds {
            var configuration = configuration
            configuration.training.seed = seed
            _ = try TrainingRun.start(configuration, at: directory.folder(of: seed))
        }
        return directory
    }

    /// Opens a folder that `create` made. Throws `FileError`.
    public static func open(at url: URL) throws -> SeedDirectory { try SeedDirectory(url, seeds(in: url)) }

    /// Whether a path is a folder that `create` made.
    public static func holdsSeeds(_ url: URL) -> Bool { !seeds(in: url).isEmpty }

    private init(_ url: URL, _ seeds: [UInt64]) throws {
        self.url = url
        self.seeds = seeds.sorted()
        lock = try FolderLock(url)
    }

    private static func seeds(in url: URL) -> [UInt64] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: url.path)) ?? []
        return names.compactMap { name in
            guard name.hasPrefix("seed-"), RunDirectory.holdsRun(url.appendingPathComponent(name)) else { return nil }
            return UInt64(name.dropFirst("seed-".count))
        }
    }

    /// Lays options over the configurations of all runs, and returns the seeds whose runs are not finished. Throws where
    /// options cannot be used, as `TrainingRun.resume` does. A run that is damaged counts as not finished: to resume it
    /// by itself says what is wrong.
    public func resume(_ overrides: [SettingOverride]) throws -> [UInt64] {
        try seeds.filter { seed in
            do {
                return try !TrainingRun.resume(at: folder(of: seed), overrides: overrides).trainer.isFinished
            } catch is FileError, is SafetensorsError, is CheckpointError {
                return true
            }
        }
    }

    /// What the runs came to. `endings` says how the processes that trained now ended; a run without one was finished
    /// before.
    public func summary(_ endings: [UInt64: SeedResult.Ending]) -> SeedSummary {
        SeedSummary(results: seeds.map { SeedResult($0, in: folder(of: $0), endings[$0] ?? .finished) })
    }

    /// Writes summary.json. Throws `FileError`.
    public func write(_ summary: SeedSummary) throws {
        try AtomicFile.write([Data((summary.json + "\n").utf8)], to: summaryFile)
    }
}
