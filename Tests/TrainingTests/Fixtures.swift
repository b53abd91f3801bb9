// What the tests of runs share: a small configuration, and copies of a trainer's numbers.

import Foundation
import NeuralMemory
import NeuralMemoryTasks
import TestSupport
import NeuralMemoryTraining

/// A run that takes milliseconds: 12 steps, evaluated every 5, with a curriculum and another length.
func smallConfiguration() -> RunConfiguration {
    var configuration = RunConfiguration()
    configuration.task = Reversal(symbols: 4, lengths: 1...4)
    configuration.network.controller = ElmanRNN(units: 8)
    configuration.network.memory = NeuralStack(width: 4)
    configuration.network.input.embeddingSize = 4
    configuration.training.optimizer = Adam(learningRate: 1e-2)
    configuration.training.steps = 12
    configuration.training.batchSize = 3
    configuration.training.curriculum.start = 2
    configuration.training.curriculum.threshold = 1.6
    configuration.training.evaluation.interval = 5
    configuration.training.evaluation.episodes = 4
    configuration.training.evaluation.lengths = [8]
    return configuration
}

/// All arrays of a run, as its checkpoint has them.
func arrays(of trainer: Trainer) throws -> [SafetensorsEntry] {
    let folder = try TemporaryFolder()
    try Checkpoint(trainer).write(to: folder.file("run.safetensors"))
    return try Safetensors.read(from: folder.file("run.safetensors")).entries.sorted { $0.name < $1.name }
}

/// The state without what the clock decides.
func timeless(_ state: TrainingState) -> TrainingState {
    var state = state
    state.seconds = 0
    return state
}

/// Looks on at a run that goes on to its end, or is to stop before a step; calls back after each step.
final class ScriptedObserver: TrainingObserver {
    var stopsAt: Int?
    var afterStep: (StepReport) -> Void = { _ in }
    private(set) var steps = 0
    private(set) var records: [MetricsRecord] = []

    init(stopsAt: Int? = nil) { self.stopsAt = stopsAt }

    var shouldStop: Bool { steps == stopsAt }
    func didFinishInterval(_ record: MetricsRecord) { records.append(record) }

    func didStep(_ report: StepReport) {
        steps += 1
        afterStep(report)
    }
}

extension TrainingRun {
    /// Trains until the observer wants to stop.
    func run(_ observer: ScriptedObserver) throws -> Outcome {
        try run(observers: [observer]) { observer.shouldStop }
    }
}

/// Settings of a configuration, as its YAML has them.
enum ConfigurationText {
    /// The value at a path; empty where there is none.
    static func setting(_ path: String, of configuration: RunConfiguration) -> String {
        var names: [(indentation: Int, name: Substring)] = []
        for line in configuration.yaml(comment: "").split(separator: "\n") {
            let indentation = line.prefix { $0 == " " }.count
            let parts = line.dropFirst(indentation).split(separator: ":", maxSplits: 1)
            names.removeAll { $0.indentation >= indentation }
            names.append((indentation, parts[0]))
            if names.map(\.name).joined(separator: ".") == path, parts.count > 1 {
                return parts[1].trimmingCharacters(in: .whitespaces)
            }
        }
        return ""
    }
}
