// Dynamic n-grams (Graves et al. 2014, section 4.4), and what the best possible predictor pays for them.

import Foundation
import NeuralMemory

/// Random bits from a source that is drawn anew for every episode: a table with the probability of a 1 after each
/// context of the last `contextLength` bits, each from Beta(½, ½).
///
/// The network gets one bit a step and is to give the next.
///
/// A length counts bits: 200 bits make 199 steps. The first bits, which have no full context, are 0 or 1 equally
/// likely; outputs count from the first bit with a full context on, here 195 of them. The first 72 steps of an episode:
///
///     input   ##·###·###·###·##############################··#··#···#··##··#··#··##··#…
///     target      #·###·###·##############################··#··#···#··##··#··#··##··#·…
public struct NGrams: VectorTask {
    public static let kind = "n-grams"
    public static let summary = "predict the next bit of a random source that is new in every sequence"
    public static let inputMarks: [String] = []

    /// Bits of a context; the paper's 6-grams are 5 bits and the one after them.
    public var contextLength = 5
    public var minimumLength = 200
    public var maximumLength = 200

    public init() {}

    public var width: Int { 1 }
    public var shortestLength: Int { contextLength + 1 }

    public func steps(length: Int) -> Int { length - 1 }

    public func episode(length: Int, using generator: inout RandomGenerator) -> VectorEpisode {
        let probabilities = (0..<contexts).map { _ in generator.arcsine() }
        var bits: [Float] = []
        var context = 0
        for t in 0..<length {
            let bit = generator.bernoulli(t < contextLength ? 0.5 : probabilities[context]) ? 1 : 0
            bits.append(Float(bit))
            context = next(context, bit)
        }
        return VectorEpisode(
            inputs: bits.dropLast().map { [$0] },
            targets: (1..<length).map { $0 < contextLength ? nil : [bits[$0]] })
    }

    /// The best predictor knows the prior, not the table.
    ///
    /// Having seen N1 ones and N0 zeros after a context, it gives a 1 the probability (N1 + ½) / (N1 + N0 + 1), as the
    /// paper derives. Per sequence of the default length that is 128.2 bits on average; a single sequence's figure
    /// varies by 36, so a mean over 1000 still varies by 1.1.
    public func optimalBits(of batch: Batch) throws -> Double? {
        guard case .vectors(let inputs) = batch.inputs, case .bits(let targets) = batch.targets,
            inputs.count == batch.mask.count, inputs.allSatisfy({ $0 == 0 || $0 == 1 })
        else { throw UsageError("NGrams.optimalBits", "the batch is not of bits; give one that this task drew") }
        var total = 0.0
        for b in 0..<batch.count {
            var counts = [[Double]](repeating: [0.5, 0.5], count: contexts)
            var context = 0
            for row in stride(from: b, to: batch.steps * batch.count, by: batch.count) {
                context = next(context, Int(inputs[row]))
                guard batch.mask[row] > 0 else { continue }
                let bit = Int(targets[row])
                total -= log2(counts[context][bit] / (counts[context][0] + counts[context][1]))
                counts[context][bit] += 1
            }
        }
        return total
    }

    public func validateOwnSettings() throws { try require("task.contextLength", contextLength, in: 1...16) }

    /// How many contexts there are.
    private var contexts: Int { 1 << contextLength }

    /// The context after one more bit.
    ///
    /// Contexts are numbers, the latest bit in the lowest place.
    private func next(_ context: Int, _ bit: Int) -> Int { (context << 1 | bit) & (contexts - 1) }
}

extension NGrams {
    public static let settingDescriptions =
        [SettingDescription("contextLength", "Bits that the next one depends on", unit: "bits", in: 1...16)]
        + SettingDescription.lengths("bits of a sequence; above contextLength", unit: "bits", from: 2)
}

extension RandomGenerator {
    /// Beta(½, ½), the arcsine law: its distribution function 2/π · asin √p is inverted exactly.
    package mutating func arcsine() -> Double {
        let root = sin(Double.pi / 2 * uniform())
        return root * root
    }
}
