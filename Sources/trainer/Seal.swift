// `trainer seal`: a valid checksum for a checkpoint that another program has changed.

import ArgumentParser
import Foundation
import NeuralMemoryTraining

struct Seal: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Give a checkpoint that another program has changed a valid checksum.",
        discussion: """
            Checkpoints are safetensors files, which Python and other languages can change and write. The checksum in \
            them is then no longer that of their contents, and all commands call them damaged. This command checks that \
            the arrays are those of the network and hold numbers that are finite, and writes the new checksum. Do this \
            only with files that were changed on purpose: it makes damage look valid.

            Examples:
              trainer seal runs/reversal-stack-1/checkpoints/best.safetensors
            """)

    @Argument(
        help: ArgumentHelp("A checkpoint file; it is replaced.", valueName: "checkpoint"),
        completion: .file(extensions: ["safetensors"]))
    var path: String

    func run() throws {
        let file = URL(fileURLWithPath: path)
        let isChanged = try Checkpoint.seal(file)
        try write(isChanged ? "\(path) has a new checksum.\n" : "\(path) has the right checksum already.\n")
    }
}
