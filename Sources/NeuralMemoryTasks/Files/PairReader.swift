// From a line of text to a source and its target, as texts of single symbols.

import Foundation

/// How lines of pairs are written: SOURCE tab TARGET, in UTF-8.
struct PairReader: Sendable {
    /// Whether each character (extended grapheme cluster, so that a letter and its accents are one) is a symbol, spaces
    /// too; otherwise symbols are separated by spaces.
    let characters: Bool
    /// Symbols that a side may have.
    let maximumLength: Int

    /// A source and its target.
    struct Pair {
        let source: [String]
        let target: [String]
    }

    /// Bytes that a line of the longest sides needs at most, with room for long words; no file is read into memory
    /// further than this in search of a line's end.
    var byteLimit: Int { max(1 << 20, 128 * maximumLength) }

    func pair(_ line: ArraySlice<UInt8>) throws -> Pair {
        guard !line.isEmpty else { throw LineFault(reason: "the line is empty; it must be SOURCE, a tab, TARGET") }
        let sides = line.split(separator: UInt8(ascii: "\t"), omittingEmptySubsequences: false)
        guard sides.count == 2 else {
            let found = sides.count == 1 ? "there is no tab" : "there are \(sides.count - 1) tabs"
            throw LineFault(reason: "\(found); a line must be SOURCE, one tab, TARGET")
        }
        return Pair(source: try symbols(sides[0], "source"), target: try symbols(sides[1], "target"))
    }

    /// The symbols of one side.
    func symbols(_ bytes: ArraySlice<UInt8>, _ side: String) throws -> [String] {
        guard let text = String(validating: bytes, as: UTF8.self) else { throw LineFault(reason: "this is not UTF-8") }
        guard !bytes.contains(0) else {
            throw LineFault(reason: "there is a NUL byte in the \(side); this is not text")
        }
        return try symbols(text, side)
    }

    func symbols(_ text: String, _ side: String) throws -> [String] {
        // Counted before they are made: a line may have very many more than are allowed.
        let count = characters ? text.count : Self.wordCount(text)
        guard count > 0 else { throw LineFault(reason: "the \(side) is empty; it must have at least one symbol") }
        guard count <= maximumLength else {
            throw LineFault(reason: "the \(side) has \(count) symbols; task.maximumLength allows \(maximumLength)")
        }
        return characters ? text.map(String.init) : text.utf8.split(separator: 0x20).map { String(Substring($0)) }
    }

    /// How many words spaces separate.
    private static func wordCount(_ text: String) -> Int {
        var count = 0
        var isInWord = false
        for byte in text.utf8 {
            let isLetter = byte != 0x20
            if isLetter, !isInWord { count += 1 }
            isInWord = isLetter
        }
        return count
    }
}
