// Which seeds to train: what is written as "1-10" or "1,3,7".

import NeuralMemory

/// A text that is not a list of seeds.
public struct SeedListError: Error, CustomStringConvertible, Equatable {
    public let description: String
}

/// Seeds in the order given, none twice.
public struct SeedList: Sendable, Equatable {
    /// At least one, at most 1000.
    public let seeds: [UInt64]

    /// More would be a mistyped range.
    static let largestCount = 1000

    /// Reads seeds and ranges of them, separated by commas.
    ///
    /// Throws `SeedListError`.
    public init(_ text: String) throws {
        var seeds: [UInt64] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let range = try Self.range(part, of: text)
            guard range.upperBound - range.lowerBound < Self.largestCount, seeds.count < Self.largestCount else {
                throw SeedListError(description: "\(text.shown()) names more than \(Self.largestCount) seeds")
            }
            seeds += range
        }
        let repeated = Dictionary(grouping: seeds) { $0 }.filter { $0.value.count > 1 }.keys.min()
        if let repeated { throw SeedListError(description: "\(text.shown()) names seed \(repeated) twice") }
        self.seeds = seeds
    }

    /// "3" or "1-10".
    private static func range(_ part: Substring, of text: String) throws -> ClosedRange<UInt64> {
        let ends = part.split(separator: "-", omittingEmptySubsequences: false).map { UInt64($0) }
        guard (1...2).contains(ends.count), let first = ends[0], let last = ends[ends.count - 1] else {
            throw SeedListError(
                description:
                    "'\(part.shown())' in '\(text.shown())' is not a seed or a range of seeds; write 1-10, or 1,3,7, with whole "
                    + "numbers from 0 on")
        }
        guard first <= last else {
            throw SeedListError(description: "'\(part.shown())' in '\(text.shown())' goes down; write \(last)-\(first)")
        }
        return first...last
    }
}
