// A list of short texts that takes memory for their bytes alone.

import Foundation

/// Texts side by side.
///
/// They are collected anew for each line of a file: so the list keeps its memory when it is cleared, and gives bytes
/// where a `String` is not needed.
struct TextList: Sendable, Equatable, RandomAccessCollection, ExpressibleByArrayLiteral {
    private var bytes: [UInt8] = []
    private var ends: [Int] = []

    init() {}

    init(_ texts: some Sequence<String>) {
        for text in texts {
            bytes += text.utf8
            endText()
        }
    }

    init(arrayLiteral texts: String...) { self.init(texts) }

    var startIndex: Int { 0 }
    var endIndex: Int { ends.count }

    subscript(index: Int) -> String { String(decoding: bytes[range(index)], as: UTF8.self) }

    private func range(_ index: Int) -> Range<Int> { (index == 0 ? 0 : ends[index - 1])..<ends[index] }

    /// Calls `body` with the UTF-8 of each text, in order.
    func forEachBytes(_ body: (Int, UnsafeBufferPointer<UInt8>) throws -> Void) rethrows {
        try bytes.withUnsafeBufferPointer { buffer in
            for index in ends.indices { try body(index, UnsafeBufferPointer(rebasing: buffer[range(index)])) }
        }
    }

    /// Adds UTF-8 to the text that `endText` will end.
    mutating func append(_ part: some Collection<UInt8>) { bytes.append(contentsOf: part) }

    /// What was appended since the last text is the next one.
    mutating func endText() { ends.append(bytes.count) }

    mutating func clear() {
        bytes.removeAll(keepingCapacity: true)
        ends.removeAll(keepingCapacity: true)
    }
}
