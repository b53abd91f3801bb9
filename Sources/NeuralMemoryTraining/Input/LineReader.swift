// Lines of standard input, of which none takes more memory than it may.

import Foundation
import NeuralMemory

/// Reads a stream line by line.
///
/// Lines end with a line feed, or a carriage return and a line feed; the last one need not. A byte-order mark at the
/// start is skipped.
package struct LineReader {
    package enum Line: Equatable {
        case text(String)
        /// It is longer than the limit; what it holds is forgotten.
        case tooLong
        /// It is not UTF-8.
        case notText
    }

    private let descriptor: Int32
    private let limit: Int
    /// What has been read, from `start` on not given out yet.
    private var bytes: [UInt8] = []
    private var start = 0
    /// There is no line feed before this place.
    private var searched = 0
    private var isAtEnd = false
    private var isFirst = true

    private static let newline = UInt8(ascii: "\n")
    private static let chunk = 1 << 16

    /// - `limit`: bytes that a line may have, at least 1.
    package init(_ descriptor: Int32, limit: Int) {
        self.descriptor = descriptor
        self.limit = limit
    }

    /// The next line; `nil` at the end.
    ///
    /// Throws `FileError` where the stream cannot be read.
    package mutating func next() throws -> Line? {
        var isTooLong = false
        while true {
            if let end = bytes[searched...].firstIndex(of: Self.newline) {
                defer { (start, searched) = (end + 1, end + 1) }
                return line(bytes[start..<end], isTooLong)
            }
            if isAtEnd {
                defer { (start, searched) = (bytes.count, bytes.count) }
                return start < bytes.count || isTooLong ? line(bytes[start...], isTooLong) : nil
            }
            bytes.removeFirst(start)
            (start, searched) = (0, bytes.count)
            // The carriage return before the end is none of the line's bytes.
            if bytes.count > limit + 1 {
                isTooLong = true
                bytes = []
                searched = 0
            }
            try read()
        }
    }

    private mutating func read() throws {
        let count = bytes.count
        bytes += [UInt8](repeating: 0, count: Self.chunk)
        let got = bytes.withUnsafeMutableBytes {
            Foundation.read(descriptor, $0.baseAddress! + count, Self.chunk)
        }
        let code = errno
        bytes.removeLast(Self.chunk - max(got, 0))
        guard got >= 0 || code == EINTR else {
            throw FileError(URL(fileURLWithPath: "/dev/stdin"), failed: "read", code: code)
        }
        isAtEnd = got == 0
    }

    private mutating func line(_ bytes: ArraySlice<UInt8>, _ isTooLong: Bool) -> Line {
        defer { isFirst = false }
        var bytes = bytes.last == UInt8(ascii: "\r") ? bytes.dropLast() : bytes
        if isFirst, bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes = bytes.dropFirst(3) }
        guard !isTooLong, bytes.count <= limit else { return .tooLong }
        return String(validating: bytes, as: UTF8.self).map { .text($0) } ?? .notText
    }
}
