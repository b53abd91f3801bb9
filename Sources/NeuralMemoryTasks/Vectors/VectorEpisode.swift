// One sequence of vectors and the bits wanted from it, and how it is drawn as text. Drawing many into a batch is
// VectorTask's.

import NeuralMemory

/// One sequence of input vectors, and the bits that each step should give.
public struct VectorEpisode: Sendable, Equatable {
    /// One vector a step; at least one.
    public let inputs: [[Float]]
    /// The bits of each of these steps; `nil` where the output does not count.
    public let targets: [[Float]?]

    /// As many targets as inputs.
    public init(inputs: [[Float]], targets: [[Float]?]) {
        self.inputs = inputs
        self.targets = targets
    }

    /// An episode in two parts: `source`, whose outputs do not count, then silence, in which `answer` is to come out.
    public init(source: [[Float]], answer: [[Float]]) {
        let silence = source.first?.map { _ in Float(0) } ?? []
        self.init(
            inputs: source + Array(repeating: silence, count: answer.count),
            targets: Array(repeating: nil, count: source.count) + answer)
    }
}

extension VectorEpisode {
    /// Beyond so many steps a picture is cut.
    private static let widestPicture = 72

    /// One line a channel, one column a step, with names at the left.
    ///
    /// A bit is # for 1 and · for 0; in a channel of other numbers each is a bar, from ▁ for the lowest to █ for the
    /// highest, and · for 0. Blank: this output does not count.
    func picture(inputNames: [String], outputNames: [String]) -> String {
        let margin = (inputNames + outputNames).map(\.count).max() ?? 0
        func lines(_ names: [String], _ vectors: [[Float]?]) -> [String] {
            names.enumerated().map { channel, name in
                let padding = String(repeating: " ", count: margin + 2 - name.count)
                return name + padding + Self.drawing(of: vectors.map { $0?[channel] })
            }
        }
        return (lines(inputNames, inputs) + lines(outputNames, targets)).joined(separator: "\n")
    }

    /// The line of one channel.
    private static func drawing(of values: [Float?]) -> String {
        let bars = Array("▁▂▃▄▅▆▇█")
        let isBits = values.allSatisfy { $0 == nil || $0 == 0 || $0 == 1 }
        let largest = values.reduce(0) { max($0, abs($1 ?? 0)) }
        let cells = values.prefix(widestPicture).map { value -> Character in
            guard let value else { return " " }
            if value == 0 { return "·" }
            return isBits ? "#" : bars[Int(((value / largest + 1) / 2 * Float(bars.count - 1)).rounded())]
        }
        return String(cells) + (values.count > widestPicture ? "…" : "")
    }
}
