// The program `kernel-bench`: measures the kernels. Each subcommand is one kind of measurement, in a file of its own.

import ArgumentParser

@main
struct KernelBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kernel-bench",
        abstract: "Verify and time the kernels.",
        subcommands: [MeasureKernels.self],
        defaultSubcommand: MeasureKernels.self)
}
