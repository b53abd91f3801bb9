// `trainer predict`: a trained network answers what is typed, line by line.

import ArgumentParser
import Foundation
import NeuralMemory
import Tasks
import Training

struct Predict: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Answer source sequences from standard input, one on each line.",
        discussion: """
            A line holds the symbols of one source sequence, separated by spaces. Its answer is printed on one line: at \
            each step the most likely symbol, until the network says that the target is at its end.

            Examples:
              echo "a b c d" | trainer predict runs/reversal-stack-1
              trainer predict runs/reversal-stack-1 < sources.txt > targets.txt

            An empty line or an unknown symbol is reported on standard error; its answer is an empty line, so that \
            answers stay beside their sources, and at the end the exit code is 1. An answer that is cut, because the \
            network does not end it, is printed and reported; it does not change the exit code.
            """)

    @OptionGroup var trained: TrainedNetwork

    @Option(
        parsing: .unconditional,
        help: "The longest answer, in symbols. (default: twice the source and 16 more)")
    var maxLength: Int?

    func validate() throws {
        if let maxLength { try requireOption("--max-length", maxLength, in: 1...largestSize) }
    }

    func run() throws {
        let (file, configuration, network) = try trained.load()
        guard let task = configuration.task as? any TransductionTask else {
            throw FileError(
                file,
                "this was trained on \(configuration.task.kind), which is not about sequences of symbols; predict "
                    + "answers tasks that are, such as copy and reversal")
        }
        try network.requireMemory(steps: maxLength ?? 1, option: "--max-length", value: maxLength ?? 1)
        let answerer = Answerer(network, task.vocabulary, task.symbolReader, maximumLength: maxLength)
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
    private let decoder: GreedyDecoder
    let reader: SymbolReader
    private let maximumLength: Int?

    init(_ network: Network, _ vocabulary: Vocabulary, _ reader: SymbolReader, maximumLength: Int?) {
        decoder = GreedyDecoder(network: network, vocabulary: vocabulary)
        self.reader = reader
        self.maximumLength = maximumLength
    }

    /// The target of a line's source, as text. Throws `SymbolReaderError`.
    func answer(_ line: String, warn: (String) -> Void) throws -> String {
        let source = try reader.numbers(of: line)
        let limit = maximumLength ?? 2 * source.count + 16
        let answer = decoder.decode(source: source, maximumLength: limit)
        if !answer.isComplete {
            warn("the answer is cut at \(limit) symbols, where the network had not ended it; see --max-length.")
        }
        return answer.target.map { decoder.vocabulary.target[$0] }.joined(separator: reader.characters ? "" : " ")
    }
}
