// Numbers as pages get them: little-endian, in base64, so that a heatmap of a million numbers takes a third of what
// digits would.

import Foundation

/// Half floats, little-endian: three significant digits, up to 65,504.
package struct PackedHalves: Sendable {
    private var bytes = Data()

    package init() {}

    package mutating func append(_ numbers: some Collection<Float>) {
        var halves = [UInt16]()
        halves.reserveCapacity(numbers.count)
        for number in numbers { halves.append(Self.half(number).littleEndian) }
        halves.withUnsafeBytes { bytes.append(contentsOf: $0) }
    }

    package var base64: String { bytes.base64EncodedString() }

    /// The bits of the nearest half float; of two, the even one.
    ///
    /// Written out because Swift has no `Float16` on Intel Macs.
    package static func half(_ number: Float) -> UInt16 {
        let bits = number.bitPattern
        let sign = UInt16(truncatingIfNeeded: bits >> 16) & 0x8000
        let magnitude = bits & 0x7FFF_FFFF
        if magnitude > 0x7F80_0000 { return sign | 0x7E00 }
        // From 65,520 on, infinity is nearest.
        if magnitude >= 0x477F_F000 { return sign | 0x7C00 }
        if magnitude < 0x3880_0000 {
            // Subnormal halves are multiples of 2⁻²⁴. The product is exact.
            let multiple = Float(bitPattern: magnitude) * 0x1p24
            return sign | UInt16(multiple.rounded(.toNearestOrEven))
        }
        // The exponent's bias goes from 127 to 15, the fraction from 23 bits to 10; a carry goes into the exponent.
        let rounding = 0xFFF + (magnitude >> 13 & 1)
        return sign | UInt16((magnitude - (112 << 23) + rounding) >> 13)
    }
}

/// 32-bit integers, little-endian.
package struct PackedIntegers: Sendable {
    private var bytes = Data()

    package init() {}

    package mutating func append(_ numbers: some Collection<Int>) {
        let integers = numbers.map { Int32(clamping: $0).littleEndian }
        integers.withUnsafeBytes { bytes.append(contentsOf: $0) }
    }

    package var base64: String { bytes.base64EncodedString() }
}
