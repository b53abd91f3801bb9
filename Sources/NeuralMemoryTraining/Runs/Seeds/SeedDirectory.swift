// The folder of one configuration trained with several seeds: a run's folder for each, and what they came to together.
//
//   seeds.json          what is to be trained: configuration and seeds; written before anything else
//   from.safetensors    parameters of a trained network, where the runs start from one
//   seed-1/ seed-2/ …   runs, each as RunDirectory describes, from when a seed's turn comes
//   summary.json        what they came to
//   lock                held while a process sees to them; empty

import Foundation
import NeuralMemory

/// A folder with a run for each seed, locked for this process for as long as the object lives.
public final class SeedDirectory {
    /// The folder that holds the seeds' folders.
    public let url: URL
    /// In ascending order.
    public let seeds: [UInt64]
    /// The kinds that the runs may have.
    private let registry: Registry
    private let lock: FolderLock

    /// Missing until `write` makes it.
    public var summaryFile: URL { url.appendingPathComponent("summary.json") }

    /// The folder of a seed's run.
    public func folder(of seed: UInt64) -> URL { Self.folder(of: seed, in: url) }

    private static func folder(of seed: UInt64, in url: URL) -> URL { url.appendingPathComponent("seed-\(seed)") }

    /// Whether the run of a seed is there to be resumed.
    ///
    /// Throws `FileError` where the system cannot say.
    public func hasBegun(_ seed: UInt64) throws -> Bool { try RunDirectory.holdsRun(folder(of: seed)) }

    /// Writes down in a new or empty folder what is to be trained.
    ///
    /// No run begins yet: `openRun` does that. Throws `ConfigurationError`, before there is a folder, `FileError`, or as
    /// `ParameterTransfer.plan` does.
    ///
    /// - Parameters:
    ///   - url: the folder of all seeds.
    ///   - configuration: of all runs, but for the seed.
    ///   - seeds: one for each run.
    ///   - transfer: the parameters of a trained network that all runs start from.
    public static func create(
        at url: URL, _ configuration: RunConfiguration, seeds: [UInt64], from transfer: ParameterTransfer? = nil
    ) throws -> SeedDirectory {
        // With what the trainer found out about the task's data.
        try configuration.requireRegistered()
        let configuration = try Trainer(configuration).configuration
        _ = try transfer?.plan(for: configuration)
        try RunDirectory.makeFolder(url)
        try RunDirectory.requireEmpty(url)
        let directory = try SeedDirectory(url, seeds, configuration.registry)
        // Again: another process may have been as quick.
        try RunDirectory.requireEmpty(url)
        AtomicFile.removePartialFiles(in: url)
        try transfer.map { try SeedPlan.keep($0, in: url) }
        let start = transfer.map { SeedPlan.Start(origin: $0.origin, take: $0.patterns) }
        try SeedPlan(seeds: directory.seeds, configuration: configuration, from: start).write(in: url)
        return directory
    }

    /// Opens a folder that `create` made.
    ///
    /// Throws `FileError`.
    ///
    /// - `registry`: the kinds that the runs may have.
    public static func open(at url: URL, registry: Registry = .standard) throws -> SeedDirectory {
        let directory = try SeedDirectory(url, seeds(in: url, registry), registry)
        AtomicFile.removePartialFiles(in: url)
        return directory
    }

    /// Whether a path is a folder that `create` made.
    ///
    /// Throws `FileError` where the system cannot say.
    public static func holdsSeeds(_ url: URL) throws -> Bool {
        try SeedPlan.isThere(in: url) || !seedsOfFolders(in: url).isEmpty
    }

    private init(_ url: URL, _ seeds: [UInt64], _ registry: Registry) throws {
        self.url = url
        self.registry = registry
        self.seeds = seeds.sorted()
        lock = try FolderLock(url)
    }

    /// Readers of the runs of all seeds, in ascending order, which look on while any process trains there.
    ///
    /// A run that has not begun is not there yet. Throws `FileError`.
    ///
    /// - Parameters:
    ///   - url: the folder of all seeds.
    ///   - registry: the kinds that the runs may have.
    public static func readers(
        at url: URL, registry: Registry = .standard
    ) throws -> [(seed: UInt64, run: RunReader)] {
        try seeds(in: url, registry).sorted().map { ($0, RunReader(folder(of: $0, in: url))) }
    }

