// A run as a report needs it, read from its folder while anybody may train there.

import Foundation
import NeuralMemory
import NeuralMemoryTasks
import NeuralMemoryTraining

/// What the folder of one run tells.
package struct ReportRun: Sendable {
    /// What it is called: its folder as the user wrote it.
    package let name: String
    /// The folder of seeds that it is one of.
    package let group: String?
    /// Its `training.seed`.
    package let seed: UInt64
    package let configuration: RunConfiguration
    /// Of ascending steps.
    package let records: [MetricsRecord]
    /// Empty where the run was trained by a program that did not write them down.
    package let sessions: [RunSession]
    /// What was trained up to the last checkpoint; `nil` before there is one.
    package let state: TrainingState?
    /// Whether a process trains there.
    package let isTraining: Bool
    /// The checkpoint with the best evaluation, and the last one.
    package let best: RunReader.SavedCheckpoint?
    package let latest: RunReader.SavedCheckpoint?

    /// How many numbers are trained.
    package let parameterCount: Int

    /// What a path names: a run, or the runs of several seeds that have begun.
    ///
    /// Throws `FileError` where there is no run, and as `RunReader` does.
    package static func read(_ path: String) throws -> [ReportRun] {
        let url = URL(fileURLWithPath: path)
        switch try NamedRuns(
            path, insteadOfFile: "name the folder of its run, and its checkpoint with --checkpoint")
        {
        case .seeds(let seeds):
            let runs = try seeds.compactMap { try ReportRun($0.run, name: "seed \($0.seed)", group: path) }
            guard !runs.isEmpty else { throw FileError(url, "none of its seeds has begun; train them first") }
            return runs
        case .run(let reader):
            guard let run = try ReportRun(reader, name: path, group: nil) else {
                throw FileError(
                    url, "this folder holds no run: it has neither config.yaml nor checkpoints nor seeds.json")
            }
            return [run]
        }
    }

    /// `nil` for a folder without a run.
    private init?(_ reader: RunReader, name: String, group: String?) throws {
        best = try reader.bestCheckpoint()
        latest = try reader.latestCheckpoint()
        // A checkpoint alone is a run, too.
        let stored = try reader.configuration()
        guard
            let configuration = try stored
                ?? (best ?? latest).map({ try Checkpoint.read(from: $0.file).configuration })
        else { return nil }
        self.configuration = configuration
        self.name = name
        self.group = group
        seed = configuration.training.seed
        records = try reader.records()
        sessions = try reader.sessions()
        state = try reader.latestState()
        isTraining = try reader.isTraining()
        parameterCount = try configuration.parameterCount()
    }

    /// Whether it met the criterion of `training.solved`; `nil` where there is none, or no checkpoint yet.
    package var isSolved: Bool? {
        let criterion = configuration.training.solved
        return criterion.isSet ? state.map { $0.isSolved(by: criterion) } : nil
    }

    /// The record of the best checkpoint, or the last one.
    package var bestRecord: MetricsRecord? {
        best.flatMap { best in records.last { $0.step == best.step } } ?? records.last
    }

    package var curve: CurveRun { CurveRun(name: name, group: group, records: records) }
}

/// Runs that are shown together: one, or those of several seeds.
struct ReportGroup {
    let name: String
    /// At least one.
    let runs: [ReportRun]
    /// Whether the runs differ in their seeds alone.
    let isOfSeeds: Bool

    /// In the order of the runs.
    static func groups(_ runs: [ReportRun]) -> [ReportGroup] {
        var groups: [ReportGroup] = []
        for run in runs {
            if let group = run.group, let last = groups.last, last.isOfSeeds, last.name == group {
                groups[groups.count - 1] = ReportGroup(name: group, runs: last.runs + [run], isOfSeeds: true)
            } else {
                groups.append(ReportGroup(name: run.group ?? run.name, runs: [run], isOfSeeds: run.group != nil))
            }
        }
        return groups
    }

    /// The run whose episodes are shown: the one with the fewest bits at the lengths trained at.
    var shown: ReportRun {
        func bits(_ run: ReportRun) -> Double { run.bestRecord?.evaluations.first?.bits ?? .infinity }
        return runs.filter { $0.best != nil || $0.latest != nil }.min { bits($0) < bits($1) } ?? runs[0]
    }
}
