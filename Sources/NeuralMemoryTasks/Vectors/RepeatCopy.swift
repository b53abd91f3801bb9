// Repeat copy of bit vectors (Graves et al. 2014, section 4.2).

import NeuralMemory

/// Random vectors, then an end mark and, on a channel of its own, how often to repeat them.
///
/// The vectors are to come out so many times, and after the last time an end mark on an output bit of its own: 0 in all
/// steps before, 1 in the last, where the other bits are 0.
///
/// A length counts the source's vectors. The number of repeats is normalised to mean 0 and variance 1 over
/// `minimumRepeats...maximumRepeats`; `fixedRepeats` leaves that as it is, so that a trained network can be asked for
/// more repeats than ever: lengths of 20 with `fixedRepeats` 20. An episode of length 3:
///
///     input    ··#··························
///              ··#··························
///              #·#··························
///              ··#··························
///              #·#··························
///              #····························
///              #·#··························
///              ·##··························
///     end      ···#·························
///     repeats  ···█·························
///     target       ··#··#··#··#··#··#··#··#·
///                  ··#··#··#··#··#··#··#··#·
///                  #·##·##·##·##·##·##·##·#·
///                  ··#··#··#··#··#··#··#··#·
///                  #·##·##·##·##·##·##·##·#·
///                  #··#··#··#··#··#··#··#···
///                  #·##·##·##·##·##·##·##·#·
///                  ·##·##·##·##·##·##·##·##·
///     end          ························#
public struct RepeatCopy: VectorTask {
    public static let kind = "repeat-copy"
    public static let summary = "give a sequence of random bit vectors back a stated number of times, then an end mark"
    public static let inputMarks = ["end", "repeats"]
    public static let outputMarks = ["end"]

    public var width = 8
    public var minimumLength = 1
    public var maximumLength = 10
    /// The fewest repeats, from 1; those up to `maximumRepeats` are equally likely.
    public var minimumRepeats = 1
    /// The most repeats, at least `minimumRepeats`.
    public var maximumRepeats = 10
    /// The repeats of every episode, in place of those drawn; 0 draws them.
    ///
    /// It may lie outside of the range.
    public var fixedRepeats = 0

    public init() {}

    public func steps(length: Int) -> Int { length + 1 + length * max(maximumRepeats, fixedRepeats) + 1 }

    public func episode(length: Int, using generator: inout RandomGenerator) -> VectorEpisode {
        let repeats = fixedRepeats > 0 ? fixedRepeats : generator.integer(in: minimumRepeats...maximumRepeats)
        let vectors = generator.vectors(length, width: width)
        let copies = Array(repeating: vectors.map { $0 + [0] }, count: repeats).joined()
        return VectorEpisode(
            source: vectors.map { $0 + [0, 0] } + [mark(1, normalised(repeats))], answer: copies + [mark(1)])
    }

    /// A number of repeats as the network sees it: its distance from the mean of the range, in standard deviations; or
    /// in repeats, where the range is one number.
    public func normalised(_ repeats: Int) -> Float {
        let mean = Double(minimumRepeats + maximumRepeats) / 2
        let count = Double(maximumRepeats - minimumRepeats + 1)
        let deviation = count > 1 ? ((count * count - 1) / 12).squareRoot() : 1
        return Float((Double(repeats) - mean) / deviation)
    }

    public func validateOwnSettings() throws {
        try require("task.minimumRepeats", minimumRepeats, in: 1...65_536)
        try require("task.maximumRepeats", maximumRepeats, in: minimumRepeats...65_536)
        try require("task.fixedRepeats", fixedRepeats, in: 0...65_536)
    }
}

extension RepeatCopy {
    public static let settingDescriptions =
        [
            .vectorWidth,
            SettingDescription(
                "minimumRepeats", "The fewest repeats", unit: "repeats", in: 1...65_536,
                note: "not above maximumRepeats"),
            SettingDescription(
                "maximumRepeats", "The most repeats", unit: "repeats", in: 1...65_536, note: "not below minimumRepeats"),
            SettingDescription(
                "fixedRepeats", "The repeats of every sequence, in place of those drawn; 0 draws them", unit: "repeats",
                in: 0...65_536)
        ] + SettingDescription.lengths("vectors of a sequence", unit: "vectors")
}
