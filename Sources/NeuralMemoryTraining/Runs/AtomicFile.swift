// Writing files so that no failure leaves a half-written one. No formats.

import Foundation
import NeuralMemory

/// Writing a file as a whole or not at all.
public enum AtomicFile {
    /// How names of files in the making end.
    static let suffix = ".partial"

    /// Writes a new file beside `file`, brings it to the disk, and puts it in place of `file`.
    ///
    /// On any error the new file is removed and `file` is what it was. Throws `FileError`.
    public static func write(_ parts: [Data], to file: URL) throws {
        let partial = try partial(of: file)
        do {
            try create(partial, parts, named: file)
            guard rename(partial.path, file.path) == 0 else { throw FileError(file, failed: "put in place") }
        } catch {
            unlink(partial.path)
            throw error
        }
        try synchronise(folder: file.deletingLastPathComponent())
    }

    /// Throws `FileError` where a file could not be written now: for what is to be written after long work.
    ///
    /// A new file beside it is made, and removed again.
    public static func requireWritable(_ file: URL) throws {
        let partial = try partial(of: file)
        defer { unlink(partial.path) }
        try create(partial, [], named: file)
    }

    /// A name for a file in the making beside `file`, which must be a regular file or not be there.
    private static func partial(of file: URL) throws -> URL {
        var existing = stat()
        if stat(file.path, &existing) == 0, existing.st_mode & S_IFMT != S_IFREG {
            throw FileError(file, "this is there already, and is not a regular file")
        }
        let random = String(UInt64.random(in: .min ... .max), radix: 36)
        return file.deletingLastPathComponent()
            .appendingPathComponent(".\(file.lastPathComponent).\(random)\(suffix)")
    }

    /// Removes what killed processes left unfinished in a folder.
    ///
    /// Nobody else may be writing there.
    static func removePartialFiles(in folder: URL) {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        for name in names where isPartial(name) { unlink(folder.appendingPathComponent(name).path) }
    }

    /// Whether a file of this name is one in the making.
    static func isPartial(_ name: String) -> Bool { name.hasPrefix(".") && name.hasSuffix(suffix) }

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
        // Some file systems report a full disk no earlier than here. An interrupted close has closed the file.
        guard close(descriptor) == 0 || errno == EINTR else { throw FileError(file, failed: "write") }
    }

    /// Brings the names in a folder to the disk: without it, a new one may be gone after a power failure.
    ///
    /// A folder that may be written to and not read is left out. Throws `FileError`.
    static func synchronise(folder: URL) throws {
        let descriptor = open(folder.path, O_RDONLY | O_CLOEXEC)
        if descriptor < 0 && errno == EACCES { return }
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
