// Tasks over vectors: how episodes of different lengths become a batch, and how one is drawn as a picture.

import NeuralMemory

/// One sequence of input vectors, and the bits that each step should give.
public struct VectorEpisode: Sendable, Equatable {
    /// One vector a step.
    public let inputs: [[Float]]
    /// The bits of each step; `nil` where the output does not count.
    public let targets: [[Float]?]

    public init(inputs: [[Float]], targets: [[Float]?]) {
        precondition(inputs.count == targets.count && !inputs.isEmpty, "inputs and targets cover the same steps")
        self.inputs = inputs
        self.targets = targets
    }
}

/// A task that gives vectors and wants bits.
public protocol VectorTask: SequenceTask {
    /// Numbers of an input vector.
    var inputSize: Int { get }
    /// Bits of an output.
    var outputSize: Int { get }
    /// One episode of a length.
    func episode(length: Int, using generator: inout RandomGenerator) -> VectorEpisode
}

extension VectorTask {
    public var signature: Signature { Signature(inputs: .vectors(inputSize), outputs: .bits(outputSize)) }

    public func batch(count: Int, lengths: ClosedRange<Int>, using generator: inout RandomGenerator) -> Batch {
        let episodes = (0..<count).map { _ in
            episode(length: generator.integer(in: lengths), using: &generator)
        }
        let steps = episodes.map(\.inputs.count).max() ?? 1
        var inputs = [Float](repeating: 0, count: steps * count * inputSize)
        var targets = [Float](repeating: 0, count: steps * count * outputSize)
        var mask = [Float](repeating: 0, count: steps * count)
        for (b, episode) in episodes.enumerated() {
            for (t, vector) in episode.inputs.enumerated() {
                let row = t * count + b
                inputs.replaceSubrange(row * inputSize..<(row + 1) * inputSize, with: vector)
                guard let bits = episode.targets[t] else { continue }
                targets.replaceSubrange(row * outputSize..<(row + 1) * outputSize, with: bits)
                mask[row] = 1
            }
        }
        return Batch(steps: steps, count: count, inputs: .vectors(inputs), targets: .bits(targets), mask: mask)
    }

    public func picture(using generator: inout RandomGenerator) -> String {
        let episode = episode(length: min(max(3, lengths.lowerBound), lengths.upperBound), using: &generator)
        /// One line a channel, one column a step: # for 1, · for 0, a number to one digit otherwise.
        func drawing(_ title: String, _ size: Int, _ vectors: [[Float]?]) -> [String] {
            (0..<size).map { channel in
                let cells = vectors.map { vector -> String in
                    guard let value = vector?[channel] else { return " " }
                    if value == 0 { return "·" }
                    return value == 1 ? "#" : (value < 0 ? "-" : "+")
                }
                return (channel == 0 ? title : "        ") + cells.joined()
            }
        }
        let lines = drawing("input   ", inputSize, episode.inputs) + drawing("target  ", outputSize, episode.targets)
        return lines.joined(separator: "\n")
    }
}

extension RandomGenerator {
    /// Independent bits, 0 or 1 equally likely.
    mutating func bits(_ count: Int) -> [Float] { (0..<count).map { _ in bernoulli() ? 1 : 0 } }
}
