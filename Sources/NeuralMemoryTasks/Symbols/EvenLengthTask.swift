// What tasks have in common whose sequences have even lengths only.

import NeuralMemory

/// A task of even lengths. Of a range, the even numbers are drawn, all equally likely; a range without one is refused.
public protocol EvenLengthTask: SequenceTask {}

extension EvenLengthTask {
    public var shortestLength: Int { 2 }

    public func requireLengths(_ lengths: ClosedRange<Int>, _ setting: String) throws {
        try require(setting, lengths.lowerBound, in: shortestLength...largestSize)
        try require(setting, lengths.upperBound, in: shortestLength...largestSize)
        guard lengths.lowerBound % 2 == 0 || lengths.count > 1 else {
            throw ConfigurationError(
                field: setting, value: lengths.label,
                allowed: "even, or a range with an even number: \(kind) has even lengths only")
        }
    }

    public func length(in lengths: ClosedRange<Int>, using generator: inout RandomGenerator) -> Int {
        2 * generator.integer(in: (lengths.lowerBound + 1) / 2...lengths.upperBound / 2)
    }
}
