// A random order of very many numbers, each computed when it is asked for.

import NeuralMemory

/// A permutation of 0 ..< count that keys decide.
///
/// A Feistel network permutes the numbers of an even count of bits (Luby & Rackoff 1988), of which there are less than
/// four times as many; one that comes out too large is put in again until it fits (Black & Rogaway 2002).
package struct KeyedPermutation: Sendable {
    package let count: Int
    private let keys: [UInt64]
    /// Bits of each half.
    private let half: UInt64

    private static let rounds = 6

    /// - Parameters:
    ///   - count: how many numbers are permuted, at least 1.
    ///   - generator: decides the keys.
    package init(count: Int, using generator: inout RandomGenerator) {
        self.count = count
        keys = (0..<Self.rounds).map { _ in generator.next() }
        let bits = Int.bitWidth - (count - 1).leadingZeroBitCount
        half = UInt64(max(1, (bits + 1) / 2))
    }

    /// The number at a place; both are from 0 to count − 1.
    package subscript(place: Int) -> Int {
        var number = permuted(UInt64(place))
        while number >= UInt64(count) { number = permuted(number) }
        return Int(number)
    }

    private func permuted(_ number: UInt64) -> UInt64 {
        let mask = UInt64(1) << half - 1
        var (left, right) = (number >> half, number & mask)
        for key in keys {
            let product = (right ^ key).multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
            (left, right) = (right, left ^ (product.high ^ product.low) & mask)
        }
        return left << half | right
    }
}
