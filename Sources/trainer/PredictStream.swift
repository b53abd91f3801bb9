// `trainer predict --stream`: one sequence without end, an output for each input.

import ArgumentParser
import Foundation
import NeuralMemory
import NeuralMemoryTasks
import NeuralMemoryTraining

/// Reads words from standard input, and writes what the network gives at each step.
///
/// Neither memory nor the time that a step takes grows with the length of the sequence, but for what the network's own
/// memory keeps. Steps are taken one by one, so that the outputs do not depend, in any bit, on how the input comes.
struct PredictStream {
    private let episode: InferenceEpisode
    private var coder: any StepCoder
    private var writer: StepWriter
    private var words: [String] = []
    /// How many words are read; for messages.
    private var position = 0
    /// Where the state is kept, if it is, and the step that it was at.
    private let state: (file: URL, steps: Int)?
    /// Milliseconds between two looks whether a signal has come, while there is no input.
    private static let patience: Int32 = 100

    /// Goes on from the state in a file, where that is there.
    ///
    /// Throws `FileError` where the task has no words for its inputs and outputs, and for a state that is not this
    /// network's, or cannot be kept.
    ///
    /// - Parameters:
    ///   - file: the checkpoint; for messages.
    ///   - stateFile: where the state is kept in the end.
    init(
        _ network: Network, _ task: any SequenceTask, _ file: URL, format: OutputFormat, state stateFile: URL?
    ) throws {
        let form: StepWriter.Form
        let outputs = OutputWords(of: task)
        switch (network.signature.inputs, task.names) {
        case (.symbols, let names?):
            coder = SymbolCoder(reader: names.streamReader)
            form = .words
        case (.vectors(let size), _):
            coder = VectorCoder(size: size, scale: task.inputScale)
            form = .lines
        default: throw Self.noWords(task, file)
        }
        guard let outputs else { throw Self.noWords(task, file) }
        var steps = 0
        if let stateFile, try stateFile.isThere() {
            let found = try StreamState.read(from: stateFile)
            episode = try found.makeEpisode(network)
            guard coder.restore(found.reader) else {
                throw FileError(stateFile, "this is a state of another task; name another file to begin a new stream")
            }
            steps = found.steps
        } else {
            episode = try InferenceEpisode(network)
        }
        if let stateFile { try AtomicFile.requireWritable(stateFile) }
        state = stateFile.map { ($0, steps) }
        writer = StepWriter(outputs, format == .json ? .json : form, after: steps)
    }

    private static func noWords(_ task: any SequenceTask, _ file: URL) -> FileError {
        FileError(file, "this was trained on \(task.kind), whose steps have no words: no --stream")
    }

    /// Until standard input ends; with a state to keep, also until a signal asks to stop.
    ///
    /// Throws `ExitCode` after a word that cannot be read, which it reports, and where a signal came.
    mutating func run() throws {
        if isatty(STDIN_FILENO) == 1 { complain("\(coder.help) Ctrl-D ends.") }
        var scanner = WordScanner(STDIN_FILENO)
        while !StopSignal.isRequested,
            let tokens = try scanner.next(waitingAtMost: state == nil ? nil : Self.patience)
        {
            var answer = ""
            do {
                for token in tokens { answer += try text(after: token) }
            } catch let fault as WordFault {
                try write(answer)
                let word = words[fault.index].shown()
                complain("Error: word \(position + fault.index + 1), '\(word)', \(fault.reason).")
                throw ExitCode.failure
            }
            try write(answer)
        }
        let rest = "\(words.count) of \(coder.wordsPerStep) numbers"
        guard words.isEmpty || StopSignal.isRequested else {
            complain("Error: the input ends in the middle of a step: \(rest).")
            throw ExitCode.failure
        }
        guard let state else { return }
        try StreamState(episode, after: state.steps, reader: coder.state).write(to: state.file)
        if StopSignal.isRequested {
            if !words.isEmpty { complain("Note: an unfinished step is not in the state: \(rest).") }
            complain("Stopped after step \(writer.steps). The same command goes on from \(state.file.relativePath).")
            throw ExitStatus.stopped
        }
    }

    /// What is written once this has come.
    ///
    /// Throws `WordFault`.
    private mutating func text(after token: WordScanner.Token) throws -> String {
        guard case .word(let word) = token else { return writer.lineEnd() }
        words.append(word)
        guard words.count == coder.wordsPerStep else { return "" }
        let inputs = try coder.inputs(words)
        position += words.count
        words.removeAll(keepingCapacity: true)
        return writer.text(try episode.advance(inputs, steps: 1))
    }
}
