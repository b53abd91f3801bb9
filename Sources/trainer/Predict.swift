// `trainer predict`: a trained network answers what is typed, line by line.

import ArgumentParser
import Foundation
import NeuralMemory
import NeuralMemoryTasks
import NeuralMemoryTraining

struct Predict: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Answer sources or sequences from standard input, line by line or as one stream.",
        discussion: """
            A line holds the symbols of one source sequence, separated by spaces, or each a character where the network \
            was trained so. Its answer is printed on one line: at each step the most likely symbol, until the network says \
            that the target is at its end. With --beam K the K likeliest beginnings of an answer are followed at once, and \
            the answer is the likeliest of all that were found, by the product of its symbols' probabilities.

            For a network trained on --task sequences, a line is a JSON object with "inputs", as in a file of JSON \
            lines, also where its own file is CSV. The answer is \
            {"targets": […]}, or {"target": …} where the sequence has one, with names, numbers and bits as the file has \
            them. Targets that a line has are ignored; where they come after the inputs, "targets" says by its \
            length how many are asked for, or else --max-length.

            Examples:
              echo "a b c d" | trainer predict runs/reversal-stack-1
              trainer predict runs/reversal-stack-1 < sources.txt > targets.txt
              trainer predict runs/pairs-queue-1 --beam 5 < sources.txt
              echo '{"inputs": [1, 2, 3]}' | trainer predict runs/sequences-none-1
              trainer predict runs/reversal-stack-1 --format json < sources.txt
              trainer predict runs/reversal-stack-1 --stream < symbols.txt
              echo "( [ ]" | trainer predict runs/dyck-stack-1 --stream
              tail -f numbers.txt | trainer predict runs/sums --stream --state kept

            With --stream all of the input is one sequence without end: for each symbol read, the most likely output of \
            that step is printed, on lines as they come. The words <s> and ||| are the marks before and after a source; \
            what follows ||| is the target as the network hears it. Tasks of languages, such as dyck, give the \
            set of symbols that may come next, with commas between them, and - for none. For networks that take vectors, \
            each step is as many numbers as a vector has, and its bits or numbers are printed on a line. Memory and time for a step \
            do not grow with the sequence, but for what the network itself keeps in its memory.

            With --state FILE the stream goes on from the state in FILE, where that is there, and the state is written into \
            it at the end of the input, and where Ctrl-C, SIGTERM or SIGHUP stops it, with exit code 75 then. The outputs \
            are those of one stream that was never interrupted. An error leaves the file as it was. A state is of one \
            network: of its parameters, and its --rows.

            With --format json each answer is an object on a line of its own. Of a source: "output", the symbols, or a text \
            where they are characters; "complete"; "log2_probability". Of a sequence: what text gives, with \
            "probabilities" and "raw". Of a step of a stream: "step", counted from the beginning of the stream; "output", \
            a name, names, bits, or numbers in the units of the data; "probabilities", by name where outputs have names; \
            "raw", the network's own outputs, which are logits, or standardised numbers. A single bit or number is in no list. \
            A line that cannot be answered gives {"error": …}.

            A network trained on a file of pairs or sequences reads a symbol that it was not trained on as <unk>. For others \
            an unknown symbol, and for all a line that cannot be read, is reported on standard error; its answer is an \
            empty line, or an empty object, so that answers stay beside their sources, and at the end the exit code is 1. \
            An answer that the network does not end is cut, at the longest length trained on, or at twice the source and \
            16 more where that is longer, or at --max-length. It is printed and reported; that does not change the exit code.
            """)

    @OptionGroup var trained: TrainedNetwork

    @Option(
        parsing: .unconditional,
        help: """
            The longest answer, in symbols. (default: the longest trained on, or twice the source and 16 more) For \
            sequences with targets after the inputs: how many to give for a line without "targets".
            """)
    var maxLength: Int?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("How many answers beam search follows at once; 1 is greedy.", valueName: "k"))
    var beam = 1

    @Flag(help: "Take the input as one sequence without end, and print an output for each symbol.")
    var stream = false

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "With --stream: go on from the state in this file, where it is there, and write the state into it in the end.",
            valueName: "file"), completion: .file())
    var state: String?

    @Option(parsing: .unconditional, help: "text or json: an object on each line.")
    var format = OutputFormat.text

    /// Bytes that a line of input may have.
    private static let longestLine = 1 << 26

    func validate() throws {
        try requireOption("--beam", beam, in: 1...1024)
        if stream, beam != 1 || maxLength != nil {
            throw ValidationError("--stream gives an output for each symbol; leave out --beam and --max-length.")
        }
        if let state {
            if state.isEmpty { throw ValidationError("--state is empty; it must be a path.") }
            if !stream { throw ValidationError("--state is of a stream; add --stream, or leave it out.") }
        }
        if let maxLength { try requireOption("--max-length", maxLength, in: 1...largestSize) }
    }

    func run() throws {
        // Before anything computes.
        if state != nil { StopSignal.install() }
        let (file, configuration, network) = try trained.load()
        if stream {
            try trained.requireMemory(configuration, network, options: []) { _ in InferenceEpisode.uses }
            var stream = try PredictStream(
                network, configuration.task, file, format: format, state: state.map { URL(fileURLWithPath: $0) })
            return try stream.run()
        }
        let answerer = try answerer(file, configuration, network)
        if isatty(STDIN_FILENO) == 1 { complain("\(answerer.help) Ctrl-D ends.") }
        try answer(by: answerer)
    }

    /// Throws `FileError` where the network's task has no lines to answer.
    private func answerer(
        _ file: URL, _ configuration: RunConfiguration, _ network: Network
    ) throws -> any LineAnswerer {
        switch configuration.task {
        case let task as any TransductionTask:
            let options = [("--beam", beam)] + (maxLength.map { [("--max-length", $0)] } ?? [])
            try trained.requireMemory(configuration, network, options: options) { values in
                let length = values.count > 1 ? values[1] : 1
                return values[0] == 1
                    ? [.stream(steps: length, batch: 1)] : BeamDecoder.uses(width: values[0])
            }
            return try PairAnswerer(network, task, beam: beam, maximumLength: maxLength)
        case let task as Sequences:
            guard beam == 1 else {
                throw ValidationError("--beam is for targets of symbols that a network ends by itself; leave it out.")
            }
            guard maxLength == nil || task.knownAlignment == .after else {
                throw ValidationError(
                    "--max-length is for targets after the inputs; this network has none: leave it out.")
            }
            try trained.requireMemory(configuration, network, options: []) { _ in InferenceEpisode.uses }
            guard let answerer = SequenceAnswerer(network, task, count: maxLength) else {
                throw FileError(file, "it does not say what data it was trained on; take a checkpoint of a run")
            }
            return answerer
        case let task:
            throw FileError(
                file,
                "this was trained on \(task.kind), which has no sources and targets of symbols; with --stream "
                    + "predict reads its inputs step by step, and gives an output for each")
        }
    }

    /// Answers each line of standard input.
    ///
    /// Throws `ExitCode` at the end where some could not be answered.
    private func answer(by answerer: any LineAnswerer) throws {
        var lines = LineReader(STDIN_FILENO, limit: Self.longestLine)
        var (lineNumber, failures) = (0, 0)
        while let line = try lines.next() {
            lineNumber += 1
            var answer = answerer.nothing
            do {
                answer = try answerer.answer(try text(of: line), as: format) {
                    complain("Warning: line \(lineNumber): \($0)")
                }
            } catch let error as LineError {
                failures += 1
                complain("Error: line \(lineNumber): \(error.reason).")
                if format == .json { answer = JSON([("error", JSON(error.reason))]).text }
            }
            try write("\(answer)\n")
        }
        if failures > 0 { throw ExitCode.failure }
    }

    private func text(of line: LineReader.Line) throws -> String {
        switch line {
        case .text(let text): return text
        case .tooLong: throw LineError(reason: "it is longer than \(Self.longestLine) bytes; give shorter ones")
        case .notText: throw LineError(reason: "it is not text in UTF-8")
        }
    }
}
