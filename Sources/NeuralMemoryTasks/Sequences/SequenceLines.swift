// The lines of one file as sequences, whether they are JSON or CSV.

import Foundation
import NeuralMemory

/// Reads the lines of one file, which are CSV where the first one names columns.
struct SequenceLines {
    /// `nil` for JSON.
    private(set) var columns: SequenceColumns?
    private let reader: SequenceReader
    /// A line of CSV as JSON, and one of its cells.
    private var (json, cell): ([UInt8], [UInt8]) = ([], [])

    /// Of a file whose first line is yet to be seen, by `takesHeader`.
    init(_ reader: SequenceReader) { self.reader = reader }

    /// Of a file that was gone through.
    ///
    /// Throws `DataError` for a header that cannot be used.
    init(_ reader: SequenceReader, of lines: TextLines) throws {
        self.reader = reader
        do {
            columns = try lines.header.flatMap { try SequenceColumns($0) }
        } catch let fault as LineFault {
            throw DataError(lines.file, line: 1, fault.reason)
        }
    }

    /// Whether the first line of a file names its columns.
    ///
    /// Throws `LineFault` where it does and cannot be used, and where it is no JSON either.
    mutating func takesHeader(_ line: ArraySlice<UInt8>) throws -> Bool {
        columns = try SequenceColumns(line)
        return columns != nil
    }

    /// Reads a line into a sequence whose memory is used again.
    ///
    /// Throws `LineFault`.
    mutating func read(_ line: ArraySlice<UInt8>, into sequence: inout SequenceLine) throws {
        guard let columns else { return try reader.read(line, into: &sequence) }
        try columns.write(line, to: &json, cell: &cell, for: reader)
        try reader.read(json[...], into: &sequence)
    }
}

extension SequenceReader {
    /// Reads all sequences of a file.
    ///
    /// Throws as `TextLines.init(ofSequences:)` does.
    func visit(
        _ file: URL, progress: (String) -> Void, _ body: (TextLines.Line, SequenceLine) throws -> Void
    ) throws -> TextLines {
        var lines = SequenceLines(self)
        var sequence = SequenceLine()
        return try TextLines(
            ofSequences: file, limit: Self.byteLimit, form: Self.fileForm, progress: progress,
            isHeader: { try lines.takesHeader($0) }
        ) { line in
            try lines.read(line.bytes, into: &sequence)
            try body(line, sequence)
        }
    }

    /// What each line of a file must be.
    static let fileForm = "a JSON object, or a line of CSV below one that names the columns"
}
