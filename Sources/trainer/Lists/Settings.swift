// `trainer settings`: every setting of a configuration, with its meaning, range, unit, default and kinds.

import ArgumentParser
import NeuralMemory
import NeuralMemoryTraining

struct Settings: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List the settings of configurations: what they mean, what they can be, and their defaults.",
        discussion: """
            Examples:
              trainer settings
              trainer settings network.memory
              trainer settings ntm
              trainer settings learningRate
              trainer settings --format markdown

            PATTERN is a part of a setting's path, or the name of a kind of task, memory, controller, optimiser or \
            schedule. Settings are given with --set PATH=VALUE, or in a configuration file, whose sections are the parts \
            of the path.
            """)

    enum Format: String, CaseIterable, ExpressibleByArgument {
        case text, markdown, json
    }

    @Argument(help: "A part of a path, or a kind. (default: all settings)", completion: .settingPaths)
    var pattern: String?

    @Option(
        parsing: .unconditional,
        help: "One of \(Format.allCases.map(\.rawValue).joined(separator: ", ")).")
    var format = Format.text

    func run() throws {
        let reference = SettingsReference()
        let entries = pattern.map { reference.matching($0) } ?? reference.entries
        if let pattern, entries.isEmpty {
            let hint =
                reference.nearestPath(to: pattern).map { "; did you mean \($0)?" } ?? "; trainer settings lists all"
            throw ValidationError("there is no setting and no kind with \(pattern.shown()) in its name\(hint)")
        }
        switch format {
        case .text: try write(entries.map(\.text).joined(separator: "\n"))
        case .markdown: try write(SettingsReference.markdown(entries))
        case .json: try write(SettingsReference.json(entries))
        }
    }
}
