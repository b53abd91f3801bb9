// How event files hold their events: TensorFlow's TFRecord, in which each record has checksums of its length and of its
// bytes. A reader leaves out a last record that is not whole.

import Foundation

/// One record of a file of records.
enum EventRecord {
    /// 8 bytes with the number of bytes, the masked checksum of these 8 bytes, the bytes, and their masked checksum.
    static func framed(_ bytes: Data) -> Data {
        let length = Data(UInt64(bytes.count).littleEndianBytes)
        return length + maskedChecksum(of: length) + bytes + maskedChecksum(of: bytes)
    }

    /// Turned and shifted, since a checksum of bytes that hold their own checksum says little.
    private static func maskedChecksum(of bytes: Data) -> [UInt8] {
        let checksum = CRC32C.checksum(of: bytes)
        return ((checksum >> 15 | checksum << 17) &+ 0xA282_EAD8).littleEndianBytes
    }
}

/// The cyclic redundancy check of 32 bits with Castagnoli's polynomial (RFC 3720, appendix B.4).
package enum CRC32C {
    package static func checksum(of bytes: Data) -> UInt32 {
        ~bytes.reduce(~0) { remainder, byte in table[Int(UInt8(truncatingIfNeeded: remainder) ^ byte)] ^ remainder >> 8
        }
    }

    /// What each byte leaves: the polynomial with its bits reversed, once for each bit that is 1.
    private static let table: [UInt32] = (0..<256).map { byte in
        (0..<8).reduce(UInt32(byte)) { remainder, _ in
            remainder & 1 == 1 ? remainder >> 1 ^ 0x82F6_3B78 : remainder >> 1
        }
    }
}
