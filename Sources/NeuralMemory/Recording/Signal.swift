// Signals: named quantities of a step of a memory or a controller, and their values.

/// One quantity that a memory or a controller has in every step, and that can be recorded.
public struct Signal: Codable, Sendable, Equatable {
    /// What the numbers mean.
    ///
    /// Pictures are drawn by it.
    public enum Role: String, Codable, Sendable, CaseIterable {
        /// From 0, shut, to 1, open.
        case gate
        /// How much is pushed or popped, or how much there is: at least 0.
        case strength
        /// How sharp an addressing is: at least 0.
        case sharpness
        /// Weights of a read or a write: at least 0, with a sum of at most 1.
        case weighting
        /// Probabilities of alternatives: at least 0, with the sum 1.
        case distribution
        /// Numbers of any sign.
        case vector
        /// What is stored.
        case contents
        /// From 0 to 1 for each pair of rows: how much the row of the first axis was written right after the row of the
        /// second. The sum over the second axis is at most 1.
        case links
    }

    /// What one dimension of the numbers counts.
    public enum Axis: Sendable, Equatable {
        /// The rows of a memory, so many.
        case rows(Int)
        /// Shifts, so many: from the largest forward one, through 0 in the middle, to the largest backward one.
        case shifts(Int)
        /// The numbers of a vector, so many.
        case columns(Int)
        /// Entries that were pushed and are not fully popped. Their number changes from step to step;
        /// `SignalValue.indices` name them.
        case entries
    }

    /// Unique among the signals of a network, such as "write 2 gate".
    public let name: String
    /// What the numbers mean.
    public let role: Role
    /// The dimensions, the outermost first; empty for a single number.
    public let axes: [Axis]
    /// The head or end that it belongs to, from 0 on; `nil` where it belongs to none.
    public let head: Int?

    /// A single number, of no head, unless given.
    public init(_ name: String, _ role: Role, _ axes: [Axis] = [], head: Int? = nil) {
        self.name = name
        self.role = role
        self.axes = axes
        self.head = head
    }
}

/// A signal's numbers in one step of one sequence.
public struct SignalValue: Sendable, Equatable {
    /// Row-major over the signal's axes.
    public var numbers: [Float]
    /// The index of each number, or of each row, along the first axis; `nil` where they count from 0 without gaps.
    ///
    /// The index of an entry is s·E + e, where s is the step that pushed it, counted from 0 in the whole episode, e the
    /// end and E the number of ends. It is −1 if the entry was pushed before the episode began.
    public var indices: [Int]?

    /// Numbers, row-major over the signal's axes, with their indices where these are not 0, 1, 2 and so on.
    public init(_ numbers: [Float], indices: [Int]? = nil) {
        self.numbers = numbers
        self.indices = indices
    }

    /// The value of a signal without axes.
    public init(_ number: Float) { self.init([number]) }

    /// This value without the numbers of an absolute value below `threshold`; `indices` say which are left.
    ///
    /// Where an index stands for a row of several numbers, a row is left out if all its numbers are below, and else
    /// stays whole. Numbers that had no indices get them, row-major over all axes.
    public func sparse(below threshold: Float) -> SignalValue {
        let count = indices?.count ?? numbers.count
        guard count > 0 else { return self }
        let width = numbers.count / count
        let kept = (0..<count).filter { row in
            numbers[row * width..<(row + 1) * width].contains { abs($0) >= threshold || $0.isNaN }
        }
        return SignalValue(
            kept.flatMap { numbers[$0 * width..<($0 + 1) * width] }, indices: kept.map { indices?[$0] ?? $0 })
    }
}

extension SignalValue: Codable {
    private enum Key: String, CodingKey { case numbers, indices }

    /// Reads `null` as NaN.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        numbers = try container.decode([Float?].self, forKey: .numbers).map { $0 ?? .nan }
        indices = try container.decodeIfPresent([Int].self, forKey: .indices)
    }

    /// Writes numbers that are not finite as `null`, because JSON has no such numbers.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(numbers.map { $0.isFinite ? $0 : nil }, forKey: .numbers)
        try container.encodeIfPresent(indices, forKey: .indices)
    }
}

extension Signal.Axis: Codable {
    private enum Key: String, CodingKey { case rows, shifts, columns, entries }

    /// Reads `{"rows": 128}`, and so on; `{"entries": null}` for entries.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        if let count = try container.decodeIfPresent(Int.self, forKey: .rows) {
            self = .rows(count)
        } else if let count = try container.decodeIfPresent(Int.self, forKey: .shifts) {
            self = .shifts(count)
        } else if let count = try container.decodeIfPresent(Int.self, forKey: .columns) {
            self = .columns(count)
        } else {
            self = .entries
        }
    }

    /// Writes what `init(from:)` reads.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        switch self {
        case .rows(let count): try container.encode(count, forKey: .rows)
        case .shifts(let count): try container.encode(count, forKey: .shifts)
        case .columns(let count): try container.encode(count, forKey: .columns)
        case .entries: try container.encodeNil(forKey: .entries)
        }
    }
}
