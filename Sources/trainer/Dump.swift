// `trainer dump`: one batch with all outputs and gradients in a file, for other frameworks to check.

import ArgumentParser
import Foundation
import NeuralMemory
import Training

struct Dump: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write one batch with its outputs, loss and gradients to a safetensors file.",
        discussion: """
            The file holds inputs, targets, mask, outputs (before the last nonlinearity), loss, and param/NAME and \
            grad/NAME for every parameter, so that any other framework can check the mathematics. Arrays over steps are \
            time-major. docs/CHECKPOINT.md describes them all; Tests/peers/check_dump.py rebuilds the network in \
            PyTorch and compares.

            Example:
              trainer dump runs/reversal-stack-1 --batch-size 3 --length 6 --seed 1 --output dump.safetensors
            """)

    @OptionGroup var trained: TrainedNetwork

    @Option(parsing: .unconditional, help: "Sequences in the batch.")
    var batchSize: Int

    @Option(parsing: .unconditional, help: "The length of each sequence.")
    var length: Int

    @Option(parsing: .unconditional, help: "Decides the sequences.")
    var seed: UInt64

    @Option(parsing: .unconditional, help: ArgumentHelp("A file that is not there yet.", valueName: "file"))
    var output: String

    func validate() throws {
        try requireOption("--batch-size", batchSize, in: 1...65_536)
        try requireOption("--length", length, in: 1...largestSize)
        if output.isEmpty { throw ValidationError("--output is empty; it must be a path.") }
    }

    func run() throws {
        let file = URL(fileURLWithPath: output)
        guard !FileManager.default.fileExists(atPath: file.path) else {
            throw FileError(file, "this is there already, and is not overwritten; choose another --output")
        }
        let (_, configuration, network) = try trained.load()
        let task = configuration.task
        try requireLengths("--length", length...length, of: task)
        try network.requireMemory(
            steps: task.steps(length: length), sequences: batchSize, option: "--length", value: length)
        let dump = try BatchDump.collect(network, configuration, batchSize: batchSize, length: length, seed: seed)
        try Safetensors.write(dump.entries, metadata: dump.metadata, to: file)
        try write("\(output): \(dump.entries.count) arrays\n")
    }
}
