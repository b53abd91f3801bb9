// `trainer train --from`, `export` and `import`: networks that were trained already.

import Foundation
import NeuralMemory
import NeuralMemoryTraining
import TestSupport
import Testing

@Suite struct TransferCommandTests {
    private let folder: TemporaryFolder
    private let run: String

    init() throws {
        folder = try TemporaryFolder()
        run = try TrainedFixture.writeReversal(in: folder)
    }

    private func trainer(_ arguments: [String]) throws -> TrainerProcess.Result {
        try TrainerProcess.run(arguments, in: folder.url)
    }

    private func parameters(_ name: String) throws -> [SafetensorsEntry] {
        try TrainedParameters(at: folder.file(name).path).safetensors.entries
    }

    private let brief = [
        "--steps", "1", "--set", "training.evaluation.episodes=2", "--set", "training.evaluation.lengths=[]"
    ]

    // MARK: Training

    @Test func aRunStartsFromATrainedNetwork() throws {
        let result = try trainer(
            ["train", "--from", run, "--set", "task.maximumLength=5", "--output", "next", "--freeze", "embedding.*"]
                + brief)
        #expect(result.status == 0, "\(result)")
        #expect(result.output.contains("Starting from the network of \(folder.file(run).path)/checkpoints/best"))
        let (before, after) = try (parameters(run), parameters("next"))
        #expect(before.count == after.count)
        for (former, entry) in zip(before, after) {
            #expect(former.name == entry.name && former.shape == entry.shape)
            #expect((former == entry) == entry.name.hasPrefix("embedding."), "\(entry.name)")
        }
        let sessions = try String(contentsOf: folder.file("next/sessions.jsonl"), encoding: .utf8)
        #expect(sessions.contains(#""from":{"path":"\#(folder.file(run).path)/checkpoints/best.safetensors","step":"#))
        let configuration = try String(contentsOf: folder.file("next/config.yaml"), encoding: .utf8)
        #expect(configuration.contains(#"freeze: ["embedding.*"]"#))
    }

    /// Another task has the settings of its preset, and the network is the trained one's.
    @Test func anotherTask() throws {
        let options = ["train", "--from", run, "--task", "copy", "--set", "task.symbols=5", "--output", "next"] + brief
        let dry = try trainer(options + ["--dry-run"])
        #expect(dry.status == 0 && dry.output.contains("of 7 input symbols are new."), "\(dry)")
        #expect(dry.output.contains("# The settings of task and training are those of preset fast/copy-"), "\(dry)")
        #expect(!FileManager.default.fileExists(atPath: folder.file("next").path))
        let result = try trainer(options)
        #expect(result.status == 0 && result.output.contains("input symbols are new."), "\(result)")
        #expect(result.output.contains("Restarts, which would draw the parameters anew, are switched off"), "\(result)")
    }

    @Test func severalSeeds() throws {
        let result = try trainer(["train", "--from", run, "--seeds", "1,2", "--output", "seeds"] + brief)
        #expect(result.status == 0 && result.output.contains("Starting from the network of"), "\(result)")
        for seed in [1, 2] {
            let sessions = try String(contentsOf: folder.file("seeds/seed-\(seed)/sessions.jsonl"), encoding: .utf8)
            #expect(sessions.contains(#""from":{"path":"\#(folder.file(run).path)"#), "\(sessions)")
        }
    }

    @Test(arguments: [
        (["--from", "run", "--resume", "run"], "--from run was given together with --resume run"),
        (["--take", "controller.*"], "give that with --from"), (["--from", ""], "--from is empty"),
        (["--from", "run", "--take", "a,,b"], "--take has an empty pattern"),
        (["--from", "run", "--take", "outptu.*"], "the nearest are output.weight"),
        (["--from", "run", "--freeze", "controler.*"], "--freeze controler.*: training.freeze is controler.*"),
        (["--from", "run", "--freeze", "*"], "leave something to train"),
        (["--from", "run", "--set", "training.restart.steps=5"], "null for a run that starts from a trained network")
    ])
    func optionsThatCannotBeUsed(_ options: [String], _ message: String) throws {
        let result = try trainer(["train"] + options)
        #expect(result.status == 64 && result.errors.contains(message), "\(result)")
        #expect(!FileManager.default.fileExists(atPath: folder.file("runs").path))
    }

