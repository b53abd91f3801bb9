// Files that are no use, as commands meet them: pipes, networks that have diverged, checkpoints of other versions, and
// small ones that ask for much. The exit code tells, and one short message says why.

import Foundation
import TestSupport
import Testing
import NeuralMemoryTraining

@Suite struct HostileFilesTests {
    private let folder: TemporaryFolder
    private let run: String
    private var checkpoint: URL { folder.file("run/checkpoints/best.safetensors") }

    init() throws {
        folder = try TemporaryFolder()
        run = try TrainedFixture.writeReversal(in: folder)
    }

    /// A command that must end with an error, in a few words.
    ///
    /// Returns these.
    private func errors(
        _ arguments: [String], status: Int32 = 1, shell: String = "", input: String = "a b\n"
    ) throws -> String {
        let result = try TrainerProcess.run(arguments, in: folder.url, shell: shell, input: input)
        #expect(result.status == status && result.output.isEmpty, "\(arguments): \(result)")
        #expect(result.errors.utf8.count <= 1001 && !result.errors.contains("\u{1B}"), "\(result.errors)")
        return result.errors
    }

    /// All commands that use a trained network, and the one that goes on with it.
    private var uses: [[String]] {
        let dump = ["--batch-size", "1", "--length", "2", "--seed", "1", "--output", "dump.safetensors"]
        return [
            ["evaluate", run], ["predict", run], ["predict", run, "--beam", "2"], ["predict", run, "--stream"],
            ["inspect", run], ["dump", run] + dump, ["train", "--resume", run, "--threads", "1"]
        ]
    }

    /// Changes the checkpoint under a right checksum, and puts it where resuming finds it too.
    private func change(_ change: (inout Safetensors) throws -> Void) throws {
        var contents = try Safetensors.read(from: checkpoint)
        try change(&contents)
        contents.metadata["checksum"] = contents.checksum
        for name in ["best", "latest"] {
            let file = folder.file("run/checkpoints/\(name).safetensors")
            try Safetensors.write(contents.entries, metadata: contents.metadata, to: file)
        }
    }

    @Test(arguments: ["param/output.bias", "optimizer/square/embedding.weight"])
    func aNetworkThatHasDiverged(_ name: String) throws {
        try change { contents in
            let index = try #require(contents.entries.firstIndex { $0.name == name })
            var values = try #require(contents.entries[index].floats)
            values[0] = .nan
            contents.entries[index] = SafetensorsEntry(
                name: name, shape: contents.entries[index].shape, values: values)
        }
        for arguments in uses {
            let text = try errors(arguments)
            #expect(text.contains("\(name) holds a number that is not finite"), "\(text)")
            #expect(!text.contains("last good checkpoint"), "\(text)")
        }
    }

    @Test func aCheckpointOfALaterVersion() throws {
        try change { $0.metadata["version"] = "3" }
        for arguments in uses {
            #expect(try errors(arguments).contains("version 3, and this program reads versions 1 to 2"))
        }
    }

