// Reading files, up to a limit or from any place in them. No formats.

import Foundation

/// A file that cannot be read or written.
public struct FileError: Error, CustomStringConvertible, Equatable {
    /// The path as it was given.
    public let file: String
    /// What was tried, and the system's reason.
    public let reason: String

    /// The reason is a sentence without a full stop; messages put the path before it.
    public init(_ file: URL, _ reason: String) {
        self.file = file.path
        self.reason = reason
    }

    /// With the reason of the system call that just failed.
    package init(_ file: URL, failed action: String, code: Int32 = errno) {
        self.init(file, "cannot \(action): \(String(cString: strerror(code)))")
    }

    public var description: String { "\(file.shownPath): \(reason)" }
}

/// An open file, read from its start to its end, or from any place.
///
/// Only regular files: a pipe may have nobody who writes into it, and cannot be read twice, as data are.
package final class FileReader {
    private let file: URL
    private let descriptor: Int32
    /// Bytes in the file when it was opened.
    package let size: Int

    /// Throws `FileError` for what is not there, and at once for all that is no regular file.
    package init(_ file: URL) throws {
        // To open a pipe without O_NONBLOCK waits until somebody writes into it; regular files do not know it.
        let opened = open(file.path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard opened >= 0 else { throw FileError(file, failed: "open") }
        var status = stat()
        let result = fstat(opened, &status)
        let fault =
            result == 0
            ? Self.specialKind(status).map {
                FileError(file, "this is \($0), and must be a regular file; write what it gives to a file first")
            } : FileError(file, failed: "read")
        if let fault {
            close(opened)
            throw fault
        }
        self.file = file
        descriptor = opened
        size = Int(status.st_size)
    }

    deinit { close(descriptor) }

    /// What it is, where it is no regular file.
    private static func specialKind(_ status: stat) -> String? {
        switch status.st_mode & S_IFMT {
        case S_IFREG: nil
        case S_IFDIR: "a folder"
        case S_IFIFO: "a pipe"
        case S_IFSOCK: "a socket"
        default: "a device"
        }
    }

    /// The next `count` bytes; fewer at the end of the file.
    ///
    /// Memory is what is there, not `count`.
    package func read(upTo count: Int) throws -> Data {
        var bytes = Data()
        while bytes.count < count {
            // A file may have grown since it was opened.
            let wanted = min(count - bytes.count, max(1 << 16, size - bytes.count))
            var chunk = Data(count: min(wanted, 1 << 24))
            let got = chunk.withUnsafeMutableBytes { Foundation.read(descriptor, $0.baseAddress, $0.count) }
            if got < 0 && errno == EINTR { continue }
            guard got >= 0 else { throw FileError(file, failed: "read") }
            guard got > 0 else { break }
            if bytes.isEmpty && got == chunk.count { bytes = chunk } else { bytes.append(chunk.prefix(got)) }
        }
        return bytes
    }

    /// `count` bytes from a place in the file, wherever reading from the start has got to; fewer at its end.
    package func bytes(at offset: Int, count: Int) throws -> [UInt8] {
        var failure: Int32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, done in
            while done < count {
                let got = pread(descriptor, buffer.baseAddress! + done, count - done, off_t(offset + done))
                if got < 0 && errno == EINTR { continue }
                if got < 0 { failure = errno }
                guard got > 0 else { break }
                done += got
            }
        }
        guard failure == 0 else { throw FileError(file, failed: "read", code: failure) }
        return bytes
    }

    /// Fills a buffer with the bytes from a place in the file.
    ///
    /// Throws `FileError` also where the file ends before the buffer does.
    package func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws {
        var done = 0
        while done < buffer.count {
            let got = pread(descriptor, buffer.baseAddress! + done, buffer.count - done, off_t(offset + done))
            if got < 0 && errno == EINTR { continue }
            guard got >= 0 else { throw FileError(file, failed: "read") }
            guard got > 0 else { throw FileError(file, "it ends before what should be in it") }
            done += got
        }
    }

    /// Size and time of last change, and which file it is: what tells whether somebody writes to the file while it is in
    /// use, and whether a file is the one that it was.
    package struct Stamp: Equatable, Sendable, Codable {
        package let size: Int
        private let node: UInt64
        private let seconds: Int
        private let nanoseconds: Int

        fileprivate init(_ status: stat) {
            size = Int(status.st_size)
            node = UInt64(status.st_ino)
            #if canImport(Darwin)
                let changed = status.st_mtimespec
            #else
                let changed = status.st_mtim
            #endif
            seconds = changed.tv_sec
            nanoseconds = changed.tv_nsec
        }
    }

    package func stamp() throws -> Stamp {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw FileError(file, failed: "read") }
        return Stamp(status)
    }

    /// All of a file.
    ///
    /// Throws `FileError` where it is longer than `limit`.
    package static func contents(of file: URL, atMost limit: Int) throws -> Data {
        let reader = try FileReader(file)
        let bytes = reader.size <= limit ? try reader.read(upTo: limit + 1) : Data()
        guard reader.size <= limit, bytes.count <= limit else {
            throw FileError(file, "this is longer than \(limit) bytes")
        }
        return bytes
    }
}
