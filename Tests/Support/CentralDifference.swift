// CentralDifference.swift: slopes of functions in Double, what gradients are judged by, with a bound of their own
// error.

import ReferenceKernels

/// A slope found by differences.
package struct CentralDifference {
    package let slope: Double
    /// How far the slope may be from the derivative: for the differences' own error and for rounding.
    package let error: Double

    /// The slope of `function` of one number at 0, in a range of 2 `step` on either side without a kink.
    ///
    /// The difference over h has an error of h² f''' / 6, the one over 2h four times that: they lie three times the
    /// error of the first apart, plus terms in h⁴. What they lie apart is taken as its bound. Each value of the
    /// function is uncertain by what `roundings` roundings in Double make of `magnitude`, the sum of the magnitudes of
    /// its terms.
    package init(step: Double, roundings: Int, magnitude: Double, of function: (_ x: Double) -> Double) {
        let narrow = (function(step) - function(-step)) / (2 * step)
        let wide = (function(2 * step) - function(-2 * step)) / (4 * step)
        slope = narrow
        error = abs(wide - narrow) + ErrorBound.relative(roundings: roundings, .double) * magnitude / step
    }
}
