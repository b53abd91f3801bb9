// `trainer predict`: a trained network answers what is typed, line by line.

import ArgumentParser
import Foundation
import NeuralMemory
import NeuralMemoryTasks
import NeuralMemoryTraining

struct Predict: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Answer source sequences from standard input, one on each line.",
        discussion: """
            A line holds the symbols of one source sequence, separated by spaces, or each a character where the network \
            was trained so. Its answer is printed on one line: at each step the most likely symbol, until the network says \
            that the target is at its end. With --beam K the K likeliest beginnings of an answer are followed at once, and \
            the answer is the likeliest of all that were found, by the product of its symbols' probabilities.

            Examples:
              echo "a b c d" | trainer predict runs/reversal-stack-1
              trainer predict runs/reversal-stack-1 < sources.txt > targets.txt
              trainer predict runs/pairs-queue-1 --beam 5 < sources.txt
              trainer predict runs/reversal-stack-1 --stream < symbols.txt
              echo "( [ ]" | trainer predict runs/dyck-stack-1 --stream

            With --stream all of the input is one sequence without end: for each symbol read, the most likely output of \
            that step is printed, on lines as they come. The words <s> and ||| are the marks before and after a source; \
            what follows ||| is the target as the network hears it. Tasks of languages, such as dyck, give the \
            set of symbols that may come next, with commas between them, and - for none. For networks that take vectors, \
            each step is as many numbers as a vector has, and its bits or numbers are printed on a line. Memory and time for a step \
            do not grow with the sequence, but for what the network itself keeps in its memory.

            A network trained on a file of pairs reads a symbol that it was not trained on as <unk>. For others an unknown \
            symbol, and for all an empty line, is reported on standard error; its answer is an empty line, so that \
            answers stay beside their sources, and at the end the exit code is 1. An answer that the network does not \
            end is cut, at the longest length trained on, or at twice the source and 16 more where that is longer, or at \
            --max-length. It is printed and reported; that does not change the exit code.
            """)

    @OptionGroup var trained: TrainedNetwork

    @Option(
        parsing: .unconditional,
        help: "The longest answer, in symbols. (default: the longest trained on, or twice the source and 16 more)")
    var maxLength: Int?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("How many answers beam search follows at once; 1 is greedy.", valueName: "k"))
    var beam = 1

    @Flag(help: "Take the input as one sequence without end, and print an output for each symbol.")
    var stream = false

    func validate() throws {
        try requireOption("--beam", beam, in: 1...1024)
        if stream, beam != 1 || maxLength != nil {
            throw ValidationError("--stream gives an output for each symbol; leave out --beam and --max-length.")
        }
        if let maxLength { try requireOption("--max-length", maxLength, in: 1...largestSize) }
    }

    func run() throws {
        let (file, configuration, network) = try trained.load()
        if stream {
            try trained.requireMemory(configuration, network, options: []) { _ in InferenceEpisode.uses }
            var stream = try PredictStream(network, configuration.task, file)
            return try stream.run()
        }
        guard let task = configuration.task as? any TransductionTask else {
            throw FileError(
                file,
                "this was trained on \(configuration.task.kind), which has no sources and targets of symbols; with --stream "
                    + "predict reads its inputs step by step, and gives an output for each")
        }
        let options = [("--beam", beam)] + (maxLength.map { [("--max-length", $0)] } ?? [])
        try trained.requireMemory(configuration, network, options: options) { values in
            let length = values.count > 1 ? values[1] : 1
            return values[0] == 1
                ? [.stream(steps: length, batch: 1)] : BeamDecoder.uses(width: values[0])
        }
        let answerer = try Answerer(network, task, beam: beam, maximumLength: maxLength)
        if isatty(STDIN_FILENO) == 1 {
            complain("A source sequence on each line; symbols are \(answerer.reader.symbols). Ctrl-D ends.")
        }
        var lineNumber = 0
        var failures = 0
        while let line = readLine() {
            lineNumber += 1
            var answer = ""
            do {
                answer = try answerer.answer(line) { complain("Warning: line \(lineNumber): \($0)") }
            } catch let error as SymbolReaderError {
                failures += 1
                complain("Error: line \(lineNumber): \(error).")
            }
            try write("\(answer)\n")
        }
        if failures > 0 { throw ExitCode.failure }
    }
}

/// Answers lines of text.
private struct Answerer {
    let reader: SymbolReader
    private let task: any TransductionTask
    private let target: [String]
    private let maximumLength: Int?
    private let decode: ([Int], Int) throws -> GreedyDecoder.Answer

    init(_ network: Network, _ task: any TransductionTask, beam: Int, maximumLength: Int?) throws {
        let vocabulary = task.vocabulary
        let greedy = try GreedyDecoder(network: network, vocabulary: vocabulary)
        let search = try BeamDecoder(network: network, vocabulary: vocabulary, width: beam)
        decode =
            beam == 1
            ? { try greedy.decode(source: $0, maximumLength: $1) }
            : { try search.decode(source: $0, maximumLength: $1).answer }
        self.task = task
        reader = task.symbolReader
        target = vocabulary.target
        self.maximumLength = maximumLength
    }

    /// The target of a line's source, as text.
    ///
    /// Throws `SymbolReaderError`.
    func answer(_ line: String, warn: (String) -> Void) throws -> String {
        let source = try reader.numbers(of: line)
        let limit = maximumLength ?? task.longestAnswer(toSource: source.count)
        let answer = try decode(source, limit)
        if !answer.isComplete {
            warn(
                "the answer is cut at \(limit) symbols, where the network had not ended it; --max-length sets another "
                    + "limit.")
        }
        return answer.target.map { target[$0] }.joined(separator: reader.characters ? "" : " ")
    }
}
