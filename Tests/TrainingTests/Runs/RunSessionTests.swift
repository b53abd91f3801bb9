// sessions.jsonl: what is in a line, and lines that killed processes left.

import Foundation
import NeuralMemory
import NeuralMemoryTraining
import TestSupport
import Testing

@Suite struct RunSessionTests {
    @Test func quotesForAShell() {
        let arguments = ["a", "runs/copy-1", "", "two words", "it's", "$HOME", "x=[1, 2]", "ü"]
        #expect(
            RunSession.quoted(arguments) == #"a runs/copy-1 '' 'two words' 'it'\''s' '$HOME' 'x=[1, 2]' 'ü'"#)
    }

    @Test func aTornLineCountsForNothing() throws {
        let folder = try TemporaryFolder()
        let file = folder.file("sessions.jsonl")
        #expect(try RunSession.read(from: file) == [])
        let first = RunSession(firstStep: 1, commandLine: "first")
        try first.append(to: file)
        let whole = try Data(contentsOf: file)
        try (whole + whole.prefix(30)).write(to: file)
        #expect(try RunSession.read(from: file) == [first])
        let second = RunSession(firstStep: 7, commandLine: "a \"second\"\nline")
        try second.append(to: file)
        #expect(try RunSession.read(from: file) == [first, second])
    }

    @Test func aLongCommandLineIsCut() throws {
        let folder = try TemporaryFolder()
        let file = folder.file("sessions.jsonl")
        try RunSession(firstStep: 1, commandLine: String(repeating: "x", count: 1_000_000)).append(to: file)
        #expect(try Data(contentsOf: file).count < 20_000)
        #expect(try RunSession.read(from: file).count == 1)
    }

    /// Nothing but the program, the machine and the command line: no secret of the environment.
    @Test func hasTheDocumentedKeys() throws {
        let folder = try TemporaryFolder()
        let file = folder.file("sessions.jsonl")
        try RunSession(firstStep: 1, commandLine: "trainer").append(to: file)
        let object = try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any]
        let keys = Set(try #require(object).keys).subtracting(["commit"])
        #expect(
            keys == [
                "version", "host", "operating_system", "processor", "level", "threads", "openmp", "onednn",
                "command_line", "started", "first_step"
            ])
    }
}
