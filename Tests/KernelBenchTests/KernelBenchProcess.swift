// Runs kernel-bench as a user does.

import Foundation

/// The program stands beside the tests.
private let program = Bundle.main.bundleURL.appendingPathComponent("kernel-bench")

func runKernelBench(
    _ arguments: [String], environment: [String: String] = [:]
) throws -> (status: Int32, output: String, errors: String) {
    let process = Process()
    let (output, errors) = (Pipe(), Pipe())
    process.executableURL = program
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    process.standardOutput = output
    process.standardError = errors
    try process.run()
    // Both are short: neither fills its pipe while the other is read.
    let texts = try [output, errors].map {
        String(decoding: try $0.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
    }
    process.waitUntilExit()
    return (process.terminationStatus, texts[0], texts[1])
}

/// The object that kernel-bench writes to the file of `--json`.
func reportOfKernelBench(_ arguments: [String]) throws -> [String: Any] {
    let file = FileManager.default.temporaryDirectory.appendingPathComponent("kernel-bench-\(UUID()).json")
    defer { try? FileManager.default.removeItem(at: file) }
    let result = try runKernelBench(arguments + ["--json", file.path])
    guard result.status == 0 else { throw KernelBenchFailure(errors: result.errors) }
    return try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any] ?? [:]
}

struct KernelBenchFailure: Error {
    let errors: String
}
