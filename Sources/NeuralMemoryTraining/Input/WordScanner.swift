// Words of a stream without end, as they come.

import Foundation
import NeuralMemory

/// Reads words, separated by white space, and line ends.
///
/// Memory is that of the longest word.
package struct WordScanner {
    package enum Token: Equatable {
        case word(String)
        case newline
    }

    private let descriptor: Int32
    private var rest: [UInt8] = []
    private var isAtEnd = false
    private static let longestWord = 1 << 16

    package init(_ descriptor: Int32) { self.descriptor = descriptor }

    /// What has come since the last call, up to some thousand words; `nil` at the end.
    ///
    /// Throws `FileError` where the stream cannot be read, is not UTF-8, or has a word that is too long.
    ///
    /// - `milliseconds`: after so many without input there is nothing; without it, it waits.
    package mutating func next(waitingAtMost milliseconds: Int32? = nil) throws -> [Token]? {
        guard !isAtEnd else { return nil }
        var ready = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        if let milliseconds, poll(&ready, 1, milliseconds) == 0 { return [] }
        var buffer = [UInt8](repeating: 0, count: 1 << 14)
        let got = read(descriptor, &buffer, buffer.count)
        if got < 0 && errno == EINTR { return [] }
        guard got >= 0 else { throw FileError(Self.name, failed: "read") }
        isAtEnd = got == 0
        var tokens: [Token] = []
        for byte in buffer.prefix(got) {
            let isNewline = byte == UInt8(ascii: "\n")
            guard isNewline || [0x20, 0x09, 0x0D].contains(byte) else {
                rest.append(byte)
                continue
            }
            try endWord(&tokens)
            if isNewline { tokens.append(.newline) }
        }
        if isAtEnd { try endWord(&tokens) }
        guard rest.count <= Self.longestWord else {
            throw FileError(Self.name, "a word is longer than \(Self.longestWord) bytes; separate symbols by spaces")
        }
        return tokens
    }

    private static let name = URL(fileURLWithPath: "/dev/stdin")

    private mutating func endWord(_ tokens: inout [Token]) throws {
        guard !rest.isEmpty else { return }
        guard let word = String(validating: rest, as: UTF8.self) else {
            throw FileError(Self.name, "this is not text in UTF-8")
        }
        tokens.append(.word(word))
        rest.removeAll(keepingCapacity: true)
    }
}
