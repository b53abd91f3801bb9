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

    @Option(parsing: .unconditional, help: "Sequences in the batch, 1 to 4096.")
    var batchSize: Int

    @Option(parsing: .unconditional, help: "The length of each sequence, 1 to 65536.")
    var length: Int

    @Option(parsing: .unconditional, help: "Decides the sequences.")
    var seed: UInt64

    @Option(parsing: .unconditional, help: ArgumentHelp("A file that is not there yet.", valueName: "file"))
    var output: String

    /// Sequences times their length; a dump of more would be far larger than a check needs.
    private static let largestBatch = 1 << 17

    func validate() throws {
        try requireOption("--batch-size", batchSize, in: 1...4096)
        try requireOption("--length", length, in: 1...65_536)
        guard batchSize * length <= Self.largestBatch else {
            throw ValidationError(
                "--batch-size \(batchSize) times --length \(length) is \(batchSize * length); it must be at most "
                    + "\(Self.largestBatch).")
        }
        if output.isEmpty { throw ValidationError("--output is empty; it must be a path.") }
    }

    func run() throws {
        let file = URL(fileURLWithPath: output)
        guard !FileManager.default.fileExists(atPath: file.path) else {
            throw FileError(file, "this is there already, and is not overwritten; choose another --output")
        }
        let (_, configuration, network) = try trained.load()
        let dump = try BatchDump.collect(network, configuration, batchSize: batchSize, length: length, seed: seed)
        try Safetensors.write(dump.entries, metadata: dump.metadata, to: file)
        print("\(output): \(dump.entries.count) arrays")
    }
}
