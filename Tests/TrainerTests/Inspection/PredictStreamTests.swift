// `trainer predict --stream` as a user meets it: words and JSON, and states that it goes on from.

import Foundation
import TestSupport
import Testing

@Suite struct PredictStreamTests {
    private let folder: TemporaryFolder
    private let run: String

    init() throws {
        folder = try TemporaryFolder()
        run = try TrainedFixture.writeReversal(in: folder)
    }

    private func stream(_ input: String, _ options: String...) throws -> TrainerProcess.Result {
        try TrainerProcess.run(["predict", run, "--stream"] + options, in: folder.url, input: input)
    }

    /// One output a symbol, lines as they came; after ||| the outputs are the target, one step ahead.
    @Test func anOutputForEachSymbol() throws {
        let result = try stream("<s> a b c\n||| c b\na")
        #expect(result.status == 0 && result.errors.isEmpty, "\(result)")
        let lines = result.output.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
        #expect(lines.map(\.count) == [4, 3, 1] && !result.output.contains(" \n"))
        #expect(lines.dropFirst().flatMap { $0 } == ["c", "b", "a", "</s>"])
    }

    /// Nothing depends on how the input is cut into lines and reads.
    @Test func linesDoNotMatter() throws {
        let words = (0..<6000).map { ["a", "b", "c", "<s>", "|||"][($0 * $0 + $0 / 7) % 5] }
        let one = try stream(words.joined(separator: " ") + "\n", "--format", "json").output
        let many = try stream(words.joined(separator: "\n"), "--format", "json").output
        #expect(one.split(separator: "\n").count == 6000 && one == many)
    }

    #if os(Linux)
        /// A sequence of 720,000 vectors, through a memory of rows: a stack may rightly keep what is never fully popped.
        ///
        /// A tape of the second half of it would take 35 MB for 24 numbers of each step, and each step has more than
        /// twice as many; whatever an allocator keeps for itself is far less.
        @Test func memoryDoesNotGrow() throws {
            let process = Process()
            let (input, output) = (Pipe(), Pipe())
            let run = try TrainedFixture.writeTuring(in: folder)
            process.executableURL = TrainerProcess.program
            process.arguments = ["predict", run, "--stream", "--threads", "1"]
            process.currentDirectoryURL = folder.url
            // The address sanitizer holds back what is freed: by default more than is asked for here.
            let environment = ProcessInfo.processInfo.environment
            let options = [environment["ASAN_OPTIONS"], "quarantine_size_mb=1"].compactMap { $0 }
            process.environment = environment.merging(["ASAN_OPTIONS": options.joined(separator: ":")]) { $1 }
            (process.standardInput, process.standardOutput) = (input, output)
            try process.run()
            let steps = 1200
            let piece = Data(String(repeating: "1 0 1 0 1 0 1 0 0\n", count: steps).utf8)
            func peak() throws -> Int {
                let status = try String(contentsOfFile: "/proc/\(process.processIdentifier)/status", encoding: .utf8)
                let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmHWM") })
                return try #require(Int(line.split(whereSeparator: \.isWhitespace)[1]))
            }
            var peaks: [Int] = []
            for number in 1...600 {
                input.fileHandleForWriting.write(piece)
                var lines = 0
                while lines < steps {
                    lines += output.fileHandleForReading.availableData.count { $0 == UInt8(ascii: "\n") }
                }
                if number % 300 == 0 { peaks.append(try peak()) }
            }
            try input.fileHandleForWriting.close()
            process.waitUntilExit()
            #expect(process.terminationStatus == 0 && peaks[1] - peaks[0] < 16_000, "\(peaks) kB")
        }
    #endif

    @Test func unknownSymbolsEndIt() throws {
        let result = try stream("<s> a\nb x c\n")
        #expect(result.status == 1 && result.errors.contains("word 4, 'x', is unknown"), "\(result)")
    }

