// A length, or a range of lengths, as settings and options write it.

import NeuralMemory
import NeuralMemoryTasks

/// Lengths from one to another, both included: "65-128", or "64" for one alone.
public struct LengthRange: Sendable, Hashable {
    /// As numbers.
    public let range: ClosedRange<Int>

    /// Whether a task has such lengths is for the task to say.
    public init(_ range: ClosedRange<Int>) { self.range = range }

    /// `nil` unless the text is a whole number from 0 on, or two of them that do not go down.
    public init?(_ text: String) {
        let ends = text.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
        guard (1...2).contains(ends.count), let first = ends[0], let last = ends[ends.count - 1], first <= last else {
            return nil
        }
        range = first...last
    }

    private var isSingle: Bool { range.lowerBound == range.upperBound }

    /// In JSON: a number, or a text for more than one.
    var json: JSON { isSingle ? .number(range.label) : .text(range.label) }
}

extension LengthRange: ExpressibleByIntegerLiteral {
    public init(integerLiteral value: Int) { self.init(value...value) }
}

extension LengthRange: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let number = try? container.decode(Int.self) {
            self.init(number...number)
            return
        }
        let text = try container.decode(String.self)
        guard let range = LengthRange(text) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "'\(text.shown())' is no range of lengths")
        }
        self = range
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        if isSingle {
            try container.encode(range.lowerBound)
        } else {
            try container.encode(range.label)
        }
    }
}
