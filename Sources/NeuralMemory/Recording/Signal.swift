// What a memory or a controller can show of a step: named signals, and their values.

/// One quantity that a memory or a controller has in every step.
public struct Signal: Codable, Sendable, Equatable {
    /// What the numbers mean, and so how they are drawn.
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
    }

    /// What the numbers of one dimension are for.
    public enum Axis: Codable, Sendable, Equatable {
        /// So many rows of a memory.
        case rows(Int)
        /// So many shifts; the middle one is 0, the first the largest forward.
        case shifts(Int)
        /// So many numbers of a vector.
        case columns(Int)
        /// What was pushed and is not fully popped; how many there are changes from step to step.
        case entries
    }

    /// Unique among the signals of a network: "write 2 gate".
    public let name: String
    public let role: Role
    /// None for a single number. Numbers are row-major.
    public let axes: [Axis]
    /// The head or end that it belongs to, from 0 on; `nil` where there is no such thing.
    public let head: Int?

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
    /// What the numbers, or rows of them, stand for, where these are not simply counted from 0. Of an axis of entries: the
    /// step that pushed each, counted from 0 in the whole episode, times the number of ends, plus the end; −1 where an
    /// entry was pushed before the episode began.
    public var indices: [Int]?

    public init(_ numbers: [Float], indices: [Int]? = nil) {
        self.numbers = numbers
        self.indices = indices
    }

    /// A value of one number.
    public init(_ number: Float) { self.init([number]) }

    /// Without the numbers of size below `threshold`; `indices` say which are left. Where an index stands for a row of
    /// several numbers, rows stay whole, and those go of which all numbers are below.
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

    /// A number that is `null` is NaN.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        numbers = try container.decode([Float?].self, forKey: .numbers).map { $0 ?? .nan }
        indices = try container.decodeIfPresent([Int].self, forKey: .indices)
    }

    /// Numbers that are not finite become `null`: JSON has no other way to say so.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(numbers.map { $0.isFinite ? $0 : nil }, forKey: .numbers)
        try container.encodeIfPresent(indices, forKey: .indices)
    }
}