    @Test func anotherKindOfNetwork() throws {
        let result = try trainer(["train", "--from", run, "--memory", "ntm", "--output", "next"] + brief)
        #expect(result.status == 1 && result.errors.contains("interface.weight is ["), "\(result)")
        #expect(result.errors.contains("--take 'controller.*'"), "\(result)")
        #expect(!FileManager.default.fileExists(atPath: folder.file("next").path))
        let missing = try trainer(["train", "--from", "nowhere"])
        #expect(
            missing.status == 1 && missing.errors.contains("there is no such run folder or checkpoint"), "\(missing)")
    }

    // MARK: Other programs

    @Test func exportAndImport() throws {
        let exported = try trainer(["export", run, "--output", "own.safetensors"])
        #expect(exported.status == 0 && exported.output.hasPrefix("own.safetensors: "), "\(exported)")
        let imported = try trainer(["import", "own.safetensors", "--like", run, "--output", "imported"])
        #expect(imported.status == 0 && imported.output.contains("a run at step 0"), "\(imported)")
        #expect(try parameters("imported") == parameters(run))
        let options = ["--length", "3", "--episodes", "20"]
        let (before, after) = try (trainer(["evaluate", run] + options), trainer(["evaluate", "imported"] + options))
        #expect(after.status == 0, "\(after)")
        #expect(before.output.split(separator: "\n").last == after.output.split(separator: "\n").last)
        for command in [["inspect", "imported"], ["train", "--resume", "imported", "--steps", "1"]] {
            let result = try trainer(command)
            #expect(result.status == 0, "\(command): \(result)")
        }
        let again = try trainer(["export", run, "--output", "own.safetensors"])
        #expect(again.status == 1 && again.errors.contains("is not overwritten"), "\(again)")
        let occupied = try trainer(["import", "own.safetensors", "--like", run, "--output", "imported"])
        #expect(occupied.status == 1 && occupied.errors.contains("this folder holds a run already"), "\(occupied)")
    }

    @Test func exportForPyTorch() throws {
        let result = try trainer(["export", run, "--format", "pytorch", "--output", "pytorch"])
        #expect(result.status == 0 && result.output.contains("network = model.load()"), "\(result)")
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.file("pytorch").path)
        #expect(names.sorted() == ["model.py", "parameters.safetensors"])
        let again = try trainer(["export", run, "--format", "pytorch", "--output", "pytorch"])
        #expect(again.status == 1 && again.errors.contains("this folder is not empty"), "\(again)")
    }

    /// What is wrong with a file is said before there is a folder.
    @Test func filesThatCannotBeImported() throws {
        try Data("text".utf8).write(to: folder.file("text.safetensors"))
        var contents = try TrainedParameters(at: folder.file(run).path).safetensors
        contents.entries[0] = SafetensorsEntry(
            name: contents.entries[0].name, shape: contents.entries[0].shape,
            values: [Float](repeating: .nan, count: contents.entries[0].shape.reduce(1, *)))
        try Safetensors.write(contents.entries, metadata: [:], to: folder.file("diverged.safetensors"))
        for (file, message) in [
            ("text", "not a safetensors file"), ("diverged", "not finite (NaN or infinite)"), ("none", "cannot open")
        ] {
            let result = try trainer(["import", "\(file).safetensors", "--like", run, "--output", "imported"])
            #expect(result.status == 1 && result.errors.contains(message), "\(result)")
        }
        #expect(!FileManager.default.fileExists(atPath: folder.file("imported").path))
    }
}
