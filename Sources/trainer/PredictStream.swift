// `trainer predict --stream`: one sequence without end, an output for each input.

import ArgumentParser
import Foundation
import NeuralMemory
import Tasks
import Training

/// Reads words from standard input, and writes what the network gives at each step. Neither memory nor the time that a
/// step takes grows with the length of the sequence, but for what the network's own memory keeps.
struct PredictStream {
    private let stream: NetworkStream
    private let coder: any StepCoder
    private var words: [String] = []
    /// How many words are read; for messages.
    private var position = 0

    /// Throws `FileError` where the task has no words for its inputs and outputs.
    init(_ network: Network, _ task: any SequenceTask, _ file: URL) throws {
        stream = try NetworkStream(network)
        switch (network.signature.inputs, network.signature.outputs, task) {
        case (.symbols, let outputs, let task as any NamedSymbols):
            coder = SymbolCoder(reader: task.streamReader, outputNames: task.outputNames, isSet: outputs.isBits)
        case (.vectors(let size), .bits(let count), _): coder = VectorCoder(size: size, outputs: count)
        default: throw FileError(file, "this was trained on \(task.kind), whose steps have no words: no --stream")
        }
    }

    /// Until standard input ends. Throws `ExitCode` after a word that cannot be read, which it reports.
    mutating func run() throws {
        if isatty(STDIN_FILENO) == 1 { complain("\(coder.help) Ctrl-D ends.") }
        var scanner = WordScanner()
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
            return coder.text(try stream.advance(inputs, steps: steps))
        } catch let fault as WordFault {
            complain(
                "Error: word \(position + fault.index + 1), '\(used[used.startIndex + fault.index])', \(fault.reason).")
            throw ExitCode.failure
        }
    }
}

/// A word that stands for no input, by its place among those given.
private struct WordFault: Error {
    let index: Int
    let reason: String
}

/// How the steps of a network are written.
private protocol StepCoder: AnyObject {
    var wordsPerStep: Int { get }
    var help: String { get }
    /// Throws `WordFault`.
    func inputs(_ words: [String]) throws -> Batch.Inputs
    func text(_ outputs: [Float]) -> String
    /// What stands where the input has a line end.
    func lineEnd() -> String
}

/// A symbol in; out the most likely symbol, or, where outputs are bits, the set of those whose bit is 1.
private final class SymbolCoder: StepCoder {
    private var reader: any SymbolStreamReader
    private let outputNames: [String]
    private let isSet: Bool
    /// Whether the output is at the start of a line.
    private var isFirst = true
    let wordsPerStep = 1

    init(reader: any SymbolStreamReader, outputNames: [String], isSet: Bool) {
        self.reader = reader
        self.outputNames = outputNames
        self.isSet = isSet
    }

    var help: String { "Symbols, separated by spaces or line ends: \(reader.words)." }

    func inputs(_ words: [String]) throws -> Batch.Inputs {
        .symbols(
            try words.enumerated().map { index, word in
                guard let number = reader.input(word) else {
                    throw WordFault(index: index, reason: "is unknown; symbols are \(reader.words)")
                }
                return number
            })
    }

    func text(_ outputs: [Float]) -> String {
        stride(from: 0, to: outputs.count, by: outputNames.count).map { first in
            defer { isFirst = false }
            return (isFirst ? "" : " ") + word(outputs[first..<first + outputNames.count])
        }.joined()
    }

    private func word(_ outputs: ArraySlice<Float>) -> String {
        guard isSet else { return outputNames[outputs.indexOfLargest] }
        let names = zip(outputNames, outputs).filter { $1 > 0 }.map(\.0)
        return names.isEmpty ? "-" : names.joined(separator: ",")
    }

    func lineEnd() -> String {
        isFirst = true
        return "\n"
    }
}

/// A vector in, bits out: a line for each step, whatever lines the input has.
private final class VectorCoder: StepCoder {
    let wordsPerStep: Int
    private let count: Int

    init(size: Int, outputs count: Int) {
        wordsPerStep = size
        self.count = count
    }

    var help: String { "\(wordsPerStep) numbers for each step, separated by spaces or line ends." }

    func inputs(_ words: [String]) throws -> Batch.Inputs {
        .vectors(
            try words.enumerated().map { index, word in
                guard let number = Float(word), number.isFinite else {
                    throw WordFault(index: index, reason: "is not a finite number")
                }
                return number
            })
    }

    func text(_ outputs: [Float]) -> String {
        stride(from: 0, to: outputs.count, by: count).map { first in
            outputs[first..<first + count].map { $0 > 0 ? "1" : "0" }.joined(separator: " ") + "\n"
        }.joined()
    }

    func lineEnd() -> String { "" }
}

/// Words and line ends of standard input, as they come.
private struct WordScanner {
    enum Token {
        case word(String)
        case newline
    }

    private var rest: [UInt8] = []
    private var isAtEnd = false
    private static let longestWord = 1 << 16

    /// What has come since the last call, up to some thousand words; `nil` at the end.
    mutating func next() throws -> [Token]? {
        guard !isAtEnd else { return nil }
        var buffer = [UInt8](repeating: 0, count: 1 << 14)
        let got = read(STDIN_FILENO, &buffer, buffer.count)
        if got < 0 && errno == EINTR { return [] }
        guard got >= 0 else { throw FileError(URL(fileURLWithPath: "/dev/stdin"), "cannot be read") }
        isAtEnd = got == 0
        var tokens: [Token] = []
        for byte in buffer.prefix(got) {
            let isNewline = byte == UInt8(ascii: "\n")
            guard isNewline || [0x20, 0x09, 0x0D].contains(byte) else {
                rest.append(byte)
                continue
            }
            endWord(&tokens)
            if isNewline { tokens.append(.newline) }
        }
        if isAtEnd { endWord(&tokens) }
        guard rest.count <= Self.longestWord else {
            throw FileError(
                URL(fileURLWithPath: "/dev/stdin"),
                "a word is longer than \(Self.longestWord) bytes; separate symbols by spaces")
        }
        return tokens
    }

    private mutating func endWord(_ tokens: inout [Token]) {
        guard !rest.isEmpty else { return }
        tokens.append(.word(String(decoding: rest, as: UTF8.self)))
        rest.removeAll(keepingCapacity: true)
    }
}
