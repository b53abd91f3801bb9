// Files are written as a whole or not at all.

import Foundation
import NeuralMemory
import TestSupport
import Testing
import NeuralMemoryTraining

@Suite struct AtomicFileTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test func partsBecomeOneFile() throws {
        let file = folder.file("a")
        try AtomicFile.write([Data("one ".utf8), Data(), Data("two".utf8)], to: file)
        #expect(try Data(contentsOf: file) == Data("one two".utf8))
        try AtomicFile.write([Data("three".utf8)], to: file)
        #expect(try Data(contentsOf: file) == Data("three".utf8))
        #expect(folder.names == ["a"])
    }

    @Test func missingFolder() {
        let error = #expect(throws: FileError.self) {
            try AtomicFile.write([Data("x".utf8)], to: folder.file("missing/a"))
        }
        #expect(error?.description.contains("missing/a") == true && error?.reason.contains("No such file") == true)
    }

    @Test func folderInPlaceOfTheFile() throws {
        try FileManager.default.createDirectory(at: folder.file("a"), withIntermediateDirectories: true)
        #expect(throws: FileError.self) { try AtomicFile.write([Data("x".utf8)], to: folder.file("a")) }
        #expect(folder.names == ["a"])
    }

    /// Renaming over a device would replace it, for a user who may.
    @Test func devicesStayDevices() throws {
        #expect(throws: FileError.self) {
            try AtomicFile.write([Data("x".utf8)], to: URL(fileURLWithPath: "/dev/null"))
        }
        let type = try FileManager.default.attributesOfItem(atPath: "/dev/null")[.type] as? FileAttributeType
        #expect(type == .typeCharacterSpecial)
    }

    @Test func nothingIsLeftOfAFileThatCannotBePutInPlace() throws {
        // The name itself fits into the system's limit; the one in the making, which is longer, does not.
        let file = folder.file(String(repeating: "n", count: 250))
        try Data("old".utf8).write(to: file)
        let error = #expect(throws: FileError.self) { try AtomicFile.write([Data("new".utf8)], to: file) }
        #expect(error?.reason.contains("too long") == true)
        #expect(try Data(contentsOf: file) == Data("old".utf8))
        #expect(folder.names.count == 1)
    }
}
