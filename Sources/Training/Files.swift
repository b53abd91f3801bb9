// Reading files up to a limit, and writing them so that no failure leaves a half-written one. No formats.

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
    init(_ file: URL, failed action: String, code: Int32 = errno) {
        self.init(file, "cannot \(action): \(String(cString: strerror(code)))")
    }

    public var description: String { "\(file): \(reason)" }
}

/// An open file, read from its start to its end. Folders are refused.
final class FileReader {
    private let file: URL
    private let descriptor: Int32

    init(_ file: URL) throws {
        self.file = file
        descriptor = open(file.path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileError(file, failed: "open") }
    }

    deinit { close(descriptor) }

    /// The next `count` bytes; fewer at the end of the file. Memory grows with what is there, not with `count`.
    func read(upTo count: Int) throws -> Data {
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

    /// All of a file. Throws `FileError` where it is longer than `limit`.
    static func contents(of file: URL, atMost limit: Int) throws -> Data {
        let bytes = try FileReader(file).read(upTo: limit + 1)
        guard bytes.count <= limit else { throw FileError(file, "this is longer than \(limit) bytes") }
        return bytes
    }
}

/// Writing a file as a whole or not at all.
public enum AtomicFile {
    /// How names of files in the making end.
    static let suffix = ".partial"

    /// Writes a new file beside `file`, brings it to the disk, and puts it in place of `file`. On any error the new file
    /// is removed and `file` is what it was. Throws `FileError`.
    public static func write(_ parts: [Data], to file: URL) throws {
        var existing = stat()
        if stat(file.path, &existing) == 0, existing.st_mode & S_IFMT != S_IFREG {
            throw FileError(file, "this is there already, and is not a regular file")
        }
        let folder = file.deletingLastPathComponent()
        let random = String(UInt64.random(in: .min ... .max), radix: 36)
        let partial = folder.appendingPathComponent(".\(file.lastPathComponent).\(random)\(suffix)")
        do {
            try create(partial, parts, named: file)
            guard rename(partial.path, file.path) == 0 else { throw FileError(file, failed: "put in place") }
        } catch {
            unlink(partial.path)
            throw error
        }
        try synchronise(folder: folder)
    }

    /// Removes what killed processes left unfinished in a folder. Nobody else may be writing there.
    static func removePartialFiles(in folder: URL) {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        for name in names where name.hasPrefix(".") && name.hasSuffix(suffix) {
            unlink(folder.appendingPathComponent(name).path)
        }
    }

    private static func create(_ partial: URL, _ parts: [Data], named file: URL) throws {
        let descriptor = open(partial.path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw FileError(file, failed: "write") }
        do {
            for part in parts { try writeAll(part, to: descriptor, named: file) }
            guard fsync(descriptor) == 0 else { throw FileError(file, failed: "write") }
        } catch {
            close(descriptor)
            throw error
        }
        // Some file systems report a full disk no earlier than here.
        guard close(descriptor) == 0 else { throw FileError(file, failed: "write") }
    }

    /// The directory entry too must reach the disk, or the new name may be gone after a power failure.
    private static func synchronise(folder: URL) throws {
        let descriptor = open(folder.path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileError(folder, failed: "open") }
        defer { close(descriptor) }
        // Not all file systems can: EINVAL says so.
        guard fsync(descriptor) == 0 || errno == EINVAL else { throw FileError(folder, failed: "synchronise") }
    }
}

/// Writes all bytes to a descriptor, in as many calls as it takes.
func writeAll(_ bytes: Data, to descriptor: Int32, named file: URL) throws {
    try bytes.withUnsafeBytes { buffer in
        var done = 0
        while done < buffer.count {
            let written = write(descriptor, buffer.baseAddress! + done, buffer.count - done)
            if written < 0 && errno == EINTR { continue }
            guard written >= 0 else { throw FileError(file, failed: "write") }
            done += written
        }
    }
}
