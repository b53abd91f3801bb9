// ErrorBound.swift: how far a result may lie from what is expected, with the reason for each bound.
//
// The tests and kernel-bench make all their tolerances here. A bound follows from what a computation does: how many
// roundings of which precision its terms go through, how large those terms are, and how much the result changes when
// the inputs do. It never follows from what one processor happened to give. Bounds are absolute, and no bound grows
// with the error of the element that it judges.

import Foundation

/// The largest errors allowed in an array.
public struct ErrorBound: Sendable {
    private enum Limit: Sendable {
        case everywhere(Double)
        case each([Double])
    }

    private var limit: Limit

    /// One limit for all elements, 0 or more.
    ///
    /// A limit that is not finite accepts nothing.
    public init(everywhere limit: Double) { self.limit = .everywhere(limit) }

    /// A limit for each element.
    public init(each limits: [Double]) { limit = .each(limits) }

    /// No error at all.
    public static let exact = ErrorBound(everywhere: 0)

    /// The limit of one element.
    public subscript(index: Int) -> Double {
        switch limit {
        case .everywhere(let limit): limit
        case .each(let limits): limits[index]
        }
    }

    /// The sum of two bounds, for a result that has both errors.
    public static func + (left: ErrorBound, right: ErrorBound) -> ErrorBound {
        switch (left.limit, right.limit) {
        case (.everywhere(let x), .everywhere(let y)): ErrorBound(everywhere: x + y)
        case (.everywhere(let x), .each(let limits)), (.each(let limits), .everywhere(let x)):
            ErrorBound(each: limits.map { $0 + x })
        case (.each(let x), .each(let y)): ErrorBound(each: zip(x, y).map { $0 + $1 })
        }
    }

    private var count: Int? { if case .each(let limits) = limit { limits.count } else { nil } }
}

// MARK: - Rounding

extension ErrorBound {
    /// u, the largest relative error of one operation, in Float and in Double.
    public enum Precision: Double, Sendable {
        /// 24 bits of significand.
        case float = 0x1p-24
        /// 53 bits of significand.
        case double = 0x1p-53
    }

    /// The largest error, relative to the sum of the magnitudes of its terms, of a sum of products whose terms go
    /// through up to `roundings` roundings each.
    ///
    /// A sum of n terms, in whatever order, is n − 1 roundings; a product is one more.
    ///
    /// With n roundings this is γ_n = n u / (1 − n u), which is certain (Higham, Accuracy and Stability of Numerical
    /// Algorithms, 2002, section 3.1). From n = 65 on it is exp(8 √n u + n u² / (1 − u)) − 1: with roundings that do
    /// not depend on each other an element exceeds it with a probability below 2 exp(−8² / 2) = 3e-14 for each of its n
    /// roundings (Higham & Mary, A new approach to probabilistic rounding error analysis, 2019, theorem 2.4).
    public static func relative(roundings: Int, _ precision: Precision = .float) -> Double {
        let (n, u) = (Double(roundings), precision.rawValue)
        let certain = n * u < 1 ? n * u / (1 - n * u) : .infinity
        let likely = expm1(8 * n.squareRoot() * u + n * u * u / (1 - u))
        return min(certain, likely)
    }

    /// The bound of one rounding after the other, relative to `magnitude`: the sum of the magnitudes of all terms.
    public static func rounding(_ roundings: Int, of magnitude: Double, _ precision: Precision = .float) -> ErrorBound {
        ErrorBound(everywhere: relative(roundings: roundings, precision) * magnitude)
    }

    /// The same with a magnitude for each element.
    public static func rounding(
        _ roundings: Int, of magnitudes: [Double], _ precision: Precision = .float
    ) -> ErrorBound {
        let factor = relative(roundings: roundings, precision)
        return ErrorBound(each: magnitudes.map { factor * $0 })
    }

    /// So many units in the last place of each element as a Float.
    ///
    /// Below the normal range of Floats, where kernels give 0, the smallest normal number; so too just above it, from where a
    /// rounding leads below.
    public static func ulps(_ count: Double, of expected: [Double]) -> ErrorBound {
        let smallest = Double(Float.leastNormalMagnitude)
        return ErrorBound(
            each: expected.map { abs($0) < 1.001 * smallest ? 1.001 * smallest : count * Double(Float(abs($0)).ulp) })
    }
}

