// SeededGenerator.swift: the tests' only source of randomness. A case is its seed; every failure prints it.

/// SplitMix64 (Steele, Lea & Flood 2014): small, fast, and any seed will do.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }

    /// Uniform in [low, high).
    mutating func uniform(_ low: Double, _ high: Double) -> Double {
        Double.random(in: low..<high, using: &self)
    }

    /// `count` numbers uniform in [-limit, limit).
    mutating func doubles(_ count: Int, limit: Double = 1) -> [Double] {
        (0..<count).map { _ in uniform(-limit, limit) }
    }

    /// `count` numbers uniform in [-limit, limit).
    mutating func floats(_ count: Int, limit: Float = 1) -> [Float] {
        (0..<count).map { _ in Float.random(in: -limit..<limit, using: &self) }
    }

    /// True with the given probability.
    mutating func chance(_ probability: Double) -> Bool {
        uniform(0, 1) < probability
    }

    /// A whole number in the range.
    mutating func integer(_ range: Range<Int>) -> Int {
        Int.random(in: range, using: &self)
    }
}

/// The seed of one case of a test, mixed from the test's own number and the case's sizes.
func caseSeed(_ parts: Int...) -> UInt64 {
    parts.reduce(0x243f_6a88_85a3_08d3) { seed, part in
        var generator = SeededGenerator(seed: seed ^ UInt64(bitPattern: Int64(part)))
        return generator.next()
    }
}

extension Array where Element == Float {
    /// The same numbers in Double, for the reference.
    var doubles: [Double] { map { Double($0) } }

    /// The bit patterns, for comparisons that tell -0 from 0 and let a NaN equal itself.
    var bits: [UInt32] { map { $0.bitPattern } }
}

extension Array where Element == Double {
    /// The same numbers rounded to Float, for the kernels.
    var floats: [Float] { map { Float($0) } }
}
