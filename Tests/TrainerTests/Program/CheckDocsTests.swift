// scripts/check-docs, which types the commands of documents: that it finds what is wrong in them.

import Foundation
import TestSupport
import Testing

@Suite struct CheckDocsTests {
    private let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../../../scripts/check-docs").standardizedFileURL

    /// What the script says of a page of these lines, and how it ends.
    private func check(_ lines: String...) throws -> (status: Int32, output: String) {
        let folder = try TemporaryFolder()
        let page = folder.file("page.md")
        try Data(lines.joined(separator: "\n").utf8).write(to: page)
        let process = Process()
        let pipe = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        let binaries = TrainerProcess.program.deletingLastPathComponent().path
        process.arguments = ["python3", script.path, "--binaries", binaries, page.path]
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return (process.terminationStatus, output)
    }

    @Test func passesWhatIsRight() throws {
        let result = try check(
            "# A page", "See [below](#below).", "```", "$ trainer settings popBias",
            "network.memory.popBias  (stack, queue, deque)", "…", "  Default: -7.5.", "```", "## Below",
            "    trainer presets --show fast/copy-queue > copy.yaml", "    trainer train --config copy.yaml --dry-run")
        #expect(result.status == 0 && result.output.contains("3 commands, 0 failures"), "\(result)")
    }

    @Test func findsACommandThatFails() throws {
        let result = try check("```", "trainer presets --show nothing", "```")
        #expect(result.status == 1 && result.output.contains("page.md:2: trainer presets --show nothing"), "\(result)")
    }

    @Test func findsAnotherOutput() throws {
        let result = try check("```", "$ trainer settings popBias", "network.memory.popBias  (stack)", "```")
        #expect(result.status == 1 && result.output.contains("does not print"), "\(result)")
    }

    @Test func findsAnErrorThatIsNone() throws {
        let result = try check("```", "$ trainer tasks", "Error: there are no tasks", "```")
        #expect(result.status == 1 && result.output.contains("exit code 0"), "\(result)")
    }

    /// Also commands that are not run are parsed.
    @Test func findsWhatIsWrongInASkippedCommand() throws {
        let result = try check(
            "<!-- check: skip, takes hours -->", "```", "trainer train --preset paper/copy-nmt", "```")
        #expect(result.status == 1 && result.output.contains("did you mean paper/copy-ntm?"), "\(result)")
    }

    @Test(arguments: ["[a](missing.md)", "[a](#missing)", "<img src=\"missing.svg\">"])
    func findsDeadLinks(_ link: String) throws {
        let result = try check("# A page", link)
        #expect(result.status == 1 && result.output.contains("missing"), "\(result)")
    }
}
