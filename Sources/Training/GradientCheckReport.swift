// What a gradient check found, tensor by tensor, and its verdict.

import NeuralMemory

/// The result of a gradient check.
public struct GradientCheckReport: Sendable {
    /// One tensor's comparisons.
    public struct Tensor: Sendable {
        public let name: String
        public let shape: [Int]
        /// How many comparisons were asked for, and how many were made.
        public let asked: Int
        public private(set) var comparisons = 0
        /// Attempts that were thrown away, because of a kink or because the slope was lost in rounding.
        public internal(set) var rejections = 0
        /// The largest relative error, |measured − analytic| / max(|measured|, |analytic|); NaN where a loss or a
        /// gradient was NaN or infinite, and where nothing was compared.
        public private(set) var largestError = Double.nan
        /// Where the largest error was: an element, or what direction.
        public private(set) var place = "nowhere"

        init(_ slice: Parameters.Slice, asked: Int) {
            name = slice.name
            shape = slice.shape
            self.asked = asked
        }

        mutating func note(error: Double, at place: String) {
            comparisons += 1
            let isFirst = comparisons == 1
            // NaN is worse than any number, and stays.
            guard isFirst || (!largestError.isNaN && !(error <= largestError)) else { return }
            largestError = error
            self.place = place
        }

        /// At least half of what was asked for must have been compared, or the check says too little.
        public var hasEnough: Bool { comparisons > 0 && 2 * comparisons >= asked }
    }

    public let tolerance: Double
    public let tensors: [Tensor]

    /// The tensor with the largest error; NaN counts as the largest. `nil` where there are no tensors.
    public var worst: Tensor? {
        tensors.first { $0.largestError.isNaN } ?? tensors.max { $0.largestError < $1.largestError }
    }

    /// Tensors whose error is above the tolerance, or NaN.
    public var wrong: [Tensor] { tensors.filter { $0.comparisons > 0 && !($0.largestError <= tolerance) } }
    /// Tensors with too few comparisons to say anything.
    public var unclear: [Tensor] { tensors.filter { !$0.hasEnough } }
    public var passes: Bool { !tensors.isEmpty && wrong.isEmpty && unclear.isEmpty }
}
