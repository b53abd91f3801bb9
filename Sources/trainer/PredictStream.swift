// `trainer predict --stream`: one sequence without end, an output for each input.

import ArgumentParser
import Foundation
import NeuralMemory
import NeuralMemoryTasks
import NeuralMemoryTraining

/// Reads words from standard input, and writes what the network gives at each step.
///
/// Neither memory nor the time that a step takes grows with the length of the sequence, but for what the network's own
/// memory keeps.
struct PredictStream {
    private let episode: InferenceEpisode
    private let coder: any StepCoder
    private var words: [String] = []
    /// How many words are read; for messages.
    private var position = 0

    /// Throws `FileError` where the task has no words for its inputs and outputs.
    init(_ network: Network, _ task: any SequenceTask, _ file: URL) throws {
        episode = try InferenceEpisode(network)
        let outputs: OutputWords? =
            switch (network.signature.outputs, network.signature.inputs) {
            case (.symbols, _): (task.names?.outputs).map { .symbols($0) }
            case (.bits(let count), .symbols):
                (task.names?.outputs).map { $0.isEmpty ? .bits(count) : .set($0) }
            case (.bits(let count), .vectors): .bits(count)
            case (.numbers(let count), _): .numbers(count, task.targetScale)
            }
        switch (network.signature.inputs, outputs, task.names) {
        case (.symbols, let outputs?, let names?): coder = SymbolCoder(reader: names.streamReader, outputs: outputs)
        case (.vectors(let size), let outputs?, _):
            coder = VectorCoder(size: size, outputs: outputs, scale: task.inputScale)
        default: throw FileError(file, "this was trained on \(task.kind), whose steps have no words: no --stream")
        }
    }

    /// Until standard input ends.
    ///
    /// Throws `ExitCode` after a word that cannot be read, which it reports.
    mutating func run() throws {
        if isatty(STDIN_FILENO) == 1 { complain("\(coder.help) Ctrl-D ends.") }
        var scanner = WordScanner(STDIN_FILENO)
        while let tokens = try scanner.next() {
            var answer = ""
            for token in tokens {
                switch token {
                case .word(let word): words.append(word)
                case .newline:
                    answer += try advance() + coder.lineEnd()
                }
            }
            answer += try advance()
            try write(answer)
        }
        guard words.isEmpty else {
            complain("Error: the input ends in the middle of a step: \(words.count) of \(coder.wordsPerStep) numbers.")
            throw ExitCode.failure
        }
    }

    /// All whole steps of the words read.
    private mutating func advance() throws -> String {
        let steps = words.count / coder.wordsPerStep
        guard steps > 0 else { return "" }
        let used = words.prefix(steps * coder.wordsPerStep)
        words.removeFirst(used.count)
        do {
            let inputs = try coder.inputs(Array(used))
            position += used.count
            return coder.text(try episode.advance(inputs, steps: steps))
        } catch let fault as WordFault {
            let word = used[used.startIndex + fault.index].shown()
            complain("Error: word \(position + fault.index + 1), '\(word)', \(fault.reason).")
            throw ExitCode.failure
        }
    }
}