    /// Brackets in, the set of those that may follow out; hardly trained, so any set will do.
    @Test func languagesGiveSets() throws {
        let small = ["--threads", "1", "--steps", "1", "--set", "training.evaluation.episodes=1"]
        let trained = try TrainerProcess.run(["train", "--task", "dyck", "--output", "dyck"] + small, in: folder.url)
        #expect(trained.status == 0, "\(trained)")
        let result = try TrainerProcess.run(
            ["predict", "dyck", "--stream"], in: folder.url, input: "( [ ] )\n")
        let sets = result.output.split(whereSeparator: \.isWhitespace).map { $0.split(separator: ",") }
        #expect(result.status == 0 && sets.count == 4, "\(result)")
        #expect(sets.joined().allSatisfy { ["(", ")", "[", "]", "-"].contains($0) })
    }

    @Test func vectorsGiveBits() throws {
        let other = try TemporaryFolder()
        let run = try TrainedFixture.writeBits(in: other)
        let vector = (0..<9).map { _ in "1" }.joined(separator: " ")
        let result = try TrainerProcess.run(
            ["predict", run, "--stream"], in: other.url, input: vector + "\n" + vector + " " + vector)
        let lines = result.output.split(separator: "\n").map { $0.split(separator: " ") }
        #expect(result.status == 0 && lines.map(\.count) == [8, 8, 8], "\(result)")
        #expect(lines.joined().allSatisfy { $0 == "0" || $0 == "1" })
        let cut = try TrainerProcess.run(["predict", run, "--stream"], in: other.url, input: "1 0.5")
        #expect(cut.status == 1 && cut.errors.contains("2 of 9"))
        let word = try TrainerProcess.run(["predict", run, "--stream"], in: other.url, input: "1 x " + vector)
        #expect(word.status == 1 && word.errors.contains("'x'"))
    }

    @Test func optionsThatDoNotGoTogether() throws {
        for options in [["--beam", "2"], ["--max-length", "3"], ["--state", ""]] {
            let result = try TrainerProcess.run(["predict", run, "--stream"] + options, in: folder.url)
            #expect(result.status == 64 && result.errors.contains("--stream"))
        }
        for options in [["--beam", "0"], ["--state", "state"], ["--format", "xml"]] {
            #expect(try TrainerProcess.run(["predict", run] + options, in: folder.url).status == 64)
        }
    }

    // MARK: JSON

    /// The members of each line.
    private func objects(_ output: String) throws -> [[String: Any]] {
        try output.split(separator: "\n").map {
            try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
        }
    }

    @Test func aJSONLineForEachStep() throws {
        let result = try stream("<s> a b c\n||| c b\na", "--format", "json")
        let steps = try objects(result.output)
        #expect(result.status == 0 && steps.count == 8, "\(result)")
        #expect(steps.compactMap { $0["step"] as? Int } == Array(1...8))
        #expect(steps.suffix(4).compactMap { $0["output"] as? String } == ["c", "b", "a", "</s>"])
        for step in steps {
            let probabilities = try #require(step["probabilities"] as? [String: Double])
            let raw = try #require(step["raw"] as? [Double])
            #expect(raw.count == 4 && Set(probabilities.keys) == ["</s>", "a", "b", "c"])
            #expect(abs(probabilities.values.reduce(0, +) - 1) < 1e-5)
            #expect(probabilities.max { $0.value < $1.value }?.key == step["output"] as? String)
        }
    }

    @Test func bitsAsJSON() throws {
        let other = try TemporaryFolder()
        let run = try TrainedFixture.writeBits(in: other)
        let result = try TrainerProcess.run(
            ["predict", run, "--stream", "--format", "json"], in: other.url,
            input: String(repeating: "1 ", count: 18))
        let steps = try objects(result.output)
        #expect(result.status == 0 && steps.count == 2, "\(result)")
        for step in steps {
            let output = try #require(step["output"] as? [Int])
            let probabilities = try #require(step["probabilities"] as? [Double])
            let raw = try #require(step["raw"] as? [Double])
            #expect(output.count == 8 && probabilities.count == 8 && raw.count == 8)
            for bit in 0..<8 {
                #expect(output[bit] == (raw[bit] > 0 ? 1 : 0))
                #expect(abs(probabilities[bit] - 1 / (1 + exp(-raw[bit]))) < 1e-5)
            }
        }
    }

