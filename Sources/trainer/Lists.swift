// `trainer tasks` and `trainer presets`: what there is to choose from.

import ArgumentParser
import NeuralMemory
import Tasks
import Training

struct ListTasks: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tasks",
        abstract: "List the tasks, with a line for each.",
        discussion: """
            Examples:
              trainer tasks
              trainer tasks --show reversal

            With --show, one sequence of a task is drawn, and its settings are listed with their defaults, as they \
            stand in a configuration file.
            """)

    @Option(
        parsing: .unconditional, help: ArgumentHelp("Show an example and the settings of a task.", valueName: "task"))
    var show: String?

    func run() throws {
        guard let show else { return try writeList(taskChoices.types.map { ($0.kind, $0.summary) }) }
        guard let task = taskChoices.types.first(where: { $0.kind == show })?.init() as? any SequenceTask else {
            let names = taskChoices.names.joined(separator: ", ")
            throw ValidationError("--show \(show): there is no task of this name; there are: \(names).")
        }
        var generator = RandomGenerator(seed: 1)
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
              trainer train --preset fast/reversal-stack

            Names are KIND/TASK-MEMORY. A run's folder holds its whole configuration as config.yaml. A configuration file \
            of your own can start from a preset: "extends: fast/reversal-stack" in it, and then what differs.
            """)

    func run() throws { try writeList(Presets.names.map { ($0, try Presets.summary(of: $0)) }) }
}

/// Names and one line about each, in two columns.
private func writeList(_ entries: [(name: String, summary: String)]) throws {
    let width = entries.map(\.name.count).max() ?? 0
    for (name, summary) in entries {
        try write(name + String(repeating: " ", count: width + 2 - name.count) + summary + "\n")
    }
}
