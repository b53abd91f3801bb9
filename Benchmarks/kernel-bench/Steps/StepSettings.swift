// The options that say which step to measure. What settings mean, and which a memory or a task has, is for the library
// to know: an option is a setting's path, so a new kind needs nothing here.

import ArgumentParser
import NeuralMemory
import NeuralMemoryTasks
import NeuralMemoryTraining

struct StepSettings: ParsableArguments {
    // Numbers are texts here: the library reads and checks all settings, and its messages name both the option and the
    // setting. Unconditional parsing lets a negative number through to them.

    @Option(parsing: .unconditional, help: "A shipped configuration to begin with; `trainer presets` lists them.")
    var preset: String?

    @Option(parsing: .unconditional, help: "One of \(Registry.standard.tasks.names.joined(separator: ", ")).")
    var task: String?

    @Option(parsing: .unconditional, help: "One of \(Registry.standard.memories.names.joined(separator: ", ")).")
    var memory: String?

    @Option(parsing: .unconditional, help: "One of \(Registry.standard.controllers.names.joined(separator: ", ")).")
    var controller: String?

    @Option(parsing: .unconditional, help: "B, sequences in a batch.")
    var batch: String?

    @Option(
        parsing: .unconditional,
        help: "The length of each sequence, which the task says what it counts; with --memory-only, steps.")
    var length: Int?

    @Option(parsing: .unconditional, help: "H, units of a controller's layer.")
    var units: String?

    @Option(parsing: .unconditional, help: "Layers of the controller.")
    var layers: String?

    @Option(parsing: .unconditional, help: "N, rows of a Turing memory.")
    var rows: String?

    @Option(parsing: .unconditional, help: "M, columns of a Turing memory.")
    var columns: String?

    @Option(parsing: .unconditional, help: "M, the width of a stack's, queue's or deque's vectors.")
    var width: String?

    @Option(parsing: .unconditional, help: "Symbols of the task, without its marks.")
    var vocabulary: String?

    @Option(
        parsing: .unconditionalSingleValue,
        help: ArgumentHelp(
            "Sets any field of the configuration, by its dotted path; may be given several times.",
            valueName: "key=value"))
    var set: [String] = []

    /// The configuration, and the length of its sequences, that the options come to.
    ///
    /// Throws `ValidationError` in the name of the option that is to blame.
    func resolve() throws -> (configuration: RunConfiguration, length: Int) {
        try reporting { overrides in
            let configuration = try RunConfiguration.resolve(preset: preset, overrides: overrides)
            let length = length ?? configuration.task.lengths.upperBound
            try require("--length", length, in: 1...largestSize)
            return (configuration, length)
        }
    }

    /// Does something whose errors are about these settings.
    func reporting<Value>(_ body: ([SettingOverride]) throws -> Value) throws -> Value {
        do {
            let overrides = try overrides()
            return try SettingOverride.naming(overrides) { try body(overrides) }
        } catch let error as SettingError {
            throw ValidationError(error.description)
        } catch let error as any SettingFault {
            throw ValidationError(error.description)
        }
    }

    private func overrides() throws -> [SettingOverride] {
        let named: [(option: String, path: String, value: String?)] = [
            ("--task", "task.kind", task), ("--memory", "network.memory.kind", memory),
            ("--controller", "network.controller.kind", controller), ("--batch", "training.batchSize", batch),
            ("--units", "network.controller.units", units), ("--layers", "network.controller.layers", layers),
            ("--rows", "network.memory.rows", rows), ("--columns", "network.memory.columns", columns),
            ("--width", "network.memory.width", width), ("--vocabulary", "task.symbols", vocabulary)
        ]
        return try SettingOverride.given(named) + set.map { try SettingOverride(assignment: $0) }
    }
}