// MARK: - Conditioning

extension ErrorBound {
    /// How much more than measured is allowed.
    public static let margin = 4.0

    /// The bounds of a computation whose errors its conditioning decides, like that of a recurrence: one for each array
    /// that it gives.
    ///
    /// The computation is run on its inputs, and then four times with each input multiplied by 1 + 2^-23 or 1 − 2^-23,
    /// at random: at least one unit in the last place of a Float. The largest change c of any element of an array is
    /// how sensitive that array is to rounding. Its bound is `margin` · `factor` · (c + 2^-23 m), m its largest
    /// magnitude.
    ///
    /// - Parameters:
    ///   - factor: The largest error in units of c + 2^-23 m that was measured, one of `Factor`.
    ///   - seed: What the changes are drawn from.
    ///   - compute: The computation. It must pass all its inputs, or those that are rounded, through `nudged`; and its
    ///     intermediate results, where these may be less sensitive to inputs than to rounding.
    /// - Returns: What it gives for the inputs as they are, and the bound of each array.
    public static func conditioned(
        _ factor: Double, seed: UInt64, of compute: (_ nudged: ([Double]) -> [Double]) throws -> [[Double]]
    ) rethrows -> (results: [[Double]], bounds: [ErrorBound]) {
        let results = try compute { $0 }
        var changes = [Double](repeating: 0, count: results.count)
        var directions = Directions(seed: seed)
        for _ in 0..<4 {
            let nudged = try compute { x in x.map { $0 * (1 + (directions.next() ? 0x1p-23 : -0x1p-23)) } }
            for (index, array) in nudged.enumerated() {
                changes[index] = max(changes[index], largestDifference(array, results[index]))
            }
        }
        let bounds = zip(results, changes).map { array, change in
            ErrorBound(everywhere: margin * factor * (change + 0x1p-23 * largestMagnitude(array)))
        }
        return (results, bounds)
    }

    /// Random directions, SplitMix64 (Steele, Lea & Flood 2014).
    private struct Directions {
        private var state: UInt64

        init(seed: UInt64) { state = seed }

        mutating func next() -> Bool {
            state &+= 0x9e37_79b9_7f4a_7c15
            var z = state
            z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
            z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
            return (z ^ (z >> 31)) >> 63 == 1
        }
    }
}

/// The largest |x|; infinite where there is a NaN, and 0 for an empty array.
private func largestMagnitude(_ x: [Double]) -> Double { x.reduce(0) { max($0, $1.isNaN ? .infinity : abs($1)) } }

/// The largest |x − y|; infinite where the counts differ.
private func largestDifference(_ x: [Double], _ y: [Double]) -> Double {
    x.count == y.count ? largestMagnitude(zip(x, y).map { $0 - $1 }) : .infinity
}

// MARK: - Judging

extension ErrorBound {
    /// Says what is wrong with `actual`, or nil when each element is within its bound of `expected`.
    ///
    /// A number that is not finite, on either side or as a bound, is always wrong.
    public func mismatch(_ actual: [Double], _ expected: [Double]) -> String? {
        guard actual.count == expected.count, count ?? actual.count == actual.count else {
            return "\(actual.count) elements where \(expected.count) are expected"
        }
        let ratios = ratios(actual, expected)
        guard let worst = ratios.indices.max(by: { ratios[$0] < ratios[$1] }), !(ratios[worst] <= 1) else { return nil }
        return "element \(worst) of \(actual.count) is \(actual[worst]), expected \(expected[worst]): "
            + "error \(abs(actual[worst] - expected[worst])) exceeds \(self[worst])"
    }

    /// The largest error in units of its bound; 0 where there is no error, infinite where there may be none.
    ///
    /// Both arrays, and the bounds, have the same count.
    public func largestRatio(_ actual: [Double], _ expected: [Double]) -> Double {
        ratios(actual, expected).max() ?? 0
    }

    private func ratios(_ actual: [Double], _ expected: [Double]) -> [Double] {
        actual.indices.map { index in
            let (error, limit) = (abs(actual[index] - expected[index]), self[index])
            guard error.isFinite, limit.isFinite else { return .infinity }
            return error == 0 ? 0 : error / limit
        }
    }
}
