// Lists of seeds, folders of runs with several seeds, and what these come to together.

import Foundation
import NeuralMemory
import Synchronization
import TestSupport
import Testing
import NeuralMemoryTraining

@Suite struct SeedTests {
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
        _ = try SeedDirectory.openRun(at: directory.folder(of: seed))
        let overrides = [SettingOverride(path: "training.solved.wrong", value: wrong, option: "")]
        _ = try TrainingRun.resume(at: directory.folder(of: seed), overrides: overrides).run()
    }

    private func summary(_ directory: SeedDirectory, _ endings: [UInt64: SeedResult.Ending]) throws -> [String: Any] {
        try directory.write(directory.summary(endings))
        let data = try Data(contentsOf: directory.summaryFile)
        return try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
    }

    /// Two are solved at the first evaluation, one is never; one crashes at its start, and one before.
    @Test func summariesCountTheFinished() throws {
        let folder = try TemporaryFolder()
        let directory = try SeedDirectory.create(
            at: folder.file("all"), smallConfiguration(), seeds: [4, 1, 2, 3, 5])
        #expect(directory.seeds == [1, 2, 3, 4, 5])
        #expect(try directory.resume([]) == [1, 2, 3, 4, 5])
        for seed in [1, 3] as [UInt64] { try train(directory, seed, wrong: "1e9") }
        try train(directory, 2, wrong: "0")
        _ = try SeedDirectory.openRun(at: directory.folder(of: 4))
        #expect(try directory.resume([]) == [4, 5])
        let json = try summary(directory, [4: .crashed("signal 9"), 5: .diverged])
        let seeds = try #require(json["seeds"] as? [[String: Any]])
        #expect(
            seeds.map { $0["result"] as? String } == ["solved", "not solved", "solved", "crashed", "diverged"])
        #expect(seeds.map { $0["sequences"] as? Int } == [15, 36, 15, 0, nil])
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
        #expect(try directory?.seeds == [2, 9] && SeedDirectory.holdsSeeds(url))
        #expect(try !SeedDirectory.holdsSeeds(folder.url))
        #expect(try !SeedDirectory.holdsSeeds(url.appendingPathComponent("seed-2")))
        #expect(throws: FileError.self) { try SeedDirectory.open(at: url) }
        directory = nil
        #expect(try SeedDirectory.open(at: url).seeds == [2, 9])
        #expect(throws: FileError.self) { try SeedDirectory.create(at: url, smallConfiguration(), seeds: [3]) }
    }

    /// As a kill leaves it before the turn of all seeds has come.
    @Test func seedsThatHaveNotBegunAreNotLost() throws {
        let folder = try TemporaryFolder()
        let url = folder.file("all")
        var directory: SeedDirectory? = try SeedDirectory.create(at: url, smallConfiguration(), seeds: [1, 2, 3])
        #expect(folder.names == ["all", "all/lock", "all/seeds.json"])
        try train(#require(directory), 1, wrong: "-1")
        directory = nil
        let opened = try SeedDirectory.open(at: url)
        #expect(try opened.seeds == [1, 2, 3] && opened.seeds.map(opened.hasBegun) == [true, false, false])
        #expect(try opened.resume([]) == [2, 3])
        let run = try SeedDirectory.openRun(at: opened.folder(of: 2))
        _ = try run.run()
        var configuration = smallConfiguration()
        configuration.training.seed = 2
        let alone = try TrainingRun.start(configuration, at: folder.file("alone"))
        _ = try alone.run()
        #expect(try arrays(of: run.trainer) == arrays(of: alone.trainer))
    }

    /// Whoever looks on needs no lock.
    @Test func runsOfSeedsAreRead() throws {
        let folder = try TemporaryFolder()
        let url = folder.file("all")
        let directory = try SeedDirectory.create(at: url, smallConfiguration(), seeds: [10, 9])
        try train(directory, 9, wrong: "-1")
        let readers = try SeedDirectory.readers(at: url)
        #expect(readers.map(\.seed) == [9, 10])
        #expect(try readers.map { try $0.run.records().map(\.step) } == [[5, 10, 12], []])
        #expect(try readers.map { try $0.run.configuration()?.training.seed } == [9, nil])
        #expect(try RunReader(url).isTraining() && !readers[0].run.isTraining())
        #expect(try SeedDirectory.readers(at: folder.url).isEmpty)
    }

    /// As when the program was killed that had started it, and the folder is resumed at once.
    @Test func aSeedStillAtWorkIsWaitedFor() throws {
        let folder = try TemporaryFolder()
        let directory = try SeedDirectory.create(at: folder.file("all"), smallConfiguration(), seeds: [1, 2])
        for work in [{ _ = try SeedDirectory.openRun(at: directory.folder(of: 1)) }, { _ = try directory.resume([]) }] {
            nonisolated(unsafe) var atWork: TrainingRun? = try SeedDirectory.openRun(at: directory.folder(of: 1))
            #expect(throws: FileError.self) { try TrainingRun.resume(at: directory.folder(of: 1)) }
            let isEnding = Atomic(false)
            let ended = DispatchSemaphore(value: 0)
            Thread {
                usleep(200_000)
                isEnding.store(true, ordering: .sequentiallyConsistent)
                atWork = nil
                ended.signal()
            }
            .start()
            try work()
            let hasWaited = isEnding.load(ordering: .sequentiallyConsistent)
            #expect(hasWaited)
            ended.wait()
            #expect(atWork == nil)
        }
    }

    @Test func optionsReachSeedsThatHaveNotBegun() throws {
        let folder = try TemporaryFolder()
        let directory = try SeedDirectory.create(at: folder.file("all"), smallConfiguration(), seeds: [1, 2])
        let more = [SettingOverride(path: "training.steps", value: "17", option: "--steps 17")]
        #expect(try directory.resume(more) == [1, 2])
        #expect(try SeedDirectory.openRun(at: directory.folder(of: 2)).trainer.configuration.training.steps == 17)
        let before = try Data(contentsOf: folder.file("all/seeds.json"))
        for (path, value) in [("network.memory.width", "9"), ("training.steps", "0")] {
            #expect(throws: (any Error).self) {
                try directory.resume([SettingOverride(path: path, value: value, option: "")])
            }
        }
        #expect(try Data(contentsOf: folder.file("all/seeds.json")) == before)
    }

    @Test func foldersWithoutOrWithADamagedList() throws {
        let folder = try TemporaryFolder()
        let (url, list) = (folder.file("all"), folder.file("all/seeds.json"))
        var directory: SeedDirectory? = try SeedDirectory.create(at: url, smallConfiguration(), seeds: [1, 2, 3])
        for seed in [1, 3] as [UInt64] { try train(#require(directory), seed, wrong: "-1") }
        directory = nil
        for text in ["", "{}", "{\"seeds\": []}"] {
            try Data(text.utf8).write(to: list)
            let error = #expect(throws: FileError.self) { try SeedDirectory.open(at: url) }
            #expect(error?.description.contains("seeds.json: this is no list of seeds") == true)
        }
        // Earlier versions wrote no list.
        try FileManager.default.removeItem(at: list)
        #expect(try SeedDirectory.open(at: url).seeds == [1, 3])
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
