// At most one process works in a folder: a lock that ends with its process, however that ends.

import Foundation
import NeuralMemory

/// Holds the lock of a folder for as long as the object lives. The file `lock` in the folder stays; it is empty.
final class FolderLock {
    private let descriptor: Int32

    /// Throws `FileError` where the folder cannot be written to, or another process holds the lock.
    init(_ folder: URL) throws {
        descriptor = open(Self.file(in: folder).path, O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw FileError(folder, failed: "write into this folder") }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let code = errno
            close(descriptor)
            guard code == EWOULDBLOCK else { throw FileError(folder, failed: "lock this folder", code: code) }
            throw FileError(folder, "another process is training in this folder; wait for it or stop it")
        }
    }

    deinit { close(descriptor) }

    /// Waits until no process holds a folder's lock, some seconds at most: for a process that is about to end.
    static func waitUntilFree(_ folder: URL) {
        let descriptor = open(file(in: folder).path, O_RDWR | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        for _ in 0..<500 where flock(descriptor, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK { usleep(20_000) }
    }

    private static func file(in folder: URL) -> URL { folder.appendingPathComponent("lock") }
}
