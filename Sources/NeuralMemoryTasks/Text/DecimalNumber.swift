// From the digits of a decimal number to the nearest double, without a text in between.

/// A number as digits tell it: ±significand · 10^exponent.
struct DecimalNumber {
    var isNegative = false
    /// Of all digits, as long as there are not more than 19 of them; of more it is nothing of use.
    private var significand: UInt64 = 0
    /// Digits from the first that is not 0.
    private var digits = 0
    var exponent = 0

    /// Appends a digit, as a character of ASCII.
    @inline(__always)
    mutating func append(_ character: UInt8) {
        significand = significand &* 10 &+ UInt64(character &- 0x30)
        if digits > 0 || character != 0x30 { digits += 1 }
    }

    private static let powers: [Double] = (0...22).map { power in (0..<power).reduce(1) { value, _ in value * 10 } }
    private static let wholePowers: [UInt64] = (0...19).map { power in (0..<power).reduce(1) { value, _ in value * 10 }
    }

    /// The nearest double, the even one of two; `nil` for numbers that this simple way cannot tell.
    ///
    /// Powers of ten up to 10²² and significands up to 2⁵³ are doubles, so one operation rounds once (Clinger 1990).
    /// Larger significands are divided as whole numbers.
    var value: Double? {
        guard digits <= 19 else { return nil }
        let isShort = significand <= 1 << 53
        let value: Double
        switch exponent {
        case 0: value = Double(significand)
        case 1...22 where isShort: value = Double(significand) * Self.powers[exponent]
        case -22 ... -1 where isShort: value = Double(significand) / Self.powers[-exponent]
        case -19 ... -1: value = Self.quotient(significand, Self.wholePowers[-exponent])
        default: return nil
        }
        return isNegative ? -value : value
    }

    /// The double that is nearest to a quotient of numbers above 0.
    private static func quotient(_ dividend: UInt64, _ divisor: UInt64) -> Double {
        let shifts = (dividend.leadingZeroBitCount, divisor.leadingZeroBitCount)
        let (top, bottom) = (dividend << shifts.0, divisor << shifts.1)
        // Shifted so that the quotient has all 64 bits.
        let isLess = top < bottom
        let (quotient, remainder) = bottom.dividingFullWidth(isLess ? (top, 0) : (top >> 1, top << 63))
        let (lost, half) = (quotient & 0x7FF, UInt64(0x400))
        var significand = quotient >> 11
        if lost > half || lost == half && (remainder != 0 || significand & 1 == 1) { significand += 1 }
        let exponent = 11 + shifts.1 - shifts.0 - (isLess ? 64 : 63)
        return Double(significand) * Double(sign: .plus, exponent: exponent, significand: 1)
    }
}
