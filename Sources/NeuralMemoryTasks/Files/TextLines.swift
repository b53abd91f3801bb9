// The lines of a text file that may be larger than memory: found in one pass, and read again one by one.

import Foundation
import NeuralMemory

/// Data that cannot be used.
public struct DataError: Error, CustomStringConvertible, Equatable {
    /// The path as it was given.
    public let file: String
    /// Counted from 1; `nil` where it is about the whole file.
    public let line: Int?
    /// What is wrong, and what is wanted.
    public let reason: String

    init(_ file: URL, line: Int? = nil, _ reason: String) {
        self.file = file.path
        self.line = line
        self.reason = reason
    }

    public var description: String { file.shownPath + (line.map { ", line \($0)" } ?? "") + ": " + reason }
}

/// Where each line of a file begins: 8 bytes of memory a line.
///
/// Lines end with a line feed, or a carriage return and a line feed; the last one need not. A byte-order mark at the
/// start of the file is skipped, and so is a header: lines are counted without it. The file must not change while this
/// object is in use, which every reading checks by its size and time of change. Nothing of the object changes after its
/// initialiser.
final class TextLines: @unchecked Sendable {
    let file: URL
    /// 64-bit FNV-1a of all bytes.
    private(set) var checksum = ""
    /// The first line where it is about the others, without its end; `nil` where it is one of them.
    private(set) var header: ArraySlice<UInt8>?
    private let reader: FileReader
    let stamp: FileReader.Stamp
    /// Where each line begins, and where the last one ends with its line end.
    private var starts: [Int] = []

    private static let newline = UInt8(ascii: "\n")
    private static let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
    private static let chunk = 1 << 20

    /// A line while the file is gone through.
    struct Line {
        /// Counted from 0, without the header.
        let index: Int
        /// Counted from 1, with the header.
        let number: Int
        /// Without line end.
        let bytes: ArraySlice<UInt8>
    }

    /// Goes through the file once.
    ///
    /// - `limit`: bytes that a line may have.
    /// - `progress`: is told the share of the file that is done, now and then.
    /// - `isHeader`: says whether the first line is a header; may throw `LineFault`.
    /// - `visit`: gets all other lines.
    ///
    /// Throws `FileError`, `DataError` for a line that is too long or a header with a fault, and what `visit` throws.
    init(
        _ file: URL, limit: Int, progress: (Double) -> Void,
        isHeader: (ArraySlice<UInt8>) throws -> Bool = { _ in false }, visit: (Line) throws -> Void
    ) throws {
        self.file = file
        reader = try FileReader(file)
        stamp = try reader.stamp()
        var hash = FNV1a()
        var rest = Rest()
        var start = 0
        while true {
            let chunk = try reader.read(upTo: Self.chunk)
            hash.add(chunk)
            let hasMark = start == 0 && starts.isEmpty && rest.bytes.isEmpty && chunk.starts(with: Self.mark)
            if hasMark { start = Self.mark.count }
            rest.bytes += hasMark ? chunk.dropFirst(Self.mark.count) : chunk
            start += try take(from: &rest, at: start, isLast: chunk.count < Self.chunk, isHeader, visit)
            guard rest.bytes.count <= limit else {
                throw DataError(
                    file, line: number(ofLine: starts.count),
                    "it is longer than \(limit) bytes, which is more than any line needs")
            }
            progress(Double(start) / Double(max(stamp.size, 1)))
            if chunk.count < Self.chunk { break }
        }
        starts.append(start)
        checksum = hash.digits
        try requireUnchanged()
    }

