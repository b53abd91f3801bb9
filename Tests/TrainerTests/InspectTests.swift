// `trainer inspect` as a user meets it.

import Foundation
import NeuralMemory
import Testing
import Training

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
    }

    @Test func badOptionsAreNamed() throws {
        let run = try TrainedFixture.writeReversal(in: folder)
        for (option, value) in [("--length", "0"), ("--largest", "101"), ("--format", "xml")] {
            let result = try TrainerProcess.run(["inspect", run, option, value], in: folder.url)
            #expect(result.status == 64 && result.errors.contains(option), "\(result)")
        }
    }
}
