// `trainer dump` as a user meets it. Whether the numbers are right is for Tests/peers/check_dump.py to say.

import Foundation
import TestSupport
import Testing
import NeuralMemoryTraining

@Suite struct DumpTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func dump(_ run: String, _ options: [String: String] = [:]) throws -> TrainerProcess.Result {
        let all = ["batch-size": "3", "length": "2", "seed": "4", "output": "dump"].merging(options) { $1 }
        return try TrainerProcess.run(
            ["dump", run] + all.sorted { $0.key < $1.key }.flatMap { ["--\($0.key)", $0.value] }, in: folder.url)
    }

    private func entries(_ name: String = "dump") throws -> [String: SafetensorsEntry] {
        let file = try Safetensors.read(from: folder.file(name))
        return Dictionary(uniqueKeysWithValues: file.entries.map { ($0.name, $0) })
    }

    @Test func holdsAllArraysOfSymbols() throws {
        let run = try TrainedFixture.writeReversal(in: folder)
        let result = try dump(run)
        #expect(result.status == 0 && result.errors.isEmpty, "\(result)")
        let arrays = try entries()
        // <s>, two symbols, |||, two symbols; 3 symbols and </s> as outputs.
        #expect(arrays["inputs"]?.shape == [6, 3] && arrays["inputs"]?.dtype == .int32)
        #expect(arrays["targets"]?.shape == [6, 3] && arrays["targets"]?.dtype == .int32)
        #expect(arrays["mask"]?.floats == Array(repeating: 0, count: 9) + Array(repeating: 1, count: 9))
        #expect(arrays["outputs"]?.shape == [6, 3, 4])
        #expect(arrays["loss"]?.shape == [])
        let names = Set(arrays.keys.filter { $0.hasPrefix("param/") }.map { $0.dropFirst(6) })
        #expect(names == Set(arrays.keys.filter { $0.hasPrefix("grad/") }.map { $0.dropFirst(5) }))
        #expect(names.contains("interface.weight") && names.count == arrays.count / 2 - 2)
        for name in names {
            #expect(arrays["param/\(name)"]?.shape == arrays["grad/\(name)"]?.shape)
            #expect(arrays["grad/\(name)"]?.floats?.contains { $0 != 0 } == true, "\(name)")
        }
    }

    @Test func holdsAllArraysOfBits() throws {
        #expect(try dump(try TrainedFixture.writeBits(in: folder)).status == 0)
        let arrays = try entries()
        #expect(arrays["inputs"]?.shape == [5, 3, 9] && arrays["inputs"]?.dtype == .float32)
        #expect(arrays["targets"]?.shape == [5, 3, 8] && arrays["outputs"]?.shape == [5, 3, 8])
        #expect(try Safetensors.read(from: folder.file("dump")).metadata["outputs"] == "bits 8")
    }

    @Test func theSeedDecides() throws {
        let run = try TrainedFixture.writeReversal(in: folder)
        for (name, seed) in [("a", "4"), ("b", "4"), ("c", "5")] {
            #expect(try dump(run, ["output": name, "seed": seed, "threads": "1"]).status == 0)
        }
        #expect(try Data(contentsOf: folder.file("a")) == Data(contentsOf: folder.file("b")))
        #expect(try entries("a")["inputs"] != entries("c")["inputs"])
    }

    @Test func overwritesNothing() throws {
        let run = try TrainedFixture.writeReversal(in: folder)
        try Data("mine".utf8).write(to: folder.file("dump"))
        let result = try dump(run)
        #expect(result.status == 1 && result.errors.contains("dump: this is there already"), "\(result)")
        #expect(try Data(contentsOf: folder.file("dump")) == Data("mine".utf8))
        #expect(try dump(run, ["output": "nowhere/dump"]).status == 1)
        #expect(folder.names.filter { !$0.hasPrefix("run") } == ["dump"])
    }

    @Test(arguments: [("batch-size", "0"), ("length", "-1"), ("length", "x"), ("seed", "x"), ("output", "")])
    func refusesOptions(option: String, value: String) throws {
        let result = try dump(try TrainedFixture.writeReversal(in: folder), [option: value])
        #expect(result.status == 64 && result.errors.contains("--\(option)"), "\(result)")
        #expect(!FileManager.default.fileExists(atPath: folder.file("dump").path))
    }

    @Test func refusesABatchBeyondMemory() throws {
        let result = try dump(
            try TrainedFixture.writeReversal(in: folder), ["batch-size": "65536", "length": "1048576"])
        #expect(result.status == 1 && result.errors.contains("--batch-size is 65536"), "\(result)")
    }
}
