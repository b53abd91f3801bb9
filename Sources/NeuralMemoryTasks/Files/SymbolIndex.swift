// Numbers of symbols by the bytes of their texts: for lines of files, of which each has many symbols.

import Foundation

/// A table of texts that differ, numbered in the order in which they were added.
///
/// Texts are alike where `String` says so, which takes different bytes for the same accented letter as one. So bytes that
/// are new are looked up as a `String`, once; those that were seen before are found by a hash table of bytes.
struct SymbolIndex: Sendable {
    /// By their numbers, as they were first added.
    private(set) var texts: [String] = []
    private var numbers: [String: Int] = [:]
    /// Keys are bytes that stand for a text; these side by side, with what is known of each.
    private var bytes: [UInt8] = []
    private var keys: [Key] = []
    /// The number of a key and 1, or 0; a power of two of them, of which half are free at least.
    private var slots = [UInt32](repeating: 0, count: 64)

    private struct Key {
        let hash: UInt64
        let end: Int
        let number: Int32
    }

    init() {}

    /// Of equal texts the first counts.
    init(_ texts: [String]) {
        for var text in texts { text.withUTF8 { _ = add($0) } }
    }

    /// The number of a text in UTF-8; `nil` where it was not added.
    func number(of text: UnsafeBufferPointer<UInt8>) -> Int? {
        let hash = Self.hash(text)
        if let number = find(text, hash).number { return number }
        return numbers[String(decoding: text, as: UTF8.self)]
    }

    /// The number of a text in UTF-8, which is added where it is new.
    mutating func add(_ text: UnsafeBufferPointer<UInt8>) -> Int {
        let hash = Self.hash(text)
        let found = find(text, hash)
        if let number = found.number { return number }
        let string = String(decoding: text, as: UTF8.self)
        let number = numbers[string] ?? texts.count
        if number == texts.count {
            texts.append(string)
            numbers[string] = number
        }
        bytes.append(contentsOf: text)
        keys.append(Key(hash: hash, end: bytes.count, number: Int32(number)))
        slots[found.slot] = UInt32(keys.count)
        if 2 * keys.count > slots.count { grow() }
        return number
    }

    /// The number of bytes that were added, or the free slot for them.
    @inline(__always)
    private func find(_ text: UnsafeBufferPointer<UInt8>, _ hash: UInt64) -> (number: Int?, slot: Int) {
        var slot = Int(truncatingIfNeeded: hash) & (slots.count - 1)
        while slots[slot] != 0 {
            let index = Int(slots[slot]) - 1
            if keys[index].hash == hash, has(index, text) { return (Int(keys[index].number), slot) }
            slot = (slot + 1) & (slots.count - 1)
        }
        return (nil, slot)
    }

    @inline(__always)
    private func has(_ index: Int, _ text: UnsafeBufferPointer<UInt8>) -> Bool {
        let start = index == 0 ? 0 : keys[index - 1].end
        guard keys[index].end - start == text.count else { return false }
        return bytes.withUnsafeBufferPointer { buffer in
            text.isEmpty || memcmp(buffer.baseAddress! + start, text.baseAddress!, text.count) == 0
        }
    }

    private mutating func grow() {
        slots = Array(repeating: 0, count: 2 * slots.count)
        for (index, key) in keys.enumerated() {
            var slot = Int(truncatingIfNeeded: key.hash) & (slots.count - 1)
            while slots[slot] != 0 { slot = (slot + 1) & (slots.count - 1) }
            slots[slot] = UInt32(index + 1)
        }
    }

    /// Another one in each process: no file can be made whose symbols all fall into one slot.
    private static let seed = UInt64.random(in: .min ... .max)

    /// Each eight bytes are mixed in by a product of 128 bits, whose halves become one word.
    private static func hash(_ text: UnsafeBufferPointer<UInt8>) -> UInt64 {
        func mixed(_ hash: UInt64, _ word: UInt64) -> UInt64 {
            let product = (hash ^ word).multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
            return product.high ^ product.low
        }
        let raw = UnsafeRawBufferPointer(text)
        func word(_ place: Int) -> UInt64 { raw.loadUnaligned(fromByteOffset: place, as: UInt64.self) }
        func half(_ place: Int) -> UInt64 { UInt64(raw.loadUnaligned(fromByteOffset: place, as: UInt32.self)) }
        let count = raw.count
        var hash = mixed(seed, UInt64(count))
        for place in stride(from: 0, to: count - 8, by: 8) { hash = mixed(hash, word(place)) }
        // The last words overlap with those before.
        if count >= 8 { return mixed(hash, word(count - 8)) }
        if count >= 4 { return mixed(hash, half(0) << 32 | half(count - 4)) }
        let rest = raw.reduce(0) { $0 << 8 | UInt64($1) }
        return mixed(hash, rest)
    }
}
