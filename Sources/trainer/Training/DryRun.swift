// What `trainer train --dry-run` prints: a configuration file, with what its run would be as comments.

import Foundation
import NeuralMemory
import NeuralMemoryTraining

extension TrainingPlan {
    /// The configuration whole, as a file that `--config` takes, under what a run of it would be.
    ///
    /// - Parameters:
    ///   - folder: where the run, or runs, would be.
    ///   - seeds: how many runs there would be in it, one for each seed; `nil` for one run that is no seed's.
    ///   - start: what its parameters and settings start from, in lines, where the options do not say it all.
    func description(folder: String, seeds: Int?, start: String?) -> String {
        let (network, training) = (configuration.network, configuration.training)
        let each = seeds == nil ? "" : " each"
        var lines = [
            "\(configuration.task.kind), controller \(network.controller.kind), memory \(network.memory.kind), "
                + "\(parameterCount) parameters, at most \(training.steps) steps of \(training.batchSize) sequences",
            "It would take at most \(bytes.inGigabytes) of memory\(each); \(AvailableMemory.now.bytes.inGigabytes) is left.",
            seeds.map { "\($0) runs would be in \(folder)." } ?? "The run would be in \(folder).",
            "Settings, data and memory were checked; nothing was trained and nothing was written."
        ]
        if let start { lines.insert(start, at: 0) }
        return configuration.yaml(comment: lines.joined(separator: "\n"))
    }
}
