// TestSeed.swift: where the random cases of all tests get their seeds from.

import Foundation

/// What NEURALMEMORY_TEST_SEED says: 0, the default, leaves the seeds that stand in the tests; any other number gives
/// other cases throughout.
///
/// `make test-seeds` runs the suites with random cases under many of them.
package let testSeedVariation: UInt64 = {
    guard let text = ProcessInfo.processInfo.environment["NEURALMEMORY_TEST_SEED"] else { return 0 }
    guard let number = UInt64(text) else {
        fatalError("NEURALMEMORY_TEST_SEED is \(text.prefix(40)); it must be a whole number from 0 to \(UInt64.max)")
    }
    if number != 0 { print("NEURALMEMORY_TEST_SEED=\(number)") }
    return number
}()

/// What a failed test prints about its seed: how to have the same case again.
///
/// Empty for the seeds that stand in the tests.
package var seedNote: String { testSeedVariation == 0 ? "" : "; NEURALMEMORY_TEST_SEED=\(testSeedVariation)" }

/// The seed of a random case: `fixed`, the one that stands in the test, unless NEURALMEMORY_TEST_SEED asks for others.
///
/// Every random case of every suite gets its seed here.
package func testSeed(_ fixed: UInt64) -> UInt64 { testSeed(fixed, variation: testSeedVariation) }

/// The same for any variation.
package func testSeed(_ fixed: UInt64, variation: UInt64) -> UInt64 {
    variation == 0 ? fixed : mixed([fixed, variation])
}

/// The seed of one case of a test, mixed from the test's own number and the case's sizes.
package func caseSeed(_ parts: Int...) -> UInt64 { testSeed(mixed(parts.map { UInt64(bitPattern: Int64($0)) })) }

private func mixed(_ parts: [UInt64]) -> UInt64 {
    parts.reduce(0x243f_6a88_85a3_08d3) { seed, part in
        var generator = SeededGenerator(seed: seed ^ part)
        return generator.next()
    }
}

/// SplitMix64 (Steele, Lea & Flood 2014): small, fast, and any seed will do.
package struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    package init(seed: UInt64) {
        state = seed
    }

    package mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }

    /// Uniform in [low, high).
    package mutating func uniform(_ low: Double, _ high: Double) -> Double {
        Double.random(in: low..<high, using: &self)
    }

    /// `count` numbers uniform in [-limit, limit).
    package mutating func doubles(_ count: Int, limit: Double = 1) -> [Double] {
        (0..<count).map { _ in uniform(-limit, limit) }
    }

    /// `count` numbers uniform in [-limit, limit).
    package mutating func floats(_ count: Int, limit: Float = 1) -> [Float] {
        (0..<count).map { _ in Float.random(in: -limit..<limit, using: &self) }
    }

    /// True with the given probability.
    package mutating func chance(_ probability: Double) -> Bool {
        uniform(0, 1) < probability
    }

    /// A whole number in the range.
    package mutating func integer(_ range: Range<Int>) -> Int {
        Int.random(in: range, using: &self)
    }
}
