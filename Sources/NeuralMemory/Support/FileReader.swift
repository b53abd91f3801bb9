// Reading files, up to a limit or from any place in them. No formats.

import Foundation

/// A file that cannot be read or written.
public struct FileError: Error, CustomStringConvertible, Equatable {
    /// The path as it was given.
    public let file: String
    /// What was tried, and the system's reason.
    public let reason: String

    public init(_ file: URL, _ reason: String) {
        self.file = file.path
        self.reason = reason
    }

    /// With the reason of the system call that just failed.
    package init(_ file: URL, failed action: String, code: Int32 = errno) {
        self.init(file, "cannot \(action): \(String(cString: strerror(code)))")
    }

    public var description: String { "\(file): \(reason)" }
}

/// An open file, read from its start to its end. Folders are refused.
package final class FileReader {
    private let file: URL
    private let descriptor: Int32

    package init(_ file: URL) throws {
        self.file = file
        descriptor = open(file.path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileError(file, failed: "open") }
    }

    deinit { close(descriptor) }

    /// The next `count` bytes; fewer at the end of the file. Memory grows with what is there, not with `count`.
    package func read(upTo count: Int) throws -> Data {
        var bytes = Data()
        while bytes.count < count {
            var chunk = Data(count: min(count - bytes.count, 1 << 24))
            let got = chunk.withUnsafeMutableBytes { Foundation.read(descriptor, $0.baseAddress, $0.count) }
            if got < 0 && errno == EINTR { continue }
            guard got >= 0 else { throw FileError(file, failed: "read") }
            guard got > 0 else { break }
            bytes.append(chunk.prefix(got))
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

    /// Size and time of last change: what tells whether somebody writes to the file while it is in use.
    package struct Stamp: Equatable, Sendable {
        package let size: Int
        private let seconds: Int
        private let nanoseconds: Int

        fileprivate init(_ status: stat) {
            size = Int(status.st_size)
            seconds = status.st_mtim.tv_sec
            nanoseconds = status.st_mtim.tv_nsec
        }
    }

    /// Throws `FileError` for anything but a regular file: pipes and devices cannot be read from any place.
    package func stamp() throws -> Stamp {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw FileError(file, failed: "read") }
        guard status.st_mode & S_IFMT == S_IFREG else { throw FileError(file, "this is not a regular file") }
        return Stamp(status)
    }

    /// All of a file. Throws `FileError` where it is longer than `limit`.
    package static func contents(of file: URL, atMost limit: Int) throws -> Data {
        let bytes = try FileReader(file).read(upTo: limit + 1)
        guard bytes.count <= limit else { throw FileError(file, "this is longer than \(limit) bytes") }
        return bytes
    }
}
