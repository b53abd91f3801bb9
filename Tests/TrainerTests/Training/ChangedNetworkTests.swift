// Trained networks with other memory rows and other settings of their task, from the command line.

import Foundation
import TestSupport
import Testing
import NeuralMemoryTraining

@Suite struct ChangedNetworkTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func evaluate(_ arguments: String...) throws -> TrainerProcess.Result {
        try TrainerProcess.run(["evaluate", "run", "--episodes", "5", "--threads", "1"] + arguments, in: folder.url)
    }

    @Test func rowsAreChosen() throws {
        _ = try TrainedFixture.writeTuring(in: folder)
        let results = try ["4", "8", "64"].map { try evaluate("--format", "json", "--rows", $0) }
        #expect(results.allSatisfy { $0.status == 0 })
        #expect(try evaluate("--format", "json").output == results[1].output)
        #expect(Set(results.map(\.output)).count == 3)
        let arguments = ["dump", "run", "--batch-size", "1", "--length", "2", "--seed", "1"]
        let dump = try TrainerProcess.run(arguments + ["--rows", "16", "--output", "a"], in: folder.url)
        #expect(dump.status == 0, "\(dump)")
        #expect(try Safetensors.read(from: folder.file("a")).metadata["configuration"]?.contains("\"rows\":16") == true)
    }

    @Test func longEpisodesAreWarnedOfOnce() throws {
        _ = try TrainedFixture.writeTuring(in: folder)
        let long = try evaluate("--length", "2", "--length", "4", "--length", "5")
        #expect(long.status == 0)
        #expect(
            long.errors.hasPrefix("Warning: a sequence of length 5 takes up to 11 steps, and the memory has 8 rows"))
        #expect(long.errors.split(separator: "\n").count == 1)
        #expect(try evaluate("--length", "5", "--rows", "11").errors.isEmpty)
        #expect(try evaluate("--length", "3").errors.isEmpty)
    }

    @Test func rowsThatAreTiedToParametersAreRefused() throws {
        _ = try TrainedFixture.writeLearnedTuring(in: folder)
        #expect(try evaluate("--rows", "8").status == 0)
        let result = try evaluate("--rows", "9")
        #expect(result.status == 1 && result.output.isEmpty)
        #expect(result.errors.contains("network.memory.initialMemory is learned; it must be constant or random"))
    }

    @Test func onlyTuringMemoriesHaveRows() throws {
        _ = try TrainedFixture.writeBits(in: folder)
        let result = try evaluate("--rows", "9")
        #expect(result.status == 1 && result.errors.contains("network.memory.kind is queue; it must be ntm"))
        #expect(try evaluate("--rows", "0").errors.contains("--rows is 0; it must be from 1"))
    }

    @Test func theTaskMayChangeWithinItsSignature() throws {
        _ = try TrainedFixture.writeBits(in: folder)
        let result = try evaluate("--set", "task.minimumLength=7", "--set", "task.maximumLength=9")
        #expect(result.status == 0 && result.output.contains("\n7-9 "), "\(result)")
    }

    @Test(arguments: [
        ("task.width=4", "would change the width"), ("task.kind=reversal", "only the task's settings"),
        ("network.memory.width=3", "only the task's settings"), ("task.maximumLength=0", "task.maximumLength is 0"),
        ("task.length=3", "there is no setting task.length"), ("task", "KEY=VALUE")
    ])
    func refusesOtherSettings(setting: String, message: String) throws {
        _ = try TrainedFixture.writeBits(in: folder)
        let result = try evaluate("--set", setting)
        #expect(result.status == 64 && result.output.isEmpty)
        #expect(result.errors.contains("--set \(setting): ") && result.errors.contains(message), "\(result)")
    }
}
