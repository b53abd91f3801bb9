// `kernel-bench levels`: which vector instructions this machine has kernels for.

import ArgumentParser
import Foundation
import NeuralMemory

struct ListLevels: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "levels",
        abstract: "List the levels of vector instructions that this processor has, a name on each line.",
        discussion: """
            Each is a value for NEURALMEMORY_ISA. The levels that this processor lacks are named on standard error.
            """)

    func run() throws {
        let supported = Runtime.supportedLevels
        for level in supported { print(level.rawValue) }
        let others = InstructionLevel.allCases.filter { !supported.contains($0) }.map(\.rawValue)
        try FileHandle.standardError.write(
            contentsOf: Data("Not on this processor: \(others.joined(separator: ", ")).\n".utf8))
    }
}
