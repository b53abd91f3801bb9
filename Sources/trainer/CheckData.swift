// `trainer data check`: what a file of sequences holds, before a run.

import ArgumentParser
import Foundation
import NeuralMemory
import NeuralMemoryTasks
import NeuralMemoryTraining

struct DataCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "data", abstract: "Look at files of your own data.", subcommands: [CheckData.self])
}

struct CheckData: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Say what a file for --task sequences holds, and what is wrong with it.",
        discussion: """
            The file has a JSON object on each line, or is CSV whose first line names the columns. \
            Prints how many sequences there are and how long they are, what inputs and targets are, symbols and ranges of \
            numbers, how targets stand to inputs, and the first problems with their lines. The exit code is 1 where a run \
            would refuse the file.

            Examples:
              trainer data check train.jsonl
              trainer data check train.csv
              trainer data check train.jsonl --set task.alignment=after
            """)

    @Argument(
        help: ArgumentHelp("A file of JSON lines or CSV, with a sequence on each line.", valueName: "file"),
        completion: .file())
    var file: String

    @Option(
        parsing: .unconditionalSingleValue,
        help: ArgumentHelp("Sets a field of the task; may be given several times.", valueName: "key=value"),
        completion: .settings("task."))
    var set: [String] = []

    func run() throws {
        let kind = SettingOverride(path: "task.kind", value: Sequences.kind, option: "data check")
        let settings = { try [kind] + set.map { try SettingOverride(assignment: $0) } }
        let task = try reportingOptions(of: "data check", settings) { try RunConfiguration().applying($0).task }
        guard let task = task as? Sequences else {
            throw ValidationError("--set task.kind=\(task.kind): data check is for task \(Sequences.kind) alone.")
        }
        let status = StatusLine()
        let check = try SequenceCheck(URL(fileURLWithPath: file), for: task, progress: status.show)
        status.erase()
        try write(check.text)
        if !check.isUsable { throw ExitCode.failure }
    }
}
