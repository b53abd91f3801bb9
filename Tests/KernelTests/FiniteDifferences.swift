// FiniteDifferences.swift: central differences in Double, what the reference's gradients are judged by.

import Testing

/// Says what is wrong with `gradient` as the gradient of `function` at `point`, or nil.
///
/// With the step h the error of a central difference is about h^2 |f'''| / 6 + 1e-16 |f| / h: below 1e-9 for functions
/// of order 1 at h = 1e-5. The tolerance, relative to the largest component, leaves two orders of magnitude.
func differenceMismatch(
    of function: ([Double]) -> Double, at point: [Double], gradient: [Double], step: Double = 1e-5,
    tolerance: Double = 1e-7
) -> String? {
    let differences = point.indices.map { index in
        var shifted = point
        shifted[index] = point[index] + step
        let above = function(shifted)
        shifted[index] = point[index] - step
        return (above - function(shifted)) / (2 * step)
    }
    // A gradient of 0 throughout has only rounding to be compared with.
    let scale = max(1e-3, differences.reduce(0) { max($0, abs($1)) })
    return mismatch(gradient, differences, tolerance: tolerance, scale: scale)
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
