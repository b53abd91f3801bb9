// `trainer evaluate`: how often a trained network is right, at the lengths it was trained at and at others.

import ArgumentParser
import Foundation
import NeuralMemory
import NeuralMemoryTasks
import NeuralMemoryTraining

struct Evaluate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Count how often a trained network is right, at any lengths.",
        discussion: """
            For each length, new random sequences are drawn and the network answers them. The columns:
              coarse      the share of sequences that are wholly right
              fine        the mean share of a sequence that is right before its first error
              bits        the loss of a sequence, in bits; 0 is perfect
              wrong_bits  the wrong bits of a sequence, for tasks whose outputs are bits
              excess      what bits come to above the best possible predictor, where the task knows it

            Examples:
              trainer evaluate runs/reversal-stack-1
              trainer evaluate runs/reversal-stack-1 --length 64 256 65-128 --episodes 200
              trainer evaluate runs/reversal-stack-1/checkpoints/latest.safetensors --format json
              trainer evaluate runs/copy-bits-ntm-1 --length 120 --rows 256
              trainer evaluate runs/repeat-copy-ntm-1 --length 20 --set task.fixedRepeats=20
              trainer evaluate runs/pairs-queue-1 --data test.tsv

            A network trained on a file of pairs is evaluated on all pairs of --data, or else on those that were held out \
            while it was trained; on so many of them as --episodes says, where that is given.

            inspect and dump draw as evaluate does: with the same --seed and --length they show the first of the sequences \
            that are counted here.

            Without --length these are the range trained at and the lengths of training.evaluation.lengths in the \
            run's configuration. The JSON is {"checkpoint": …, "task": …, "results": [{"length": L, "episodes": N, \
            "coarse": …, "fine": …, "bits": …}]}, where a range of lengths is a text such as "1-16". After "bits" comes \
            "wrong_bits" for tasks whose outputs are bits, and "optimal_bits" and "excess_bits" where the task knows its \
            best possible predictor.
            """)

    @OptionGroup var trained: TrainedNetwork

    @Option(
        name: [.customLong("length"), .customLong("lengths")], parsing: .upToNextOption,
        help: ArgumentHelp(
            "Lengths, or ranges of them such as 1-16: one result for each.", valueName: "length"))
    var lengths: [LengthRange] = []

    @Option(
        parsing: .unconditional,
        help: "Sequences for each length, or of a file of pairs. (default: 1000; all pairs of a file)")
    var episodes: Int?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("For task pairs: a file with SOURCE, a tab and TARGET on each line.", valueName: "file"))
    var data: String?

    @Option(
        parsing: .unconditional,
        help: """
            Decides the sequences. (default: far from the training's seed, so that neither the training nor the choice \
            of the best checkpoint has seen them)
            """)
    var seed: UInt64?

    @Option(
        parsing: .unconditionalSingleValue,
        help: ArgumentHelp(
            "Sets a field of the task, such as task.fixedRepeats=20; may be given several times. What goes into the "
                + "network and comes out of it must keep its width.", valueName: "key=value"))
    var set: [String] = []

    @Option(parsing: .unconditional, help: "text or json.")
    var format = OutputFormat.text

    func validate() throws {
        if let episodes { try requireOption("--episodes", episodes, in: 1...1_000_000) }
        if data == "" { throw ValidationError("--data is empty; it must be a path.") }
    }

    func run() throws {
        let (file, configuration, network) = try load()
        let results = try evaluate(configuration, network)
        let task = configuration.task
        let summary = EvaluationSummary(
            checkpoint: file.relativePath, task: configuration.task.kind, results: results)
        switch format {
        case .json: try write(summary.json + "\n")
        case .text:
            let title = "\(file.relativePath): \(task.kind), memory \(configuration.network.memory.kind)\n"
            try write(title + summary.table)
        }
    }

    /// On drawn sequences of each length, or on data.
    private func evaluate(_ configuration: RunConfiguration, _ network: Network) throws -> [EvaluationResult] {
        for length in lengths { try requireLengths(length.range, of: configuration.task) }
        let task = try openHeldOut(configuration.task, file: data)
        let status = StatusLine()
        defer { status.erase() }
        if data != nil { for note in try task.notes(progress: status.show) { complain("Note: \(note).") } }
        let training = configuration.training
        let known = [task.lengths] + training.evaluation.lengths.map(\.range)
        let ranges = lengths.isEmpty ? known : lengths.map(\.range)
        let longest = ranges.map(\.upperBound).max() ?? 1
        let evaluation = Evaluation(task: task, seed: seed ?? training.seed &+ 1_000_003, episodes: episodes)
        try trained.requireMemory(configuration, network, options: lengthOption(longest, task)) { values in
            ranges.map { evaluation.use(length: min($0.upperBound, values.first ?? .max), by: network.model) }
        }
        if let warning = configuration.warning(longestLength: longest) {
            complain("Warning: \(warning). --rows gives it more.")
        }
        return try evaluation.sets(ranges).map { set in
            try evaluation.run(network, on: set) { done in
                status.show("length \(set.lengths.label): \(done) of \(set.count) sequences")
            }
        }
    }

    private func load() throws -> (file: URL, configuration: RunConfiguration, network: Network) {
        try reportingOptions(of: "evaluate", { try set.map { try SettingOverride(assignment: $0) } }) { overrides in
            try trained.load { try $0.withTaskSettings(overrides) }
        }
    }
}

/// "64" or "1-16".
extension LengthRange: ExpressibleByArgument {
    public init?(argument: String) {
        self.init(argument)
        guard (1...largestSize).contains(range.lowerBound), range.upperBound <= largestSize else { return nil }
    }
}
