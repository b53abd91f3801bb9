// Priority sort (Graves et al. 2014, section 4.5).

import NeuralMemory

/// Random vectors, each with a priority from −1 to 1 on a channel of its own, then an end mark.
///
/// Those of the highest priority are to come out, the highest first. A length counts the vectors that go in; `share` of
/// them come out, so that 20 give 16 and other lengths as many in proportion.
///
/// The paper names no end mark. Here there is one, as in copy: lengths may vary, and an input of silence alone would
/// look like a vector of zeros with a priority near 0. An episode of length 20:
///
///     input     ··####···##······#···················
///               ··######·#·····####··················
///               ··##·##··###·#·###···················
///               #·#·#······#·##·#··#·················
///               ··#·##···##·##·##·##·················
///               #·#··#······##·###···················
///               #··##··##·#·###····#·················
///               #·#·#·#···#·#·##··#··················
///     end       ····················#················
///     priority  ▆▁▅▁█▂▂▇▄▇█▂▃▅▆▄▃█▅▆·················
///     target                         ####·····#·····#
///                                    #·###····##·#·##
///                                    ##·#····##··#·##
///                                    ··#··#####····#·
///                                    ·###·#··###·####
///                                    #·····#·##··####
///                                    ·##·#####··#·#··
///                                    ·##···##·##·##··
public struct PrioritySort: VectorTask {
    public static let kind = "priority-sort"
    public static let summary = "give the vectors of highest priority back in the order of their priorities"
    public static let inputMarks = ["end", "priority"]

    public var width = 8
    public var minimumLength = 20
    public var maximumLength = 20
    /// The share of the vectors that come out; rounded to whole vectors, and at least one.
    public var share = 0.8

    public init() {}

    public func steps(length: Int) -> Int { length + 1 + sortedCount(length: length) }

    /// How many of so many vectors come out.
    public func sortedCount(length: Int) -> Int { max(1, Int((share * Double(length)).rounded())) }

    public func episode(length: Int, using generator: inout RandomGenerator) -> VectorEpisode {
        let vectors = generator.vectors(length, width: width)
        let priorities = (0..<length).map { _ in Float(generator.uniform(-1, 1)) }
        // Of equal priorities the first comes first, so that every episode has one answer.
        let order = vectors.indices.sorted { (-priorities[$0], $0) < (-priorities[$1], $1) }
        return VectorEpisode(
            source: zip(vectors, priorities).map { $0 + [0, $1] } + [mark(1, 0)],
            answer: order.prefix(sortedCount(length: length)).map { vectors[$0] })
    }

    public func validateOwnSettings() throws { try require("task.share", share, in: 0...1) }
}

extension PrioritySort {
    public static let settingDescriptions =
        [
            .vectorWidth,
            SettingDescription(
                "share", "The share of the vectors that come out, rounded to whole vectors and at least one",
                in: 0...1.0)
        ] + SettingDescription.lengths("vectors that go in", unit: "vectors")
}
