// A checksum of bytes, for files that must be recognised again.

import Foundation

/// Fowler, Noll & Vo's hash, variant 1a, of 64 bits.
///
/// It finds accidents, not forgeries; any single changed byte changes it, since each step is a bijection.
package struct FNV1a {
    package private(set) var value: UInt64 = 0xcbf2_9ce4_8422_2325

    package init() {}

    package mutating func add(_ bytes: Data) {
        value = bytes.withUnsafeBytes { buffer in
            var hash = value
            for byte in buffer { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
            return hash
        }
    }

    /// 16 hexadecimal digits.
    package var digits: String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
