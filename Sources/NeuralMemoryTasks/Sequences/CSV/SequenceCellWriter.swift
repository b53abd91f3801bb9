// What a cell of CSV says of inputs or targets, written as JSON.

import Foundation
import NeuralMemory

/// Writes cells: words are texts, or numbers where all of a cell are, and vectors where there are semicolons too.
///
/// What is no number where there should be one is written as a text, which the reader of JSON refuses by its place.
struct SequenceCellWriter {
    private let reader: SequenceReader
    /// Values of JSON so far: the object and its two lists.
    private var values = 3

    private typealias Bytes = UnsafeBufferPointer<UInt8>
    private enum Kind { case texts, numbers }
    private static let semicolon = UInt8(ascii: ";")

    init(_ reader: SequenceReader) { self.reader = reader }

    /// Writes a cell as a list.
    mutating func writeList(
        _ cell: UnsafeBufferPointer<UInt8>, _ name: String, isTarget: Bool, to json: inout [UInt8]
    ) throws {
        let kind = try kind(cell, name, isTarget: isTarget)
        json.append(UInt8(ascii: "["))
        if kind == .numbers, cell.contains(Self.semicolon) {
            try writeVectors(cell, to: &json)
        } else {
            try writeWords(cell, kind, to: &json)
        }
        json.append(UInt8(ascii: "]"))
    }

    /// Writes a cell as one text, one number or one vector.
    mutating func writeTarget(_ cell: UnsafeBufferPointer<UInt8>, to json: inout [UInt8]) throws {
        let whole = Self.trimmed(cell)
        let kind = try kind(whole, "target", isTarget: true)
        if kind == .texts || whole.isEmpty { return writeText(whole, to: &json) }
        let isVector = whole.last == Self.semicolon
        let vector = isVector ? Bytes(rebasing: whole.dropLast()) : whole
        let isOne = !isVector && !whole.contains { Self.isSpace($0) || $0 == Self.semicolon }
        if isOne { return writeNumber(whole, to: &json) }
        json.append(UInt8(ascii: "["))
        if vector.contains(Self.semicolon) {
            try writeVectors(vector, to: &json)
        } else {
            try writeWords(vector, .numbers, to: &json)
        }
        json.append(UInt8(ascii: "]"))
    }

    // MARK: Kinds

    /// What the settings say, or else the words.
    private func kind(_ cell: Bytes, _ name: String, isTarget: Bool) throws -> Kind {
        if isTarget ? reader.targets == .symbols : reader.inputs == .symbols { return .texts }
        if isTarget ? reader.targets != nil : reader.inputs != nil { return .numbers }
        var (isEmpty, odd): (Bool, Bytes?) = (true, nil)
        var rest = cell
        while let word = Self.nextWord(&rest, orSemicolon: true) {
            isEmpty = false
            if Self.isNull(word) || Self.isNumber(word) { continue }
            guard Self.isLikeNumber(word) else { return .texts }
            odd = odd ?? word
        }
        guard let odd else { return isEmpty && cell.contains(Self.semicolon) ? .texts : .numbers }
        throw LineFault(
            reason: "\"\(name)\" has \(String(decoding: odd, as: UTF8.self).shown(atMost: 40)); a number must be "
                + "written as -0.5 or 1e3 is, with spaces between numbers and without NaN and infinities (as a name it "
                + "is read with task.\(isTarget ? "targets" : "inputs")=symbols)")
    }

    private static func isNull(_ word: Bytes) -> Bool { JSONScanner(word).has("null", at: 0..<word.count) }

    /// As JSON has numbers.
    private static func isNumber(_ word: Bytes) -> Bool {
        var scanner = JSONScanner(word)
        return (try? scanner.number()) != nil && scanner.place == word.count
    }

    /// Whether somebody could mean a number: 1,5 and .5, NaN and +inf, and those of a list in brackets.
    private static func isLikeNumber(_ word: Bytes) -> Bool {
        guard let first = word.first, word.count <= 40, first < 0x80, "0123456789+-.,[]nNiI".utf8.contains(first)
        else { return false }
        let digits = String(decoding: word, as: UTF8.self).trimmingCharacters(in: CharacterSet(charactersIn: "[],"))
        return Double(digits.replacing(",", with: ".")) != nil
    }

    // MARK: Words

    static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

    private static func trimmed(_ cell: Bytes) -> Bytes {
        guard let first = cell.firstIndex(where: { !isSpace($0) }), let last = cell.lastIndex(where: { !isSpace($0) })
        else { return Bytes(rebasing: cell[..<0]) }
        return Bytes(rebasing: cell[first...last])
    }

    /// Takes the next word of what is left; `nil` where there is none.
    ///
    /// - `orSemicolon`: whether semicolons stand between words, as spaces do.
    private static func nextWord(_ rest: inout Bytes, orSemicolon: Bool = false) -> Bytes? {
        func isBetween(_ byte: UInt8) -> Bool { isSpace(byte) || orSemicolon && byte == semicolon }
        guard let start = rest.firstIndex(where: { !isBetween($0) }) else { return nil }
        let end = rest[start...].firstIndex(where: isBetween) ?? rest.count
        defer { rest = Bytes(rebasing: rest[end...]) }
        return Bytes(rebasing: rest[start..<end])
    }

    private mutating func writeWords(_ words: Bytes, _ kind: Kind, to json: inout [UInt8]) throws {
        var (rest, isFirst) = (words, true)
        while let word = Self.nextWord(&rest) {
            if !isFirst { json.append(UInt8(ascii: ",")) }
            isFirst = false
            try count()
            if kind == .numbers { writeNumber(word, to: &json) } else { writeText(word, to: &json) }
        }
    }

    /// Vectors, each of which a semicolon ends; the last one need not have it.
    private mutating func writeVectors(_ cell: Bytes, to json: inout [UInt8]) throws {
        var (rest, isFirst) = (Self.trimmed(cell), true)
        while !rest.isEmpty {
            let end = rest.firstIndex(of: Self.semicolon)
            let vector = Self.trimmed(Bytes(rebasing: rest[..<(end ?? rest.count)]))
            rest = Bytes(rebasing: rest[(end.map { $0 + 1 } ?? rest.count)...])
            if !isFirst { json.append(UInt8(ascii: ",")) }
            isFirst = false
            try count()
            if Self.isNull(vector) {
                json += "null".utf8
            } else {
                json.append(UInt8(ascii: "["))
                try writeWords(vector, .numbers, to: &json)
                json.append(UInt8(ascii: "]"))
            }
        }
    }

    /// Lines of JSON may have no more values, and a message about these would be of another text than the file's.
    private mutating func count() throws {
        values += 1
        guard values <= JSON.mostValues else {
            throw LineFault(reason: "there are more than \(JSON.mostValues) elements and numbers")
        }
    }

    private func writeNumber(_ word: Bytes, to json: inout [UInt8]) {
        if Self.isNumber(word) { json.append(contentsOf: word) } else { writeText(word, to: &json) }
    }

    /// The word null is no text, whatever it is among.
    private func writeText(_ text: Bytes, to json: inout [UInt8]) {
        guard !Self.isNull(text) else { return json.append(contentsOf: text) }
        json.append(UInt8(ascii: "\""))
        for byte in text {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                json.append(UInt8(ascii: "\\"))
                json.append(byte)
            case 0x09: json += "\\t".utf8
            default: json.append(byte)
            }
        }
        json.append(UInt8(ascii: "\""))
    }
}
