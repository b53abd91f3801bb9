// The safetensors format: what is written is read back, and every kind of damage is found and named.

import Foundation
import NeuralMemory
import TestSupport
import Testing
import NeuralMemoryTraining

@Suite struct SafetensorsTests {
    private let folder: TemporaryFolder
    private var file: URL { folder.file("a.safetensors") }

    init() throws { folder = try TemporaryFolder() }

    private let entries = [
        SafetensorsEntry(name: "vector", shape: [3], values: [Float(1.5), -0.0, .infinity]),
        SafetensorsEntry(name: "wide", dtype: .float64, shape: [1], data: Data(repeating: 7, count: 8)),
        SafetensorsEntry(name: "matrix/\"ü\"\\", shape: [2, 2], values: [Int32.min, -1, 0, .max]),
        SafetensorsEntry(name: "scalar", shape: [], values: [Float(2)]),
        SafetensorsEntry(name: "nothing", shape: [0, 5], values: [Float]())
    ]

    /// A file with this header, as text, and data.
    private func write(header: String, data: Data = Data(), length: UInt64? = nil) throws {
        var bytes = withUnsafeBytes(of: (length ?? UInt64(header.utf8.count)).littleEndian) { Data($0) }
        bytes += Data(header.utf8) + data
        try bytes.write(to: file)
    }

    private func problem() throws -> SafetensorsError.Problem? {
        do {
            _ = try Safetensors.read(from: file)
            return nil
        } catch let error as SafetensorsError {
            #expect(error.description.hasPrefix(file.path))
            return error.problem
        }
    }

