// GuardedArray.swift: memory for kernels to work on that notices what they should not touch.

import Testing

/// An array for a kernel, between two stretches of known bytes.
///
/// It starts 4 bytes off a 64-byte boundary: the contract asks for no alignment beyond the element's own, so a kernel
/// that assumes one fails here. Rows may be farther apart than they are long; the gaps hold known bytes too.
final class GuardedArray<Element: BitwiseCopyable> {
    /// The address for the kernel.
    let pointer: UnsafeMutablePointer<Element>
    /// Elements in a row, the distance between the starts of two rows, and the number of rows.
    let columns, leadingDimension, rows: Int

    private let allocation: UnsafeMutableRawBufferPointer
    private let firstByte: Int
    private let initial: [Element]
    /// All ones: as a float a NaN, so that reading what lies around the rows shows too.
    private static var sentinel: UInt8 { 0xff }
    private static var guardBytes: Int { 128 }

    /// Rows that hold `contents`; `leadingDimension` is the row length unless given.
    ///
    /// A power of two as `alignment` puts the first element on a multiple of it.
    init(rows: Int, columns: Int, leadingDimension: Int? = nil, contents: [Element], alignment: Int = 4) {
        precondition(contents.count == rows * columns && (leadingDimension ?? columns) >= columns)
        self.rows = rows
        self.columns = columns
        self.leadingDimension = leadingDimension ?? columns
        initial = contents
        firstByte = Self.guardBytes + max(alignment, MemoryLayout<Element>.alignment)
        let bytes = rows * self.leadingDimension * MemoryLayout<Element>.stride
        allocation = .allocate(byteCount: firstByte + bytes + Self.guardBytes, alignment: 64)
        allocation.initializeMemory(as: UInt8.self, repeating: Self.sentinel)
        pointer = (allocation.baseAddress! + firstByte).bindMemory(
            to: Element.self, capacity: rows * self.leadingDimension)
        for row in 0..<rows {
            for column in 0..<columns {
                pointer[row * self.leadingDimension + column] = contents[row * columns + column]
            }
        }
    }

    /// One row that holds `contents`.
    convenience init(_ contents: [Element]) {
        self.init(rows: 1, columns: contents.count, contents: contents)
    }

    deinit {
        allocation.deallocate()
    }

    /// The rows without the gaps.
    var contents: [Element] {
        (0..<rows * columns).map { pointer[$0 / columns * leadingDimension + $0 % columns] }
    }

    /// Whether the bytes before, after and between the rows are as they were.
    var isIntact: Bool {
        let stride = MemoryLayout<Element>.stride
        let rowBytes = columns * stride
        let used = rows * leadingDimension * stride
        return allocation.indices.allSatisfy { index in
            let offset = index - firstByte
            let belongsToRow = offset >= 0 && offset < used && offset % (leadingDimension * stride) < rowBytes
            return belongsToRow || allocation[index] == Self.sentinel
        }
    }

    /// Whether not a bit has changed, in or around the rows.
    var isUnchanged: Bool {
        isIntact && contents.withUnsafeBytes { now in initial.withUnsafeBytes { now.elementsEqual($0) } }
    }
}

extension GuardedArray where Element == Float {
    /// An output to be overwritten: full of NaN, so that what is not written shows.
    static func output(rows: Int = 1, columns: Int, leadingDimension: Int? = nil) -> GuardedArray {
        GuardedArray(
            rows: rows, columns: columns, leadingDimension: leadingDimension,
            contents: Array(repeating: .nan, count: rows * columns))
    }
}

/// Records an issue unless all inputs are unchanged.
func expectUnchanged<each T>(
    _ arrays: repeat GuardedArray<each T>, context: @autoclosure () -> String,
    at location: SourceLocation = #_sourceLocation
) {
    var position = 0
    for array in repeat each arrays {
        if !array.isUnchanged {
            Issue.record("input \(position) was changed (\(context()))", sourceLocation: location)
        }
        position += 1
    }
}

/// Records an issue unless the surroundings of all outputs are intact.
func expectIntact<each T>(
    _ arrays: repeat GuardedArray<each T>, context: @autoclosure () -> String,
    at location: SourceLocation = #_sourceLocation
) {
    var position = 0
    for array in repeat each arrays {
        if !array.isIntact {
            Issue.record("output \(position) was written beyond its bounds (\(context()))", sourceLocation: location)
        }
        position += 1
    }
}
