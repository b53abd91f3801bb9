// The memory that a kernel keeps between its calls.

/// Bytes for one kernel, kept from episode to episode and grown where an episode needs more.
final class Workspace {
    private(set) var pointer: UnsafeMutableRawPointer?
    private var size = 0

    deinit { deallocate() }

    private func deallocate() {
        if let pointer { AlignedMemory.deallocate(pointer, bytes: size) }
    }

    /// Makes room for at least so many bytes; what was there is lost where there was less.
    ///
    /// Kernels ask for 0 bytes where a shape is larger than they can count.
    func reserve(bytes: Int) {
        precondition(bytes > 0, "the shape is too large for the kernel")
        guard bytes > size else { return }
        deallocate()
        pointer = AlignedMemory.allocate(bytes: bytes)
        size = bytes
    }
}