    @Test func roundTrip() throws {
        let metadata = ["text": "line\nbreak \"quoted\" \\ \u{1} ü", "": "empty name"]
        try Safetensors.write(entries, metadata: metadata, to: file)
        let contents = try Safetensors.read(from: file)
        #expect(contents.metadata == metadata)
        #expect(contents.entries.sorted { $0.name < $1.name } == entries.sorted { $0.name < $1.name })
        #expect(
            contents.entries.first { $0.name == "vector" }?.floats?.map(\.bitPattern) == [
                0x3fc0_0000, 0x8000_0000, 0x7f80_0000
            ])
        #expect(contents.entries.first { $0.name == "wide" }?.floats == nil)
    }

    /// The bytes as the format's description has them: length, header padded to 8 bytes, data.
    @Test func layout() throws {
        try Safetensors.write([entries[3]], metadata: [:], to: file)
        let bytes = try Data(contentsOf: file)
        let header = "{\"scalar\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[0,4]}}"
        let padded = header + String(repeating: " ", count: (8 - header.utf8.count % 8) % 8)
        #expect(bytes.prefix(8) == Data([UInt8(padded.utf8.count), 0, 0, 0, 0, 0, 0, 0]))
        #expect(bytes.dropFirst(8) == Data(padded.utf8) + Data([0, 0, 0, 0x40]))
    }

    @Test func everyArrayIsAligned() throws {
        try Safetensors.write(entries, metadata: ["a": "b"], to: file)
        let bytes = try Data(contentsOf: file)
        // The header's length stands in the first bytes; its lowest three bits are those of the first.
        #expect(bytes[0] % 8 == 0)
        #expect(try Safetensors.read(from: file).entries.first { !$0.data.isEmpty }?.name == "wide")
    }

    @Test func anyCutIsFound() throws {
        try Safetensors.write(entries, metadata: ["a": "b"], to: file)
        let bytes = try Data(contentsOf: file)
        for count in 0..<bytes.count {
            try bytes.prefix(count).write(to: file)
            guard case .cutShort(_, let found)? = try problem() else {
                Issue.record("cut to \(count) of \(bytes.count) bytes: \(String(describing: try problem()))")
                return
            }
            #expect(found == count)
        }
        try (bytes + Data([0])).write(to: file)
        #expect(try problem() == .trailingBytes)
    }

    /// A changed byte either gives an error or changes nothing but names, texts or numbers: never a crash.
    @Test func anyChangedByteIsSurvived() throws {
        try Safetensors.write(entries, metadata: ["a": "b"], to: file)
        let bytes = try Data(contentsOf: file)
        for index in bytes.indices {
            for flip: UInt8 in [0x01, 0x80, 0xff] {
                var changed = bytes
                changed[index] ^= flip
                try changed.write(to: file)
                _ = try problem()
            }
        }
    }

    @Test(arguments: [0, 1, 100_000_001, UInt64(Int64.max), .max])
    func impossibleHeaderLengths(_ length: UInt64) throws {
        try write(header: "{}", length: length)
        #expect(try problem() == .headerLength(length))
    }

    @Test(arguments: [
        "[]", " {}", "{ ", "null", "{\"a\":1}", "{\"a\":{\"dtype\":\"F32\",\"shape\":[1]}}",
        "{\"a\":{\"dtype\":3,\"shape\":[1],\"data_offsets\":[0,4]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1.5],\"data_offsets\":[0,4]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[99999999999999999999],\"data_offsets\":[0,4]}}",
        "{\"__metadata__\":{\"a\":1}}", String(repeating: "[", count: 100_000), "{\"\u{0}"
    ])
    func headersThatAreNotAHeader(_ header: String) throws {
        try write(header: header, data: Data(count: 4))
        guard case .header? = try problem() else {
            Issue.record("\(header.prefix(80)): \(String(describing: try problem()))")
            return
        }
    }

    @Test(arguments: [
        ("F16", "[2]", "[0,4]", "has dtype F16"), ("F32", "[2]", "[0,4]", "has 4 bytes"),
        ("F32", "[1]", "[0,8]", "has 8 bytes"), ("F32", "[-1]", "[0,4]", "impossible shape"),
        ("F32", "[-1,-1]", "[0,4]", "impossible shape"),
        ("F32", "[4294967296,4294967296]", "[0,0]", "impossible shape"),
        ("F32", "[4611686018427387904]", "[0,0]", "impossible shape"), ("F32", "[1]", "[4,0]", "impossible offsets"),
        ("F32", "[1]", "[0]", "impossible offsets"), ("F32", "[1]", "[-4,0]", "impossible offsets"),
        ("F32", "[1]", "[4,8]", "starts at byte 4")
    ])
    func arraysThatCannotBe(_ dtype: String, _ shape: String, _ offsets: String, _ reason: String) throws {
        try write(
            header: "{\"name\":{\"dtype\":\"\(dtype)\",\"shape\":\(shape),\"data_offsets\":\(offsets)}}",
            data: Data(count: 8))
        guard case .tensor("name", let found)? = try problem() else {
            Issue.record("\(String(describing: try problem()))")
            return
        }
        #expect(found.contains(reason), "\(found)")
    }

    @Test func offsetsBeyondTheFile() throws {
        let size = 1 << 40
        try write(header: "{\"a\":{\"dtype\":\"F32\",\"shape\":[\(size / 4)],\"data_offsets\":[0,\(size)]}}")
        guard case .cutShort? = try problem() else {
            Issue.record("\(String(describing: try problem()))")
            return
        }
    }

    @Test(arguments: [("[0,4]", "[0,4]"), ("[0,8]", "[4,8]"), ("[0,4]", "[8,12]")])
    func gapsAndOverlaps(_ first: String, _ second: String) throws {
        let shape = { (offsets: String) in offsets == "[0,8]" ? "[2]" : "[1]" }
        try write(
            header: "{\"a\":{\"dtype\":\"F32\",\"shape\":\(shape(first)),\"data_offsets\":\(first)},"
                + "\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":\(second)}}",
            data: Data(count: 12))
        guard case .tensor? = try problem() else {
            Issue.record("\(String(describing: try problem()))")
            return
        }
    }

    @Test func whatIsNoFile() throws {
        let pipe = folder.file("pipe").path
        #expect(mkfifo(pipe, 0o600) == 0)
        for (path, reason) in [
            ("/nowhere/at/all", "cannot open"), (folder.url.path, "a folder"), ("/dev/null", "a device"),
            ("/dev/zero", "a device"), (pipe, "a pipe")
        ] {
            let error = #expect(throws: FileError.self) { try Safetensors.read(from: URL(fileURLWithPath: path)) }
            #expect(error?.file == path && error?.reason.contains(reason) == true, "\(String(describing: error))")
        }
    }

    /// Announced sizes are compared with the file's before memory is taken.
    @Test func aHoleInAFileIsNotRead() throws {
        try write(header: "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", data: Data(count: 4))
        #expect(truncate(file.path, 1 << 40) == 0)
        #expect(try problem() == .trailingBytes)
        let size = 1 << 42
        try write(header: "{\"a\":{\"dtype\":\"F32\",\"shape\":[\(size / 4)],\"data_offsets\":[0,\(size)]}}")
        let bytes = try Data(contentsOf: file).count
        #expect(truncate(file.path, off_t(bytes + size)) == 0)
        let error = #expect(throws: FileError.self) { try Safetensors.read(from: file) }
        #expect(error?.reason.contains("this machine has") == true, "\(String(describing: error))")
    }
}
