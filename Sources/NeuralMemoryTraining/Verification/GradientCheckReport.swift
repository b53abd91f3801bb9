// What a gradient check found, tensor by tensor, and its verdict.

import Foundation
import NeuralMemory
import NeuralMemoryTasks

/// The result of a gradient check.
public struct GradientCheckReport: Sendable {
    /// One tensor's comparisons.
    public struct Tensor: Sendable {
        /// The parameter's name.
        public let name: String
        /// The parameter's shape.
        public let shape: [Int]
        /// How many comparisons were asked for.
        public let asked: Int
        /// How many slopes were compared.
        public private(set) var comparisons = 0
        /// Attempts that were thrown away, because of a kink or because the slope was lost in rounding.
        public internal(set) var rejections = 0
        /// The largest relative error, |measured − analytic| / max(|measured|, |analytic|); NaN where a loss or a
        /// gradient was NaN or infinite, and where nothing was compared.
        public private(set) var largestError = Double.nan
        /// Where the largest error was: an element, or what direction.
        public private(set) var place = "nowhere"

        init(_ slice: Parameter, asked: Int) {
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

    /// The largest relative error that passes.
    public let tolerance: Double
    /// In the order of the parameters.
    public let tensors: [Tensor]

    /// The tensor with the largest error; NaN counts as the largest.
    ///
    /// `nil` where there are no tensors.
    public var worst: Tensor? {
        tensors.first { $0.largestError.isNaN } ?? tensors.max { $0.largestError < $1.largestError }
    }

    /// Tensors whose error is above the tolerance, or NaN.
    public var wrong: [Tensor] { tensors.filter { $0.comparisons > 0 && !($0.largestError <= tolerance) } }
    /// Tensors with too few comparisons to say anything.
    public var unclear: [Tensor] { tensors.filter { !$0.hasEnough } }
    /// There are tensors, all with enough comparisons, and none is wrong.
    public var passes: Bool { !tensors.isEmpty && wrong.isEmpty && unclear.isEmpty }
}

extension GradientCheckReport {
    /// A line for each tensor.
    public var table: String {
        var table = TextTable([
            ("parameter", .left), ("shape", .left), ("compared", .right), ("rejected", .right),
            ("largest error", .right), ("where", .left)
        ])
        for tensor in tensors {
            table.add([
                tensor.name, tensor.shape.map(String.init).joined(separator: "×"), "\(tensor.comparisons)",
                "\(tensor.rejections)", Self.text(tensor.largestError), tensor.place
            ])
        }
        return table.text
    }

    /// One line that says whether the check passes, and the largest error.
    public var verdict: String {
        let limit = "tolerance \(Self.text(tolerance))"
        guard let worst else { return "FAILED: there is nothing to compare" }
        let error = "largest error \(Self.text(worst.largestError)) in \(worst.name), \(worst.place); \(limit)"
        if passes { return "passed: \(error)" }
        guard wrong.isEmpty else {
            return "FAILED: wrong gradient of \(wrong.map(\.name).joined(separator: ", ")); \(error)"
        }
        let names = unclear.map { "\($0.name) (\($0.comparisons) of \($0.asked))" }
        return "FAILED: too few comparisons could be made of \(names.joined(separator: ", ")); \(error)"
    }

    private static func text(_ error: Double) -> String { String(format: "%.1e", error) }

    /// The report as one object, with texts that stand at its beginning.
    ///
    /// Errors that are not finite are null.
    public func json(_ fields: [(String, String)]) -> String {
        JSON(
            fields.map { ($0, JSON($1)) } + [
                ("passed", .boolean(passes)),
                ("tolerance", JSON(tolerance)),
                ("largest_error", JSON(worst?.largestError)),
                ("parameters", .array(tensors.map(\.json)))
            ]
        ).text
    }
}

extension GradientCheckReport.Tensor {
    fileprivate var json: JSON {
        JSON([
            ("name", JSON(name)),
            ("shape", .array(shape.map { JSON($0) })),
            ("compared", JSON(comparisons)),
            ("rejected", JSON(rejections)),
            ("largest_error", JSON(largestError)),
            ("where", JSON(place))
        ])
    }
}
