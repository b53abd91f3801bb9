// `trainer inspect` as a user meets it.

import Foundation
import NeuralMemory
import TestSupport
import Testing
import NeuralMemoryTraining

@Suite struct InspectTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func lines(_ arguments: [String]) throws -> [[Substring]] {
        let result = try TrainerProcess.run(["inspect"] + arguments, in: folder.url)
        #expect(result.status == 0, "\(result)")
        return result.output.split(separator: "\n").map { $0.split(separator: " ") }
    }

    @Test func aStackShowsStrengthsAndSources() throws {
        let run = try TrainedFixture.writeReversal(in: folder)
        let table = try lines([run, "--length", "3", "--seed", "2"])
        #expect(table[1].prefix(8) == ["step", "input", "target", "output", "push", "pop", "depth", "read"])
        // <s>, three symbols, |||, three symbols.
        #expect(table.count == 2 + 8 && table[2].prefix(2) == ["1", "<s>"] && table[6].prefix(2) == ["5", "|||"])
        // The target's first symbol is the source's last.
        #expect(table[6][2] == table[5][1])
    }

    @Test func jsonHoldsTheSame() throws {
        let run = try TrainedFixture.writeBits(in: folder)
        let result = try TrainerProcess.run(
            ["inspect", run, "--length", "2", "--format", "json", "--largest", "1"], in: folder.url)
        let object = try #require(
            try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any], "\(result)")
        let steps = try #require(object["steps"] as? [[String: Any]])
        #expect(steps.count == 5)
        #expect(steps[0]["target"] is NSNull && (steps[4]["target"] as? String)?.count == 8)
        let signals = try JSONDecoder().decode(
            [Signal].self,
            from: try JSONSerialization.data(
                withJSONObject: try #require(object["signals"])))
        #expect(signals.map(\.name).contains("output"))
        let values = try #require(steps[4]["values"] as? [[String: Any]])
        #expect(values.count == signals.count)
    }

    /// With the same seed and length, the first sequence that evaluate counts: the first of a dump too.
    @Test func drawsAsDumpDoes() throws {
        let run = try TrainedFixture.writeReversal(in: folder)
        let table = try lines([run, "--length", "4", "--seed", "9"])
        let dump = try TrainerProcess.run(
            ["dump", run, "--batch-size", "2", "--length", "4", "--seed", "9", "--output", "dump"], in: folder.url)
        #expect(dump.status == 0, "\(dump)")
        let inputs = try #require(
            try Safetensors.read(from: folder.file("dump")).entries.first { $0.name == "inputs" })
        let names = ["<s>", "|||", "a", "b", "c"]
        // (T, 2) numbers of 4 bytes, little-endian.
        let first = stride(from: 0, to: inputs.data.count, by: 8).map { names[Int(inputs.data[$0])] }
        #expect(table.dropFirst(2).map { String($0[1]) } == first)
    }

    /// A source alone is answered by the network itself; a target after a tab is what it hears and should say.
    @Test func showsASequenceOfOnesOwn() throws {
        let run = try TrainedFixture.writeReversal(in: folder)
        let answered = try TrainerProcess.run(
            ["inspect", run, "--input", "a b c", "--format", "json"], in: folder.url)
        let steps = try stepsOfJSON(answered.output)
        #expect(steps.map { $0["input"] as? String } == ["<s>", "a", "b", "c", "|||", "c", "b", "a"])
        #expect(steps.suffix(4).map { $0["output"] as? String } == ["c", "b", "a", "</s>"])
        #expect(steps.allSatisfy { $0["target"] is NSNull })
        let told = try stepsOfJSON(
            try TrainerProcess.run(
                ["inspect", run, "--input", "a b\tc c", "--format", "json"], in: folder.url
            ).output)
        #expect(told.map { $0["input"] as? String } == ["<s>", "a", "b", "|||", "c", "c"])
        #expect(told.suffix(3).map { $0["target"] as? String } == ["c", "c", "</s>"])
    }

    private func stepsOfJSON(_ text: String) throws -> [[String: Any]] {
        let object = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
        return try #require(object?["steps"] as? [[String: Any]], "\(text)")
    }

    @Test func refusesAnInputThatItCannotRead() throws {
        let run = try TrainedFixture.writeReversal(in: folder)
        let cases = [
            (["--input", "a x"], "'x', is unknown"), (["--input", ""], "empty"), (["--input", "a\tb\tc"], "2 tabs"),
            (["--input", "a", "--length", "3"], "--length 3"), (["--data", "x.tsv"], "--data x.tsv")
        ]
        for (options, message) in cases {
            let result = try TrainerProcess.run(["inspect", run] + options, in: folder.url)
            #expect(result.status == 64 && result.errors.contains(message), "\(result)")
        }
        let other = try TemporaryFolder()
        let bits = try TrainerProcess.run(
            ["inspect", try TrainedFixture.writeBits(in: other), "--input", "1"], in: other.url)
        #expect(bits.status == 64 && bits.errors.contains("--input"), "\(bits)")
    }

    /// As many places as there are, also where more are asked for.
    @Test func largestReachesAllRows() throws {
        let run = try TrainedFixture.writeTuring(in: folder)
        let result = try TrainerProcess.run(
            ["inspect", run, "--length", "3", "--largest", "1000"], in: folder.url)
        let last = try #require(result.output.split(separator: "\n").last)
        // Those below a thousandth are left out.
        #expect(last.split(separator: " ").filter { $0.contains(":") }.count > 8, "\(result)")
    }

    // MARK: Heatmaps

    /// As wide as the environment says; no colours go into a pipe.
    @Test func aHeatmapInAPipe() throws {
        let run = try TrainedFixture.writeReversal(in: folder)
        let result = try TrainerProcess.run(
            ["inspect", run, "--length", "4", "--format", "heatmap"], in: folder.url,
            shell: "export COLUMNS=40 TERM=xterm-256color;")
        #expect(result.status == 0 && !result.output.contains("\u{1B}"), "\(result)")
        let lines = result.output.split(separator: "\n")
        #expect(
            lines.contains { $0.hasPrefix("push ") && $0.contains("█") }
                && lines.dropFirst().dropLast().allSatisfy { $0.count <= 40 })
    }

    @Test func theTableHasAnOldName() throws {
        let run = try TrainedFixture.writeReversal(in: folder)
        let tables = try [[], ["--format", "auto"], ["--format", "table"], ["--format", "text"]].map {
            try TrainerProcess.run(["inspect", run, "--length", "4"] + $0, in: folder.url).output
        }
        #expect(Set(tables).count == 1 && tables[0].contains("step  input  target  output"))
    }

    /// `script` gives the program a terminal.
    @Test func aTerminalShowsWhatItCan() throws {
        let run = try TrainedFixture.writeReversal(in: folder)
        func show(_ environment: String, _ options: String...) throws -> String {
            let result = try TrainerProcess.run(
                ["inspect", run, "--length", "4"] + options, in: folder.url,
                shell: "unset LC_ALL LC_CTYPE NO_COLOR; export \(environment); exec script -qec \"$*\" /dev/null;")
            #expect(result.status == 0, "\(result)")
            return result.output
        }
        let colours = "\u{1B}[48;5;227m"
        let inColour = try show("LANG=C.UTF-8 TERM=xterm-256color")
        #expect(inColour.contains(colours) && !inColour.contains("█"), "\(inColour)")
        for environment in ["LANG=C.UTF-8 TERM=xterm-256color NO_COLOR=1", "LANG=C.UTF-8 TERM=dumb"] {
            let plain = try show(environment)
            #expect(plain.contains("█") && !plain.contains("\u{1B}"), "\(plain)")
        }
        #expect(try show("LANG=C TERM=xterm-256color").contains("step  input  target  output"))
        #expect(try show("LANG=C.UTF-8 TERM=xterm-256color", "--format", "table").contains("step  input  target"))
        #expect(try show("LANG=C.UTF-8 LC_ALL=C TERM=xterm-256color").contains("step  input  target"))
    }

    @Test func badOptionsAreNamed() throws {
        let run = try TrainedFixture.writeReversal(in: folder)
        for (option, value) in [("--length", "0"), ("--largest", "0"), ("--format", "xml")] {
            let result = try TrainerProcess.run(["inspect", run, option, value], in: folder.url)
            #expect(result.status == 64 && result.errors.contains(option), "\(result)")
        }
    }
}
