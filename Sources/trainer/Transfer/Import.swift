// `trainer import`: parameters that another program has trained, as a run of this one.

import ArgumentParser
import Foundation
import NeuralMemory
import NeuralMemoryTasks
import NeuralMemoryTraining

struct Import: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make a run's folder of parameters that another program has written.",
        discussion: """
            The file is one as trainer export writes it, with the same parameters under the same names and in the same \
            shapes, perhaps with other numbers. The configuration is that of a trained network, without restarts. The new \
            folder has a checkpoint of step 0, which all commands take: evaluate, predict and inspect, and train with \
            --resume or --from.

            Examples:
              trainer import tuned.safetensors --like runs/reversal-stack-1 --output runs/tuned
            """)

    @Argument(
        help: ArgumentHelp("A safetensors file of parameters.", valueName: "file"),
        completion: .file(extensions: ["safetensors"]))
    var path: String

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "The trained network whose configuration it has: a run's folder or a checkpoint file.",
            valueName: "dir-or-checkpoint"), completion: .file(extensions: ["safetensors"]))
    var like: String

    @Option(
        parsing: .unconditional, help: ArgumentHelp("A folder for the run, new or empty.", valueName: "dir"),
        completion: .directory)
    var output: String

    func validate() throws {
        for (option, value) in [("--like", like), ("--output", output)] where value.isEmpty {
            throw ValidationError("\(option) is empty; it must be a path.")
        }
    }

    func run() throws {
        var configuration = try TrainedParameters(at: like).configuration
        configuration.training.restart.steps = nil
        let parameters = try TrainedParameters(URL(fileURLWithPath: path), of: configuration)
        let status = StatusLine()
        do {
            defer { status.erase() }
            try configuration.openData(progress: status.show)
        }
        let transfer = ParameterTransfer(from: parameters)
        _ = try TrainingRun.start(configuration, at: URL(fileURLWithPath: output), from: transfer)
        let count = try transfer.plan(for: configuration).taken.count
        try write(
            "\(output): a run at step 0 with the \(count) parameters of \(path)\n"
                + "Next: trainer evaluate \(output), or trainer train --resume \(output)\n")
    }
}
