// `trainer --version`, and what a run keeps of the programs that trained it.

import Foundation
import NeuralMemory
import NeuralMemoryTraining
import TestSupport
import Testing

@Suite struct VersionTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func trainer(_ arguments: String...) throws -> TrainerProcess.Result {
        try TrainerProcess.run(arguments, in: folder.url)
    }

    private var sessions: [RunSession] {
        get throws { try RunReader(folder.file("my run")).sessions() }
    }

    @Test func printsVersionAndCommit() throws {
        let result = try trainer("--version")
        let known = /trainer \d+\.\d+\.\d+ \((commit [0-9a-f]{7,40}(, modified)?|unknown commit)\)\n/
        #expect(result.status == 0 && result.errors.isEmpty && result.output.wholeMatch(of: known) != nil, "\(result)")
        #expect(result.output.hasPrefix("trainer \(BuildInformation.version) "))
    }

    @Test func aRunKeepsItsSessions() throws {
        let start = [
            "train", "--preset", "fast/reversal-stack", "--steps", "20", "--output", "my run", "--threads", "1"
        ]
        #expect(try TrainerProcess.run(start, in: folder.url).status == 0)
        // A finished run is not trained on.
        #expect(try trainer("train", "--resume", "my run").status == 0)
        #expect(try trainer("train", "--resume", "my run", "--steps", "30").status == 0)
        let sessions = try sessions
        #expect(sessions.map(\.firstStep) == [1, 21])
        #expect(sessions.map(\.version) == [BuildInformation.version, BuildInformation.version])
        let first = try #require(sessions.first)
        let commit = first.commit.map { "(commit \($0.replacing("-modified", with: ", modified")))" }
        #expect(try trainer("--version").output.hasSuffix(" \(commit ?? "(unknown commit)")\n"))
        let options = "train --preset fast/reversal-stack --steps 20 --output 'my run' --threads 1"
        #expect(first.commandLine == "\(TrainerProcess.program.path) \(options)")
        #expect(first.threads == 1 && first.level == Runtime.level && first.openMP == Runtime.usesOpenMP)
        #expect(first.host == ProcessInfo.processInfo.hostName && !first.processor.isEmpty)
        #expect(first.started.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/) != nil)
    }

    /// What was typed, and not how the program starts a process for each seed.
    @Test func seedsKeepWhatWasTyped() throws {
        let result = try trainer(
            "train", "--preset", "fast/reversal-stack", "--steps", "10", "--seeds", "1-2", "--output", "my run")
        #expect(result.status == 0, "\(result)")
        for (_, run) in try SeedDirectory.readers(at: folder.file("my run")) {
            let lines = try run.sessions().map(\.commandLine)
            #expect(lines.count == 1 && lines.allSatisfy { $0.hasSuffix("--seeds 1-2 --output 'my run'") }, "\(lines)")
        }
    }
}