    /// The lines of a file that was gone through before.
    ///
    /// - `found`: what `kept` gave then.
    ///
    /// Returns `nil` where the file is another one now, or its lines are not those of a file of this size. Throws
    /// `FileError`.
    init?(_ file: URL, found: Kept, lengths: [UInt32]) throws {
        self.file = file
        reader = try FileReader(file)
        stamp = try reader.stamp()
        checksum = found.checksum
        guard stamp == found.stamp, 0...stamp.size ~= found.start else { return nil }
        starts.reserveCapacity(lengths.count + 1)
        starts.append(found.start)
        for length in lengths { starts.append(starts[starts.count - 1] + Int(length)) }
        guard starts[starts.count - 1] <= stamp.size else { return nil }
        // What stands before the first line is a mark, a header, or both.
        let before = try reader.bytes(at: 0, count: found.start)
        let text = Self.withoutEnd(before[(before.starts(with: Self.mark) ? Self.mark.count : 0)...])
        header = text.isEmpty ? nil : text
    }

    /// What is known of the file, but for the lengths of its lines.
    struct Kept: Codable, Equatable {
        let stamp: FileReader.Stamp
        let checksum: String
        /// Where the first line after the header begins.
        let start: Int
    }

    var kept: Kept { Kept(stamp: stamp, checksum: checksum, start: starts[0]) }

    /// Bytes of each line with its end.
    var lengths: [UInt32] { (0..<count).map { UInt32(starts[$0 + 1] - starts[$0]) } }

    /// What has been read of a line that is not at its end.
    private struct Rest {
        var bytes: [UInt8] = []
        /// So many of them have no line feed: a long line is not searched again with each chunk.
        var searched = 0
    }

    /// Visits the whole lines of some bytes that begin at a place in the file, and removes them.
    ///
    /// Returns their number.
    private func take(
        from rest: inout Rest, at place: Int, isLast: Bool, _ isHeader: (ArraySlice<UInt8>) throws -> Bool,
        _ visit: (Line) throws -> Void
    ) throws -> Int {
        var low = 0
        while low < rest.bytes.count {
            let end = Self.newline(in: rest.bytes, from: max(low, rest.searched))
            guard let high = end ?? (isLast ? rest.bytes.count : nil) else { break }
            let line = Self.withoutReturn(rest.bytes[low..<high])
            if try starts.isEmpty && header == nil && takes(line, isHeader) {
                header = ArraySlice(Array(line))
            } else {
                starts.append(place + low)
                let index = starts.count - 1
                try visit(Line(index: index, number: number(ofLine: index), bytes: line))
            }
            low = end == nil ? high : high + 1
        }
        rest.bytes.removeFirst(low)
        rest.searched = rest.bytes.count
        return low
    }

    private func takes(_ first: ArraySlice<UInt8>, _ isHeader: (ArraySlice<UInt8>) throws -> Bool) throws -> Bool {
        do {
            return try isHeader(first)
        } catch let fault as LineFault {
            throw DataError(file, line: 1, fault.reason)
        }
    }

    private static func newline(in bytes: [UInt8], from start: Int) -> Int? {
        bytes.withUnsafeBytes { buffer in
            guard let base = buffer.baseAddress, start < buffer.count,
                let found = memchr(base + start, Int32(newline), buffer.count - start)
            else { return nil }
            return UnsafeRawPointer(found) - base
        }
    }

    private static func withoutEnd(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        withoutReturn(line.last == newline ? line.dropLast() : line)
    }

    private static func withoutReturn(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        line.last == UInt8(ascii: "\r") ? line.dropLast() : line
    }

    var count: Int { starts.count - 1 }

    /// The number of a line in the file, counted from 1; lines are counted from 0.
    func number(ofLine index: Int) -> Int { index + (header == nil ? 1 : 2) }

    /// A line's bytes without line end; lines are counted from 0.
    ///
    /// Throws `DataError` where the file has changed.
    func bytes(ofLine number: Int) throws -> ArraySlice<UInt8> {
        try requireUnchanged()
        let length = starts[number + 1] - starts[number]
        return Self.withoutEnd(try reader.bytes(at: starts[number], count: length)[...])
    }

    private func requireUnchanged() throws {
        guard try reader.stamp() == stamp else { throw DataError(file, "the file was changed while it was in use") }
    }
}
