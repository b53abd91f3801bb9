// What a run's folder tells, to whoever looks on: while a process trains there, after it was killed, when it is
// resumed.

import Foundation
import NeuralMemory

/// Reads the folder of a run, and never locks, writes or removes anything in it.
///
/// No value is torn: configuration and checkpoints are replaced as a whole, and a line of metrics counts when it is
/// finished.
///
/// Each call reads anew. To read records many times a second, keep a `follower` and update it.
public struct RunReader: Sendable {
    /// The run's folder.
    ///
    /// It may not be there yet.
    public let url: URL

    /// Reads nothing yet, so the folder need not be there.
    public init(_ url: URL) { self.url = url }

    /// The run's configuration, with no data opened, and what its last checkpoint knows of them; `nil` before it is written.
    ///
    /// Throws `FileError`, or `ConfigurationError` where somebody has changed it to what cannot be used.
    ///
    /// - Parameter registry: the kinds that it may name.
    public func configuration(registry: Registry = .standard) throws -> RunConfiguration? {
        let file = RunDirectory.configurationFile(in: url)
        guard try file.isThere() else { return nil }
        var configuration = try RunConfiguration(contentsOf: file, registry: registry)
        if !configuration.task.drawsSequences,
            let known = try? Checkpoint.configuration(of: RunDirectory.latestCheckpoint(in: url), registry: registry)
        {
            configuration.adoptData(of: known)
        }
        return configuration
    }

    /// All records so far, of ascending steps.
    ///
    /// Throws `FileError`.
    public func records() throws -> [MetricsRecord] {
        var follower = follower
        try follower.update()
        return follower.records
    }

    /// Reads the run's records as they come, beginning with none.
    public var follower: MetricsFollower { MetricsFollower(RunDirectory.metricsFile(in: url)) }

    /// The same, keeping so many records at most, as `MetricsFollower.init` says.
    public func follower(keeping limit: Int) -> MetricsFollower {
        MetricsFollower(RunDirectory.metricsFile(in: url), keeping: limit)
    }

    /// The sessions that have trained, oldest first: program, machine and command line of each.
    ///
    /// None where the run was trained by a program that did not write them down. Throws `FileError`.
    public func sessions() throws -> [RunSession] { try RunSession.read(from: RunDirectory.sessionsFile(in: url)) }

    /// A checkpoint of a run.
    public struct SavedCheckpoint: Sendable, Equatable {
        /// Where it is; it may be replaced at any time.
        public let file: URL
        /// The step that it was made at.
        public let step: Int
    }

    /// What resuming goes on from; `nil` before it is written.
    ///
    /// Throws `FileError`, `SafetensorsError` or `CheckpointError`.
    public func latestCheckpoint() throws -> SavedCheckpoint? { try saved(RunDirectory.latestCheckpoint(in: url)) }

    /// The one with the best evaluation; `nil` before the first evaluation.
    ///
    /// Throws as `latestCheckpoint` does.
    public func bestCheckpoint() throws -> SavedCheckpoint? { try saved(RunDirectory.bestCheckpoint(in: url)) }

    /// Those of `training.snapshots`, of ascending steps; none where it is not set.
    ///
    /// They stay as they are. Throws `FileError`.
    public func snapshots() throws -> [SavedCheckpoint] {
        try RunDirectory.snapshotSteps(in: url).map { step in
            SavedCheckpoint(file: RunDirectory.snapshot(step: step, in: url), step: step)
        }
    }

    /// Reads the header alone, however large the checkpoint is.
    private func saved(_ file: URL) throws -> SavedCheckpoint? {
        try file.isThere() ? SavedCheckpoint(file: file, step: Checkpoint.step(of: file)) : nil
    }

    /// Whether a process is training in the folder at this moment.
    ///
    /// Throws `FileError` where the system cannot say.
    public func isTraining() throws -> Bool { try FolderLock.isHeld(url) }
}
