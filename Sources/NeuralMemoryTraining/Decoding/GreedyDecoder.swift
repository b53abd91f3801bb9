// Greedy decoding: what a trained network gives for a source when it hears its own answers. No search.

import NeuralMemory
import NeuralMemoryTasks

/// Gives the target of a source symbol by symbol: each time the most likely one, which is also the next input.
public struct GreedyDecoder {
    /// What the network gave.
    public struct Answer: Sendable, Equatable {
        /// Numbers of target symbols, without the end mark.
        public var target: [Int]
        /// Whether the end mark came; otherwise the answer was cut at the longest length allowed.
        public var isComplete: Bool

        /// Symbols are not checked: there may be no vocabulary at hand.
        public init(target: [Int], isComplete: Bool) {
            self.target = target
            self.isComplete = isComplete
        }
    }

    /// It is used for each answer: an episode that was going on is lost.
    public let network: Network
    /// It has the same signature as the network.
    public let vocabulary: Vocabulary

    /// Throws `UsageError` for a network that has not the vocabulary's signature.
    public init(network: Network, vocabulary: Vocabulary) throws {
        try vocabulary.requireSignature(of: network, "GreedyDecoder")
        self.network = network
        self.vocabulary = vocabulary
    }

    /// Decodes one source, given as symbol numbers.
    ///
    /// Of equally likely symbols the first is taken. Throws `UsageError` for symbols that the vocabulary does not have.
    ///
    /// - `maximumLength`: the longest answer, at least 0. Memory grows with the answer, not with this.
    public func decode(source: [Int], maximumLength: Int) throws -> Answer {
        try vocabulary.requireSource(source, maximumLength: maximumLength, "GreedyDecoder.decode")
        let inputs = [Vocabulary.start] + source.map(vocabulary.input(source:)) + [Vocabulary.separator]
        let episode = try InferenceEpisode(network)
        var outputs = try episode.advance(.symbols(inputs), steps: inputs.count).suffix(vocabulary.outputCount)
        var target: [Int] = []
        while true {
            let output = Int32(outputs.indexOfLargest)
            guard output != Vocabulary.end else { return Answer(target: target, isComplete: true) }
            guard target.count < maximumLength else { return Answer(target: target, isComplete: false) }
            let symbol = vocabulary.target(output: output)
            target.append(symbol)
            outputs = try episode.advance(.symbols([vocabulary.input(target: symbol)]), steps: 1)[...]
        }
    }
}

extension Vocabulary {
    /// Throws `UsageError` for a network that reads and gives other symbols.
    func requireSignature(of network: Network, _ call: String) throws {
        guard network.signature == signature else {
            throw UsageError(
                call,
                "the network has signature \(network.signature), and the vocabulary \(signature); give the vocabulary that "
                    + "it was made for")
        }
    }

    /// Throws `UsageError` for symbols that the vocabulary does not have, and for lengths below 0.
    func requireSource(_ source: [Int], maximumLength: Int, _ call: String) throws {
        try requireSource(source)
        guard maximumLength >= 0 else {
            throw UsageError(call, "maximumLength is \(maximumLength); it must be at least 0")
        }
    }
}

extension Collection where Element == Float {
    /// Where the largest number stands, counted from 0; of equal ones the first.
    package var indexOfLargest: Int {
        var (best, largest) = (0, -Float.infinity)
        for (index, value) in enumerated() where value > largest { (best, largest) = (index, value) }
        return best
    }
}