    // MARK: State

    /// In pieces of any size, in the source as in the target, as in one stream.
    @Test func goesOnFromAState() throws {
        let words = (0..<300).map { ["a", "b", "c", "<s>", "|||"][($0 * $0 + $0 / 7) % 5] }
        let whole = try stream(words.joined(separator: " "), "--format", "json").output
        var parts = ""
        for range in [0..<0, 0..<1, 1..<150, 150..<151, 151..<300] {
            let piece = words[range].joined(separator: "\n")
            let result = try stream(piece, "--format", "json", "--state", "state")
            #expect(result.status == 0 && result.errors.isEmpty, "\(result)")
            parts += result.output
        }
        #expect(parts == whole)
        #expect(try stream("a b\n", "--state", "state").output.split(separator: " ").count == 2)
    }

    /// A word that cannot be read, or half a step, leaves the state as it was.
    @Test func anErrorKeepsTheState() throws {
        #expect(try stream("<s> a", "--state", "state").status == 0)
        let before = try Data(contentsOf: folder.file("state"))
        let result = try stream("b x c", "--state", "state")
        #expect(result.status == 1 && !result.output.isEmpty && result.errors.contains("word 2, 'x'"), "\(result)")
        #expect(try Data(contentsOf: folder.file("state")) == before)
    }

    @Test func statesThatCannotBeUsed() throws {
        func error(_ file: String, _ options: String..., in run: String? = nil) throws -> String {
            let result = try TrainerProcess.run(
                ["predict", run ?? self.run, "--stream", "--state", file] + options, in: folder.url, input: "a\n")
            #expect(result.status == 1 && result.output.isEmpty, "\(result)")
            return result.errors
        }
        #expect(try stream("<s> a", "--state", "state").status == 0)
        let other = try TemporaryFolder()
        let bits = other.file(try TrainedFixture.writeTuring(in: other)).path
        #expect(try error("state", in: bits).contains("state of another network"))
        #expect(try error(run).contains("folder"))
        #expect(try error("missing/state").contains("missing/state: cannot write"))
        #expect(try error("\(run)/checkpoints/best.safetensors").contains("not the state of a stream"))
        try Data("no state".utf8).write(to: folder.file("text"))
        #expect(try error("text").contains("not a safetensors file"))
        let vector = String(repeating: "1 ", count: 9)
        let rows = ["predict", bits, "--stream", "--state", folder.file("bits").path]
        #expect(try TrainerProcess.run(rows, in: folder.url, input: vector).status == 0)
        #expect(try error("bits", "--rows", "9", in: bits).contains("--rows"))
    }

    /// Where no end of the input comes, a signal ends the stream, and what was printed is in the state.
    @Test func aSignalKeepsTheState() throws {
        let process = Process()
        let (input, output, errors) = (Pipe(), Pipe(), Pipe())
        process.executableURL = TrainerProcess.program
        process.arguments = ["predict", run, "--stream", "--state", "state"]
        process.currentDirectoryURL = folder.url
        (process.standardInput, process.standardOutput, process.standardError) = (input, output, errors)
        try process.run()
        input.fileHandleForWriting.write(Data("<s> a b\n".utf8))
        #expect(!output.fileHandleForReading.availableData.isEmpty)
        process.interrupt()
        process.waitUntilExit()
        let message = String(decoding: errors.fileHandleForReading.availableData, as: UTF8.self)
        #expect(process.terminationStatus == 75 && message.contains("Stopped after step 3"), "\(message)")
        let result = try stream("||| b a", "--state", "state")
        #expect(result.output.split(separator: " ").prefix(2) == ["b", "a"], "\(result)")
    }
}
