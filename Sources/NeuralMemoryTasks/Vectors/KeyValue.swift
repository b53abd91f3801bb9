// A store of values under keys, whose values are replaced.

import NeuralMemory

/// Puts and gets: a put is a key with the mark of a put and then its value, a get is a key with the mark of a get and
/// then silence, in which the value that was put last under this key is to come out.
///
/// A length counts operations, of two steps each. The first one is a put and the last one a get; those between are
/// either, equally likely.
///
/// Keys and values are random bits. An episode has `keys` different keys. A put takes any of them, so that values are
/// replaced wherever there are more puts than keys; a get takes any of those that have a value. An episode of length 3:
///
///     input   #####·
///             ###·#·
///             ···#··
///             ···#··
///             ······
///             ·#·#··
///     put     #·#···
///     get     ····#·
///     target       #
///                  ·
///                  #
///                  #
///                  ·
///                  #
public struct KeyValue: VectorTask {
    public static let kind = "key-value"
    public static let summary = "store values under keys, replace them, and give the last value of a key"
    public static let inputMarks = ["put", "get"]

    public var width = 6
    /// How many different keys an episode has: at most the number of vectors of `width` bits.
    public var keys = 4
    public var minimumLength = 2
    public var maximumLength = 12

    public init() {}

    public var shortestLength: Int { 2 }

    public func steps(length: Int) -> Int { 2 * length }

    public func episode(length: Int, using generator: inout RandomGenerator) -> VectorEpisode {
        let keys = generator.differentVectors(keys, width: width)
        var values: [[Float]?] = Array(repeating: nil, count: keys.count)
        /// The keys that have a value.
        var known: [Int] = []
        var inputs: [[Float]] = []
        var targets: [[Float]?] = []
        for operation in 0..<length {
            let isGet = operation == length - 1 || operation > 0 && generator.bernoulli()
            let place = generator.integer(in: 0...(isGet ? known.count : keys.count) - 1)
            let key = isGet ? known[place] : place
            if isGet {
                inputs += [keys[key] + [0, 1], mark(0, 0)]
                targets += [nil, values[key]]
            } else {
                if values[key] == nil { known.append(key) }
                let value = generator.bits(width)
                values[key] = value
                inputs += [keys[key] + [1, 0], value + [0, 0]]
                targets += [nil, nil]
            }
        }
        return VectorEpisode(inputs: inputs, targets: targets)
    }

    /// The most keys.
    private static let mostKeys = 1024

    public func validateOwnSettings() throws {
        try require("task.width", width, in: 1...4096)
        try require("task.keys", keys, in: 1...min(Self.mostKeys, 1 << min(width, 10)))
    }
}

extension KeyValue {
    public static let settingDescriptions =
        [
            .vectorWidth,
            SettingDescription(
                "keys", "How many different keys a sequence has", unit: "keys", in: 1...mostKeys,
                note: "not above the number of vectors of so many bits")
        ] + SettingDescription.lengths("operations", unit: "operations", from: 2)
}
