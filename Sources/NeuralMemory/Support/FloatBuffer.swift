// Aligned memory for tapes and parameters, allocated once and reused.

/// A block of floats whose address is a multiple of 64 bytes.
///
/// It owns its memory; pointers into it are valid until it grows or goes away.
package final class FloatBuffer {
    // Read several times in every step of an episode; a check of each access would cost some percent of a small
    // network's time.
    @exclusivity(unchecked)
    package private(set) var pointer: UnsafeMutablePointer<Float>
    /// How many floats there is room for.
    package private(set) var capacity: Int

    package init(zeros count: Int = 0) {
        capacity = count
        pointer = Self.allocate(count)
        pointer.update(repeating: 0, count: count)
    }

    deinit { deallocate() }

    private func deallocate() {
        AlignedMemory.deallocate(UnsafeMutableRawPointer(pointer), bytes: Self.bytes(capacity))
    }

    /// Makes room for at least `count` floats.
    ///
    /// Contents are lost when it has to grow; they are 0 then.
    package func reserve(_ count: Int) {
        guard count > capacity else { return }
        deallocate()
        pointer = Self.allocate(count)
        pointer.update(repeating: 0, count: count)
        capacity = count
    }

    /// Sets the first `count` floats to 0.
    package func zero(_ count: Int) { pointer.update(repeating: 0, count: count) }

    private static func allocate(_ count: Int) -> UnsafeMutablePointer<Float> {
        AlignedMemory.allocate(bytes: bytes(count)).bindMemory(to: Float.self, capacity: max(count, 1))
    }

    private static func bytes(_ count: Int) -> Int { count * MemoryLayout<Float>.stride }
}

/// A block of rows inside a buffer: where row 0 starts, and how far apart rows are, in floats.
public struct Rows {
    /// The first float of row 0.
    ///
    /// The buffer must outlive the block.
    public var pointer: UnsafeMutablePointer<Float>
    /// Floats from the start of one row to that of the next; at least as many as a row has.
    public var stride: Int

    /// Holds no memory of its own, and checks nothing.
    public init(_ pointer: UnsafeMutablePointer<Float>, stride: Int) {
        self.pointer = pointer
        self.stride = stride
    }

    /// The block that starts `rows` rows further down (or up, where negative).
    public func advanced(by rows: Int) -> Rows { Rows(pointer + rows * stride, stride: stride) }

    /// The block that starts at a later column.
    public func columns(from column: Int) -> Rows { Rows(pointer + column, stride: stride) }
}
