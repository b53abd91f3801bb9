// Reading metrics.jsonl while it grows, and noticing where a resumed run took lines back.

import Foundation
import NeuralMemory

/// The records of a file of metrics, brought up to date as often as one likes.
///
/// It takes no lock and writes nothing.
///
/// A line that is not finished is left for the next time. Each call reads what is new, and the last line before that: a
/// run that was resumed from an earlier checkpoint has replaced that line, and then the file is read anew.
public struct MetricsFollower: Sendable {
    /// The records so far, of ascending steps: all of them, or those that thinning left.
    public private(set) var records: [MetricsRecord] = []
    /// The last record of the file, which thinning may have left out of `records`.
    package private(set) var latest: MetricsRecord?
    private let file: URL
    /// How many records are kept; `nil` keeps all.
    private let limit: Int?
    /// Of the file's lines, those at multiples of this are kept.
    private var stride = 1
    /// Lines read.
    private var lines = 0
    /// Bytes read: up to the end of a line.
    private var offset = 0
    /// The last line of those, with its newline.
    private var lastLine: [UInt8] = []

    /// So much is read at a time, or one line where that is longer.
    private static let pieceBytes = 1 << 20

    /// - Parameters:
    ///   - file: may not be there yet; then there are no records.
    ///   - limit: how many records are kept at most, at least 2; all are kept unless this is given. Whenever there are
    ///     more, every second one goes, and of what comes as many are left out as before. So the rest are spread evenly
    ///     over the run, and memory does not grow with it.
    public init(_ file: URL, keeping limit: Int? = nil) {
        self.file = file
        self.limit = limit
    }

    /// Reads what is new.
    ///
    /// Returns how many of the records before this call still are as they were: `records` from there on are new. Throws
    /// `FileError`; the records then are as before.
    @discardableResult
    public mutating func update() throws -> Int {
        let before = self
        do {
            guard let reader = try file.isThere() ? FileReader(file) : nil else { return restart() }
            guard try reader.bytes(at: offset - lastLine.count, count: lastLine.count) == lastLine else {
                _ = restart()
                try readOn(reader)
                return zip(before.records, records).prefix { $0 == $1 }.count
            }
            try readOn(reader)
            // Where nothing was thinned out, nothing else changed.
            guard stride != before.stride else { return before.records.count }
            return zip(before.records, records).prefix { $0 == $1 }.count
        } catch {
            self = before
            throw error
        }
    }

    private mutating func restart() -> Int {
        self = MetricsFollower(file, keeping: limit)
        return 0
    }

    /// Reads whole lines up to the end of the file as it is now.
    private mutating func readOn(_ reader: FileReader) throws {
        let end = reader.size
        var count = Self.pieceBytes
        while offset < end {
            let bytes = try reader.bytes(at: offset, count: min(count, end - offset))
            guard !bytes.isEmpty else { return }
            if !take(bytes[...]) {
                guard offset + bytes.count < end else { return }
                count *= 2
            }
        }
    }

    /// Adds the records of whole lines; false where there is none.
    ///
    /// Lines that are no records are passed over, as they are dropped on resuming.
    private mutating func take(_ bytes: ArraySlice<UInt8>) -> Bool {
        guard let end = bytes.lastIndex(of: UInt8(ascii: "\n")) else { return false }
        let whole = bytes[...end]
        let new = whole.split(separator: UInt8(ascii: "\n"))
        for line in new {
            if lines.isMultiple(of: stride), let record = MetricsRecord(line: line) { add(record) }
            lines += 1
        }
        if let record = new.last.flatMap({ MetricsRecord(line: $0) }) { latest = record }
        let lastStart = whole.dropLast().lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? whole.startIndex
        lastLine = Array(whole[lastStart...])
        offset += whole.count
        return true
    }

    private mutating func add(_ record: MetricsRecord) {
        records.append(record)
        guard let limit, records.count > max(2, limit) else { return }
        records = records.enumerated().filter { $0.offset.isMultiple(of: 2) }.map(\.element)
        stride *= 2
    }
}
