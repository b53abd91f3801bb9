// Associative recall (Graves et al. 2014, section 4.3).

import NeuralMemory

/// Items, each an item mark and then a few random vectors.
///
/// Then one of them again, but not the last, between two query marks: the item that followed it is to come out. A
/// length counts items.
///
/// Items are independent. Two equal ones, between which a query cannot choose, are rare: 20 items of 18 bits hold a
/// pair in 0.07 % of episodes. But most can be told apart by one of their vectors alone, and with `vectors` they cannot:
/// then an episode has so many different vectors, and its items are different sequences of these. An episode of length
/// 3:
///
///     input   ··#··###·##··###····
///             ··#··##····#·##·····
///             ·····###·###·###····
///             ·#···#·#·##··#·#····
///             ···#·····#··········
///             ·#·#·#·#·#···#·#····
///     item    #···#···#···········
///     query   ············#···#···
///     target                   ##·
///                              ··#
///                              ###
///                              ##·
///                              #··
///                              #··
public struct AssociativeRecall: VectorTask {
    public static let kind = "associative-recall"
    public static let summary = "given one item of a list, give the item that followed it"
    public static let inputMarks = ["item", "query"]

    public var width = 6
    /// Vectors of an item.
    public var itemLength = 3
    /// How many different vectors the items of an episode are made of, at least 2; independent vectors without.
    public var vectors: Int?
    public var minimumLength = 2
    public var maximumLength = 6

    public init() {}

    public var shortestLength: Int { 2 }

    public func steps(length: Int) -> Int { length * (1 + itemLength) + 2 + 2 * itemLength }

    public func episode(length: Int, using generator: inout RandomGenerator) -> VectorEpisode {
        let items = items(length, using: &generator)
        let query = generator.integer(in: 0...length - 2)
        func inputs(_ item: [[Float]]) -> [[Float]] { item.map { $0 + [0, 0] } }
        let list = items.flatMap { [mark(1, 0)] + inputs($0) }
        return VectorEpisode(
            source: list + [mark(0, 1)] + inputs(items[query]) + [mark(0, 1)], answer: items[query + 1])
    }

    private func items(_ count: Int, using generator: inout RandomGenerator) -> [[[Float]]] {
        guard let vectors else { return (0..<count).map { _ in generator.vectors(itemLength, width: width) } }
        let known = generator.differentVectors(vectors, width: width)
        var items: Set<[Int]> = []
        return (0..<count).map { _ in
            if items.count == differentItems { items = [] }
            var places: [Int]
            repeat {
                places = (0..<itemLength).map { _ in generator.integer(in: 0...vectors - 1) }
            } while !items.insert(places).inserted
            return places.map { known[$0] }
        }
    }

    /// How many sequences of `vectors` vectors there are.
    ///
    /// Longer lists have all of them before one comes again.
    private var differentItems: Int {
        (0..<itemLength).reduce(1) { count, _ in
            let (product, overflow) = count.multipliedReportingOverflow(by: vectors ?? 1)
            return overflow ? Int.max : product
        }
    }

    /// The most different vectors.
    private static let mostVectors = 1024

    public func validateOwnSettings() throws {
        try require("task.width", width, in: 1...4096)
        try require("task.itemLength", itemLength, in: 1...4096)
        try require("task.vectors", vectors, in: 2...min(Self.mostVectors, 1 << min(width, 10)))
    }
}

extension AssociativeRecall {
    public static let settingDescriptions =
        [
            .vectorWidth, SettingDescription("itemLength", "Vectors of an item", unit: "vectors", in: 1...4096),
            SettingDescription(
                "vectors",
                "How many different vectors the items of a list are made of, no two items alike as far as there are so "
                    + "many; without it, vectors are independent", unit: "vectors", in: 2...mostVectors,
                note: "not above the number of vectors of so many bits")
        ] + SettingDescription.lengths("items of a list", unit: "items", from: 2)
}
