// `trainer evaluate` as a user meets it.

import Foundation
import NeuralMemoryTraining
import TestSupport
import Testing

@Suite struct EvaluateTests {
    private let folder: TemporaryFolder
    private let run: String

    init() throws {
        folder = try TemporaryFolder()
        run = try TrainedFixture.writeReversal(in: folder)
    }

    private func evaluate(_ arguments: String...) throws -> TrainerProcess.Result {
        try TrainerProcess.run(["evaluate"] + arguments, in: folder.url)
    }

    private struct Summary: Decodable {
        struct Row: Decodable {
            let length: Length
            let episodes: Int
            let coarse, fine, bits: Double
        }
        enum Length: Decodable, Equatable {
            case number(Int), range(String)

            init(from decoder: any Decoder) throws {
                let container = try decoder.singleValueContainer()
                if let number = try? container.decode(Int.self) {
                    self = .number(number)
                } else {
                    self = .range(try container.decode(String.self))
                }
            }
        }
        let checkpoint, task: String
        let results: [Row]
    }

    private func json(_ arguments: String...) throws -> Summary {
        let result = try TrainerProcess.run(["evaluate", run, "--format", "json"] + arguments, in: folder.url)
        #expect(result.status == 0 && result.errors.isEmpty, "\(result)")
        return try JSONDecoder().decode(Summary.self, from: Data(result.output.utf8))
    }

    @Test func printsATable() throws {
        let result = try evaluate(run, "--episodes", "100")
        #expect(result.status == 0 && result.errors.isEmpty, "\(result)")
        let lines = result.output.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
        #expect(lines[0].contains("reversal,"))
        #expect(lines[1] == ["length", "episodes", "coarse", "fine", "bits"])
        #expect(lines.dropFirst(2).map { $0[0] } == ["1-4", "8"])
        #expect(lines[2][1] == "100")
        #expect((Double(lines[2][2]) ?? 0) > 0.9)
    }

    @Test func jsonHasTheDocumentedShape() throws {
        let text = try evaluate(run, "--episodes", "30", "--format", "json").output
        let start = #"{"checkpoint": "run/checkpoints/best.safetensors", "task": "reversal", "results": [{"length": "#
        #expect(text.hasPrefix(start))
        let summary = try json("--episodes", "30")
        #expect(summary.checkpoint == "run/checkpoints/best.safetensors" && summary.task == "reversal")
        #expect(summary.results.map(\.length) == [.range("1-4"), .number(8)])
        for row in summary.results {
            #expect(row.episodes == 30)
            #expect((0...1).contains(row.coarse) && (row.coarse...1).contains(row.fine) && row.bits >= 0)
        }
    }

    @Test func countsWrongBitsWhereOutputsAreBits() throws {
        let folder = try TemporaryFolder()
        let run = try TrainedFixture.writeBits(in: folder)
        let table = try TrainerProcess.run(["evaluate", run, "--episodes", "5"], in: folder.url)
        let titles = table.output.split(separator: "\n")[1].split(separator: " ")
        #expect(titles == ["length", "episodes", "coarse", "fine", "bits", "wrong_bits"])
        let json = try TrainerProcess.run(["evaluate", run, "--episodes", "5", "--format", "json"], in: folder.url)
        #expect(json.output.contains("\"wrong_bits\": "))
        #expect(try !evaluate(run, "--format", "json").output.contains("wrong"))
    }

    @Test func takesLengthsAndRanges() throws {
        let summary = try json("--length", "3,1-2", "--episodes", "5", "--lengths", "7-7")
        #expect(summary.results.map(\.length) == [.number(3), .range("1-2"), .number(7)])
    }

    /// A length takes one value, so that the run may follow it.
    @Test func theRunMayFollowTheLength() throws {
        let result = try evaluate("--length", "3", "--episodes", "5", run)
        #expect(result.status == 0 && result.output.contains("\n3 "), "\(result)")
        let wrong = try evaluate(run, "--length", "3", "4-5")
        #expect(wrong.status == 64 && wrong.errors.contains("4-5 is no run; --length takes one value: --length 3,4-5"))
    }

    private struct Comparison: Decodable {
        struct Median: Decodable { let coarse, fine, bits: Double }
        let runs: [Summary]
        let median: [Median]
    }

