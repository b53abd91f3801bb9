// Settings that may be absent: in YAML, options and checkpoints, and the numbers that earlier versions wrote for them.

import Foundation
import NeuralMemory
import NeuralMemoryTasks
import TestSupport
import Testing
import NeuralMemoryTraining

/// A memory with an optional setting of every type.
private struct Choosy: MemoryKind, FormerSentinels {
    enum Colour: String, Codable, CaseIterable { case red, green }

    static let kind = "choosy"
    static let summary = "has settings that may be absent"
    static let formerSentinels = ["size": 0.0, "limit": -1]

    /// Present unless somebody says otherwise.
    var size: Int? = 3
    var limit: Double?
    var seed: UInt64?
    var isOn: Bool?
    var name: String?
    var colour: Colour?
    var weights: [Double]?
    var lengths: [LengthRange]?

    func makeMemory(_ layout: inout ParameterLayout) throws -> any Memory {
        try NoMemory().makeMemory(&layout)
    }
}

@Suite struct OptionalSettingsTests {
    private static func configuration() throws -> RunConfiguration {
        var registry = Registry.standard
        try registry.register(Choosy.self)
        return try RunConfiguration(registry).applying([SettingOverride(assignment: "network.memory.kind=choosy")])
    }

    private func memory(_ settings: String...) throws -> Choosy {
        let overrides = try settings.map { try SettingOverride(assignment: "network.memory.\($0)") }
        return try #require(try Self.configuration().applying(overrides).network.memory as? Choosy)
    }

    private static let all = [
        "size=5", "limit=0.5", "seed=18446744073709551615", "isOn=false", "name=a", "colour=green", "weights=[1, 2.5]",
        "lengths=[3, 4-9]"
    ]

    /// Through YAML, and through the JSON of checkpoints: with all settings, without any, and with the defaults.
    @Test(arguments: [all, ["size=null"], []]) func roundTrips(_ settings: [String]) throws {
        let overrides = try settings.map { try SettingOverride(assignment: "network.memory.\($0)") }
        let configuration = try Self.configuration().applying(overrides)
        let yaml = configuration.yaml(comment: "")
        let registry = configuration.registry
        let read = try RunConfiguration(yaml: Data(yaml.utf8), source: "a.yaml", registry: registry)
        #expect(read.yaml(comment: "") == yaml)
        let folder = try TemporaryFolder()
        let run = try TrainingRun.start(configuration, at: folder.file("run"))
        let checkpoint = try Checkpoint.read(from: run.directory.latestCheckpoint, registry: registry)
        #expect(checkpoint.configuration.yaml(comment: "") == yaml)
        let decoder = JSONDecoder()
        decoder.userInfo[Registry.key] = registry
        let decoded = try decoder.decode(RunConfiguration.self, from: JSONEncoder().encode(configuration))
        #expect(decoded.yaml(comment: "") == yaml)
        let size = (checkpoint.configuration.network.memory as? Choosy)?.size
        #expect(size == (settings.isEmpty ? 3 : settings.count == 1 ? nil : 5))
    }

    @Test func nullIsAbsent() throws {
        #expect(try memory().size == 3 && memory("size=null").size == nil && memory("size=~").size == nil)
        #expect(try memory("name=null").name == nil && memory("name='null'").name == "null")
        let full = try memory("limit=0", "seed=0", "isOn=true", "colour=red", "weights=[]", "lengths=[]")
        #expect(full.limit == 0 && full.seed == 0 && full.isOn == true && full.colour == .red)
        #expect(full.weights == [] && full.lengths == [])
        #expect(try memory("limit=2", "limit=null").limit == nil)
    }

    @Test(arguments: [
        ("size=2.5", "network.memory.size is 2.5; it must be a whole number, or null for none"),
        ("size=''", "it must be a whole number, or null for none"),
        ("colour=gren", "it must be one of red, green, or null for none; did you mean green?"),
        ("weights=1", "it must be a list of numbers, as in [0.5, 2], or null for none")
    ])
    func errorsSayThatNullIsAllowed(_ setting: String, _ part: String) {
        let text = message { _ = try memory(setting) }
        #expect(text.contains(part), "\(text)")
    }

