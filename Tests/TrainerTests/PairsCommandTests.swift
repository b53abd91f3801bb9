// `trainer` on a user's own data, and its streams, as a user meets them.

import Foundation
import TestSupport
import Testing
import NeuralMemoryTraining

@Suite struct PairsCommandTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        let words = ["ab", "ba", "abc", "cab", "bca", "aa", "bb", "cc", "ac", "b", "a", "c"]
        try write("train.tsv", words.map { "\($0)\t\(String($0.reversed()))\n" }.joined())
    }

    private func write(_ name: String, _ text: String) throws { try Data(text.utf8).write(to: folder.file(name)) }

    private func trainer(_ arguments: String..., input: String = "") throws -> TrainerProcess.Result {
        try TrainerProcess.run(arguments, in: folder.url, input: input)
    }

    private func train(_ more: String...) throws -> TrainerProcess.Result {
        let small = [
            "train", "--task", "pairs", "--data", "train.tsv", "--characters", "--threads", "1", "--steps", "20",
            "--set", "network.controller.units=8", "--set", "network.memory.width=4", "--output", "run"
        ]
        return try TrainerProcess.run(small + more, in: folder.url)
    }

    /// The file may be gone once the network is trained.
    @Test func trainsEvaluatesAndPredicts() throws {
        let result = try train()
        #expect(result.status == 0 && result.output.contains("Done: 20 steps"), "\(result)")
        #expect(result.errors.contains("Note: no --validation: every 10th line is held out for evaluations, 1 of 12"))
        let held = try trainer("evaluate", "run")
        #expect(held.status == 0 && held.output.contains("1-3"), "\(held)")
        try FileManager.default.removeItem(at: folder.file("train.tsv"))
        let answers = try trainer("predict", "run", "--beam", "3", input: "abc\nazc\nab\tba\n")
        #expect(
            answers.status == 1 && answers.output.split(separator: "\n", omittingEmptySubsequences: false).count == 4)
        #expect(answers.errors.contains("line 3: the line has a tab"))
        try write("test.tsv", "abc\tcba\nxyz\tzyx\n")
        let test = try trainer("evaluate", "run", "--data", "test.tsv")
        #expect(test.status == 0 && test.errors.contains("1 of 2 sources"), "\(test)")
        let gone = try trainer("evaluate", "run")
        #expect(gone.status == 1 && gone.errors.contains("train.tsv"))
        let resumed = try trainer("train", "--resume", "run", "--steps", "40")
        #expect(resumed.status == 1 && resumed.errors.contains("train.tsv"))
    }

    /// `inspect` and `dump` show lines of the files, the held-out one or those of another file, and say which.
    @Test func showsLinesOfTheData() throws {
        #expect(try train().status == 0)
        let held = try trainer("inspect", "run")
        // Of twelve lines the tenth is held out: b, reversed.
        #expect(held.status == 0 && held.output.contains("train.tsv, line 10\n"), "\(held)")
        #expect(inputs(held.output) == ["<s>", "b", "|||", "b"])
        try write("test.tsv", "abc\tcba\nab\tba\n")
        let texts = [["<s>", "a", "b", "c", "|||", "c", "b", "a"], ["<s>", "a", "b", "|||", "b", "a"]]
        var seen: Set<Int> = []
        for seed in 1...8 {
            let other = try trainer("inspect", "run", "--data", "test.tsv", "--seed", "\(seed)")
            let line = try #require([1, 2].first { other.output.contains("test.tsv, line \($0)\n") }, "\(other)")
            #expect(inputs(other.output) == texts[line - 1])
            seen.insert(line)
        }
        #expect(seen == [1, 2], "a seed chooses the line")
        let own = try trainer("inspect", "run", "--input", "abz\tba")
        #expect(own.status == 0 && inputs(own.output) == ["<s>", "a", "b", "<unk>", "|||", "b", "a"], "\(own)")

        let dump = try trainer(
            "dump", "run", "--data", "test.tsv", "--batch-size", "2", "--seed", "1", "--output", "dump")
        #expect(dump.status == 0, "\(dump)")
        let file = try Safetensors.read(from: folder.file("dump"))
        let data = try #require(file.metadata["data"])
        let places = try #require(try JSONSerialization.jsonObject(with: Data(data.utf8)) as? [[String: Any]])
        #expect(Set(places.compactMap { $0["line"] as? Int }) == [1, 2])
        #expect(file.entries.first { $0.name == "mask" }?.floats?.reduce(0, +) == 7)
    }

    private func inputs(_ table: String) -> [String] {
        table.split(separator: "\n").drop { !$0.contains("step") }.dropFirst().map {
            String($0.split(separator: " ")[1])
        }
    }

    @Test func dataThatAreGoneAreNotInvented() throws {
        #expect(try train().status == 0)
        try FileManager.default.removeItem(at: folder.file("train.tsv"))
        for command in [["inspect", "run"], ["dump", "run", "--batch-size", "1", "--seed", "1", "--output", "dump"]] {
            let result = try TrainerProcess.run(command, in: folder.url)
            #expect(result.status == 1 && result.output.isEmpty && result.errors.contains("train.tsv"), "\(result)")
            #expect(result.errors.contains("--data FILE"))
            let lengths = try TrainerProcess.run(command + ["--length", "3"], in: folder.url)
            #expect(lengths.status == 64 && lengths.errors.contains("--length 3"), "\(lengths)")
        }
        #expect(try trainer("inspect", "run", "--input", "ab").status == 0)
        #expect(folder.names.filter { $0 == "dump" }.isEmpty)
        try write("one.tsv", "ab\tba\n")
        let many = try trainer(
            "dump", "run", "--data", "one.tsv", "--batch-size", "2", "--seed", "1", "--output", "dump")
        #expect(many.status == 64 && many.errors.contains("--batch-size is 2"), "\(many)")
    }

    /// The network says one letter without end; it is cut at the longest target of its data, or at --max-length.
    @Test func answersAreAsLongAsThoseTrainedOn() throws {
        try write("train.tsv", "a\t" + String(repeating: "b", count: 90) + "\n")
        #expect(try train("--learning-rate", "0.05", "--set", "training.optimizer.kind=adam").status == 0)
        let answer = try trainer("predict", "run", input: "a\n")
        #expect(answer.status == 0 && answer.output.count > 19, "\(answer)")
        #expect(answer.output == String(repeating: "b", count: 90) + "\n" || answer.errors.contains("cut at 90"))
        let short = try trainer("predict", "run", "--max-length", "5", input: "a\n")
        #expect(short.output == "bbbbb\n" && short.errors.contains("cut at 5 symbols"), "\(short)")
    }

    @Test func badDataAreNamedAndLeaveNothing() throws {
        try write("train.tsv", "ab\tba\nab ba\n")
        let result = try train()
        #expect(result.status == 1 && result.errors.contains("train.tsv, line 2: there is no tab"))
        #expect(folder.names == ["train.tsv"])
        let none = try trainer("train", "--task", "pairs", "--output", "run")
        #expect(none.status != 0 && none.errors.contains("task.data is empty") && none.errors.contains("--data"))
        let noTask = try trainer("train", "--task", "copy", "--data", "train.tsv")
        #expect(noTask.status == 64 && noTask.errors.contains("--data"))
        #expect(folder.names == ["train.tsv"])
    }

    @Test func lengthsAreNotForData() throws {
        _ = try train()
        let result = try trainer("evaluate", "run", "--length", "4")
        #expect(result.status == 64 && result.errors.contains("--length"))
        let drawn = try trainer("evaluate", try TrainedFixture.writeReversal(in: folder), "--data", "train.tsv")
        #expect(drawn.status != 0)
    }

    @Test func parametersAndGradientsOfAFilesNetwork() throws {
        let parameters = try trainer("parameters", "--task", "pairs", "--data", "train.tsv", "--characters")
        // 2 marks, 3 source and 3 target symbols, <unk>.
        #expect(parameters.status == 0 && parameters.output.contains("9×64"), "\(parameters)")
        #expect(try trainer("gradcheck", "--task", "pairs", "--data", "train.tsv", "--characters").status == 0)
    }
}

@Suite struct PredictStreamTests {
    private let folder: TemporaryFolder
    private let run: String

    init() throws {
        folder = try TemporaryFolder()
        run = try TrainedFixture.writeReversal(in: folder)
    }

    private func stream(_ input: String) throws -> TrainerProcess.Result {
        try TrainerProcess.run(["predict", run, "--stream"], in: folder.url, input: input)
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
        let one = try stream(words.joined(separator: " ")).output.split(whereSeparator: \.isWhitespace)
        let many = try stream(words.joined(separator: "\n")).output.split(whereSeparator: \.isWhitespace)
        #expect(one.count == 6000)
        let same = zip(one, many).filter { $0 == $1 }.count
        // Matrix products of other numbers of rows may round otherwise, and a tie may fall the other way.
        #expect(many.count == 6000 && same > 5990, "\(same)")
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
        for options in [["--beam", "2"], ["--max-length", "3"]] {
            let result = try TrainerProcess.run(["predict", run, "--stream"] + options, in: folder.url)
            #expect(result.status == 64 && result.errors.contains("--stream"))
        }
        #expect(try TrainerProcess.run(["predict", run, "--beam", "0"], in: folder.url).status == 64)
    }
}
