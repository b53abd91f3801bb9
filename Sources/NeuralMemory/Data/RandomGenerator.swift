// The one source of randomness: passed as an argument, never global, and small enough to stand in a checkpoint.

import Foundation

/// xoshiro256** (Blackman & Vigna 2018), seeded through SplitMix64.
///
/// Every draw is defined here and not left to the standard library, whose algorithms may change: the same seed gives
/// the same numbers everywhere.
public struct RandomGenerator: RandomNumberGenerator, Sendable, Equatable {
    /// The four words of state; never all zero.
    public private(set) var state: [UInt64]

    /// A generator of its own for each seed, and for each purpose (`stream`) under one seed.
    public init(seed: UInt64, stream: UInt64 = 0) {
        var word = seed &+ stream &* 0xD1B5_4A32_D192_ED03
        state = (0..<4).map { _ in
            word &+= 0x9E37_79B9_7F4A_7C15
            var mixed = word
            mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
            return mixed ^ (mixed >> 31)
        }
    }

    /// Restores a saved generator.
    ///
    /// `nil` unless there are four words, not all zero.
    public init?(state: [UInt64]) {
        guard state.count == 4, state.contains(where: { $0 != 0 }) else { return nil }
        self.state = state
    }

    public mutating func next() -> UInt64 {
        func rotated(_ value: UInt64, _ by: UInt64) -> UInt64 { (value << by) | (value >> (64 - by)) }
        let result = rotated(state[1] &* 5, 7) &* 9
        let shifted = state[1] << 17
        state[2] ^= state[0]
        state[3] ^= state[1]
        state[1] ^= state[2]
        state[0] ^= state[3]
        state[2] ^= shifted
        state[3] = rotated(state[3], 45)
        return result
    }

    /// Uniform in [0, 1), in steps of 2⁻⁵³.
    public mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

    /// Uniform in [lower, upper).
    public mutating func uniform(_ lower: Double, _ upper: Double) -> Double { lower + (upper - lower) * uniform() }

    /// A whole number in the range, all equally likely (Lemire's multiplication with rejection).
    public mutating func integer(in range: ClosedRange<Int>) -> Int {
        // Wrapping: a range may be wider than Int's largest number, and 2⁶⁴ numbers wide, which is 0 here.
        let span = UInt64(truncatingIfNeeded: range.upperBound &- range.lowerBound) &+ 1
        guard span != 0 else { return Int(truncatingIfNeeded: next()) }
        var product = next().multipliedFullWidth(by: span)
        let threshold = (0 &- span) % span
        while product.low < threshold { product = next().multipliedFullWidth(by: span) }
        return range.lowerBound &+ Int(truncatingIfNeeded: product.high)
    }

    /// Normal with mean 0 and variance 1 (Box & Muller 1958; the second of each pair is not kept, so that the state is
    /// the four words alone).
    public mutating func normal() -> Double {
        let radius = (-2 * log(1 - uniform())).squareRoot()
        return radius * cos(2 * Double.pi * uniform())
    }

    /// True with the given probability.
    public mutating func bernoulli(_ probability: Double = 0.5) -> Bool { uniform() < probability }
}
