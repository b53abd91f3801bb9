// Changes to bytes that readers are known to trip over.

import Foundation
import NeuralMemory

/// Makes inputs of others: bits, bytes, parts, words and numbers of them are changed, moved, left out and repeated.
struct Mutator {
    /// Words of the kind of input, which a change puts in.
    let words: [[UInt8]]

    init(words: [String]) { self.words = words.map { Array($0.utf8) } }

    private static let numbers = [
        "0", "1", "-1", "2147483647", "-2147483648", "4294967296", "9007199254740993", "9223372036854775807",
        "-9223372036854775808", "18446744073709551615", "18446744073709551616", "1e9", "1e308", "1e-308", "1e999",
        "nan",
        "inf", "-0", "0.5", "1048576", "1048577", "65536", "0x10", "١"
    ].map { Array($0.utf8) }
    private static let bytes: [UInt8] = [
        0, 0x01, 0x08, 0x09, 0x0A, 0x0D, 0x1B, 0x20, 0x22, 0x23, 0x26, 0x27, 0x2A, 0x2C, 0x2D, 0x3A, 0x3C, 0x3E, 0x5B,
        0x5C,
        0x5D, 0x7B, 0x7C, 0x7D, 0x7F, 0x80, 0xC0, 0xEF, 0xFE, 0xFF
    ]
    /// No input grows beyond this.
    private static let longest = 1 << 17

    /// A few changes, mostly one.
    func mutated(_ seed: [UInt8], _ others: [[UInt8]], _ generator: inout RandomGenerator) -> [UInt8] {
        var bytes = seed
        repeat { change(&bytes, others, &generator) } while generator.bernoulli(0.4)
        return bytes.count > Self.longest ? Array(bytes.prefix(Self.longest)) : bytes
    }

    private func change(_ bytes: inout [UInt8], _ others: [[UInt8]], _ generator: inout RandomGenerator) {
        let part = range(bytes, &generator)
        switch generator.integer(in: 0...11) {
        case 0 where !bytes.isEmpty: bytes[part.lowerBound % bytes.count] ^= 1 << UInt8(generator.integer(in: 0...7))
        case 1 where !bytes.isEmpty: bytes[part.lowerBound % bytes.count] = pick(Self.bytes, &generator)
        case 2: bytes.removeSubrange(part)
        case 3: bytes.insert(contentsOf: bytes[part], at: part.upperBound)
        case 4: bytes.replaceSubrange(part.lowerBound..<part.lowerBound, with: pick(words, &generator))
        case 5: bytes.replaceSubrange(part, with: pick(words, &generator))
        case 6, 7: changeNumber(&bytes, from: part.lowerBound, &generator)
        case 8:
            let other = pick(others, &generator)
            bytes = Array(bytes[..<part.lowerBound] + other[range(other, &generator).lowerBound...])
        case 9: bytes = Array(bytes[..<part.lowerBound])
        case 10: repeatPart(&bytes, part, &generator)
        default:
            let moved = Array(bytes[part])
            bytes.removeSubrange(part)
            bytes.insert(contentsOf: moved, at: generator.integer(in: 0...bytes.count))
        }
    }

    /// A short part of the bytes, or now and then a long one; it may be empty.
    private func range(_ bytes: [UInt8], _ generator: inout RandomGenerator) -> Range<Int> {
        let start = generator.integer(in: 0...bytes.count)
        let longest = generator.bernoulli(0.9) ? 16 : bytes.count
        return start..<min(bytes.count, start + generator.integer(in: 0...longest))
    }

    private func pick<Value>(_ values: [Value], _ generator: inout RandomGenerator) -> Value {
        values[generator.integer(in: 0...values.count - 1)]
    }

    /// Puts another number in place of the next one.
    private func changeNumber(_ bytes: inout [UInt8], from place: Int, _ generator: inout RandomGenerator) {
        let isDigit: (UInt8) -> Bool = { 0x30...0x39 ~= $0 }
        guard let start = bytes[place...].firstIndex(where: isDigit) else { return }
        let end = bytes[start...].firstIndex { !isDigit($0) && $0 != UInt8(ascii: ".") } ?? bytes.count
        bytes.replaceSubrange(start..<end, with: pick(Self.numbers, &generator))
    }

    private func repeatPart(_ bytes: inout [UInt8], _ part: Range<Int>, _ generator: inout RandomGenerator) {
        let copies = 1 << generator.integer(in: 1...(generator.bernoulli(0.05) ? 14 : 5))
        let room = max(0, Self.longest - bytes.count) / max(1, part.count)
        let copy = Array(bytes[part])
        bytes.insert(contentsOf: Array(repeatElement(copy, count: min(copies, room)).joined()), at: part.upperBound)
    }
}
