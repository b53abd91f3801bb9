// The options that choose a configuration and change single settings of it, as several commands have them, and how
// these commands say that an option cannot be used. What settings mean is for the library to know.

import ArgumentParser
import Foundation
import NeuralMemory
import NeuralMemoryTasks
import NeuralMemoryTraining

/// `--preset`, `--config`, `--task`, `--data` and its like, `--memory`, `--controller` and `--set`.
struct ConfigurationOptions: ParsableArguments {
    @Option(
        parsing: .unconditional, help: "A shipped configuration to begin with; `trainer presets` lists them.",
        completion: .presets)
    var preset: String?

    @Option(
        parsing: .unconditional, help: "A configuration file in YAML to begin with, such as a run's config.yaml.",
        completion: .file(extensions: ["yaml", "yml"]))
    var config: String?

    @Option(
        parsing: .unconditional, help: "What is learned; `trainer tasks` lists the tasks.",
        completion: .list(Registry.standard.tasks.names))
    var task: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "A file to train on: for --task pairs with SOURCE, a tab and TARGET on each line, for --task sequences "
                + "JSON lines or CSV.", valueName: "file"),
        completion: .file())
    var data: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "For these tasks: a file to evaluate on while training. (default: every tenth line of --data is held out)",
            valueName: "file"), completion: .file())
    var validation: String?

    @Flag(help: "For --task pairs: each character is a symbol. (default: symbols are separated by spaces)")
    var characters = false

    @Option(
        parsing: .unconditional, help: "One of \(Registry.standard.memories.names.joined(separator: ", ")).",
        completion: .list(Registry.standard.memories.names))
    var memory: String?

    @Option(
        parsing: .unconditional, help: "One of \(Registry.standard.controllers.names.joined(separator: ", ")).",
        completion: .list(Registry.standard.controllers.names))
    var controller: String?

    @Option(
        parsing: .unconditionalSingleValue,
        help: ArgumentHelp(
            "Sets any field of the configuration, by its dotted path; may be given several times.",
            valueName: "key=value"), completion: .settings())
    var set: [String] = []

    func validate() throws {
        for (option, value) in [("--config", config), ("--data", data), ("--validation", validation)] where value == ""
        {
            throw ValidationError("\(option) is empty; it must be a path.")
        }
        guard let preset, let config else { return }
        throw ValidationError(
            "--preset \(preset) and --config \(config) were both given; leave one out, and use --set for single fields."
        )
    }

    var file: URL? { config.map { URL(fileURLWithPath: $0) } }

    /// What the options set.
    ///
    /// Throws a `ValidationError` where data are given for a task that draws its sequences.
    ///
    /// - `more`: options of one command alone, with the settings that they stand for.
    /// - `isResuming`: the task is that of a run.
    /// - `trained`: a trained network that a run starts from, where no option says the task.
    func overrides(
        _ more: [(option: String, path: String, value: String?)] = [], isResuming: Bool = false,
        trained: String? = nil
    ) throws -> [SettingOverride] {
        if !isResuming { try requireTaskOfData(trained) }
        let kinds = [
            ("--task", "task.kind", task), ("--memory", "network.memory.kind", memory),
            ("--controller", "network.controller.kind", controller)
        ]
        return try SettingOverride.given(kinds + more) + dataOverrides + set.map { try SettingOverride(assignment: $0) }
    }

    /// The kinds of tasks that read files.
    private static let tasksOfData = Registry.standard.tasks.types.filter { $0 is any DataTask.Type }.map { $0.kind }

    private func requireTaskOfData(_ trained: String?) throws {
        let options = [data.map { "--data \($0.shownPath)" }, validation.map { "--validation \($0.shownPath)" }]
        // Characters are of pairs alone.
        guard let option = characters ? "--characters" : options.compactMap({ $0 }).first else { return }
        let kinds = characters ? [Pairs.kind] : Self.tasksOfData
        let last = kinds.count > 1 ? " or \(kinds[kinds.count - 1])" : ""
        let wanted = "--task " + kinds.dropLast(kinds.count > 1 ? 1 : 0).joined(separator: ", ") + last
        if let task {
            guard !kinds.contains(task) else { return }
            throw ValidationError("\(option) is for \(wanted), and --task \(task.shown()) was given; leave one out.")
        }
        guard !set.contains(where: { $0.hasPrefix("task.kind=") }) else { return }
        let base: (name: String, configuration: RunConfiguration)?
        if let preset {
            base = (try? Presets.load(preset)).map { ("--preset \(preset)", $0) }
        } else if let config, let file {
            base = (try? RunConfiguration(contentsOf: file)).map { ("--config \(config.shownPath)", $0) }
        } else if let trained {
            base = (try? TrainedParameters(at: trained)).map { ("--from \(trained.shownPath)", $0.configuration) }
        } else {
            throw ValidationError("\(option) is for \(wanted); add \(kinds.count == 1 ? wanted : "one of them").")
        }
        // What cannot be read is reported by whoever reads it next.
        guard let base, base.configuration.task.drawsSequences else { return }
        throw ValidationError(
            "\(option) is for \(wanted), and \(base.name) has task \(base.configuration.task.kind); give \(wanted) "
                + "instead.")
    }

    /// Paths are made absolute, so that a run can be resumed from anywhere.
    private var dataOverrides: [SettingOverride] {
        let files = [("--data", "task.data", data), ("--validation", "task.validation", validation)]
        let named = files.compactMap { option, path, file in
            file.map {
                SettingOverride(path: path, text: URL(fileURLWithPath: $0).path, option: "\(option) \($0)")
            }
        }
        let flag = SettingOverride(path: "task.characters", value: "true", option: "--characters")
        return named + (characters ? [flag] : [])
    }
}

extension StartingPoint {
    /// What a command says that starts from here.
    var introduction: String {
        "Starting from the settings of preset \(preset), which trainer presets --show \(preset) lists."
    }
}

/// Does something with settings that options give.
///
/// An error that an option is to blame for is reported by the option's name, and ends the program as all wrong options
/// do.
func reportingOptions<Value>(
    of command: String, _ overrides: () throws -> [SettingOverride], _ body: ([SettingOverride]) throws -> Value
) throws -> Value {
    do {
        let overrides = try overrides()
        return try SettingOverride.naming(overrides) { try body(overrides) }
    } catch let error as SettingError where error.isOption {
        complain("Error: \(error)\n  See 'trainer \(command) --help' for more information.")
        throw ExitCode.validationFailure
    }
}
