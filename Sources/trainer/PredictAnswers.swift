// What `trainer predict` answers to a line: the target of a source, or the targets of a sequence.

import Foundation
import NeuralMemory
import NeuralMemoryTasks
import NeuralMemoryTraining

/// A line that cannot be answered, as a sentence without a full stop.
struct LineError: Error {
    let reason: String
}

/// Answers lines of text, one by one.
protocol LineAnswerer {
    /// What a line must be.
    var help: String { get }
    /// What stands in the place of an answer that is not there, where answers are text.
    var nothing: String { get }
    /// The answer as a line without its end.
    ///
    /// Throws `LineError`.
    func answer(_ line: String, as format: OutputFormat, warn: (String) -> Void) throws -> String
}

/// The target of a source of symbols.
struct PairAnswerer: LineAnswerer {
    private let task: any TransductionTask
    private let reader: SymbolReader
    private let decoder: BeamDecoder
    private let maximumLength: Int?
    let nothing = ""

    /// - `beam`: how many answers are followed at once; 1 is greedy decoding.
    init(_ network: Network, _ task: any TransductionTask, beam: Int, maximumLength: Int?) throws {
        self.task = task
        self.maximumLength = maximumLength
        reader = task.symbolReader
        decoder = try BeamDecoder(network: network, vocabulary: task.vocabulary, width: beam)
    }

    var help: String { "A source sequence on each line; symbols are \(reader.symbols)." }

    func answer(_ line: String, as format: OutputFormat, warn: (String) -> Void) throws -> String {
        let source: [Int]
        do {
            source = try reader.numbers(of: line)
        } catch let error as SymbolReaderError {
            throw LineError(reason: "\(error)")
        }
        let limit = maximumLength ?? task.longestAnswer(toSource: source.count)
        let found = try decoder.decode(source: source, maximumLength: limit)
        if !found.answer.isComplete {
            warn(
                "the answer is cut at \(limit) symbols, where the network had not ended it; --max-length sets another "
                    + "limit.")
        }
        let symbols = found.answer.target.map { decoder.vocabulary.target[$0] }
        guard format == .json else { return symbols.joined(separator: reader.characters ? "" : " ") }
        return JSON([
            ("output", reader.characters ? JSON(symbols.joined()) : .array(symbols.map { JSON($0) })),
            ("complete", .boolean(found.answer.isComplete)), ("log2_probability", JSON(found.logProbability / log(2)))
        ]).text
    }
}

/// The targets of a sequence from a line of JSON, as a file has them.
struct SequenceAnswerer: LineAnswerer {
    private let network: Network
    private let task: Sequences
    private let outputs: OutputWords
    private let count: Int?
    let nothing = "{}"

    /// `nil` for a task of which nothing is known.
    ///
    /// - `count`: how many targets are asked for after the inputs, where a line does not say.
    init?(_ network: Network, _ task: Sequences, count: Int?) {
        guard task.knownAlignment != nil, let outputs = OutputWords(of: task) else { return nil }
        self.network = network
        self.task = task
        self.outputs = outputs
        self.count = count
    }

    var help: String { "A JSON object with inputs on each line, as in a file that such a network is trained on." }

    func answer(_ line: String, as format: OutputFormat, warn: (String) -> Void) throws -> String {
        let question: SequenceQuestion
        do {
            question = try task.question(line, targets: count)
        } catch let fault as LineFault {
            throw LineError(reason: fault.reason)
        }
        let all = try InferenceEpisode(network).advance(question.inputs, steps: question.steps)
        let steps = question.answers.map { all[$0 * outputs.size..<($0 + 1) * outputs.size] }
        let isOne = task.knownAlignment == .last
        func field(_ values: [JSON]) -> JSON { isOne ? values[0] : .array(values) }
        var members = [(isOne ? "target" : "targets", field(steps.map(outputs.value)))]
        if format == .json {
            let probabilities = steps.compactMap(outputs.probabilities)
            if !probabilities.isEmpty { members.append(("probabilities", field(probabilities))) }
            members.append(("raw", field(steps.map { .array($0.map { JSON($0) }) })))
        }
        return JSON(members).text
    }
}
