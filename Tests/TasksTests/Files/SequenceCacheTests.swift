// What is found in large files is kept between runs: it gives what the files give, or is made again.

import Foundation
import NeuralMemory
import NeuralMemoryTasks
import TestSupport
import Testing

@Suite struct SequenceCacheTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private var cache: IndexCache { IndexCache(folder: folder.file("cache"), leastBytes: 0) }
    private var indexes: [URL] {
        (folder.names.filter { $0.hasPrefix("cache/") }).map { folder.file($0) }
    }

    /// 40 lines, of which every fifth has a symbol that no other has.
    private func write(_ name: String = "train.jsonl", seed: UInt64 = 1) throws {
        var generator = RandomGenerator(seed: seed)
        let lines = (0..<40).map { line -> String in
            let numbers = (0..<generator.integer(in: 1...9)).map { _ in "\(generator.normal())" }
            return "{\"inputs\": [\(numbers.joined(separator: ", "))], "
                + "\"target\": \"\(line % 5 == 4 ? "only \(line)" : "all")\"}\n"
        }
        try Data(("\u{FEFF}" + lines.joined()).utf8).write(to: folder.file(name))
    }

    /// The task, open, and whether its files were gone through.
    private func open(
        _ cache: IndexCache?, _ change: (inout Sequences) -> Void = { _ in }
    ) throws -> (task: Sequences, wasRead: Bool) {
        var task = Sequences()
        task.data = folder.file("train.jsonl").path
        task.cache = cache
        change(&task)
        var wasRead = false
        try task.open { if $0.contains("reading") { wasRead = true } }
        return (task, wasRead)
    }

    /// All that a run gets of the data.
    private func contents(_ task: Sequences) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let numbers = Array(0..<task.evaluationCount)
        return try String(decoding: encoder.encode(task), as: UTF8.self) + "\(task.lengths)"
            + "\(task.notes { _ in })" + "\(task.evaluationBatch(numbers))"
            + "\(numbers.map { try [task.evaluationSteps($0), task.evaluationPlace($0)?.line ?? 0] })"
            + "\((0..<30).map { try task.trainingBatch(count: 4, after: 4 * $0, seed: 3) })"
    }

    @Test(arguments: [10, 3, 0, 100]) func whatIsKeptGivesWhatTheFileGives(_ holdOut: Int) throws {
        try write()
        let change: (inout Sequences) -> Void = { $0.holdOut = holdOut }
        let without = try contents(open(nil, change).task)
        let first = try open(cache, change)
        let second = try open(cache, change)
        #expect(first.wasRead && !second.wasRead && indexes.count == 1)
        #expect(try contents(first.task) == without)
        #expect(try contents(second.task) == without)
    }

    @Test func aValidationFileIsKeptToo() throws {
        try write()
        try write("test.jsonl", seed: 2)
        let change: (inout Sequences) -> Void = { $0.validation = folder.file("test.jsonl").path }
        let without = try contents(open(nil, change).task)
        #expect(try open(cache, change).wasRead)
        let second = try open(cache, change)
        #expect(try !second.wasRead && contents(second.task) == without)
        // It decides as well as the first.
        try write("test.jsonl", seed: 3)
        try FileManager.default.setAttributes(
            [.modificationDate: Date(timeIntervalSince1970: 1)], ofItemAtPath: folder.file("test.jsonl").path)
        let third = try open(cache, change)
        #expect(try third.wasRead && contents(third.task) == contents(open(nil, change).task))
    }

    @Test func aFileThatWasChangedIsReadAgain() throws {
        try write()
        let file = folder.file("train.jsonl")
        func setTime(_ seconds: Double) throws {
            try FileManager.default.setAttributes(
                [.modificationDate: Date(timeIntervalSince1970: seconds)], ofItemAtPath: file.path)
        }
        try setTime(1000)
        _ = try open(cache)
        #expect(try !open(cache).wasRead)
        // As many bytes, at another time.
        let text = try String(contentsOf: file, encoding: .utf8)
        try Data(text.replacing("all", with: "two").utf8).write(to: file)
        try setTime(1000.5)
        let changed = try open(cache)
        #expect(changed.wasRead && changed.task.outputNames.contains("two"))
        #expect(try !open(cache).wasRead && indexes.count == 1)
        // A line more, at the same time.
        try Data((text + text.split(separator: "\n")[3] + "\n").utf8).write(to: file)
        try setTime(1000.5)
        #expect(try open(cache).wasRead)
        // Another file with the same size and time.
        let other = folder.file("other.jsonl")
        try FileManager.default.copyItem(at: file, to: other)
        try FileManager.default.removeItem(at: file)
        try FileManager.default.moveItem(at: other, to: file)
        try setTime(1000.5)
        #expect(try open(cache).wasRead)
    }

    @Test func eachSettingThatMattersHasAnIndexOfItsOwn() throws {
        try write()
        let changes: [(inout Sequences) -> Void] = [
            { _ in }, { $0.holdOut = 7 }, { $0.alignment = .last }, { $0.inputs = .symbols }, { $0.targets = .symbols },
            { $0.standardize = false }, { $0.maximumLength = 9 }
        ]
        for change in changes { #expect(try open(cache, change).wasRead) }
        for change in changes {
            let (task, wasRead) = try open(cache, change)
            #expect(try !wasRead && contents(task) == contents(open(nil, change).task))
        }
    }

    @Test func aDamagedIndexIsMadeAgain() throws {
        try write()
        let without = try contents(open(nil).task)
        _ = try open(cache)
        let index = try #require(indexes.first)
        let whole = try Data(contentsOf: index)
        var damaged = stride(from: 0, to: whole.count, by: 5).map { place in
            var bytes = whole
            bytes[place] ^= 1 << UInt8(place % 8)
            return bytes
        }
        damaged += stride(from: 0, to: whole.count, by: 31).map { whole.prefix($0) }
        damaged += [whole + [0], whole + whole, Data(repeating: 0xFF, count: whole.count)]
        for bytes in damaged {
            try bytes.write(to: index)
            let (task, wasRead) = try open(cache)
            #expect(wasRead && task.signature.inputs == .vectors(1))
            #expect(try Data(contentsOf: index) == whole)
        }
        #expect(try contents(open(cache).task) == without)
    }

    @Test func aFolderThatCannotBeWrittenIsNoted() throws {
        try write()
        try Data("a file".utf8).write(to: folder.file("file"))
        let place = folder.file("file").appendingPathComponent("cache")
        let (task, wasRead) = try open(IndexCache(folder: place, leastBytes: 0))
        let notes = try task.notes { _ in }
        #expect(wasRead && notes.contains { $0.contains("cannot be kept in") && $0.contains("NEURALMEMORY_CACHE") })
        #expect(try contents(task).contains("cannot be kept"))
        #expect(try String(contentsOf: folder.file("file"), encoding: .utf8) == "a file")
    }

    @Test func smallFilesHaveNoIndex() throws {
        try write()
        let cache = IndexCache(folder: folder.file("cache"))
        #expect(try open(cache).wasRead && open(cache).wasRead && indexes.isEmpty)
    }

    @Test func theOldestIndexesAreRemoved() throws {
        try write()
        func open(_ holdOut: Int, _ mostBytes: Int) throws -> Bool {
            try self.open(IndexCache(folder: folder.file("cache"), leastBytes: 0, mostBytes: mostBytes)) {
                $0.holdOut = holdOut
            }.wasRead
        }
        for holdOut in [2, 3] { _ = try open(holdOut, .max) }
        let size = try indexes.map { try Data(contentsOf: $0).count }.reduce(0, +)
        for (place, index) in indexes.enumerated() {
            try FileManager.default.setAttributes(
                [.modificationDate: Date(timeIntervalSince1970: 1000 + Double(place))], ofItemAtPath: index.path)
        }
        let (oldest, other) = (indexes[0], indexes[1])
        #expect(try open(4, size + size / 4))
        #expect(indexes.count == 2 && !indexes.contains(oldest) && indexes.contains(other))
        // The one that was just made stays, however small the room is.
        #expect(try open(5, 1) && indexes.count == 1 && !open(5, 1))
    }

    @Test func theEnvironmentSaysWhere() {
        func path(_ environment: [String: String]) -> String? { IndexCache.standard(environment).map { "\($0)" } }
        func of(_ folder: String) -> String {
            "\(IndexCache(folder: URL(fileURLWithPath: folder, isDirectory: true)))"
        }
        #expect(path(["HOME": "/h"]) == of("/h/.cache/neuralmemory"))
        #expect(path(["HOME": "/h", "XDG_CACHE_HOME": "/x"]) == of("/x/neuralmemory"))
        #expect(path(["HOME": "/h", "XDG_CACHE_HOME": "/x", "NEURALMEMORY_CACHE": "/c"]) == of("/c"))
        #expect(path(["HOME": "/h", "NEURALMEMORY_CACHE": ""]) == of("/h/.cache/neuralmemory"))
        #expect(path(["HOME": "/h", "NEURALMEMORY_CACHE": "0"]) == nil && path([:]) == nil)
    }
}
