// Beam search: the most likely answer among several that are followed at once.

import Foundation
import NeuralMemory
import NeuralMemoryTasks

/// Gives the target of a source by beam search: at each step the `width` most likely beginnings of an answer are kept,
/// each with a state of controller and memory of its own.
///
/// Answers are compared by Σ log p over their symbols and the end mark, without any normalisation by length. Since a
/// sum only falls as an answer grows, the search is over as soon as no beginning is likelier than the best whole
/// answer. Width 1 is greedy decoding.
///
/// The beginnings are the rows of one batch. A step is one step of the network for that batch; where beginnings changed
/// their rank or were dropped, the state of each row is first copied from its parent's: for stack, queue and deque, the
/// vectors not fully popped.
public struct BeamDecoder {
    /// A whole answer, or one that was cut.
    public struct Answer: Sendable, Equatable {
        /// Its symbols, and whether its end mark came.
        public var answer: GreedyDecoder.Answer
        /// Σ ln p of its symbols, and of the end mark where it came.
        public var logProbability: Double
    }

    /// It is used for each search: an episode that was going on is lost.
    public let network: Network
    /// It has the same signature as the network.
    public let vocabulary: Vocabulary
    /// K, at least 1.
    public let width: Int

    /// Throws `UsageError` for a network that has not the vocabulary's signature, and for a width below 1.
    public init(network: Network, vocabulary: Vocabulary, width: Int) throws {
        try vocabulary.requireSignature(of: network, "BeamDecoder")
        guard width > 0 else { throw UsageError("BeamDecoder", "width is \(width); it must be at least 1") }
        self.network = network
        self.vocabulary = vocabulary
        self.width = width
    }

    /// What a search asks of a network at least.
    package static func uses(width: Int) -> [NetworkUse] {
        InferenceEpisode.uses.map { .stream(steps: $0.steps, batch: width) }
    }

    /// The beginning of an answer.
    private struct Beginning {
        var target: [Int]
        var logProbability: Double
    }

    /// One more symbol for a beginning.
    private struct Extension {
        let parent: Int
        let output: Int32
        let logProbability: Double
    }

    /// The most likely whole answer found; where none is whole within the longest length allowed, the most likely
    /// beginning of that length.
    ///
    /// Of equally likely answers the first is taken, by rank and then by symbol number. Throws `UsageError` for symbols
    /// that the vocabulary does not have.
    ///
    /// - `maximumLength`: the longest answer, at least 0.
    public func decode(source: [Int], maximumLength: Int) throws -> Answer {
        try vocabulary.requireSource(source, maximumLength: maximumLength, "BeamDecoder.decode")
        let inputs = [Vocabulary.start] + source.map(vocabulary.input(source:)) + [Vocabulary.separator]
        let episode = try InferenceEpisode(network)
        var outputs = Array(
            try episode.advance(.symbols(inputs), steps: inputs.count).suffix(vocabulary.outputCount))
        var beam = [Beginning(target: [], logProbability: 0)]
        var best: Beginning?
        for length in 0...maximumLength {
            let extensions = likeliest(beam, outputs: outputs)
            if let end = extensions.first(where: { $0.output == Vocabulary.end }),
                end.logProbability > best?.logProbability ?? -.infinity
            {
                best = Beginning(target: beam[end.parent].target, logProbability: end.logProbability)
            }
            let longer = extensions.filter { $0.output != Vocabulary.end }
            guard let first = longer.first, length < maximumLength else { break }
            if let best, best.logProbability >= first.logProbability { break }
            let parents = longer.map(\.parent)
            if parents != Array(beam.indices) { try episode.keep(parents) }
            beam = longer.map { next in
                let symbol = vocabulary.target(output: next.output)
                return Beginning(target: beam[next.parent].target + [symbol], logProbability: next.logProbability)
            }
            outputs = try episode.advance(
                .symbols(beam.map { vocabulary.input(target: $0.target[length]) }), steps: 1)
        }
        let chosen = best ?? beam[0]
        return Answer(
            answer: .init(target: chosen.target, isComplete: best != nil), logProbability: chosen.logProbability)
    }

    /// The `width` likeliest of all beginnings with one more symbol, likeliest first.
    private func likeliest(_ beam: [Beginning], outputs: [Float]) -> [Extension] {
        let size = vocabulary.outputCount
        var all: [Extension] = []
        for (parent, beginning) in beam.enumerated() {
            let logits = outputs[parent * size..<(parent + 1) * size]
            let largest = Double(logits.max() ?? 0)
            let normaliser = largest + log(logits.reduce(0) { $0 + exp(Double($1) - largest) })
            // No more than `width` of one parent can be among the likeliest.
            for output in likeliest(logits) {
                let logProbability = beginning.logProbability + Double(logits[logits.startIndex + output]) - normaliser
                all.append(Extension(parent: parent, output: Int32(output), logProbability: logProbability))
            }
        }
        let order = all.indices.sorted { (all[$1].logProbability, $0) < (all[$0].logProbability, $1) }
        return order.prefix(width).map { all[$0] }
    }

    /// The numbers of the `width` largest, largest first; of equal ones the first.
    private func likeliest(_ logits: ArraySlice<Float>) -> [Int] {
        var best: [(index: Int, value: Float)] = []
        for (index, value) in logits.enumerated() where best.count < width || value > best[best.count - 1].value {
            let place = best.firstIndex { value > $0.value } ?? best.count
            best.insert((index, value), at: place)
            if best.count > width { best.removeLast() }
        }
        return best.map(\.index)
    }
}
