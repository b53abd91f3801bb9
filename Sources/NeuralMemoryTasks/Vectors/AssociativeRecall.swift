// Associative recall (Graves et al. 2014, section 4.3).

import NeuralMemory

/// Items, each an item mark and then a few random vectors.
///
/// Then one of them again, but not the last, between two query marks: the item that followed it is to come out. A
/// length counts items.
///
/// Items are independent. Two equal ones, between which a query cannot choose, are rare: 20 items of 18 bits hold a
/// pair in 0.07 % of episodes. An episode of length 3:
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
    public var minimumLength = 2
    public var maximumLength = 6

    public init() {}

    public var shortestLength: Int { 2 }

    public func steps(length: Int) -> Int { length * (1 + itemLength) + 2 + 2 * itemLength }

    public func episode(length: Int, using generator: inout RandomGenerator) -> VectorEpisode {
        let items = (0..<length).map { _ in generator.vectors(itemLength, width: width) }
        let query = generator.integer(in: 0...length - 2)
        func inputs(_ item: [[Float]]) -> [[Float]] { item.map { $0 + [0, 0] } }
        let list = items.flatMap { [mark(1, 0)] + inputs($0) }
        return VectorEpisode(
            source: list + [mark(0, 1)] + inputs(items[query]) + [mark(0, 1)], answer: items[query + 1])
    }

    public func validateOwnSettings() throws { try require("task.itemLength", itemLength, in: 1...4096) }
}

extension AssociativeRecall {
    public static let settingDescriptions =
        [.vectorWidth, SettingDescription("itemLength", "Vectors of an item", unit: "vectors", in: 1...4096)]
        + SettingDescription.lengths("items of a list", unit: "items", from: 2)
}