    private static func seeds(in url: URL, _ registry: Registry) throws -> [UInt64] {
        try SeedPlan.read(in: url, registry)?.seeds ?? seedsOfFolders(in: url)
    }

    /// Earlier versions wrote no plan.
    private static func seedsOfFolders(in url: URL) throws -> [UInt64] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: url.path)) ?? []
        return try names.compactMap { name in
            guard name.hasPrefix("seed-"), try RunDirectory.holdsRun(url.appendingPathComponent(name)) else {
                return nil
            }
            return UInt64(name.dropFirst("seed-".count))
        }
    }

    /// The run in the folder of one seed: resumed, or begun as the folder above says.
    ///
    /// The folder above may be locked. Waits some seconds for a process that trains there: one that notices only after
    /// its step that it lost its parent. Throws as `TrainingRun.resume` and `TrainingRun.start` do.
    ///
    /// - `registry`: the kinds that the run may have.
    /// - `progress`: is told what is being read, where that takes time.
    public static func openRun(
        at folder: URL, registry: Registry = .standard, progress: (String) -> Void = { _ in }
    ) throws -> TrainingRun {
        FolderLock.waitUntilFree(folder)
        let hasBegun = try RunDirectory.holdsRun(folder)
        let parent = folder.deletingLastPathComponent()
        let plan = try hasBegun ? nil : SeedPlan.read(in: parent, registry)
        guard let plan, let seed = plan.seeds.first(where: { folder.lastPathComponent == "seed-\($0)" }) else {
            return try TrainingRun.resume(at: folder, registry: registry, progress: progress)
        }
        var configuration = plan.configuration
        configuration.training.seed = seed
        try configuration.openData(progress: progress)
        return try TrainingRun.start(configuration, at: folder, from: plan.transfer(in: parent, registry))
    }

    /// Lays options over the configurations of all runs, and returns the seeds whose runs are not finished.
    ///
    /// Throws where options cannot be used, as `TrainingRun.resume` does. A run that is damaged counts as not finished:
    /// to resume it by itself says what is wrong. Waits as `openRun` does.
    ///
    /// - Parameters:
    ///   - overrides: settings that take the place of the runs' own.
    ///   - subset: the seeds to look at; all of them unless given.
    public func resume(_ overrides: [SettingOverride], among subset: [UInt64]? = nil) throws -> [UInt64] {
        if !overrides.isEmpty, let plan = try SeedPlan.read(in: url, registry) {
            try plan.applying(overrides, in: url).write(in: url)
        }
        return try (subset ?? seeds).filter { seed in
            FolderLock.waitUntilFree(folder(of: seed))
            guard try hasBegun(seed) else { return true }
            do {
                let run = try TrainingRun.resume(at: folder(of: seed), overrides: overrides, registry: registry)
                return !run.trainer.isFinished
            } catch is FileError, is SafetensorsError, is CheckpointError {
                return true
            }
        }
    }

    /// How many runs there is memory for side by side, at least one; `nil` where a folder of an earlier version does
    /// not say what they are.
    ///
    /// Throws `FileError`.
    public func runsThatFit() throws -> Int? {
        guard let configuration = try SeedPlan.read(in: url, registry)?.configuration else { return nil }
        return try AvailableMemory.forAll.count(of: configuration.trainingBytes())
    }

    /// What the runs came to.
    ///
    /// `endings` says how the processes that trained now ended; a run without one was finished before.
    public func summary(_ endings: [UInt64: SeedResult.Ending]) -> SeedSummary {
        SeedSummary(
            results: seeds.map { SeedResult($0, in: folder(of: $0), endings[$0] ?? .finished, registry) })
    }

    /// Writes summary.json.
    ///
    /// Throws `FileError`.
    public func write(_ summary: SeedSummary) throws {
        try AtomicFile.write([Data((summary.json + "\n").utf8)], to: summaryFile)
    }
}
