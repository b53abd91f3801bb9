// At most one process works in a folder: a lock that ends with its process, however that ends.

import Foundation
import NeuralMemory

/// Holds the lock of a folder for as long as the object lives.
///
/// The file `lock` in the folder stays; it is empty.
///
/// The lock is one of an open file description (`fcntl_locking(2)`): other processes can ask whether it is held without
/// taking it, so that whoever looks on never keeps a run from starting.
final class FolderLock {
    private let descriptor: Int32

    // Linux's numbers of these commands, which Swift does not import.
    private static let ask: Int32 = 36  // F_OFD_GETLK
    private static let take: Int32 = 37  // F_OFD_SETLK

    /// Throws `FileError` where the folder cannot be written to, or another process holds the lock.
    init(_ folder: URL) throws {
        let opened = open(Self.file(in: folder).path, O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
        guard opened >= 0 else { throw FileError(folder, failed: "write into this folder") }
        var lock = Self.wholeFile
        guard fcntl(opened, Self.take, &lock) == 0 else {
            let code = errno
            close(opened)
            let isTaken = code == EAGAIN || code == EACCES
            throw isTaken
                ? FileError(folder, "another process is training in this folder; wait for it or stop it")
                : FileError(folder, failed: "lock this folder", code: code)
        }
        // Last: where an initialiser throws after this, `deinit` runs too, and would close what may be another file by then.
        descriptor = opened
    }

    /// A process that this one has just started holds all open files until it begins its own program; to close the file
    /// would leave the lock with it.
    deinit {
        var lock = Self.wholeFile
        lock.l_type = Int16(F_UNLCK)
        _ = fcntl(descriptor, Self.take, &lock)
        close(descriptor)
    }

    /// Whether a process, which may be this one, holds a folder's lock.
    ///
    /// Takes no lock and writes nothing. Throws `FileError` where the system cannot say.
    static func isHeld(_ folder: URL) throws -> Bool {
        let file = file(in: folder)
        guard try file.isThere() else { return false }
        let descriptor = open(file.path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw FileError(file, failed: "open") }
        defer { close(descriptor) }
        var lock = wholeFile
        guard fcntl(descriptor, ask, &lock) == 0 else { throw FileError(file, failed: "ask whether this is locked") }
        return lock.l_type != Int16(F_UNLCK)
    }

    /// Waits until no process holds a folder's lock, some seconds at most: for a process that is about to end.
    static func waitUntilFree(_ folder: URL) {
        for _ in 0..<500 {
            guard (try? isHeld(folder)) == true else { return }
            usleep(20_000)
        }
    }

    private static func file(in folder: URL) -> URL { folder.appendingPathComponent("lock") }

    /// What is asked for: to write anywhere in the file.
    private static var wholeFile: flock {
        flock(l_type: Int16(F_WRLCK), l_whence: Int16(SEEK_SET), l_start: 0, l_len: 0, l_pid: 0)
    }
}
