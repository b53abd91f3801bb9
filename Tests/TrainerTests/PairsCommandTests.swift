// `trainer` on a user's own data, as a user meets it.

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
