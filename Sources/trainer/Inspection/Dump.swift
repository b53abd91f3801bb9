// `trainer dump`: one batch with all outputs and gradients in a file, for other frameworks to check.

import ArgumentParser
import Foundation
import NeuralMemory
import NeuralMemoryTasks
import NeuralMemoryTraining

struct Dump: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write one batch with its outputs, loss and gradients to a safetensors file.",
        discussion: """
            The file holds inputs, targets, mask, outputs (before the last nonlinearity), loss, and param/NAME and \
            grad/NAME for every parameter, so that any other framework can check the mathematics. Arrays over steps are \
            time-major. docs/CHECKPOINT.md describes them all; Tests/peers/check_dump.py rebuilds the network in \
            PyTorch and compares.

            What a task draws are the first sequences that trainer evaluate with the same seed and length counts. Of a \
            network trained on a file of pairs, the batch has pairs that were held out while it was trained, or pairs of \
            --data, spread evenly over the file from a place that the seed decides; "data" among the file's metadata \
            says where each stands.

            Examples:
              trainer dump runs/reversal-stack-1 --batch-size 3 --length 6 --seed 1 --output dump.safetensors
              trainer dump runs/pairs-queue-1 --batch-size 3 --seed 1 --output dump.safetensors
            """)

    @OptionGroup var trained: TrainedNetwork

    @Option(parsing: .unconditional, help: "Sequences in the batch.")
    var batchSize: Int

    @Option(parsing: .unconditional, help: "The length of each sequence; not for networks trained on a file of pairs.")
    var length: Int?

    @Option(parsing: .unconditional, help: "Decides the sequences.")
    var seed: UInt64

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("A file of the form that the network was trained on.", valueName: "file"))
    var data: String?

    @Option(parsing: .unconditional, help: ArgumentHelp("A file that is not there yet.", valueName: "file"))
    var output: String

    func validate() throws {
        try requireOption("--batch-size", batchSize, in: 1...65_536)
        if let length { try requireOption("--length", length, in: 1...largestSize) }
        if data == "" { throw ValidationError("--data is empty; it must be a path.") }
        if output.isEmpty { throw ValidationError("--output is empty; it must be a path.") }
    }

    func run() throws {
        let file = URL(fileURLWithPath: output)
        guard !FileManager.default.fileExists(atPath: file.path) else {
            throw FileError(file, "this is there already, and is not overwritten; choose another --output")
        }
        let (_, configuration, network) = try trained.load()
        let dump = try collect(network, configuration)
        try Safetensors.write(dump.entries, metadata: dump.metadata, to: file)
        try write("\(output): \(dump.entries.count) arrays\n")
    }

    private func collect(_ network: Network, _ configuration: RunConfiguration) throws -> Safetensors {
        if let length { try requireLengths(length...length, of: configuration.task) }
        let task = try openHeldOut(configuration.task, file: data)
        guard length != nil || !task.drawsSequences else {
            throw ValidationError("--length is missing; \(task.kind) draws sequences of a length that it must be told.")
        }
        let lengths = length.map { $0...$0 } ?? task.lengths
        let set = try task.evaluationSets([lengths], count: nil, seed: seed)[0]
        try requireOption("--batch-size", batchSize, in: 1...min(65_536, set.largestSample))
        let steps = try set.steps(ofSample: batchSize)
        let options = [("--batch-size", batchSize)] + lengthOption(lengths.upperBound, task)
        try trained.requireMemory(configuration, network, options: options, copies: 2) { values in
            let steps = values.count > 1 ? task.steps(length: values[1]) : steps
            return [.training(steps: steps, batch: values[0])]
        }
        let sample = try set.sample(batchSize)
        return try BatchDump.collect(network, configuration, sample.batch, from: sample.places)
    }
}
