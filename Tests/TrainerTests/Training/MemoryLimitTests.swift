// What does not fit into memory is refused before it is begun, by every command, in the name of an option or setting.
// The limit is one of address space, so that the tests do not depend on the machine.

import Foundation
import TestSupport
import Testing

@Suite struct MemoryLimitTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// - Parameter limit: of the address space, in KiB.
    private func run(
        _ arguments: [String], limit: Int = 1_500_000, input: String = ""
    ) throws -> TrainerProcess.Result {
        try TrainerProcess.run(
            arguments + ["--threads", "1"], in: folder.url, shell: "ulimit -v \(limit);", input: input)
    }

    /// Refused with a message that has these parts, and nothing else.
    private func expectRefusal(
        _ arguments: [String], limit: Int = 1_500_000, _ parts: [String], at location: SourceLocation = #_sourceLocation
    ) throws {
        let result = try run(arguments, limit: limit)
        #expect([1, 64].contains(result.status) && result.output.isEmpty, "\(result)", sourceLocation: location)
        #expect(result.errors.utf8.count < 1000, "\(result)", sourceLocation: location)
        for part in parts + ["it would take about", "and the address space that ulimit -v allows has"] {
            #expect(result.errors.contains(part), "\(part) in \(result)", sourceLocation: location)
        }
    }

    @Test func training() throws {
        let arguments = ["train", "--task", "reversal", "--memory", "stack", "--steps", "1", "--output", "run"]
        let setting = "network.memory.width=1000000"
        try expectRefusal(
            arguments + ["--set", setting],
            ["--set \(setting): network.memory.width is 1000000; it must be smaller", "network.memory.width="])
        // Of a large controller all sequences are in one shard.
        let units = "network.controller.units=1500"
        try expectRefusal(
            arguments + ["--batch-size", "60000", "--set", units],
            ["--set \(units): network.controller.units is 1500; it must be smaller", "training.batchSize="])
        #expect(folder.names.isEmpty)
    }

    @Test func evaluation() throws {
        _ = try TrainedFixture.writeTuring(in: folder)
        // Nothing is kept for a way back, so that it takes a small limit to be in the way.
        try expectRefusal(
            ["evaluate", "run", "--length", "1048576"], limit: 700_000, ["--length is 1048576", "--length="])
        let usual = try run(["evaluate", "run", "--episodes", "3"])
        #expect(usual.status == 0 && usual.errors.isEmpty, "\(usual)")
    }

    @Test func otherCommands() throws {
        _ = try TrainedFixture.writeTuring(in: folder)
        try expectRefusal(
            ["inspect", "run", "--length", "100000", "--rows", "1000"], ["--length is 100000", "--rows="])
        try expectRefusal(
            ["dump", "run", "--batch-size", "60000", "--length", "1000", "--seed", "1", "--output", "a"],
            ["--batch-size is 60000", "--batch-size="])
        try expectRefusal(
            ["gradcheck", "--memory", "ntm", "--set", "network.memory.rows=1000000", "--batch-size", "64"],
            ["--batch-size is 64", "network.memory.rows="])
        #expect(!FileManager.default.fileExists(atPath: folder.file("a").path))
    }

    @Test func whatFitsIsDone() throws {
        _ = try TrainedFixture.writeReversal(in: folder)
        let usual = try run(["predict", "run"], input: "a b c\n")
        #expect(usual.status == 0 && usual.output == "c b a\n", "\(usual)")
    }
}
