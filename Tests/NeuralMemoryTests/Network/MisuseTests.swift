// MisuseTests.swift: what the compiler refuses: calls in the wrong order, and networks that two threads would share.
// Each snippet that must not compile stands beside one that must.

import Foundation
import TestSupport
import Testing

@Suite struct MisuseTests {
    /// The bodies of two functions.
    struct Misuse: CustomTestStringConvertible, Sendable {
        let name: String
        /// What must be refused, and what the compiler must say of it.
        let wrong: String
        let reason: String
        /// What is to be written instead.
        let right: String

        var testDescription: String { name }
    }

    static let misuses = [
        Misuse(
            name: "gradients of one loss twice",
            wrong: """
                let loss = try network.forward(batch).loss()
                try loss.backward(into: gradients)
                try loss.backward(into: gradients)
                """,
            reason: "'loss' consumed more than once",
            right: """
                for _ in 0..<2 {
                    let loss = try network.forward(batch).loss()
                    try loss.backward(into: gradients)
                }
                """),
        Misuse(
            name: "the loss of one episode twice",
            wrong: """
                let episode = try network.forward(batch)
                let loss = episode.loss()
                try episode.loss(over: network.totals(batch)).backward(into: gradients)
                try loss.backward(into: gradients)
                """,
            reason: "'episode' consumed more than once",
            right: """
                let episode = try network.forward(batch)
                let loss = episode.loss(over: network.totals(batch))
                try loss.backward(into: gradients)
                """),
        Misuse(
            name: "outputs after the loss",
            wrong: """
                let episode = try network.forward(batch)
                try episode.loss().backward(into: gradients)
                print(try episode.outputs(step: 0))
                """,
            reason: "'episode' used after consume",
            right: """
                let episode = try network.forward(batch)
                print(try episode.outputs(step: 0))
                try episode.loss().backward(into: gradients)
                """),
        Misuse(
            name: "gradients without a loss",
            wrong: "try network.forward(batch).backward(into: gradients)",
            reason: "value of type 'TrainingEpisode' has no member 'backward'",
            right: "try network.forward(batch).loss().backward(into: gradients)"),
        Misuse(
            name: "the loss of another batch",
            wrong: "let loss = try network.forward(batch).loss(other)",
            reason: "cannot convert value of type 'Batch' to expected argument type 'LossTotals'",
            right: """
                let loss = try network.forward(other).loss()
                print(loss.report)
                """),
        Misuse(
            name: "going on after training",
            wrong: "try network.forward(batch).keep([0])",
            reason: "value of type 'TrainingEpisode' has no member 'keep'",
            right: "try InferenceEpisode(network, batch: batch.count).keep([0])"),
        Misuse(
            name: "the loss of an inference episode",
            wrong: "let loss = try InferenceEpisode(network, batch: batch.count).loss()",
            reason: "value of type 'InferenceEpisode' has no member 'loss'",
            right: "print(try network.evaluate(batch))"),
        Misuse(
            name: "keeping episodes",
            wrong: "let episodes = [try network.forward(batch), try network.forward(other)]",
            reason: "'TrainingEpisode' conform to 'Copyable'",
            right: """
                for batch in [batch, other] {
                    let episode = try network.forward(batch)
                    print(episode.loss().report)
                }
                """),
        Misuse(
            name: "one network for two threads",
            wrong: """
                async let first = network.evaluate(batch)
                async let second = network.evaluate(other)
                print(try await first, try await second)
                """,
            reason: "sending 'network' risks causing data races",
            right: """
                let (one, another) = (try make(), try make())
                async let first = one.evaluate(batch)
                async let second = another.evaluate(other)
                print(try await first, try await second)
                """),
        Misuse(
            name: "a network that a task has",
            wrong: """
                let own = try make()
                let task = Task { try own.evaluate(batch) }
                print(try own.evaluate(other), try await task.value)
                """,
            reason: "risks causing data races",
            right: """
                let own = try make()
                print(try own.evaluate(other))
                let task = Task { try own.evaluate(batch) }
                print(try await task.value)
                """),
        Misuse(
            name: "episodes of one network in two threads",
            wrong: """
                let own = try make()
                let episode = try InferenceEpisode(own)
                let task = Task { try own.evaluate(batch) }
                print(try episode.advance(batch.inputs, steps: batch.steps), try await task.value)
                """,
            reason: "risks causing data races",
            right: """
                let own = try make()
                let episode = try InferenceEpisode(own)
                print(try episode.advance(batch.inputs, steps: batch.steps))
                let task = Task { try own.evaluate(batch) }
                print(try await task.value)
                """)
    ]

    @Test(arguments: misuses) func isRefused(_ misuse: Misuse) throws {
        let refused = try Compiler.errors(Self.source([misuse.wrong]))
        #expect(refused.status != 0 && refused.errors.contains(misuse.reason), "\(refused.errors)")
    }

    /// What the snippets have in common compiles, and so does what is to be written instead.
    @Test func theRightWaysCompile() throws {
        let accepted = try Compiler.errors(Self.source(Self.misuses.map(\.right)))
        #expect(accepted.status == 0 && accepted.errors.isEmpty, "\(accepted.errors)")
    }

    /// A file with a function for each body.
    ///
    /// `make` gives a network of one's own.
    private static func source(_ bodies: [String]) -> String {
        let functions = bodies.enumerated().map { number, body in
            """
            func snippet\(number)(
                _ network: Network, _ batch: Batch, _ other: Batch, _ gradients: ParameterBuffer
            ) async throws {
            \(body)
            }

            """
        }
        return """
            import NeuralMemory

            func make() throws -> sending Network {
                try Network(
                    NetworkConfiguration(), signature: Signature(inputs: .symbols(2), outputs: .symbols(2)), seed: 1)
            }

            """ + functions.joined()
    }
}

/// The compiler that is on the path, with the library as these tests were built with it.
private enum Compiler {
    /// How it ends, and all that it says.
    ///
    /// Uses after consumption, and values sent between threads, are found in the intermediate language and not by the
    /// check of types, so all of the front end runs.
    static func errors(_ source: String) throws -> (status: Int32, errors: String) {
        let folder = try TemporaryFolder()
        let (file, errors) = (folder.file("snippet.swift"), folder.file("errors"))
        try Data(source.utf8).write(to: file)
        try Data().write(to: errors)
        let headers = package.appendingPathComponent("CKernels/include").path
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [
            "swiftc", "-swift-version", "6", "-parse-as-library", "-emit-sil", "-o", "/dev/null", "-I",
            try modules().path,
            "-Xcc", "-fmodule-map-file=\(headers)/module.modulemap", "-Xcc", "-I\(headers)", file.path
        ]
        process.standardError = try FileHandle(forWritingTo: errors)
        try process.run()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: try Data(contentsOf: errors), as: UTF8.self))
    }

    private static let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// The built modules stand in a folder beside the tests.
    private static func modules() throws -> URL {
        let tests = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()
        let folders = [
            tests.deletingLastPathComponent(), Bundle.main.bundleURL, Bundle.main.bundleURL.deletingLastPathComponent()
        ]
        .map { $0.appendingPathComponent("Modules") }
        let found = folders.first {
            FileManager.default.fileExists(atPath: $0.appendingPathComponent("NeuralMemory.swiftmodule").path)
        }
        return try #require(found, "no module NeuralMemory in \(folders.map(\.path))")
    }
}
