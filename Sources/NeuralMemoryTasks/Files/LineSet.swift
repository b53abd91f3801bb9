// Lines of a text file, each a sequence: which ones, where they stand, and how they are read again.

import Foundation
import NeuralMemory

/// What is wrong with a line.
package struct LineFault: Error {
    /// Whole sentences without the last full stop.
    package let reason: String
}

/// Some of the lines of a file, each a sequence.
///
/// Beside the file's 8 bytes a line, each takes 8 bytes: the sequences themselves stay on the disk.
struct LineSet: Sendable {
    /// The numbers of lines, and how many steps their sequences take.
    struct Index: Sendable {
        private(set) var numbers: [UInt32] = []
        private(set) var steps: [UInt32] = []
        /// The most of what a length of the task counts.
        private(set) var longest = 1

        init() {}

        /// The lines that are wanted, by their numbers, of a file whose lines have these steps; these are their lengths.
        init(_ steps: [UInt32], isWanted: (Int) -> Bool) {
            let count = steps.indices.count(where: isWanted)
            numbers.reserveCapacity(count)
            self.steps.reserveCapacity(count)
            for line in steps.indices where isWanted(line) {
                add(line, steps: Int(steps[line]), length: Int(steps[line]))
            }
        }

        mutating func add(_ number: Int, steps count: Int, length: Int) {
            numbers.append(UInt32(truncatingIfNeeded: number))
            steps.append(UInt32(count))
            longest = max(longest, length)
        }
    }

    let lines: TextLines
    let index: Index

    var count: Int { index.numbers.count }

    func place(_ number: Int) -> DataPlace {
        DataPlace(file: lines.file.path, line: lines.number(ofLine: Int(index.numbers[number])))
    }

    /// What `body` makes of the line of a sequence.
    ///
    /// Throws `DataError` or `FileError` where the file cannot be read any more, and for a fault of `body`.
    func read<Value>(_ number: Int, _ body: (ArraySlice<UInt8>) throws -> Value) throws -> Value {
        let line = Int(index.numbers[number])
        do {
            return try body(try lines.bytes(ofLine: line))
        } catch let fault as LineFault {
            throw DataError(lines.file, line: lines.number(ofLine: line), fault.reason)
        }
    }
}

extension TextLines {
    /// Goes through a file of which every line must be a sequence.
    ///
    /// Throws `FileError`, or `DataError` that names the line, unless each can be used and there is one.
    ///
    /// - Parameters:
    ///   - file: the file.
    ///   - limit: bytes that a line may have.
    ///   - form: what a line must be, in words.
    ///   - progress: is told what is being done, often.
    ///   - isHeader: says whether the first line is a header; may throw `LineFault`.
    ///   - visit: gets all other lines; may throw `LineFault`.
    convenience init(
        ofSequences file: URL, limit: Int, form: String, progress: (String) -> Void,
        isHeader: (ArraySlice<UInt8>) throws -> Bool = { _ in false }, visit: (Line) throws -> Void
    ) throws {
        try self.init(
            file, limit: limit, progress: { progress("reading \(file.lastPathComponent): \(Int(100 * $0)) %") },
            isHeader: isHeader
        ) { line in
            do {
                try visit(line)
            } catch let fault as LineFault {
                throw DataError(file, line: line.number, fault.reason)
            }
        }
        if let fault = emptiness(form: form) { throw DataError(file, fault) }
        guard count <= UInt32.max else { throw DataError(file, "the file has more than \(UInt32.max) lines") }
    }

    /// What is wrong with a file without lines, each of which must be `form`; `nil` where there are some.
    func emptiness(form: String) -> String? {
        guard count == 0 else { return nil }
        return (header == nil ? "the file has no lines" : "the file has a header and no lines below it")
            + "; each must be \(form)"
    }
}
