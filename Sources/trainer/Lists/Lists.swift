// `trainer tasks`, `trainer presets` and `trainer studies`: what there is to choose from.

import ArgumentParser
import Foundation
import NeuralMemory
import NeuralMemoryTasks
import NeuralMemoryTraining

struct ListTasks: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tasks",
        abstract: "List the tasks, with a line for each.",
        discussion: """
            Examples:
              trainer tasks
              trainer tasks --show reversal
              trainer tasks --show grammar --set task.grammar=my-grammar.yaml --seed 2

            With --show, one sequence of a task is drawn, and its settings are listed, as they stand in a configuration \
            file: with their defaults, but for what --set changes.
            """)

    @Option(
        parsing: .unconditional, help: ArgumentHelp("Show an example and the settings of a task.", valueName: "task"),
        completion: .list(Registry.standard.tasks.names))
    var show: String?

    @Option(
        parsing: .unconditionalSingleValue,
        help: ArgumentHelp("Sets a field of the task shown; may be given several times.", valueName: "key=value"),
        completion: .settings("task."))
    var set: [String] = []

    @Option(parsing: .unconditional, help: "Decides the sequence shown.")
    var seed: UInt64 = 1

    func validate() throws {
        guard show == nil, let first = set.first else { return }
        throw ValidationError("--set \(first.shown()) needs --show with a task.")
    }

    func run() throws {
        let tasks = Registry.standard.tasks
        guard let show else { return try writeList(tasks.types.map { ($0.kind, $0.summary) }) }
        guard tasks.names.contains(show) else {
            let names = tasks.names.listed()
            throw ValidationError("--show \(show.shown()): there is no task of this name; there are: \(names).")
        }
        let kind = SettingOverride(path: "task.kind", value: show, option: "--show \(show)")
        let settings = { try [kind] + set.map { try SettingOverride(assignment: $0) } }
        let task = try reportingOptions(of: "tasks", settings) { try RunConfiguration().applying($0).task }
        var generator = RandomGenerator(seed: seed)
        let picture = task.picture(using: &generator)
        try write("\(task.kind): \(type(of: task).summary)\n\n\(picture)\n\n\(task.settingsYAML)")
    }
}

struct ListPresets: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "presets",
        abstract: "List the shipped configurations, with a line for each.",
        discussion: """
            Examples:
              trainer presets
              trainer presets --show fast/reversal-stack
              trainer train --preset fast/reversal-stack

            Names are KIND/TASK-MEMORY. paper/… has the papers' own settings, large/… what learns their tasks soonest, fast/… \
            the same for smaller ones, tutorial/… those of a tutorial. With --show, all settings of a preset are listed, as a \
            configuration file. A file of your own can start from a preset: "extends: fast/reversal-stack" in it, and then \
            what differs.
            """)

    @Option(
        parsing: .unconditional, help: ArgumentHelp("List the settings of a preset.", valueName: "preset"),
        completion: .presets)
    var show: String?

    func run() throws {
        guard let show else { return try writeList(Presets.names.map { ($0, try Presets.summary(of: $0)) }) }
        let configuration = try reportingOptions(of: "presets", { [] }) { _ in
            try Presets.load(show, option: "--show")
        }
        let comment = [try Presets.summary(of: show)] + (try Presets.notes(of: show))
        try write(configuration.yaml(comment: comment.joined(separator: "\n")))
    }
}

struct ListStudies: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "studies",
        abstract: "List the shipped studies, with a line for each.",
        discussion: """
            Examples:
              trainer studies
              trainer studies --show learns/fast-stacks
              trainer study learns/fast-stacks

            The figures of docs/RESULTS.md and of the pages in docs/results come from these.
            """)

    @Option(parsing: .unconditional, help: ArgumentHelp("Print the file of a study.", valueName: "study"))
    var show: String?

    func run() throws {
        let names = try Studies.names
        guard let show else { return try writeList(names.map { ($0, try Studies.summary(of: $0)) }) }
        guard names.contains(show) else {
            throw ValidationError(
                "--show \(show.shown()): there is no study of this name; there are: \(names.listed()).")
        }
        try write(String(decoding: try Data(contentsOf: try Studies.file(of: show)), as: UTF8.self))
    }
}

/// Names and one line about each, in two columns.
private func writeList(_ entries: [(name: String, summary: String)]) throws {
    let width = entries.map(\.name.count).max() ?? 0
    for (name, summary) in entries {
        try write(name + String(repeating: " ", count: width + 2 - name.count) + summary + "\n")
    }
}
