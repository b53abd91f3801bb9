// From lines of CSV to the lines of JSON that say the same: all that is read of a sequence is read as JSON.

import Foundation
import NeuralMemory

/// Which columns of a file are the fields of a sequence, as its header says.
struct SequenceColumns: Sendable, Equatable {
    private let separator: UInt8
    private let names: [String]
    private let inputs: Int
    private let targets: Int
    /// Whether there is "target" in place of "targets".
    private let hasOneTarget: Bool

    private static let separators: [(byte: UInt8, name: String)] = [
        (UInt8(ascii: ","), "comma"), (UInt8(ascii: ";"), "semicolon"), (UInt8(ascii: "\t"), "tab")
    ]
    /// What a file must be.
    private static let form =
        "each line of a file must be an object such as \(SequenceReader.example), or the first line must name "
        + "columns of CSV, \"inputs\" and \"targets\" or \"target\", with commas, semicolons or tabs between the names "
        + "(docs/data/SEQUENCES.md)"

    /// `nil` for a line that begins as one of JSON does.
    ///
    /// Throws `LineFault` for a header that cannot be used, and for what is neither.
    init?(_ line: ArraySlice<UInt8>) throws {
        guard !Self.isObject(line) else { return nil }
        guard !line.allSatisfy(SequenceCellWriter.isSpace) else {
            throw LineFault(reason: "the line is empty; \(Self.form)")
        }
        try Self.requireText(line)
        let all = Self.separators.map { (separator: $0.byte, names: Self.names(line, $0.byte)) }
        let readings = all.filter { $0.names.contains("inputs") }
        guard let likeliest = readings.max(by: { $0.names.count < $1.names.count }) else {
            let names = all.map(\.names).max { $0.count < $1.count } ?? []
            let columns = names.isEmpty ? "" : "; read as CSV, its columns are \(Self.listed(names))"
            throw LineFault(
                reason: "this is no JSON object, and it names no column \"inputs\"\(columns); \(Self.form)")
        }
        let whole = readings.filter { $0.names.contains("targets") || $0.names.contains("target") }
        guard let found = whole.first else {
            throw LineFault(
                reason: "there is no column \"targets\" and no \"target\"; the columns are "
                    + Self.listed(likeliest.names))
        }
        guard whole.count == 1 else {
            throw LineFault(reason: "commas, semicolons and tabs stand between names; use one of them")
        }
        for name in ["inputs", "targets", "target"] where found.names.count(where: { $0 == name }) > 1 {
            throw LineFault(reason: "the column \"\(name)\" is there twice")
        }
        let (one, several) = (found.names.firstIndex(of: "target"), found.names.firstIndex(of: "targets"))
        guard one == nil || several == nil else {
            throw LineFault(reason: "there are columns \"targets\" and \"target\"; give one of them")
        }
        separator = found.separator
        names = found.names
        inputs = found.names.firstIndex(of: "inputs") ?? 0
        targets = one ?? several ?? 0
        hasOneTarget = one != nil
    }

    /// Whether a line begins as an object of JSON does.
    static func isObject(_ line: ArraySlice<UInt8>) -> Bool {
        line.first { !SequenceCellWriter.isSpace($0) } == UInt8(ascii: "{")
    }

    /// None where these are no cells.
    private static func names(_ line: ArraySlice<UInt8>, _ separator: UInt8) -> [String] {
        line.withUnsafeBufferPointer { buffer in
            var scanner = CSVScanner(buffer, separator: separator)
            var (cell, names): ([UInt8], [String]) = ([], [])
            do {
                while try scanner.next(into: &cell) {
                    names.append(String(decoding: cell, as: UTF8.self).trimmingCharacters(in: .whitespaces))
                }
            } catch {
                return []
            }
            return names
        }
    }

    private static func listed(_ names: [String]) -> String {
        names.map { "\"\($0)\"" }.joined(separator: ", ").shown(atMost: 200)
    }

    /// Which columns are read and which are not, in words.
    var summary: String {
        let others = names.indices.filter { $0 != inputs && $0 != targets }.map { names[$0] }
        return "\(names[inputs]), \(names[targets]), with \(separatorName)s between them"
            + (others.isEmpty ? "" : "; not read: \(Self.listed(others))")
    }

    private var separatorName: String { Self.separators.first { $0.byte == separator }?.name ?? "" }

    // MARK: Lines

    /// Writes the object of JSON that says what a line says, in place of what `json` held.
    ///
    /// Throws `LineFault` for what is no line of this file.
    ///
    /// - `cell`: memory that is used again.
    func write(
        _ line: ArraySlice<UInt8>, to json: inout [UInt8], cell: inout [UInt8], for reader: SequenceReader
    ) throws {
        guard !line.allSatisfy(SequenceCellWriter.isSpace) else {
            throw LineFault(reason: "the line is empty; it must have a cell for each column")
        }
        try Self.requireText(line)
        json.removeAll(keepingCapacity: true)
        let count = try line.withUnsafeBufferPointer { buffer in
            var scanner = CSVScanner(buffer, separator: separator)
            var writer = SequenceCellWriter(reader)
            var count = 0
            while try next(&scanner, into: &cell, count) {
                if count == inputs || count == targets {
                    json.append(UInt8(ascii: json.isEmpty ? "{" : ","))
                    try write(cell, count, to: &json, by: &writer)
                }
                count += 1
            }
            return count
        }
        guard count == names.count else {
            throw LineFault(
                reason: "there are \(count) cells, and \(names.count) columns in the first line; there must be a "
                    + "cell for each, and one with a \(separatorName) in it must be in quotes")
        }
        json.append(UInt8(ascii: "}"))
    }

    private func next(_ scanner: inout CSVScanner, into cell: inout [UInt8], _ number: Int) throws -> Bool {
        do {
            return try scanner.next(into: &cell)
        } catch {
            let name = number < names.count ? " (\"\(names[number].shown(atMost: 40))\")" : ""
            throw LineFault(reason: "cell \(number + 1)\(name) \(error.reason)")
        }
    }

    private func write(
        _ cell: [UInt8], _ column: Int, to json: inout [UInt8], by writer: inout SequenceCellWriter
    ) throws {
        let name = names[column]
        json += "\"\(name)\":".utf8
        try cell.withUnsafeBufferPointer { cell in
            if column == targets, hasOneTarget { return try writer.writeTarget(cell, to: &json) }
            try writer.writeList(cell, name, isTarget: column == targets, to: &json)
        }
    }

    private static func requireText(_ line: ArraySlice<UInt8>) throws {
        var seen: UInt8 = 0
        for byte in line {
            seen |= byte
            guard byte >= 0x20 || byte == 0x09 else {
                throw LineFault(
                    reason: "there is a control character, byte \(byte); a line of CSV is text in UTF-8, and ends with "
                        + "a line feed, or a carriage return and a line feed")
            }
        }
        guard seen < 0x80 || line.withUnsafeBufferPointer({ String(validating: $0, as: UTF8.self) }) != nil else {
            throw LineFault(reason: "this is not UTF-8; save the file as CSV in UTF-8")
        }
    }
}
