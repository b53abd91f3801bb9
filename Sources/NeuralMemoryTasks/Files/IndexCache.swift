// What was found in large files, kept between runs: files in a folder of the user's, which may be removed at any time.

import Foundation
import NeuralMemory

/// A folder of indexes of large files.
///
/// Each is written as a whole or not at all, and has a checksum of its own. What is damaged, or about something else, is
/// as if it were not there.
package struct IndexCache: Sendable, Equatable {
    let folder: URL
    /// Files with fewer bytes are gone through each time.
    let leastBytes: Int
    /// Bytes of all indexes; those whose last use is longest ago are removed.
    let mostBytes: Int

    package init(folder: URL, leastBytes: Int = 64 << 20, mostBytes: Int = 5 << 30) {
        self.folder = folder
        self.leastBytes = leastBytes
        self.mostBytes = mostBytes
    }

    /// As environment variables say: NEURALMEMORY_CACHE names a folder, or is 0 for none; then XDG_CACHE_HOME and HOME.
    package static func standard(
        _ environment: [String: String] = ProcessInfo.processInfo.environment
    ) -> IndexCache? {
        func folder(_ name: String) -> URL? {
            environment[name].flatMap { $0.isEmpty ? nil : URL(fileURLWithPath: $0, isDirectory: true) }
        }
        if environment["NEURALMEMORY_CACHE"] == "0" { return nil }
        if let own = folder("NEURALMEMORY_CACHE") { return IndexCache(folder: own) }
        let caches = folder("XDG_CACHE_HOME") ?? folder("HOME")?.appendingPathComponent(".cache", isDirectory: true)
        return caches.map { IndexCache(folder: $0.appendingPathComponent("neuralmemory", isDirectory: true)) }
    }

    /// What is kept of something.
    struct Entry: Equatable {
        /// In a form that its owner knows.
        var head: Data
        var numbers: [[UInt32]]
    }

    private static let suffix = ".index"
    /// The first bytes of each file, which end with the version of all that is in one.
    private static let mark = Array("NMINDX02".utf8)

    private func file(_ key: Data) -> URL {
        var hash = FNV1a()
        hash.add(key)
        return folder.appendingPathComponent(hash.digits + Self.suffix)
    }
}

// MARK: Reading

extension IndexCache {
    /// What is kept for a key; `nil` where there is nothing that can be used.
    func entry(_ key: Data) -> Entry? {
        let file = file(key)
        guard let reader = try? FileReader(file), let entry = try? Self.read(reader, key) else { return nil }
        // The time of the last use.
        try? FileManager.default.setAttributes([.modificationDate: Date()], ofItemAtPath: file.path)
        return entry
    }

    /// All is in words of 32 bits: the mark, how many bytes or words follow in each part, the parts, a checksum.
    private static func read(_ reader: FileReader, _ key: Data) throws -> Entry? {
        var place = 0
        var sum = WordSum()
        func words(_ count: Int) throws -> [UInt32]? {
            guard count >= 0, count <= (reader.size - place) / 4 else { return nil }
            let numbers = try [UInt32](unsafeUninitializedCapacity: count) { buffer, done in
                try reader.read(into: UnsafeMutableRawBufferPointer(buffer), at: place)
                done = count
            }
            place += 4 * count
            sum.add(numbers)
            return numbers
        }
        func count() throws -> Int? {
            try words(2).flatMap { Int(exactly: UInt64($0[0]) | UInt64($0[1]) << 32) }
        }
        func bytes() throws -> Data? {
            guard let count = try count(), count <= reader.size, let words = try words((count + 3) / 4) else {
                return nil
            }
            return words.withUnsafeBytes { Data($0.prefix(count)) }
        }
        guard let start = try words(2), start.withUnsafeBytes({ $0.elementsEqual(mark) }), try bytes() == key,
            let head = try bytes(), let parts = try count(), parts <= 8
        else { return nil }
        var entry = Entry(head: head, numbers: [])
        for _ in 0..<parts {
            guard let count = try count(), let part = try words(count) else { return nil }
            entry.numbers.append(part)
        }
        let value = sum.value
        guard let last = try count(), UInt64(last) == value, place == reader.size else { return nil }
        return entry
    }
}

/// A checksum of words of 32 bits: FNV-1a, with words in place of bytes.
private struct WordSum {
    private var hash: UInt64 = 0xcbf2_9ce4_8422_2325

    mutating func add(_ words: [UInt32]) {
        var hash = hash
        for word in words { hash = (hash ^ UInt64(word)) &* 0x0000_0100_0000_01b3 }
        self.hash = hash
    }

    /// Without its highest bit, so that it is a count like others.
    var value: UInt64 { hash >> 1 }
}

// MARK: Writing

extension IndexCache {
    /// Keeps an entry in place of another of this key.
    ///
    /// Returns why it could not be kept; `nil` where it could.
    func keep(_ entry: Entry, _ key: Data) -> String? {
        let file = file(key)
        let partial = folder.appendingPathComponent(
            file.lastPathComponent + "." + String(UInt64.random(in: .min ... .max), radix: 36) + ".partial")
        do {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            try Self.write(entry, key, to: partial)
            guard rename(partial.path, file.path) == 0 else { throw FileError(file, failed: "put in place") }
        } catch {
            unlink(partial.path)
            return (error as? FileError)?.reason ?? error.localizedDescription
        }
        removeOldest(but: file.lastPathComponent)
        return nil
    }

    private static func write(_ entry: Entry, _ key: Data, to file: URL) throws {
        let descriptor = open(file.path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw FileError(file, failed: "write") }
        let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        var sum = WordSum()
        func write(_ words: [UInt32]) throws {
            sum.add(words)
            try words.withUnsafeBytes { buffer in
                guard let base = buffer.baseAddress, buffer.count > 0 else { return }
                try handle.write(
                    contentsOf: Data(
                        bytesNoCopy: UnsafeMutableRawPointer(mutating: base), count: buffer.count, deallocator: .none))
            }
        }
        func write(count: Int) throws {
            try write([UInt32(truncatingIfNeeded: count), UInt32(truncatingIfNeeded: count >> 32)])
        }
        func write(bytes: Data) throws {
            try write(count: bytes.count)
            try write(Self.words(bytes))
        }
        try write(Self.words(Data(mark)))
        try write(bytes: key)
        try write(bytes: entry.head)
        try write(count: entry.numbers.count)
        for part in entry.numbers {
            try write(count: part.count)
            try write(part)
        }
        try write(count: Int(sum.value))
        try handle.close()
    }

    /// Filled up with zeros.
    private static func words(_ bytes: Data) -> [UInt32] {
        var words = [UInt32](repeating: 0, count: (bytes.count + 3) / 4)
        words.withUnsafeMutableBytes { $0.copyBytes(from: bytes) }
        return words
    }

    private func removeOldest(but name: String) {
        let keys: Set<URLResourceKey> = [.fileSizeKey, .contentModificationDateKey]
        let found =
            (try? FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: Array(keys))) ?? []
        let files = found.filter { ["index", "partial"].contains($0.pathExtension) }.map { file in
            let values = try? file.resourceValues(forKeys: keys)
            return (file, size: values?.fileSize ?? 0, used: values?.contentModificationDate ?? .distantPast)
        }
        var total = files.reduce(0) { $0 + $1.size }
        for (file, size, _) in files.sorted(by: { $0.used < $1.used })
        where total > mostBytes && file.lastPathComponent != name {
            unlink(file.path)
            total -= size
        }
    }
}
