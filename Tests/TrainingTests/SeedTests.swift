// Lists of seeds, folders of runs with several seeds, and what these come to together.

import Foundation
import NeuralMemory
import Testing
import Training

@Suite struct SeedTests {
    /// Stops nothing.
    private struct Bystander: TrainingObserver {
        func didStep(_ trainer: Trainer) {}
        func didFinishInterval(_ metrics: IntervalMetrics) {}
        var shouldStop: Bool { false }
    }

    @Test(
        arguments: [
            ("1-3", [1, 2, 3]), ("7", [7]), ("3,1,5-6", [3, 1, 5, 6]), ("0-0", [0]),
            ("18446744073709551615", [UInt64.max])
        ] as [(String, [UInt64])])
    func listsAreRead(_ text: String, _ seeds: [UInt64]) throws { #expect(try SeedList(text).seeds == seeds) }

    @Test(arguments: [
        "", ",", "1,", "1-", "-1", "1-2-3", "a", "1.5", "1 2", "3-1", "1,1", "1-3,2", "0-1000", "0-18446744073709551615"
    ])
    func otherTextsAreRefused(_ text: String) { #expect(throws: SeedListError.self) { try SeedList(text) } }

    private func train(_ directory: SeedDirectory, _ seed: UInt64, wrong: String) throws {
        let overrides = [SettingOverride(path: "training.solved.wrong", value: wrong, option: "")]
        _ = try TrainingRun.resume(at: directory.folder(of: seed), overrides: overrides).run(Bystander())
    }

    private func summary(_ directory: SeedDirectory, _ endings: [UInt64: SeedResult.Ending]) throws -> [String: Any] {
        try directory.write(directory.summary(endings))
        let data = try Data(contentsOf: directory.summaryFile)
        return try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
    }

    /// Two are solved at the first evaluation, one is never; one diverges and one crashes before it has begun.
    @Test func summariesCountTheFinished() throws {
        let folder = try TemporaryFolder()
        let directory = try SeedDirectory.create(
            at: folder.file("all"), smallConfiguration(), seeds: [4, 1, 2, 3, 5])
        #expect(directory.seeds == [1, 2, 3, 4, 5])
        #expect(try directory.resume([]) == [1, 2, 3, 4, 5])
        for seed in [1, 3] as [UInt64] { try train(directory, seed, wrong: "1e9") }
        try train(directory, 2, wrong: "0")
        #expect(try directory.resume([]) == [4, 5])
        let json = try summary(directory, [4: .crashed("signal 9"), 5: .diverged])
        let seeds = try #require(json["seeds"] as? [[String: Any]])
        #expect(
            seeds.map { $0["result"] as? String } == ["solved", "not solved", "solved", "crashed", "diverged"])
        #expect(seeds.map { $0["sequences"] as? Int } == [15, 36, 15, 0, 0])
        #expect(seeds.map { $0["reason"] as? String } == [nil, nil, nil, "signal 9", nil])
        #expect(json["solved"] as? Int == 2)
        let (median, most) = (json["median"] as? [String: Any], json["max"] as? [String: Any])
        #expect(median?["sequences"] as? Int == 15 && most?["sequences"] is NSNull)
        let bits = try seeds.prefix(3).map { try #require($0["bits_8"] as? Double) }.sorted()
        #expect(median?["bits_8"] as? Double == bits[1] && most?["bits_8"] as? Double == bits[2])
        #expect(seeds[3]["bits_8"] is NSNull)
        let table = directory.summary([4: .crashed("signal 9"), 5: .diverged]).table.split(separator: "\n")
        #expect(table.count == 9 && table[0].hasPrefix("seed "))
        #expect(table[0].hasSuffix("bits 1-4  coarse 1-4   bits 8  coarse 8"), "\(table[0])")
        #expect(table[6].hasPrefix("median  2 of 5 solved         15 ") && table[8].contains("never"), "\(table)")
    }

    /// Of two, the mean; without a criterion all that are at their end count, and take what they were trained for.
    @Test func mediansOfTwoAreMeans() throws {
        let folder = try TemporaryFolder()
        var configuration = smallConfiguration()
        configuration.training.evaluation.lengths = []
        let directory = try SeedDirectory.create(at: folder.file("all"), configuration, seeds: [1, 2])
        for seed in [1, 2] as [UInt64] { try train(directory, seed, wrong: "-1") }
        let json = try summary(directory, [:])
        let seeds = try #require(json["seeds"] as? [[String: Any]])
        #expect(seeds.allSatisfy { $0["result"] as? String == "done" })
        let bits = seeds.compactMap { $0["bits_1-4"] as? Double }
        let median = try #require(json["median"] as? [String: Any])
        #expect(median["bits_1-4"] as? Double == (bits[0] + bits[1]) / 2 && median["sequences"] as? Int == 36)
    }

    @Test func aFolderIsOpenedOnceAndKnown() throws {
        let folder = try TemporaryFolder()
        let url = folder.file("all")
        var directory: SeedDirectory? = try SeedDirectory.create(at: url, smallConfiguration(), seeds: [2, 9])
        #expect(directory?.seeds == [2, 9] && SeedDirectory.holdsSeeds(url))
        #expect(
            !SeedDirectory.holdsSeeds(folder.url) && !SeedDirectory.holdsSeeds(url.appendingPathComponent("seed-2")))
        #expect(throws: FileError.self) { try SeedDirectory.open(at: url) }
        directory = nil
        #expect(try SeedDirectory.open(at: url).seeds == [2, 9])
        #expect(throws: FileError.self) { try SeedDirectory.create(at: url, smallConfiguration(), seeds: [3]) }
    }

    @Test func aConfigurationThatCannotBeUsedLeavesNoFolder() throws {
        let folder = try TemporaryFolder()
        var configuration = smallConfiguration()
        configuration.network.memory = NeuralStack(width: 0)
        #expect(throws: ConfigurationError.self) {
            try SeedDirectory.create(at: folder.file("all"), configuration, seeds: [1])
        }
        #expect(folder.names.isEmpty)
    }
}
