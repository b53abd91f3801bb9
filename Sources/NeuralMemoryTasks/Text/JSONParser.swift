// From bytes to a JSON value, with limits on what a file can make of it. RFC 8259, and no two members of one name.

import Foundation

/// Bytes that are not JSON, or not what is wanted of it.
package struct JSONError: Error, CustomStringConvertible, Equatable {
    /// What is wrong, and where: without a full stop.
    package let reason: String

    package init(reason: String) { self.reason = reason }

    package var description: String { reason }
}

extension JSON {
    /// Reads one value from UTF-8.
    ///
    /// Throws `JSONError`, also for values deeper than `deepest`, or more of them than `mostValues`.
    package init(parsing bytes: Data) throws {
        self = try bytes.withUnsafeBytes { buffer in
            var parser = JSONParser(bytes: buffer)
            return try parser.whole()
        }
    }

    package init(parsing text: String) throws { try self.init(parsing: Data(text.utf8)) }

    /// What we write is six deep.
    static let deepest = 64
    /// As many as the words of two large vocabularies, and more.
    static let mostValues = 4_000_000
}

private struct JSONParser {
    let bytes: UnsafeRawBufferPointer
    private var place = 0
    private var values = 0

    init(bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    private func fail(_ reason: String) -> JSONError { JSONError(reason: "at byte \(place): \(reason)") }

    /// The byte at the present place; 0 at the end.
    private var byte: UInt8 { place < bytes.count ? bytes[place] : 0 }

    private mutating func skipSpace() {
        while [0x20, 0x0A, 0x0D, 0x09].contains(byte) { place += 1 }
    }

    private mutating func take(_ wanted: Character) -> Bool {
        guard byte == wanted.asciiValue else { return false }
        place += 1
        return true
    }

    private mutating func require(_ wanted: Character) throws {
        guard take(wanted) else { throw fail("there should be \(wanted) here") }
    }

    mutating func whole() throws -> JSON {
        let value = try value(depth: 0)
        skipSpace()
        guard place == bytes.count else { throw fail("there is more than one value") }
        return value
    }

    private mutating func value(depth: Int) throws -> JSON {
        guard depth < JSON.deepest else { throw fail("this is more than \(JSON.deepest) deep") }
        values += 1
        guard values <= JSON.mostValues else { throw fail("there are more than \(JSON.mostValues) values") }
        skipSpace()
        switch byte {
        case UInt8(ascii: "{"): return try object(depth: depth)
        case UInt8(ascii: "["): return try array(depth: depth)
        case UInt8(ascii: "\""): return .text(try string())
        case UInt8(ascii: "-"), 0x30...0x39: return .number(try number())
        default: break
        }
        for (word, value) in [("true", JSON.boolean(true)), ("false", .boolean(false)), ("null", .null)]
        where bytes[place...].starts(with: word.utf8) {
            place += word.utf8.count
            return value
        }
        throw fail(place < bytes.count ? "no value begins so" : "it ends where a value should be")
    }

    private mutating func object(depth: Int) throws -> JSON {
        try require("{")
        var members: [JSON.Member] = []
        var names: Set<String> = []
        skipSpace()
        if take("}") { return .object([]) }
        repeat {
            skipSpace()
            let name = try string()
            guard names.insert(name).inserted else { throw fail("'\(name.shown())' is there twice") }
            skipSpace()
            try require(":")
            members.append(JSON.Member(name: name, value: try value(depth: depth + 1)))
            skipSpace()
        } while take(",")
        try require("}")
        return .object(members)
    }

    private mutating func array(depth: Int) throws -> JSON {
        try require("[")
        var elements: [JSON] = []
        skipSpace()
        if take("]") { return .array([]) }
        repeat {
            elements.append(try value(depth: depth + 1))
            skipSpace()
        } while take(",")
        try require("]")
        return .array(elements)
    }

    /// The digits of a number, as they stand.
    private mutating func number() throws -> String {
        let start = place
        _ = take("-")
        if !take("0") { try digits() }
        if take(".") { try digits() }
        if take("e") || take("E") {
            if !take("+") { _ = take("-") }
            try digits()
        }
        return String(decoding: bytes[start..<place], as: UTF8.self)
    }

    private mutating func digits() throws {
        guard 0x30...0x39 ~= byte else { throw fail("there should be a digit here") }
        while 0x30...0x39 ~= byte { place += 1 }
    }

    // MARK: Strings

    private mutating func string() throws -> String {
        try require("\"")
        var text = ""
        while true {
            let start = place
            while place < bytes.count, byte >= 0x20, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") {
                place += 1
            }
            guard let part = String(validating: bytes[start..<place], as: UTF8.self) else {
                throw fail("the text before this is not UTF-8")
            }
            text += part
            if take("\"") { return text }
            guard take("\\") else {
                throw fail(place < bytes.count ? "a text has no control characters" : "it ends within a text")
            }
            text.unicodeScalars.append(try escaped())
        }
    }

    private static let escapes: [UInt8: Unicode.Scalar] = [
        UInt8(ascii: "\""): "\"", UInt8(ascii: "\\"): "\\", UInt8(ascii: "/"): "/", UInt8(ascii: "b"): "\u{8}",
        UInt8(ascii: "f"): "\u{C}", UInt8(ascii: "n"): "\n", UInt8(ascii: "r"): "\r", UInt8(ascii: "t"): "\t"
    ]

    /// What follows a backslash.
    private mutating func escaped() throws -> Unicode.Scalar {
        if let scalar = Self.escapes[byte] {
            place += 1
            return scalar
        }
        guard take("u") else { throw fail("there is no such escape") }
        let first = try codeUnit()
        if let scalar = Unicode.Scalar(first) { return scalar }
        // Half of a pair of surrogates, whose second half must follow.
        guard 0xD800..<0xDC00 ~= first, take("\\"), take("u") else { throw fail("this is half a character") }
        let second = try codeUnit()
        guard 0xDC00..<0xE000 ~= second,
            let scalar = Unicode.Scalar(0x10000 + (UInt32(first) - 0xD800) << 10 + (UInt32(second) - 0xDC00))
        else { throw fail("this is half a character") }
        return scalar
    }

    private mutating func codeUnit() throws -> UInt16 {
        let digits = bytes[place..<min(place + 4, bytes.count)]
        guard digits.count == 4, digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
            let unit = UInt16(String(decoding: digits, as: UTF8.self), radix: 16)
        else { throw fail("there should be four hexadecimal digits here") }
        place += 4
        return unit
    }
}
