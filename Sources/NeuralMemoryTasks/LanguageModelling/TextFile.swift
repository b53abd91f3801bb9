// A text file as a sequence of symbols that may be larger than memory: gone through once, and read again in pieces.

import Foundation
import NeuralMemory

/// Where every 256th symbol of a file begins: 8 bytes of memory for each of these.
///
/// A byte-order mark at the start is skipped, but of bytes. The file must not change while this object is in use, which
/// every reading checks by its size and time of change. Nothing of the object changes after its initialiser.
final class TextFile: @unchecked Sendable {
    let file: URL
    let unit: TextUnit
    /// 64-bit FNV-1a of all bytes.
    private(set) var checksum = ""
    /// Symbols in the file.
    private(set) var count = 0
    private let reader: FileReader
    private let stamp: FileReader.Stamp
    /// Of symbols 0, 256, 512 …, and at last the end of the file.
    private var starts: [Int] = []

    private static let stride = 256
    private static let chunk = 1 << 20

    /// Goes through the file once.
    ///
    /// Throws `FileError`, `DataError` that names the line for what is no text of the unit, and what `visit` throws.
    ///
    /// - Parameters:
    ///   - file: the file.
    ///   - unit: what its symbols are.
    ///   - progress: is told what is being done, often.
    ///   - visit: gets each symbol's bytes, in order; may throw `TextFault`.
    init(
        _ file: URL, unit: TextUnit, progress: (String) -> Void,
        visit: (UnsafeBufferPointer<UInt8>) throws -> Void = { _ in }
    ) throws {
        self.file = file
        self.unit = unit
        reader = try FileReader(file)
        stamp = try reader.stamp()
        var hash = FNV1a()
        var rest: [UInt8] = []
        var (place, lines) = (0, 1)
        while true {
            let chunk = try reader.read(upTo: Self.chunk)
            hash.add(chunk)
            rest += chunk
            if place == 0, unit != .bytes, rest.starts(with: [0xEF, 0xBB, 0xBF]) {
                rest.removeFirst(3)
                place = 3
            }
            let isLast = chunk.count < Self.chunk
            let done = try take(rest, at: place, line: lines, isLast: isLast, visit)
            lines += rest[..<done].count { $0 == UInt8(ascii: "\n") }
            place += done
            rest.removeFirst(done)
            progress("reading \(file.lastPathComponent): \(100 * place / max(stamp.size, 1)) %")
            if isLast { break }
        }
        starts.append(place)
        checksum = hash.digits
        try requireUnchanged()
    }

    /// Visits the whole symbols of some bytes that begin at a place in the file.
    ///
    /// Returns how many bytes they take.
    private func take(
        _ bytes: [UInt8], at place: Int, line: Int, isLast: Bool, _ visit: (UnsafeBufferPointer<UInt8>) throws -> Void
    ) throws -> Int {
        var last = 0
        return try bytes.withUnsafeBufferPointer { buffer in
            do {
                return try unit.scan(buffer, isLast: isLast) { range in
                    last = range.lowerBound
                    if count.isMultiple(of: Self.stride) { starts.append(place + range.lowerBound) }
                    try visit(UnsafeBufferPointer(rebasing: buffer[range]))
                    count += 1
                    return true
                }
            } catch let fault as TextFault {
                let before = buffer[..<last].count { $0 == UInt8(ascii: "\n") }
                throw DataError(file, line: line + before, fault.reason)
            }
        }
    }

    /// The numbers of a range of symbols.
    ///
    /// Throws `DataError` where the file has changed.
    func numbers(_ range: Range<Int>, _ vocabulary: TextVocabulary) throws -> [Int32] {
        var numbers: [Int32] = []
        numbers.reserveCapacity(range.count)
        try visit(range) { numbers.append(try vocabulary.number(of: $0)) }
        return numbers
    }

    /// Reads the symbols of a range again, which are in memory all at once.
    ///
    /// Throws `DataError` where the file has changed.
    private func visit(_ range: Range<Int>, _ body: (UnsafeBufferPointer<UInt8>) throws -> Void) throws {
        try requireUnchanged()
        let first = range.lowerBound / Self.stride
        let end = min((range.upperBound + Self.stride - 1) / Self.stride, starts.count - 1)
        let bytes = try reader.bytes(at: starts[first], count: starts[end] - starts[first])
        var number = first * Self.stride
        _ = try bytes.withUnsafeBufferPointer { buffer in
            try unit.scan(buffer, isLast: true) { symbol in
                if range.contains(number) { try body(UnsafeBufferPointer(rebasing: buffer[symbol])) }
                number += 1
                return number < range.upperBound
            }
        }
    }

    /// Counts the symbols of a range, in pieces.
    ///
    /// Throws as `numbers` does.
    func counts(_ range: Range<Int>) throws -> TextCounts {
        var counts = TextCounts(unit)
        for start in Swift.stride(from: range.lowerBound, to: range.upperBound, by: Self.chunk) {
            try visit(start..<min(start + Self.chunk, range.upperBound)) { try counts.add($0) }
        }
        return counts
    }

    private func requireUnchanged() throws {
        guard try reader.stamp() == stamp else { throw DataError(file, "the file was changed while it was in use") }
    }
}
