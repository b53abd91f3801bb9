// The environment variables that choose vector instructions and threads.

import Foundation
import NeuralMemory
import Testing

@Suite struct EnvironmentTests {
    /// The runtime that a report of kernel-bench names.
    private func runtime(_ environment: [String: String]) throws -> String {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("kernel-bench-\(UUID()).json")
        defer { try? FileManager.default.removeItem(at: file) }
        let result = try runKernelBench(["--filter", "broadcast", "--json", file.path], environment: environment)
        #expect(result.status == 0, "\(result.errors)")
        let report = try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any]
        return try #require((report?["machine"] as? [String: Any])?["runtime"] as? String)
    }

    @Test func levelsAreListed() throws {
        let result = try runKernelBench(["levels"])
        #expect(result.status == 0)
        let names = result.output.split(separator: "\n").map(String.init)
        #expect(names == Runtime.supportedLevels.map(\.rawValue) && !names.isEmpty)
        for level in InstructionLevel.allCases {
            #expect(result.errors.contains(level.rawValue) == !names.contains(level.rawValue))
        }
    }

    @Test func eachLevelIsUsedWhereItIsAskedFor() throws {
        for level in Runtime.supportedLevels {
            #expect(try runtime(["NEURALMEMORY_ISA": level.rawValue]).contains(", \(level.rawValue), "))
        }
    }

    @Test func withoutAWishTheBestLevelIsUsed() throws {
        let best = try #require(Runtime.supportedLevels.last).rawValue
        #expect(try runtime(["NEURALMEMORY_ISA": ""]).contains(", \(best), "))
    }

    /// An unknown word, and every level that the processor lacks.
    @Test(arguments: ["avx3", "AVX2", " baseline", "0", String(repeating: "x", count: 100_000)])
    func otherLevelsAreRefused(_ value: String) throws {
        let lacking = InstructionLevel.allCases.filter { !Runtime.supportedLevels.contains($0) }.map(\.rawValue)
        for value in [value] + lacking {
            let result = try runKernelBench(["--filter", "broadcast"], environment: ["NEURALMEMORY_ISA": value])
            #expect(result.status == 64 && result.output.isEmpty)
            for text in ["NEURALMEMORY_ISA", "'\(value.prefix(63))'"] + Runtime.supportedLevels.map(\.rawValue) {
                #expect(result.errors.contains(text), "\(result.errors)")
            }
            #expect(result.errors.utf8.count < 1000)
        }
    }

    @Test func anEmptyThreadCountIsNone() throws {
        #expect(try runtime(["OMP_NUM_THREADS": ""]).contains(" \(Runtime.processors) thread"))
    }

    @Test(arguments: ["1", " 2 ", "3,2", "1024"])
    func threadCountsAreUsed(_ value: String) throws {
        guard Runtime.usesOpenMP else { return }
        let count = try #require(value.split { !$0.isNumber }.first)
        #expect(try runtime(["OMP_NUM_THREADS": value]).contains(" \(count) thread"))
    }

    /// libomp 14 aborts with some of these and never returns with others.
    @Test(arguments: [" ", "x", "0", "-3", "+3", "3x", "3,", ",", "1025", "2147483648", "99999999999999999999"])
    func otherThreadCountsAreRefused(_ value: String) throws {
        guard Runtime.usesOpenMP else { return }
        let result = try runKernelBench(["--filter", "broadcast"], environment: ["OMP_NUM_THREADS": value])
        #expect(result.status == 64 && result.output.isEmpty)
        #expect(result.errors.contains("OMP_NUM_THREADS is '\(value)'"), "\(result.errors)")
    }
}
