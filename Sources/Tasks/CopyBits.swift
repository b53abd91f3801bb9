// Copy of bit vectors (Graves et al. 2014, section 4.1).

import NeuralMemory

/// Random vectors, an end mark on a channel of its own, then the same vectors are to come out without any input.
public struct CopyBits: VectorTask {
    public static let kind = "copy-bits"
    public static let summary = "give a sequence of random bit vectors back after its end mark"

    /// Bits of a vector.
    public var width = 8
    public var minimumLength = 1
    public var maximumLength = 20

    public init() {}

    public var inputSize: Int { width + 1 }
    public var outputSize: Int { width }
    public var lengths: ClosedRange<Int> { minimumLength...maximumLength }

    public func episode(length: Int, using generator: inout RandomGenerator) -> VectorEpisode {
        let vectors = (0..<length).map { _ in generator.bits(width) }
        let mark = Array(repeating: Float(0), count: width) + [1]
        let silence = Array(repeating: Float(0), count: width + 1)
        return VectorEpisode(
            inputs: vectors.map { $0 + [0] } + [mark] + Array(repeating: silence, count: length),
            targets: Array(repeating: nil, count: length + 1) + vectors)
    }

    public func validate() throws {
        try require("task.width", width, in: 1...4096)
        try require("task.minimumLength", minimumLength, in: 1...largestSize)
        try require("task.maximumLength", maximumLength, in: minimumLength...largestSize)
    }
}
