// Raw memory for tapes, parameters and the kernels' workspaces.

import Foundation
import Synchronization

/// Allocates memory that vector code and long walks like.
package enum AlignedMemory {
    /// From this size on memory is asked for in large pages.
    private static let largePage = 2 << 20

    /// Counts what is allocated, and not freed again, while a task runs, on its own thread.
    package final class Count: Sendable {
        private let total = Atomic(0)

        package init() {}
        package var bytes: Int { total.load(ordering: .relaxed) }
        fileprivate func add(_ bytes: Int) { total.wrappingAdd(bytes, ordering: .relaxed) }
    }

    /// The count of the present task, if there is one: tests compare it with what is stated beforehand.
    @TaskLocal package static var count: Count?

    /// Frees what `allocate` gave.
    package static func deallocate(_ memory: UnsafeMutableRawPointer, bytes: Int) {
        count?.add(-bytes)
        memory.deallocate()
    }

    /// Uninitialised bytes on a boundary of 64; `deallocate` frees them.
    ///
    /// A long episode's tape is walked from end to end in rows far apart: with pages of 4 KiB nearly each row needs a
    /// page's address looked up first, so the system is asked for pages of 2 MiB where it has them.
    package static func allocate(bytes: Int) -> UnsafeMutableRawPointer {
        count?.add(bytes)
        guard bytes >= 2 * largePage else { return .allocate(byteCount: max(bytes, 1), alignment: 64) }
        let memory = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: largePage)
        #if os(Linux)
            // Advice: where it is not taken, everything works as before.
            _ = madvise(memory, bytes, MADV_HUGEPAGE)
        #endif
        return memory
    }
}
