// JSON piece by piece, for a reader that knows what should come next; no values are made.

import Foundation

/// What is no JSON, or too rare for the scanner to know it: `JSON` says which.
struct NotScanned: Error {}

/// A place in the bytes of a JSON text, which goes on by what is asked for.
///
/// It takes nothing that `JSON.init(parsing:)` refuses. The bytes must be there as long as the scanner is.
struct JSONScanner {
    let bytes: UnsafeBufferPointer<UInt8>
    private(set) var place = 0
    /// Values so far.
    private var values = 0
    /// All bytes of texts, joined by "or": whether there is one beyond ASCII.
    private var seen: UInt8 = 0

    private static let mostNames = 16

    init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    /// The byte at the present place; 0 at the end.
    @inline(__always)
    var byte: UInt8 { place < bytes.count ? bytes[place] : 0 }

    @inline(__always)
    mutating func skipSpace() {
        while byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D { place += 1 }
    }

    @inline(__always)
    mutating func take(_ wanted: Unicode.Scalar) -> Bool {
        guard byte == UInt8(truncatingIfNeeded: wanted.value) else { return false }
        place += 1
        return true
    }

    @inline(__always)
    mutating func require(_ wanted: Unicode.Scalar) throws(NotScanned) {
        guard take(wanted) else { throw NotScanned() }
    }

    mutating func require(word: StaticString) throws(NotScanned) {
        let end = place + word.utf8CodeUnitCount
        guard has(word, at: place..<min(end, bytes.count)) else { throw NotScanned() }
        place = end
    }

    /// Whether these bytes are a word.
    @inline(__always)
    func has(_ word: StaticString, at range: Range<Int>) -> Bool {
        range.count == word.utf8CodeUnitCount
            && memcmp(bytes.baseAddress! + range.lowerBound, word.utf8Start, range.count) == 0
    }

    /// Skips space before a value, which is counted.
    @inline(__always)
    mutating func beginValue() throws(NotScanned) {
        skipSpace()
        values += 1
    }

    /// Nothing but space may be left, and all of it must have been UTF-8.
    mutating func requireEnd() throws(NotScanned) {
        skipSpace()
        guard place == bytes.count, values <= JSON.mostValues else { throw NotScanned() }
        guard seen < 0x80 || String(validating: bytes, as: UTF8.self) != nil else { throw NotScanned() }
    }

    // MARK: Values

    /// The digits of a number.
    mutating func number() throws(NotScanned) -> DecimalNumber {
        var number = DecimalNumber()
        number.isNegative = take("-")
        if !take("0") { try digits(&number) }
        if take(".") {
            let start = place
            try digits(&number)
            number.exponent = start - place
        }
        if take("e") || take("E") {
            let isNegative = take("-")
            if !isNegative { _ = take("+") }
            guard byte &- 0x30 < 10 else { throw NotScanned() }
            var exponent = 0
            while byte &- 0x30 < 10 {
                exponent = min(10 * exponent + Int(byte &- 0x30), 1 << 20)
                place += 1
            }
            number.exponent += isNegative ? -exponent : exponent
        }
        return number
    }

    @inline(__always)
    private mutating func digits(_ number: inout DecimalNumber) throws(NotScanned) {
        guard byte &- 0x30 < 10 else { throw NotScanned() }
        while byte &- 0x30 < 10 {
            number.append(bytes[place])
            place += 1
        }
    }

    /// A text between quotes; whether it has escapes, which are not looked at here.
    mutating func string() throws(NotScanned) -> (range: Range<Int>, isEscaped: Bool) {
        try require("\"")
        let start = place
        var isEscaped = false
        while place < bytes.count {
            let byte = bytes[place]
            place += 1
            if byte == UInt8(ascii: "\"") { return (start..<place - 1, isEscaped) }
            guard byte >= 0x20 else { throw NotScanned() }
            seen |= byte
            if byte == UInt8(ascii: "\\") {
                isEscaped = true
                place += 1
            }
        }
        throw NotScanned()
    }

    /// Adds a text that `string` gave to the one that a list is at.
    func append(_ text: (range: Range<Int>, isEscaped: Bool), to list: inout TextList) throws(NotScanned) {
        guard text.isEscaped else { return list.append(UnsafeBufferPointer(rebasing: bytes[text.range])) }
        // The slow way has all rules of escapes.
        let whole = text.range.lowerBound - 1..<text.range.upperBound + 1
        guard case .text(let value)? = try? JSON(parsing: Data(bytes[whole])) else { throw NotScanned() }
        list.append(value.utf8)
    }

    /// The name of an object's member, and the colon after it; only names in ASCII without escapes are taken.
    mutating func name() throws(NotScanned) -> Range<Int> {
        skipSpace()
        let name = try string()
        guard !name.isEscaped, bytes[name.range].allSatisfy({ $0 < 0x80 }) else { throw NotScanned() }
        skipSpace()
        try require(":")
        return name.range
    }

    /// Adds a name to those of an object that were there before, and is not one of these.
    func requireNew(_ name: Range<Int>, among names: inout [Range<Int>]) throws(NotScanned) {
        let isThere = names.contains { other in
            other.count == name.count
                && memcmp(bytes.baseAddress! + other.lowerBound, bytes.baseAddress! + name.lowerBound, name.count) == 0
        }
        guard !isThere, names.count < Self.mostNames else { throw NotScanned() }
        names.append(name)
    }

    /// Goes past any value.
    mutating func skipValue(depth: Int) throws(NotScanned) {
        guard depth < JSON.deepest else { throw NotScanned() }
        try beginValue()
        switch byte {
        case UInt8(ascii: "\""):
            var unused = TextList()
            let text = try string()
            if text.isEscaped { try append(text, to: &unused) }
        case UInt8(ascii: "{"): try skipObject(depth: depth)
        case UInt8(ascii: "["):
            place += 1
            skipSpace()
            if take("]") { return }
            repeat {
                try skipValue(depth: depth + 1)
                skipSpace()
            } while take(",")
            try require("]")
        case UInt8(ascii: "t"): try require(word: "true")
        case UInt8(ascii: "f"): try require(word: "false")
        case UInt8(ascii: "n"): try require(word: "null")
        default: _ = try number()
        }
    }

    private mutating func skipObject(depth: Int) throws(NotScanned) {
        var names: [Range<Int>] = []
        try require("{")
        skipSpace()
        if take("}") { return }
        repeat {
            try requireNew(name(), among: &names)
            try skipValue(depth: depth + 1)
            skipSpace()
        } while take(",")
        try require("}")
    }
}
