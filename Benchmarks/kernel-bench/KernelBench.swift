// The program `kernel-bench`: measures the kernels. Each subcommand is one kind of measurement, in a file of its own.

import ArgumentParser
import NeuralMemory

@main
struct KernelBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kernel-bench",
        abstract: "Verify and time the kernels, and time whole training steps.",
        discussion: """
            Without a subcommand: kernel-bench [--filter TEXT] [--threads K] [--json FILE], which measures every kernel \
            whose name contains TEXT. `kernel-bench help kernels` says what it prints.
            NEURALMEMORY_ISA in the environment chooses the vector instructions; `kernel-bench levels` lists them.
            """,
        subcommands: [MeasureKernels.self, MeasureStep.self, ListLevels.self],
        defaultSubcommand: MeasureKernels.self)

    static func main() {
        do { try Runtime.checkEnvironment() } catch { exit(withError: ValidationError("\(error).")) }
        main(nil)
    }
}