    @Test func rangesSayThatNullIsAllowed() throws {
        let text = message {
            _ = try RunConfiguration().applying([SettingOverride(assignment: "training.evaluation.patience=-3")])
        }
        #expect(text.contains("training.evaluation.patience is -3; it must be at least 1, or null for none"), "\(text)")
        for coarse in [0, 1.5, .nan] {
            var configuration = RunConfiguration()
            configuration.training.solved.coarse = coarse
            #expect(throws: ConfigurationError.self) { try configuration.validate() }
        }
    }

    // MARK: Earlier versions

    @Test func theNumberOfAnEarlierVersionIsAbsent() throws {
        #expect(try memory("size=0").size == nil && memory("size=-1").size == -1)
        #expect(try memory("limit=-1").limit == nil && memory("limit=-1.0").limit == nil)
    }

    /// Each setting that had a number for nothing, with that number and another one.
    private static let former = [
        ("network.controllerOutputSize", "0", "5"), ("network.output.hiddenSize", "0", "5"),
        ("network.memory.clip", "0", "0.5"), ("network.memory.segment", "0", "5"),
        ("training.curriculum.start", "0", "9"), ("training.evaluation.patience", "0", "5"),
        ("training.solved.coarse", "0", "0.5"), ("training.solved.longCoarse", "0", "0.5"),
        ("training.solved.wrong", "-1", "0.0"), ("training.solved.longWrong", "-1", "0.0")
    ]

    @Test(arguments: former) func formerNumbers(_ path: String, _ former: String, _ other: String) throws {
        let ntm = try RunConfiguration().applying([SettingOverride(assignment: "network.memory.kind=ntm")])
        let name = path.split(separator: ".").last ?? ""
        func line(_ value: String) throws -> String {
            let yaml = try ntm.applying([SettingOverride(assignment: "\(path)=\(value)")]).yaml(comment: "")
            return yaml.split(separator: "\n").first { $0.contains(" \(name): ") }.map(String.init) ?? ""
        }
        #expect(try line("null").hasSuffix("\(name): null") && line(former) == line("null"))
        #expect(try line(other).hasSuffix("\(name): \(other)"))
    }

    /// Each checkpoint of the first version has all these numbers.
    @Test func checkpointsOfTheFirstVersion() throws {
        let folder = Bundle.module.bundleURL.appendingPathComponent("Fixtures/version-1")
        let file = folder.appendingPathComponent("reversal-stack.safetensors")
        #expect(try Safetensors.read(from: file).metadata["configuration"]?.contains("\"patience\":0") == true)
        let configuration = try Checkpoint.read(from: file).configuration
        let solved = configuration.training.solved
        #expect(configuration.training.evaluation.patience == nil && configuration.network.output.hiddenSize == nil)
        #expect(solved.wrong == nil && solved.longWrong == nil && !solved.isSet)
    }

    @Test func presets() throws {
        #expect(try RunConfiguration.resolve(preset: "tutorial/step-6").training.curriculum.start == nil)
        #expect(try RunConfiguration.resolve(preset: "fast/bigram-flip-queue").training.solved.longCoarse == 0.9)
    }

    /// Also where settings are missing that came later.
    @Test func plansOfSeeds() throws {
        let folder = try TemporaryFolder()
        let url = folder.file("seeds")
        _ = try SeedDirectory.create(at: url, smallConfiguration(), seeds: [1, 2])
        let file = url.appendingPathComponent("seeds.json")
        var text = try String(contentsOf: file, encoding: .utf8)
        for (name, former) in [("patience", "0"), ("hiddenSize", "0"), ("wrong", "-1"), ("coarse", "0")] {
            #expect(text.contains("\"\(name)\" : null"))
            text = text.replacing("\"\(name)\" : null", with: "\"\(name)\" : \(former)")
        }
        text = text.replacing("\"longWrong\" : null,", with: "")
        try Data(text.utf8).write(to: file)
        let run = try SeedDirectory.openRun(at: url.appendingPathComponent("seed-2"))
        let configuration = run.trainer.configuration
        #expect(configuration.training.seed == 2 && configuration.training.evaluation.patience == nil)
        #expect(configuration.training.solved == SolvedCriterion() && configuration.network.output.hiddenSize == nil)
    }
}
