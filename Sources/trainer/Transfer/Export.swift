// `trainer export`: a trained network for other programs.

import ArgumentParser
import Foundation
import NeuralMemory
import NeuralMemoryTraining

struct Export: ParsableCommand {
    /// What is written.
    enum Format: String, ExpressibleByArgument, CaseIterable {
        case safetensors, pytorch
    }

    static let configuration = CommandConfiguration(
        abstract: "Write a trained network for other programs: its parameters, or these and PyTorch code.",
        discussion: """
            The format safetensors is one file with the parameters under their plain names, such as \
            controller.layer0.weight, and with the configuration, the task and the symbols' names as metadata. The format \
            pytorch is a folder with such a file, parameters.safetensors, and \(PyTorchExport.moduleName): a module of \
            Python that needs nothing but PyTorch, gives the same outputs, can be trained on, and writes parameters that \
            trainer import reads. Parameters are those that evaluations use. docs/TRANSFER.md has examples.

            Examples:
              trainer export runs/reversal-stack-1 --output reversal.safetensors
              trainer export runs/reversal-stack-1 --format pytorch --output pytorch
            """)

    @Argument(
        help: ArgumentHelp(
            "A run's folder, whose best checkpoint is taken, or a checkpoint file.", valueName: "dir-or-checkpoint"),
        completion: .file(extensions: ["safetensors"]))
    var path: String

    @Option(help: "What is written: safetensors or pytorch.")
    var format: Format = .safetensors

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Of safetensors, a file that is not there yet; of pytorch, a folder, new or empty.",
            valueName: "file-or-dir"))
    var output: String

    func validate() throws {
        if output.isEmpty { throw ValidationError("--output is empty; it must be a path.") }
    }

    func run() throws {
        let url = URL(fileURLWithPath: output)
        let parameters = try TrainedParameters(at: path)
        switch format {
        case .safetensors:
            guard !FileManager.default.fileExists(atPath: url.path) else {
                throw FileError(url, "this is there already, and is not overwritten; choose another --output")
            }
            let contents = try parameters.safetensors
            try Safetensors.write(contents.entries, metadata: contents.metadata, to: url)
            try write("\(output): \(contents.entries.count) parameters\n")
        case .pytorch:
            try PyTorchExport.write(parameters, to: url)
            try write(
                """
                \(output): \(PyTorchExport.moduleName) and \(PyTorchExport.parametersName). In Python, in that folder:
                  import model
                  network = model.load()
                  logits = network(inputs)

                """)
        }
    }
}
