// `trainer gradcheck`: backpropagation through a whole network against finite differences of its loss.

import ArgumentParser
import Foundation
import NeuralMemory
import Training

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
              trainer gradcheck --preset fast/reversal-stack --format json

            Without a preset or file the network is small, so that this takes a second or two.
            """)

    @Option(parsing: .unconditional, help: "A shipped configuration; `trainer presets` lists them.")
    var preset: String?

    @Option(parsing: .unconditional, help: "A configuration file in YAML, such as a run's config.yaml.")
    var config: String?

    @Option(parsing: .unconditional, help: "The task to draw sequences of; `trainer tasks` lists them.")
    var task: String?

    @Option(parsing: .unconditional, help: "stack, queue, deque, or none.")
    var memory: String?

    @Option(parsing: .unconditional, help: "lstm, rnn or feedforward.")
    var controller: String?

    @Option(
        parsing: .unconditionalSingleValue,
        help: ArgumentHelp(
            "Sets any field of the configuration, by its dotted path; may be given several times.",
            valueName: "key=value"))
    var set: [String] = []

    @Option(parsing: .unconditional, help: "Decides parameters, sequences and directions.")
    var seed: UInt64 = 1

    @Option(parsing: .unconditional, help: "Sequences in a batch, 1 to 1024.")
    var batchSize = 3

    @Option(parsing: .unconditional, help: "text or json.")
    var format = OutputFormat.text

    @OptionGroup var threads: ThreadOption

    func validate() throws {
        try requireOption("--batch-size", batchSize, in: 1...1024)
        if let preset, let config {
            throw ValidationError("--preset \(preset) and --config \(config) were both given; leave one out.")
        }
    }

    func run() throws {
        threads.apply()
        let configuration = try makeConfiguration()
        let (task, network) = (configuration.task, configuration.network)
        let lengths = GradientCheck.lengths(of: task)
        let subject = GradientCheckSubject(
            network: try Network(network, signature: task.signature, seed: seed), task: task, batchSize: batchSize,
            lengths: lengths, seed: seed)
        let report = GradientCheck().run(subject, seed: seed)
        switch format {
        case .json:
            print(
                report.json([
                    ("task", task.kind), ("memory", network.memory.kind), ("controller", network.controller.kind),
                    ("seed", "\(seed)"),
                ]))
        case .text:
            print(
                "task \(task.kind), memory \(network.memory.kind), controller \(network.controller.kind), batches of "
                    + "\(batchSize), lengths \(lengths.label), seed \(seed)")
            print(report.table, terminator: "")
            print(report.verdict)
        }
        if !report.passes { throw ExitCode.failure }
    }

    private func makeConfiguration() throws -> RunConfiguration {
        let options = [
            ("--task", "task.kind", task), ("--memory", "network.memory.kind", memory),
            ("--controller", "network.controller.kind", controller),
        ]
        do {
            let named = options.compactMap { option, path, value in
                value.map { SettingOverride(path: path, value: $0, option: "\(option) \($0)") }
            }
            return try GradientCheck.configuration(
                preset: preset, file: config.map { URL(fileURLWithPath: $0) },
                overrides: named + set.map { try SettingOverride(assignment: $0) })
        } catch let error as SettingError where error.isOption {
            throw ValidationError("\(error).")
        }
    }
}