    /// A folder of seeds: one network as it was trained, and one that always gives the same answer.
    @Test func evaluatesAFolderOfSeeds() throws {
        try copyRun(to: "many/seed-1")
        try copyRun(to: "many/seed-2")
        let spoilt = folder.file("many/seed-2/checkpoints/best.safetensors")
        try TrainedFixture.zero("param/output.weight", of: spoilt)
        #expect(try Checkpoint.seal(spoilt))
        let table = try evaluate("many", "--length", "3", "--episodes", "20")
        #expect(table.status == 0 && table.errors.isEmpty, "\(table)")
        try FileManager.default.createDirectory(at: folder.file("many/seed-3"), withIntermediateDirectories: true)
        try Data().write(to: folder.file("many/seed-3/config.yaml"))
        let note = try evaluate("many", "--length", "3", "--episodes", "20")
        #expect(note.output == table.output && note.errors.contains("many/seed-3 has no checkpoint yet"), "\(note)")
        let lines = table.output.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
        #expect(lines[0] == ["length", "run", "task", "memory", "episodes", "coarse", "fine", "bits"])
        #expect(lines[1].starts(with: ["3", "many/seed-1", "reversal", "stack", "20", "1.0000"]))
        #expect(lines[2].starts(with: ["3", "many/seed-2", "reversal", "stack", "20", "0.0000"]))
        #expect(lines[3].starts(with: ["3", "median", "20", "0.5000"]))

        let text = try evaluate("many", "--length", "3", "--episodes", "20", "--format", "json").output
        let json = try JSONDecoder().decode(Comparison.self, from: Data(text.utf8))
        #expect(json.runs.map(\.checkpoint) == (1...2).map { "many/seed-\($0)/checkpoints/best.safetensors" })
        #expect(json.median.map(\.coarse) == [0.5])
        let bits = json.runs.map { $0.results[0].bits }
        #expect(json.median.map(\.bits) == [(bits[0] + bits[1]) / 2])
    }

    /// Of different tasks there is no median; a path that is missing is found before anything is evaluated.
    @Test func evaluatesSeveralRuns() throws {
        let other = try TemporaryFolder()
        let bits = other.file(try TrainedFixture.writeBits(in: other)).path
        let result = try evaluate(run, bits, "--length", "3", "--episodes", "5")
        #expect(result.status == 0 && !result.output.contains("median"), "\(result)")
        let lines = result.output.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
        #expect(lines.map { $0[1] } == ["run", "run", bits] && lines[0].last == "wrong_bits")
        #expect(lines[1].last == "–")
        let missing = try evaluate(run, "nowhere")
        #expect(missing.status == 1 && missing.output.isEmpty && missing.errors.contains("nowhere"))
        // What fits one and not another says which.
        let refused = try evaluate(run, bits, "--set", "task.symbols=2")
        #expect(refused.status != 0 && refused.output.isEmpty, "\(refused)")
        #expect(refused.errors.contains("\(run) cannot be evaluated:\n"), "\(refused)")
    }

    private func copyRun(to name: String) throws {
        let target = folder.file(name)
        try FileManager.default.createDirectory(
            at: target.deletingLastPathComponent(), withIntermediateDirectories: true)
        try FileManager.default.copyItem(at: folder.file(run), to: target)
    }

    @Test func theSeedDecides() throws {
        func bits(_ seed: String) throws -> [Double] {
            try json("--episodes", "20", "--seed", seed).results.map(\.bits)
        }
        #expect(try bits("5") == bits("5"))
        #expect(try bits("5") != bits("6"))
        // Held-out sequences of the training are those of seed 1; the default is another.
        #expect(try bits("1") != json("--episodes", "20").results.map(\.bits))
    }

    @Test func takesACheckpointFile() throws {
        let file = "\(run)/checkpoints/best.safetensors"
        #expect(try evaluate(file, "--episodes", "3", "--threads", "1").status == 0)
    }

    @Test(arguments: [
        (["--episodes", "0"], "--episodes is 0"), (["--episodes", "many"], "'many'"), (["--length", "0"], "'0'"),
        (["--length", "4-2"], "'4-2'"), (["--length", "x"], "'x'"), (["--threads", "0"], "--threads is 0"),
        (["--format", "xml"], "'xml'"), (["--seed", "-1"], "'-1'")
    ])
    func refusesOptions(options: [String], message: String) throws {
        let result = try TrainerProcess.run(["evaluate", run] + options, in: folder.url)
        #expect(result.status == 64 && result.output.isEmpty)
        #expect(result.errors.contains(message), "\(result.errors)")
    }

    @Test func refusesWhatIsNoCheckpoint() throws {
        try Data("not a checkpoint, but longer than a length".utf8).write(to: folder.file("text"))
        for (path, message) in [("nowhere", "there is no such"), ("text", "not a safetensors file")] {
            let result = try evaluate(path)
            #expect(result.status == 1 && result.output.isEmpty)
            #expect(result.errors.contains(path) && result.errors.contains(message), "\(result.errors)")
        }
    }

    /// Results that could not be written are not a success.
    @Test(arguments: ["evaluate run --episodes 3", "predict run", "gradcheck --memory none", "tasks", "presets"])
    func failsOnAFullDisk(command: String) throws {
        let result = try TrainerProcess.run(
            command.split(separator: " ").map(String.init), in: folder.url, shell: "exec >/dev/full;", input: "a b\n")
        #expect(result.status == 1 && result.errors.contains("/dev/stdout: cannot write"), "\(result)")
    }
}
