// `trainer gradcheck`: backpropagation through a whole network against finite differences of its loss.

import ArgumentParser
import Foundation
import NeuralMemory
import NeuralMemoryTraining

struct GradCheck: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gradcheck",
        abstract: "Compare a network's gradients with finite differences of its loss.",
        discussion: """
            Every parameter is moved along its own gradient, along random directions and along single elements, and the \
            slope of the loss is measured. A line for each parameter says how many slopes were compared, how many \
            attempts were rejected (because a max or min changed sides there, or the slope was lost in rounding), the \
            largest relative error and where it was. The last line is the verdict; where a gradient is wrong, or too \
            little could be compared, it begins with FAILED and the exit code is 1.

            Examples:
              trainer gradcheck
              trainer gradcheck --memory deque --controller lstm --seed 2
              trainer gradcheck --memory queue --set network.output.source=controller-and-reads
              trainer gradcheck --memory ntm --set network.memory.heads=2 --set network.memory.maximumShift=2
              trainer gradcheck --preset fast/reversal-stack --format json

            Without a preset or file the network is small, so that this takes a second or two.
            """)

    @OptionGroup var options: ConfigurationOptions

    @Option(parsing: .unconditional, help: "Decides parameters, sequences and directions.")
    var seed: UInt64 = 1

    @Option(parsing: .unconditional, help: "Sequences in a batch, 1 to 1024.")
    var batchSize = 3

    @Option(parsing: .unconditional, help: "text or json.")
    var format = OutputFormat.text

    @OptionGroup var threads: ThreadOption

    func validate() throws {
        try requireOption("--batch-size", batchSize, in: 1...1024)
    }

    func run() throws {
        threads.apply()
        let (configuration, network) = try make()
        let task = configuration.task
        let lengths = GradientCheck.lengths(of: task)
        let subject = try GradientCheckSubject(
            network: network, task: task, batchSize: batchSize, lengths: lengths, seed: seed)
        let report = try GradientCheck().run(subject, seed: seed)
        let (memory, controller) = (network.configuration.memory.kind, network.configuration.controller.kind)
        switch format {
        case .json:
            let fields = [("task", task.kind), ("memory", memory), ("controller", controller), ("seed", "\(seed)")]
            try write(report.json(fields) + "\n")
        case .text:
            let title =
                "task \(task.kind), memory \(memory), controller \(controller), batches of \(batchSize), lengths "
                + "\(lengths.label), seed \(seed)\n"
            try write(title + report.table + report.verdict + "\n")
        }
        if !report.passes { throw ExitCode.failure }
    }

    /// What a check takes.
    private static func bytes(_ configuration: RunConfiguration) throws -> Double {
        let task = configuration.task
        let model = try NetworkModel(configuration.network, signature: task.signature)
        let steps = task.steps(length: GradientCheck.lengths(of: task).upperBound)
        let batch = configuration.training.batchSize
        return RunConfiguration.bytes(model, [.training(steps: steps, batch: batch)])
    }

    private func make() throws -> (RunConfiguration, Network) {
        try reportingOptions(of: "gradcheck", { try options.overrides() }) { overrides in
            var configuration = try GradientCheck.configuration(
                preset: options.preset, file: options.file, overrides: overrides)
            try GradientCheck.requireWholeGradients(configuration.network)
            if options.data != nil { try configuration.openData() }
            configuration.training.batchSize = batchSize
            try configuration.requireMemory(batchSize: "--batch-size", Self.bytes)
            let signature = configuration.task.signature
            return (configuration, try Network(configuration.network, signature: signature, seed: seed))
        }
    }
}
