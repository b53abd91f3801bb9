// kernel-bench as a user runs it: what it prints, writes and returns.

import Foundation
import Testing

@Suite struct CommandTests {
    @Test func measuresWhatTheFilterNamesAndWritesItAll() throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("kernel-bench-\(UUID()).json")
        defer { try? FileManager.default.removeItem(at: file) }
        let result = try runKernelBench(["--filter", "broadcast", "--threads", "2", "--json", file.path])
        #expect(result.status == 0, "\(result.errors)")
        #expect(result.output.contains("broadcast_row"))
        #expect(!result.output.contains("tanh"))
        let report = try #require(try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any])
        let kernels = try #require(report["kernels"] as? [[String: Any]])
        #expect(!kernels.isEmpty)
        for kernel in kernels {
            #expect(kernel["kernel"] as? String == "broadcast_row")
            #expect(kernel["passed"] as? Bool == true)
            #expect(try #require(kernel["seconds"] as? Double) > 0)
            #expect(try #require(kernel["reference_seconds"] as? Double) > 0)
        }
        let machine = try #require(report["machine"] as? [String: Any])
        #expect((machine["compiler"] as? String)?.isEmpty == false)
    }

    @Test func aFilterThatFitsNothingListsTheKernels() throws {
        let result = try runKernelBench(["--filter", "heap"])
        #expect(result.status != 0)
        for name in ["heap", "gemm_plain", "adam", "deque"] { #expect(result.errors.contains(name)) }
    }

    @Test(arguments: ["0", "-1", "1025", "two"])
    func aThreadCountOutOfRangeIsRefused(_ threads: String) throws {
        let result = try runKernelBench(["--threads", threads, "--filter", "broadcast"])
        #expect(result.status != 0)
        #expect(result.errors.contains("--threads"))
        #expect(result.output.isEmpty)
    }

    @Test func aFileThatCannotBeWrittenIsRefusedAtOnce() throws {
        let result = try runKernelBench(["--json", "/nowhere/kernels.json", "--filter", "broadcast"])
        #expect(result.status != 0)
        #expect(result.errors.contains("/nowhere/kernels.json"))
        #expect(result.output.isEmpty)
    }
}
