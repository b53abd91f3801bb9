// `trainer evaluate`: how often a trained network is right, at the lengths it was trained at and at others.

import ArgumentParser
import Foundation
import NeuralMemory
import NeuralMemoryTasks
import NeuralMemoryTraining

struct Evaluate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Count how often trained networks are right, at any lengths.",
        discussion: """
            For each length, new random sequences are drawn and the network answers them. The columns:
              coarse      the share of sequences that are wholly right
              fine        the mean share of a sequence that is right before its first error
              bits        the loss of a sequence, in bits; 0 is perfect
              wrong_bits  the wrong bits of a sequence, for tasks whose outputs are bits
              bits_per_symbol, perplexity
                          in place of coarse and fine, for texts: what a character, byte or word costs in bits, and 2 to
                          the power of that
              rmse, mae   in place of coarse and fine, for tasks whose outputs are numbers: the root of the mean squared
                          error of a number, and the mean absolute error
              excess      what bits come to above the best possible predictor, where the task knows it

            Examples:
              trainer evaluate runs/reversal-stack-1
              trainer evaluate runs/reversal-stack-1 --length 64 --length 65-128 --episodes 200
              trainer evaluate runs/reversal-stack-1 runs/reversal-deque-1 --length 16,64,256
              trainer evaluate runs/reversal-stack-seeds-1
              trainer evaluate runs/reversal-stack-1/checkpoints/latest.safetensors --format json
              trainer evaluate runs/copy-bits-ntm-1 --length 120 --rows 256
              trainer evaluate runs/repeat-copy-ntm-1 --length 20 --set task.fixedRepeats=20
              trainer evaluate runs/pairs-queue-1 --data test.tsv
              trainer evaluate runs/sequences-none-1 --data test.jsonl --by label

            A network trained on a file of pairs or sequences is evaluated on all those of --data, or else on those that were \
            held out while it was trained; on so many of them as --episodes says, where that is given. --by adds a table \
            of groups: by the steps that sequences take, or by their label where each has one target symbol.

            Of several runs, and of a folder of seeds, each is evaluated; the median over all stands under each length, \
            where they have the same task.

            With 'mpirun -n N trainer evaluate …', N processes share each batch; docs/MANY-MACHINES.md says how.

            inspect and dump draw as evaluate does: with the same --seed and --length they show the first of the sequences \
            that are counted here.

            Without --length these are the range trained at and the lengths of training.evaluation.lengths in the \
            run's configuration. The JSON is {"checkpoint": …, "task": …, "results": [{"length": L, "episodes": N, \
            "coarse": …, "fine": …, "bits": …}]}, where a range of lengths is a text such as "1-16"; of several runs it is \
            {"runs": […], "median": […]}, with an object for each run and a result for each length. After "bits" comes \
            "wrong_bits" for tasks whose outputs are bits; texts have "bits_per_symbol" and "perplexity", and tasks whose outputs are numbers "rmse" and "mae", in place \
            of "coarse" and "fine"; and there are "optimal_bits" and "excess_bits" where the task knows its \
            best possible predictor. With --by there is "groups", a list with "group", a name, in place of "length".
            """)

    @Argument(
        help: ArgumentHelp(
            "Runs' folders, whose best checkpoints are taken, folders of seeds, or checkpoint files.",
            valueName: "dir-or-checkpoint"), completion: .file(extensions: ["safetensors"]))
    var paths: [String]

    @OptionGroup var options: NetworkOptions

    @Option(
        name: [.customLong("length"), .customLong("lengths")], parsing: .unconditionalSingleValue,
        help: ArgumentHelp(
            "A length, a range such as 1-16, or several with commas between them; may be given several times.",
            valueName: "length"))
    var lengthLists: [LengthList] = []

    private var lengths: [LengthRange] { lengthLists.flatMap(\.ranges) }

    @Option(
        parsing: .unconditional,
        help: "Sequences for each length, or of a file. (default: 1000; all of a file)")
    var episodes: Int?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("A file to evaluate on, of the form that the network was trained on.", valueName: "file"),
        completion: .file())
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
                + "network and comes out of it must keep its width.", valueName: "key=value"),
        completion: .settings("task."))
    var set: [String] = []

    @Option(
        parsing: .unconditional, help: "For networks trained on data: groups to give results for, length or label.")
    var by: EvaluationGrouping?

    @Option(parsing: .unconditional, help: "text or json.")
    var format = OutputFormat.text

    func validate() throws {
        if let episodes { try requireOption("--episodes", episodes, in: 1...1_000_000) }
        if data == "" { throw ValidationError("--data is empty; it must be a path.") }
    }

    func run() throws {
        let ranks = try Ranks.join(options.threads)
        if let ranks, ranks.rank > 0 { return try follow(ranks) }
        // All of them first: to find that one is missing after hours would be late.
        let (files, isSeveral) = try locate()
        if let by, isSeveral { throw ValidationError("--by \(by.rawValue) is for one run; name one.") }
        let runs = try files.map { name, file in
            do {
                return try evaluate(name, file, ranks, label: isSeveral ? "\(name): " : "")
            } catch {
                if isSeveral { complain("\(name) cannot be evaluated:") }
                throw error
            }
        }
        let comparison = EvaluationComparison(runs)
        switch (format, isSeveral) {
        case (.json, true): try write(comparison.json + "\n")
        case (.json, false): try write(runs[0].summary.json + "\n")
        case (.text, true): try write(comparison.table)
        case (.text, false):
            let (summary, memory) = (runs[0].summary, runs[0].memory)
            try write("\(summary.checkpoint): \(summary.task), memory \(memory)\n" + summary.table)
        }
    }

    /// The checkpoints that the paths mean, with what to call them, and whether a table of several is asked for.
    private func locate() throws -> (files: [(name: String, file: URL)], isSeveral: Bool) {
        var files: [(name: String, file: URL)] = []
        var isSeveral = paths.count > 1
        for path in paths {
            let url = URL(fileURLWithPath: path)
            if LengthRange(path) != nil, !FileManager.default.fileExists(atPath: url.path) {
                throw ValidationError(
                    "\(path) is no run; --length takes one value: --length \(lengths.first?.range.label ?? "8"),\(path)."
                )
            }
            guard try SeedDirectory.holdsSeeds(url) else {
                files.append((path, try RunDirectory.locateCheckpoint(path)))
                continue
            }
            isSeveral = true
            let runs = try SeedDirectory.readers(at: url)
            let found = try runs.compactMap { seed, run -> (name: String, file: URL)? in
                let name = "\(path)/seed-\(seed)"
                guard try run.bestCheckpoint() ?? run.latestCheckpoint() != nil else {
                    complain("Note: \(name) has no checkpoint yet, and is left out.")
                    return nil
                }
                return (name, try RunDirectory.locateCheckpoint(name))
            }
            if found.isEmpty { throw FileError(url, "no run in this folder has a checkpoint yet") }
            files += found
        }
        return (files, isSeveral)
    }

    /// One run; `label` begins its lines of progress.
    private func evaluate(
        _ name: String, _ file: URL, _ ranks: Ranks?, label: String
    ) throws -> EvaluationComparison.Run {
        let checkpoint = try Checkpoint.read(from: file)
        let subject = try makeSubject(checkpoint)
        for note in subject.notes { complain(note) }
        try ranks?.begin(subject, checkpoint)
        let (results, groups) = try results(subject, label: label)
        ranks?.note(.waiting)
        let configuration = subject.configuration
        let summary = EvaluationSummary(
            checkpoint: file.relativePath, task: configuration.task.kind, results: results, groups: groups)
        return EvaluationComparison.Run(name: name, memory: configuration.network.memory.kind, summary: summary)
    }

    /// A network with what it is evaluated on.
    struct Subject {
        let configuration: RunConfiguration
        let network: Network
        let evaluation: Evaluation
        /// Drawn sequences of each length, or data.
        let sets: [any EvaluationSet]
        /// What there is to say about them, in lines.
        let notes: [String]
    }

    /// Checks everything before anything is computed.
    func makeSubject(_ checkpoint: Checkpoint) throws -> Subject {
        let (configuration, network) = try makeNetwork(checkpoint)
        try requireOptions(for: configuration.task)
        let task = try openHeldOut(configuration.task, file: data)
        let status = StatusLine()
        defer { status.erase() }
        var notes = data == nil ? [] : try task.notes(progress: status.show).map { "Note: \($0)." }
        let training = configuration.training
        let known = [task.lengths] + training.evaluation.lengths.map(\.range)
        let ranges = lengths.isEmpty ? known : lengths.map(\.range)
        let longest = ranges.map(\.upperBound).max() ?? 1
        let evaluation = Evaluation(
            task: task, seed: seed ?? training.seed &+ 1_000_003, episodes: episodes, carries: training.carry)
        try options.requireMemory(configuration, network, options: lengthOption(longest, task)) { values in
            ranges.map { evaluation.use(length: min($0.upperBound, values.first ?? .max), by: network.model) }
        }
        if let warning = configuration.warning(longestLength: longest) {
            notes.append("Warning: \(warning). --rows gives it more.")
        }
        return Subject(
            configuration: configuration, network: network, evaluation: evaluation, sets: try evaluation.sets(ranges),
            notes: notes)
    }

    private func requireOptions(for task: any SequenceTask) throws {
        if let by, task.drawsSequences {
            throw ValidationError(
                "--by \(by.rawValue) is for data, and \(task.kind) draws its sequences; --length takes several lengths."
            )
        }
        if let by, task.hasStreams {
            throw ValidationError("--by \(by.rawValue) is for sequences, and the stretches of a text are all alike.")
        }
        for length in lengths { try requireLengths(length.range, of: task) }
    }

    /// Computes with all ranks, where there are several.
    func results(_ subject: Subject, label: String = "") throws -> ([EvaluationResult], groups: [EvaluationGroup]) {
        let (evaluation, network) = (subject.evaluation, subject.network)
        let status = StatusLine()
        defer { status.erase() }
        let results = try subject.sets.map { set in
            try evaluation.run(network, on: set) { done in
                status.show("\(label)length \(set.lengths.label): \(done) of \(set.count) sequences")
            }
        }
        guard let by else { return (results, []) }
        do {
            return (results, try evaluation.groups(network, by: by) { status.show("groups: \($0) sequences") })
        } catch let error as UsageError where error.call == "DataSequences.groups" {
            let refusal = ValidationError("--by \(by.rawValue): \(error.problem).")
            // All ranks find it alike.
            throw Ranks.current?.agreed("Error: \(refusal.message)", .validationFailure) ?? refusal
        }
    }

    private func makeNetwork(
        _ checkpoint: Checkpoint
    ) throws -> (configuration: RunConfiguration, network: Network) {
        try reportingOptions(of: "evaluate", { try set.map { try SettingOverride(assignment: $0) } }) { overrides in
            try options.makeNetwork(of: checkpoint) { try $0.withTaskSettings(overrides) }
        }
    }
}

extension EvaluationGrouping: ExpressibleByArgument {}

/// "64", "1-16" or "8,64,65-128".
struct LengthList: ExpressibleByArgument {
    let ranges: [LengthRange]

    init?(argument: String) {
        let ranges = argument.split(separator: ",", omittingEmptySubsequences: false).map { LengthRange(String($0)) }
        self.ranges = ranges.compactMap { $0 }
        let sizes = 1...largestSize
        guard ranges.count == self.ranges.count,
            self.ranges.allSatisfy({ sizes.contains($0.range.lowerBound) && sizes.contains($0.range.upperBound) })
        else { return nil }
    }
}
