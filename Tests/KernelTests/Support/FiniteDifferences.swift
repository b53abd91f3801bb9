// FiniteDifferences.swift: central differences in Double, what the reference's gradients are judged by.

import ReferenceKernels
import TestSupport
import Testing

/// Says what is wrong with `gradient` as the gradient of `function` at `point`, or nil.
///
/// Kinks must be farther than two steps away. `function` is a sum of up to a thousand terms that are together of order
/// 1.
func differenceMismatch(
    of function: ([Double]) -> Double, at point: [Double], gradient: [Double], step: Double = 1e-5
) -> String? {
    let magnitude = max(1, abs(function(point)))
    let differences = point.indices.map { index in
        var shifted = point
        return CentralDifference(step: step, roundings: 1000, magnitude: magnitude) { change in
            shifted[index] = point[index] + change
            return function(shifted)
        }
    }
    return ErrorBound(each: differences.map(\.error)).mismatch(gradient, differences.map(\.slope))
}

/// The scalar that tests differentiate: a weighted sum of outputs, so that dL/dy = weights.
func weightedSum(_ outputs: [Double], _ weights: [Double]) -> Double {
    zip(outputs, weights).reduce(0) { $0 + $1.0 * $1.1 }
}

@Suite struct FiniteDifferenceTests {
    private let point = [0.5, -1.5]
    private func function(_ x: [Double]) -> Double { x[0] * x[0] * x[1] }

    @Test func acceptsTheGradient() {
        #expect(differenceMismatch(of: function, at: point, gradient: [-1.5, 0.25]) == nil)
    }

    @Test(arguments: [[1.5, 0.25], [-1.5, 0], [-1.5, .nan], [-1.5], [-1.5, 0.2501]])
    func rejectsOthers(_ gradient: [Double]) {
        #expect(differenceMismatch(of: function, at: point, gradient: gradient) != nil)
    }
}
