// `trainer inspect`: one episode of a trained network, with what its memory did at each step.

import ArgumentParser
import NeuralMemory
import NeuralMemoryTasks
import NeuralMemoryTraining

struct Inspect: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show one episode of a trained network: strengths, depth and where each read comes from.",
        discussion: """
            A table has a line for each step: input, target and the network's output, and then what the memory did.
              push, pop   the strengths of the step, from 0 to 1
              depth       the sum of all strengths in the memory after the step
              read        the steps whose vectors the read consists of, with their weights, largest first
            For a memory of rows:
              gate        1 where a head looks for content, 0 where it stays with its last focus
              read, write the rows with the largest weights
            A deque has push, pop and read for its top and its bottom; the end of a pushed vector is t or b.

            On a terminal, a picture takes the place of the table: steps from left to right, and under them the same \
            numbers, and those of all rows or entries, as shades. Colours are left out where NO_COLOR is set. --format \
            table gives the table.

            A network trained on a file shows a sequence of those that were held out while it was trained, or of \
            --data, and says on which line it stands. With --input it is a sequence of your own: a source, whose answer is the \
            network's, symbol by symbol; or a source, a tab and the target that the network is to hear. For other \
            tasks of symbols likewise. For a network trained on --task sequences it is a line of JSON, as in a file, \
            or the inputs as CSV has them, and after a tab the targets; without targets all outputs are shown, and \
            a null for each says how many are asked for after the inputs. For --task text it is a text. \
            What a task draws is the first sequence that trainer evaluate with the same seed and length counts.

            Examples:
              trainer inspect runs/reversal-stack-1
              trainer inspect runs/reversal-stack-1 --length 12 --seed 5 --largest 2
              trainer inspect runs/reversal-stack-1 --input "h e l l o"
              trainer inspect runs/reversal-stack-1 --length 12 --format heatmap
              trainer inspect runs/copy-bits-ntm-1 --format json
              trainer inspect runs/pairs-queue-1 --data test.tsv --seed 3
              trainer inspect runs/pairs-queue-1 --input "$(printf 'source\\ttarget')"
              trainer inspect runs/sequences-stack-1 --input "the dog barks"
              trainer inspect runs/sequences-stack-1 --input '{"inputs": [[1, 0.5], [2, 1]], "targets": [1, null]}'
            """)

    @OptionGroup var trained: TrainedNetwork

    @Option(
        parsing: .unconditional,
        help: "The sequence's length; the task says what it counts. (default: 6, or the nearest trained at)")
    var length: Int?

    @Option(parsing: .unconditional, help: "Decides the sequence. (default: 1)")
    var seed: UInt64?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("A file of the form that the network was trained on.", valueName: "file"))
    var data: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "For tasks of symbols and your own data: the sequence itself; its target may follow after a tab.",
            valueName: "sequence"))
    var input: String?

    @Option(
        name: .customLong("largest"), parsing: .unconditional,
        help: "How many weights of each read and write the table shows, up to as many as there are.")
    var topK = 3

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "auto, table, heatmap or json; auto is heatmap on a terminal that can show it, and else table.",
            valueName: "format"))
    var format = InspectionFormat.auto

    func validate() throws {
        if let length { try requireOption("--length", length, in: 1...100_000) }
        try requireOption("--largest", topK, in: 1...largestSize)
        if data == "" { throw ValidationError("--data is empty; it must be a path.") }
        guard input != nil else { return }
        let others = [
            ("--length", length.map { "\($0)" }), ("--seed", seed.map { "\($0)" }), ("--data", data)
        ]
        if case (let option, let value?)? = others.first(where: { $1 != nil }) {
            throw ValidationError("--input is the whole sequence, and \(option) \(value) was given too; leave one out.")
        }
    }

    func run() throws {
        let (file, configuration, network) = try trained.load()
        let task = configuration.task
        let inspection: Inspection
        if let input {
            inspection = try inspect(network, configuration, input)
        } else {
            inspection = try inspect(network, configuration)
        }
        switch format {
        case .json: try write(try inspection.json() + "\n")
        default:
            let terminal = Terminal.output
            let place = inspection.place.map { "\n\($0)" } ?? ""
            try write(
                "\(file.relativePath): \(task.kind), memory \(inspection.memory)\(place)\n"
                    + (isHeatmap
                        ? inspection.heatmap(columns: terminal.columns, hasColours: terminal.hasColours)
                        : inspection.table(topK: topK)))
        }
    }

    private var isHeatmap: Bool {
        let terminal = Terminal.output
        // Of so long a sequence a terminal shows little, and the strengths of all its entries take much memory.
        let isShort = length.map { $0 <= 1000 } ?? true
        return format == .heatmap || format == .auto && terminal.isTerminal && terminal.isUTF8 && isShort
    }

    /// Table and heatmap need no memory contents, which may be large.
    private func isWanted(_ signal: Signal) -> Bool {
        format == .json || (isHeatmap ? Inspection.isInHeatmap(signal) : Inspection.isInTable(signal))
    }

    private func recordingBytes(_ model: NetworkModel, _ uses: [NetworkUse]) -> Double {
        uses.reduce(0) { $0 + model.recordingBytes(steps: $1.steps, isWanted: isWanted) }
    }

    /// The first sequence of the task to evaluate on.
    private func inspect(_ network: Network, _ configuration: RunConfiguration) throws -> Inspection {
        if let length {
            try requireLengths(
                length...length, of: configuration.task,
                instead: "--seed chooses another line, and --input gives a sequence")
        }
        let task = try openHeldOut(
            configuration.task, file: data, instead: "--data FILE or --input SEQUENCE takes others")
        let lengths = length.map { $0...$0 } ?? Inspection.usualLengths(of: task)
        let set = try task.evaluationSets([lengths], count: nil, seed: seed ?? 1)[0]
        let steps = try set.steps(ofSample: 1)
        try trained.requireMemory(
            configuration, network, options: lengthOption(lengths.upperBound, task), besides: recordingBytes
        ) { values in
            [.stream(steps: values.first.map(task.steps) ?? steps, batch: 1)]
        }
        let sample = try set.sample(1)
        return try Inspection(network, task: task, sample.batch, from: sample.places.first, signals: isWanted)
    }

    private func inspect(
        _ network: Network, _ configuration: RunConfiguration, _ input: String
    ) throws -> Inspection {
        let task = configuration.task
        guard let given = try GivenSequence(input, for: task, network) else {
            throw ValidationError(
                "--input is for tasks with sources and targets of symbols, for languages, and for your own data, "
                    + "and this network was trained on \(task.kind); leave it out, or see 'trainer predict --stream'.")
        }
        try trained.requireMemory(configuration, network, options: [], besides: recordingBytes) { _ in
            [.stream(steps: given.batch.steps, batch: 1)]
        }
        return try Inspection(network, task: task, given.batch, hasTarget: given.hasTarget, signals: isWanted)
    }
}

/// How an inspected episode is printed.
enum InspectionFormat: String, ExpressibleByArgument, CaseIterable {
    case auto, table, heatmap, json

    /// `text` is what the table was called before there were heatmaps.
    init?(argument: String) { self.init(rawValue: argument == "text" ? "table" : argument) }
}
