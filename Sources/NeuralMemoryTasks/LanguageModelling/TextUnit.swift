// What the symbols of a text are, how they are found among its bytes, and what they are called.

import NeuralMemory

/// What a text is cut into.
public enum TextUnit: String, Codable, Sendable, CaseIterable {
    /// Unicode's characters (scalar values), in UTF-8.
    case characters
    /// Bytes, of any file.
    case bytes
    /// What stands between white space, and the ends of lines.
    case words

    /// One of them, for people.
    public var singular: String { String(rawValue.dropLast()) }
}

/// What is wrong with a text, at a byte of it.
struct TextFault: Error {
    /// Whole sentences without the last full stop.
    let reason: String
}

extension TextUnit {
    /// The most bytes of a symbol.
    static let longestSymbol = 1 << 16

    /// Calls `body` with the places of the symbols among some bytes, in order.
    ///
    /// Throws `TextFault` for what is no text of this unit, and what `body` throws.
    ///
    /// - Parameters:
    ///   - bytes: from the beginning of a symbol on.
    ///   - isLast: whether the text ends with them.
    ///   - body: returns whether to go on.
    /// - Returns: where the first symbol begins that may not be whole, or at which `body` stopped.
    func scan(_ bytes: UnsafeBufferPointer<UInt8>, isLast: Bool, _ body: (Range<Int>) throws -> Bool) throws -> Int {
        var place = 0
        while place < bytes.count {
            guard let end = try self.end(ofSymbolAt: &place, in: bytes, isLast: isLast) else { break }
            guard try body(place..<end) else { return place }
            place = end
        }
        return place
    }

    /// Where a symbol ends; `nil` where it may not be whole.
    ///
    /// - `place`: is moved on to where the symbol begins.
    private func end(
        ofSymbolAt place: inout Int, in bytes: UnsafeBufferPointer<UInt8>, isLast: Bool
    ) throws -> Int? {
        switch self {
        case .bytes: return place + 1
        case .characters:
            let end = place + Self.length(of: bytes[place])
            guard end > bytes.count else { return end }
            if isLast { throw TextFault(reason: "the text ends in the middle of a character: it is not UTF-8") }
            return nil
        case .words:
            while place < bytes.count, Self.isSpace(bytes[place]) { place += 1 }
            guard place < bytes.count else { return nil }
            if bytes[place] == Self.newline { return place + 1 }
            var end = place
            while end < bytes.count, !Self.isSpace(bytes[end]), bytes[end] != Self.newline { end += 1 }
            guard end - place <= Self.longestSymbol else {
                throw TextFault(
                    reason: "a word is longer than \(Self.longestSymbol) bytes; set task.unit to characters or bytes")
            }
            return end < bytes.count || isLast ? end : nil
        }
    }

    private static let newline = UInt8(ascii: "\n")

    /// ASCII's white space without the line feed.
    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte == 9 || (11...13).contains(byte)
    }

    /// Bytes of the character that begins with this one, as UTF-8 has it; 1 for a byte that none begins with.
    private static func length(of first: UInt8) -> Int {
        switch first {
        case 0xC2...0xDF: 2
        case 0xE0...0xEF: 3
        case 0xF0...0xF4: 4
        default: 1
        }
    }
}

// MARK: Names

extension TextUnit {
    /// What all symbols are called that are not in the vocabulary.
    static let unknown = "<unk>"
    private static let endOfLine = "<eol>"
    private static let space = "<space>"

    /// The name of a symbol; `nil` where the bytes are not UTF-8 and must be.
    func name(of symbol: UnsafeBufferPointer<UInt8>) -> String? {
        if symbol.count == 1, let byte = symbol.first { return name(of: byte) }
        return String(validating: symbol, as: UTF8.self)
    }

    /// The name of a symbol of one byte: `<space>`, `<eol>`, a printable ASCII character, or the byte in two hexadecimal
    /// digits, as `<0D>`; `nil` where the byte is no character.
    func name(of byte: UInt8) -> String? {
        switch byte {
        case Self.newline: return Self.endOfLine
        case UInt8(ascii: " "): return Self.space
        case 0x21...0x7E: return String(Unicode.Scalar(byte))
        case 0x80... where self != .bytes: return nil
        default:
            let digits = String(byte, radix: 16, uppercase: true)
            return "<\(digits.count == 1 ? "0" : "")\(digits)>"
        }
    }

    /// The bytes that a symbol of this name stands for.
    fileprivate func bytes(of name: String) -> [UInt8] {
        if name == Self.endOfLine { return [Self.newline] }
        if self == .words { return Array(name.utf8) }
        if name == Self.space { return [UInt8(ascii: " ")] }
        if name.utf8.count == 4, name.hasPrefix("<"), name.hasSuffix(">"),
            let byte = UInt8(name.dropFirst().dropLast(), radix: 16)
        {
            return [byte]
        }
        return Array(name.utf8)
    }

    fileprivate static func isEndOfLine(_ name: String) -> Bool { name == endOfLine }
}

/// Makes text of symbols, one after the other.
public struct TextWriter: Sendable {
    private let unit: TextUnit
    private var isInLine = false

    /// At the beginning of a line.
    public init(_ unit: TextUnit) { self.unit = unit }

    /// The bytes of the next symbol, by its name; before a word inside of a line comes a space.
    public mutating func bytes(of name: String) -> [UInt8] {
        let isEnd = TextUnit.isEndOfLine(name)
        let space = unit == .words && isInLine && !isEnd
        isInLine = !isEnd
        return (space ? [UInt8(ascii: " ")] : []) + unit.bytes(of: name)
    }
}
