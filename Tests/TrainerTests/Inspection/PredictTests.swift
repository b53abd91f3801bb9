// `trainer predict` as a user meets it.

import Foundation
import TestSupport
import Testing

@Suite struct PredictTests {
    private let folder: TemporaryFolder
    private let run: String

    init() throws {
        folder = try TemporaryFolder()
        run = try TrainedFixture.writeReversal(in: folder)
    }

    private func predict(_ input: String, _ options: String...) throws -> TrainerProcess.Result {
        try TrainerProcess.run(["predict", run] + options, in: folder.url, input: input)
    }

    @Test func answersLineByLine() throws {
        let result = try predict("a b c\n  c\ta \nb\n")
        #expect(result.status == 0 && result.errors.isEmpty)
        #expect(result.output == "c b a\na c\nb\n")
    }

    @Test func anAnswerNeedsNoLastNewline() throws {
        #expect(try predict("a b").output == "b a\n")
        #expect(try predict("").output == "")
    }

    /// Answers stay beside their sources, the rest is answered, and the exit code tells.
    @Test func reportsBadLinesAndGoesOn() throws {
        let result = try predict("a b\n\nb x c\n   \nc b\n")
        #expect(result.status == 1)
        #expect(result.output == "b a\n\n\n\nb c\n")
        let errors = result.errors.split(separator: "\n").map(String.init)
        #expect(
            errors == [
                "Error: line 2: the line is empty; it must hold at least one symbol.",
                "Error: line 3: symbol 2, 'x', is unknown; symbols are a b c.",
                "Error: line 4: the line is empty; it must hold at least one symbol."
            ])
    }

    @Test func warnsWhereAnAnswerIsCut() throws {
        let result = try predict("a b c\n", "--max-length", "2")
        #expect(result.status == 0 && result.output == "c b\n")
        #expect(result.errors.hasPrefix("Warning: line 1: the answer is cut at 2 symbols"))
    }

    /// An answer comes before the next line is there: a program can talk to it through pipes.
    @Test func answersAtOnce() throws {
        let process = Process()
        let (input, output) = (Pipe(), Pipe())
        process.executableURL = TrainerProcess.program
        process.arguments = ["predict", run]
        process.currentDirectoryURL = folder.url
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        for (question, answer) in [("a b\n", "b a\n"), ("b b c\n", "c b b\n")] {
            input.fileHandleForWriting.write(Data(question.utf8))
            #expect(String(decoding: output.fileHandleForReading.availableData, as: UTF8.self) == answer)
        }
        try input.fileHandleForWriting.close()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
    }

    @Test func refusesATaskWithoutSymbols() throws {
        let other = try TemporaryFolder()
        let result = try TrainerProcess.run(
            ["predict", try TrainedFixture.writeBits(in: other)], in: other.url, input: "a\n")
        #expect(result.status == 1 && result.output.isEmpty)
        #expect(result.errors.contains("copy-bits") && result.errors.contains("--stream"), "\(result.errors)")
    }

    @Test(arguments: ["0", "-3", "99999999", "x"]) func refusesALength(value: String) throws {
        let result = try predict("a\n", "--max-length", value)
        #expect(result.status == 64 && result.output.isEmpty && result.errors.contains(value))
    }
}
