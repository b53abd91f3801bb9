// `trainer inspect`: one episode of a trained network, with what its memory did at each step.

import ArgumentParser
import NeuralMemory
import Tasks
import Training

struct Inspect: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show one episode of a trained network: strengths, depth and where each read comes from.",
        discussion: """
            A line for each step: input, target and the network's output, and then what the memory did.
              push, pop   the strengths of the step, from 0 to 1
              depth       the sum of all strengths in the memory after the step
              read        the steps whose vectors the read consists of, with their weights, largest first
            For a Turing machine:
              gate        1 where a head looks for content, 0 where it stays with its last focus
              read, write the rows with the largest weights
            A deque has push, pop and read for its top and its bottom; the end of a pushed vector is t or b.

            Examples:
              trainer inspect runs/reversal-stack-1
              trainer inspect runs/reversal-stack-1 --length 12 --seed 5 --largest 2
              trainer inspect runs/copy-bits-ntm-1 --format json
            """)

    @OptionGroup var trained: TrainedNetwork

    @Option(
        parsing: .unconditional,
        help: "The sequence's length; the task says what it counts. (default: 6, or the nearest trained at)")
    var length: Int?

    @Option(parsing: .unconditional, help: "Decides the sequence.")
    var seed: UInt64 = 1

    @Option(parsing: .unconditional, help: "How many places of each read are shown, 1 to 100.")
    var largest = 3

    @Option(parsing: .unconditional, help: "text or json.")
    var format = OutputFormat.text

    func validate() throws {
        if let length { try requireOption("--length", length, in: 1...100_000) }
        try requireOption("--largest", largest, in: 1...100)
    }

    func run() throws {
        let (file, configuration, network) = try trained.load()
        let task = configuration.task
        let lengths = length.map { $0...$0 } ?? usualLengths(task)
        try requireLengths("--length", lengths, of: task)
        try network.requireMemory(
            steps: task.steps(length: lengths.upperBound), option: "--length", value: lengths.upperBound)
        let inspection = try Inspection(network, task: task, length: lengths, seed: seed, largest: largest)
        switch format {
        case .json: try write(inspection.json + "\n")
        case .text: try write("\(file.relativePath): \(task.kind), memory \(inspection.memory)\n" + inspection.table)
        }
    }

    /// 6 where that is trained at, and else what is nearest; two lengths, since of one alone there may be no sequences.
    private func usualLengths(_ task: any SequenceTask) -> ClosedRange<Int> {
        let (shortest, longest) = (task.lengths.lowerBound, task.lengths.upperBound)
        return max(shortest, min(6, longest - 1))...min(longest, max(6, shortest + 1))
    }
}
