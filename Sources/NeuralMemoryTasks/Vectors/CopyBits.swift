// Copy of bit vectors (Graves et al. 2014, section 4.1).

import NeuralMemory

/// Random vectors, an end mark on a channel of its own, then the same vectors are to come out without any input.
///
/// A length counts vectors. An episode of length 3:
///
///     input   ··#····
///             ··#····
///             ··#····
///             #·#····
///             ··#····
///             #·#····
///             #······
///             #·#····
///     end     ···#···
///     target      ··#
///                 ··#
///                 ··#
///                 #·#
///                 ··#
///                 #·#
///                 #··
///                 #·#
public struct CopyBits: VectorTask {
    public static let kind = "copy-bits"
    public static let summary = "give a sequence of random bit vectors back after its end mark"
    public static let inputMarks = ["end"]

    public var width = 8
    public var minimumLength = 1
    public var maximumLength = 20

    public init() {}

    public func steps(length: Int) -> Int { 2 * length + 1 }

    public func episode(length: Int, using generator: inout RandomGenerator) -> VectorEpisode {
        let vectors = generator.vectors(length, width: width)
        return VectorEpisode(source: vectors.map { $0 + [0] } + [mark(1)], answer: vectors)
    }
}

extension CopyBits {
    public static let settingDescriptions =
        [.vectorWidth] + SettingDescription.lengths("vectors of a sequence", unit: "vectors")
}
