// Cells of a line of CSV, as RFC 4180 has them, but that no cell goes on in the next line.

import Foundation

/// What is no CSV, in words that go on from the name of the cell.
struct CSVFault: Error {
    let reason: String
}

/// Takes one line apart, cell by cell.
///
/// The bytes must be there as long as the scanner is.
struct CSVScanner {
    private let bytes: UnsafeBufferPointer<UInt8>
    private let separator: UInt8
    private var place = 0
    private var isAtEnd = false

    private static let quote = UInt8(ascii: "\"")

    init(_ bytes: UnsafeBufferPointer<UInt8>, separator: UInt8) {
        self.bytes = bytes
        self.separator = separator
    }

    /// Puts what the next cell holds in place of what `cell` held, without its quotes; returns whether there was one.
    ///
    /// A line has one cell more than separators. Throws `CSVFault` for quotes that are not where they may be.
    mutating func next(into cell: inout [UInt8]) throws(CSVFault) -> Bool {
        cell.removeAll(keepingCapacity: true)
        guard !isAtEnd else { return false }
        let start = place
        if place < bytes.count, bytes[place] == Self.quote {
            try quoted(into: &cell)
        } else {
            while place < bytes.count, bytes[place] != separator {
                guard bytes[place] != Self.quote else {
                    throw fault(
                        from: start,
                        "has a quote within, and does not begin with one: a cell with quotes is put into quotes as a "
                            + "whole, and each quote in it is written twice")
                }
                place += 1
            }
            cell.append(contentsOf: bytes[start..<place])
        }
        guard place < bytes.count else {
            isAtEnd = true
            return true
        }
        guard bytes[place] == separator else {
            throw fault(from: start, "goes on after its closing quote; a quote within a cell is written twice")
        }
        place += 1
        return true
    }

    /// From the opening quote to behind the closing one.
    private mutating func quoted(into cell: inout [UInt8]) throws(CSVFault) {
        let start = place
        repeat {
            place += 1
            let part = place
            while place < bytes.count, bytes[place] != Self.quote { place += 1 }
            guard place < bytes.count else {
                throw fault(
                    from: start,
                    "has a quote that is not closed: no cell goes on in the next line")
            }
            place += 1
            // The first one of two quotes stands for both.
            let isDoubled = place < bytes.count && bytes[place] == Self.quote
            cell.append(contentsOf: bytes[part..<(isDoubled ? place : place - 1)])
        } while place < bytes.count && bytes[place] == Self.quote
    }

    private func fault(from start: Int, _ reason: String) -> CSVFault {
        let shown = String(decoding: bytes[start..<min(bytes.count, start + 200)], as: UTF8.self).shown(atMost: 40)
        return CSVFault(reason: "begins with \(shown) and \(reason)")
    }
}
