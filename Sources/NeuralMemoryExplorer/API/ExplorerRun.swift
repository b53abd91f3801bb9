// The runs that the explorer shows: those that were named, and no others.

import Foundation
import NeuralMemory
import NeuralMemoryTraining

/// A run under the name that its page gives it.
package struct ExplorerRun: Sendable {
    package let name: String
    /// The folder of the seeds that the run is one of; `nil` for a run alone.
    package let group: String?
    package let reader: RunReader

    /// The runs that paths mean: each a run's folder, or a folder of several seeds, which means the runs of all.
    ///
    /// A run need not have a checkpoint yet. Throws `FileError` where there is no run; and as `RunReader` does where a
    /// configuration or a checkpoint cannot be read, as of another version.
    package static func find(_ paths: [String]) throws -> [ExplorerRun] {
        try paths.flatMap { path -> [ExplorerRun] in
            switch try NamedRuns(path, insteadOfFile: "give the folder of the run") {
            case .seeds(let seeds):
                return seeds.map { ExplorerRun(name: "\(path)/seed-\($0.seed)", group: path, reader: $0.run) }
            case .run(let reader):
                let run = ExplorerRun(name: path, group: nil, reader: reader)
                try run.requireReadable()
                return [run]
            }
        }
    }

    private func requireReadable() throws {
        let (configuration, moments) = (try reader.configuration(), try moments())
        guard configuration != nil || !moments.isEmpty else {
            throw FileError(reader.url, "this folder holds no run: it has neither config.yaml nor checkpoints")
        }
    }
}

extension ExplorerRun {
    /// A checkpoint of the run that a page can ask for.
    struct Moment: Sendable, Equatable {
        /// `best`, `latest`, or `step-N`.
        let name: String
        let step: Int
        let file: URL
    }

    /// All that there are now: the last one, the best one, and snapshots of ascending steps.
    ///
    /// Throws as `RunReader` does.
    func moments() throws -> [Moment] {
        let named = [("latest", try reader.latestCheckpoint()), ("best", try reader.bestCheckpoint())]
        return named.compactMap { name, saved in saved.map { Moment(name: name, step: $0.step, file: $0.file) } }
            + (try reader.snapshots().map { Moment(name: "step-\($0.step)", step: $0.step, file: $0.file) })
    }
}
