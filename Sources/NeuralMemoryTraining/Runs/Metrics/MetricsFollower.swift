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
    /// All records so far, of ascending steps.
    public private(set) var records: [MetricsRecord] = []
    private let file: URL
    /// Bytes read: up to the end of a line.
    private var offset = 0
    /// The last line of those, with its newline.
    private var lastLine: [UInt8] = []

    /// - Parameter file: may not be there yet; then there are no records.
    public init(_ file: URL) { self.file = file }

    /// Reads what is new.
    ///
    /// Returns how many of the records before this call still are as they were: `records` from there on are new. Throws
    /// `FileError`; the records then are as before.
    @discardableResult
    public mutating func update() throws -> Int {
        let reader = try file.isThere() ? FileReader(file) : nil
        let start = offset - lastLine.count
        let bytes = try reader.map { try $0.bytes(at: start, count: max(0, $0.size - start)) } ?? []
        if bytes.starts(with: lastLine) {
            let kept = records.count
            take(bytes.dropFirst(lastLine.count))
            return kept
        }
        let all = try reader.map { try $0.bytes(at: 0, count: $0.size) } ?? []
        let old = records
        self = MetricsFollower(file)
        take(all[...])
        return zip(old, records).prefix { $0 == $1 }.count
    }

    /// Adds the records of whole lines.
    ///
    /// Lines that are no records are passed over, as they are dropped on resuming.
    private mutating func take(_ bytes: ArraySlice<UInt8>) {
        guard let end = bytes.lastIndex(of: UInt8(ascii: "\n")) else { return }
        let whole = bytes[...end]
        records += whole.split(separator: UInt8(ascii: "\n")).compactMap { MetricsRecord(line: $0) }
        let lastStart = whole.dropLast().lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? whole.startIndex
        lastLine = Array(whole[lastStart...])
        offset += whole.count
    }
}