    @Test func stateThatNoRunHas() throws {
        try change { contents in
            contents.metadata["state"] = contents.metadata["state"]?.replacing(
                /"step":[0-9]+/, with: "\"step\":9223372036854775807")
        }
        for arguments in uses { #expect(try errors(arguments).contains("step is 9223372036854775807")) }
    }

    /// In less memory than the network would take that the texts describe.
    @Test func aSmallCheckpointThatAsksForMuch() throws {
        let turing = "\"memory\":{\"kind\":\"ntm\",\"rows\":1000000,\"columns\":500,\"maximumShift\":400000}"
        for (old, new) in [
            ("\"units\":24", "\"units\":1000000"), ("\"symbols\":3", "\"symbols\":60000"),
            ("\"memory\":\\{[^}]*\\}", turing)
        ] {
            _ = try TrainedFixture.writeReversal(in: folder)
            try change { contents in
                let before = contents.metadata["configuration"] ?? ""
                contents.metadata["configuration"] = before.replacing(try Regex(old), with: new)
                #expect(contents.metadata["configuration"] != before)
            }
            for arguments in [["evaluate", run], ["train", "--resume", run, "--threads", "1"]] {
                let text = try errors(arguments, shell: "ulimit -v 1500000;")
                #expect(text.contains("this network needs") || text.contains("it must be smaller"), "\(text)")
            }
        }
    }

    /// Nothing waits for somebody who writes into a pipe.
    @Test func pipes() throws {
        let pipe = folder.file("pipe").path
        #expect(mkfifo(pipe, 0o600) == 0)
        for arguments in [
            ["evaluate", "pipe"], ["predict", "pipe"], ["inspect", "pipe"], ["train", "--config", "pipe"],
            ["train", "--task", "pairs", "--data", "pipe"],
            ["train", "--task", "grammar", "--set", "task.grammar=pipe"],
            ["parameters", "--config", "pipe"], ["tasks", "--show", "grammar", "--set", "task.grammar=pipe"]
        ] {
            let isOption = arguments.contains { $0.hasPrefix("task.grammar") }
            #expect(try errors(arguments, status: isOption ? 64 : 1).contains("a pipe"), "\(arguments)")
        }
        for name in ["checkpoints/latest.safetensors", "config.yaml", "metrics.jsonl"] {
            let file = folder.file("run/\(name)")
            try? FileManager.default.removeItem(at: file)
            #expect(mkfifo(file.path, 0o600) == 0)
            #expect(try errors(["train", "--resume", run, "--threads", "1"]).contains("a pipe"), "\(name)")
            try FileManager.default.removeItem(at: file)
            try change { _ in }
        }
    }

    @Test func optionsOfAnyLength() throws {
        let long = String(repeating: "x\u{1B}[2J", count: 20_000)
        for arguments in [
            ["train", "--preset", long], ["train", "--config", long], ["train", "--set", "\(long)=1"],
            ["train", "--set", "training.steps=\(long)"], ["train", "--set", long], ["train", "--task", long],
            ["train", "--seeds", long], ["train", "--steps", long], ["train", "--resume", long], ["train", "--\(long)"],
            ["train", "--output", long, "--resume", long], ["evaluate", long], ["evaluate", run, "--length", long],
            ["evaluate", run, "--data", long], ["predict", run, "--max-length", long], ["tasks", "--show", long],
            [long],
            ["tasks", "--set", long],
            ["dump", run, "--batch-size", "1", "--length", "1", "--seed", long, "--output", "a"],
            ["inspect", run, long]
        ] {
            let result = try TrainerProcess.run(arguments, in: folder.url)
            #expect([1, 64].contains(result.status), "\(arguments[0]): \(result.status)")
            #expect(result.errors.utf8.count <= 1001 && !result.errors.isEmpty, "\(result.errors.count)")
            #expect(!result.errors.contains("\u{1B}"), "\(result.errors)")
        }
    }

    /// Help is no message, and stays whole.
    @Test func helpIsWhole() throws {
        let help = try TrainerProcess.run(["train", "--help"], in: folder.url)
        #expect(help.status == 0 && help.output.utf8.count > 2000 && help.errors.isEmpty)
    }

    @Test func aTaskWhoseSequencesAreTooLongIsNotDrawn() throws {
        let result = try TrainerProcess.run(
            ["tasks", "--show", "repeat-copy"]
                + ["width=4096", "minimumLength=1000000", "maximumLength=1000000", "fixedRepeats=65536"].flatMap {
                    ["--set", "task.\($0)"]
                }, in: folder.url, shell: "ulimit -v 1500000;")
        #expect(result.status == 0 && result.output.contains("too many to be drawn"), "\(result)")
        #expect(result.output.contains("fixedRepeats: 65536"))
    }
}
