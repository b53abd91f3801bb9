// At most one process works in a folder: a lock that ends with its process, however that ends.

import Foundation
import NeuralMemory

/// Holds the lock of a folder for as long as the object lives. The file `lock` in the folder stays; it is empty.
final class FolderLock {
    private let descriptor: Int32

    /// Throws `FileError` where the folder cannot be written to, or another process holds the lock.
    init(_ folder: URL) throws {
        descriptor = open(folder.appendingPathComponent("lock").path, O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw FileError(folder, failed: "write into this folder") }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let code = errno
            close(descriptor)
            guard code == EWOULDBLOCK else { throw FileError(folder, failed: "lock this folder", code: code) }
            throw FileError(folder, "another process is training in this folder; wait for it or stop it")
        }
    }

    deinit { close(descriptor) }
}
