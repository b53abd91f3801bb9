// Copies of several sequences one after the other, for memories whose rows must be freed (Graves et al. 2016, Extended
// Data Fig. 1).

import NeuralMemory

/// Sequences of random vectors: each ends with an end mark, and is to come out without any input before the next one
/// begins.
///
/// A length counts sequences. A memory that has fewer rows than all sequences together have vectors must free rows that
/// were read, and use them again: with the default settings, 8 sequences of 3 vectors do not fit into the 10 rows that
/// the paper's memory has. An episode of length 3:
///
///     input   ·#·····###····##·····
///             ·······#·#····#······
///             #·············#······
///             ··#····#·#····#······
///             #·#····###·····##····
///             #·#····#······##·····
///     end     ···#······#······#···
///     target      ·#·    ###    ##·
///                 ···    #·#    #··
///                 #··    ···    #··
///                 ··#    #·#    #··
///                 #·#    ###    ·##
///                 #·#    #··    ##·
public struct Allocation: VectorTask {
    public static let kind = "allocation"
    public static let summary = "copy several sequences of random bit vectors, each before the next one begins"
    public static let inputMarks = ["end"]

    public var width = 6
    /// The fewest vectors of a sequence, from 1; those up to `maximumVectors` are equally likely.
    public var minimumVectors = 3
    /// The most vectors of a sequence, at least `minimumVectors`.
    public var maximumVectors = 3
    public var minimumLength = 1
    public var maximumLength = 8

    public init() {}

    public func steps(length: Int) -> Int { length * (2 * maximumVectors + 1) }

    public func episode(length: Int, using generator: inout RandomGenerator) -> VectorEpisode {
        let parts = (0..<length).map { _ in
            let vectors = generator.vectors(
                generator.integer(in: minimumVectors...maximumVectors), width: width)
            return VectorEpisode(source: vectors.map { $0 + [0] } + [mark(1)], answer: vectors)
        }
        return VectorEpisode(inputs: parts.flatMap(\.inputs), targets: parts.flatMap(\.targets))
    }

    public func validateOwnSettings() throws {
        try require("task.minimumVectors", minimumVectors, in: 1...4096)
        try require("task.maximumVectors", maximumVectors, in: minimumVectors...4096)
    }
}

extension Allocation {
    public static let settingDescriptions =
        [
            .vectorWidth,
            SettingDescription(
                "minimumVectors", "The fewest vectors of a sequence", unit: "vectors", in: 1...4096,
                note: "not above maximumVectors"),
            SettingDescription(
                "maximumVectors", "The most vectors of a sequence", unit: "vectors", in: 1...4096,
                note: "not below minimumVectors")
        ] + SettingDescription.lengths("sequences to be copied", unit: "sequences")
}
