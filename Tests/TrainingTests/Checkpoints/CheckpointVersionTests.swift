// Checkpoints of every released version: they load, evaluate and are resumed, and those of later versions are refused.

import Foundation
import NeuralMemory
import NeuralMemoryTasks
import TestSupport
import Testing
import NeuralMemoryTraining

/// The checkpoints in Fixtures/version-N, with what the program that wrote them made of them.
///
/// Fixtures/make.py makes them.
private struct Released: CustomTestStringConvertible, Sendable {
    let folder: URL
    let name: String
    /// Bits of each evaluation at the checkpoint, and after three more steps.
    let bits: [Double]
    let resumed: [Double]

    var testDescription: String { "\(folder.lastPathComponent)/\(name)" }
    var file: URL { folder.appendingPathComponent("\(name).safetensors") }

    static let all: [Released] = {
        struct Expected: Decodable { let bits, resumed: [Double] }
        let fixtures = Bundle.module.bundleURL.appendingPathComponent("Fixtures")
        let names = (try? FileManager.default.contentsOfDirectory(atPath: fixtures.path)) ?? []
        return names.filter { $0.hasPrefix("version-") }.sorted().flatMap { version -> [Released] in
            let folder = fixtures.appendingPathComponent(version)
            guard let data = try? Data(contentsOf: folder.appendingPathComponent("expected.json")),
                let all = try? JSONDecoder().decode([String: Expected].self, from: data)
            else { return [] }
            return all.sorted { $0.key < $1.key }.map {
                Released(folder: folder, name: $0.key, bits: $0.value.bits, resumed: $0.value.resumed)
            }
        }
    }()

    /// The checkpoint's configuration, with data where the fixtures have them.
    func configuration(_ checkpoint: Checkpoint, _ overrides: [(String, String)] = []) throws -> RunConfiguration {
        let files: [(String, String)] =
            switch checkpoint.configuration.task {
            case let task as Pairs: [("task.data", task.data), ("task.validation", task.validation)]
            case let task as Sequences: [("task.data", task.data), ("task.validation", task.validation)]
            case let task as TextTask: [("task.data", task.data), ("task.validation", task.validation)]
            default: []
            }
        let data = files.filter { !$0.1.isEmpty }.map { ($0, "\"\(folder.appendingPathComponent($1).path)\"") }
        return try checkpoint.configuration.withData(
            (data + overrides).map { SettingOverride(path: $0, value: $1, option: $0) })
    }

    /// What `trainer evaluate --episodes 4 --seed 5` says.
    func evaluate(_ network: Network, _ configuration: RunConfiguration) throws -> [Double] {
        let training = configuration.training
        let evaluation = Evaluation(task: configuration.task, seed: 5, episodes: 4, carries: training.carry)
        let lengths = [configuration.task.lengths] + training.evaluation.lengths.map(\.range)
        return try evaluation.sets(lengths).map { try evaluation.run(network, on: $0).report.bits }
    }
}

extension RunConfiguration {
    /// With settings on top, and with what was known of its data.
    fileprivate func withData(_ overrides: [SettingOverride]) throws -> RunConfiguration {
        var changed = try applying(overrides)
        changed.task.adopt(task)
        try changed.openData()
        return changed
    }
}

/// Sums of a few hundred terms in single precision, in another order on another processor: each is off by some
/// 2⁻²⁴ of its size at most, so that 10⁻⁴ leaves room for all of them in a row.
private func isClose(_ found: [Double], _ expected: [Double]) -> Bool {
    found.count == expected.count && zip(found, expected).allSatisfy { abs($0 - $1) <= 1e-4 * max(1, abs($1)) }
}

@Suite struct CheckpointVersionTests {
    private let folder: TemporaryFolder
    private var file: URL { folder.file("a.safetensors") }

    init() throws { folder = try TemporaryFolder() }

    /// Every task, memory, controller and optimiser is among them.
    @Test func fixturesAreComplete() throws {
        let configurations = try Released.all.map { try Checkpoint.read(from: $0.file).configuration }
        #expect(Set(configurations.map(\.task.kind)) == Set(Registry.standard.tasks.names))
        #expect(Set(configurations.map(\.network.memory.kind)) == Set(Registry.standard.memories.names))
        #expect(Set(configurations.map(\.network.controller.kind)) == Set(Registry.standard.controllers.names))
        #expect(Set(configurations.map(\.training.optimizer.kind)) == Set(Registry.standard.optimizers.names))
    }

    @Test(arguments: Released.all) private func loadsEvaluatesAndIsResumed(_ released: Released) throws {
        let checkpoint = try Checkpoint.read(from: released.file)
        let step = checkpoint.state.step
        let configuration = try released.configuration(checkpoint, [("training.steps", "\(step + 3)")])
        let bits = try released.evaluate(try checkpoint.makeNetwork(), configuration)
        #expect(isClose(bits, released.bits), "\(bits), not \(released.bits)")
        let trainer = try checkpoint.makeTrainer(configuration)
        while !trainer.isFinished { _ = try trainer.step() }
        #expect(trainer.state.step == step + 3)
        let resumed = try released.evaluate(trainer.network, configuration)
        #expect(isClose(resumed, released.resumed), "\(resumed), not \(released.resumed)")
    }

    /// Written anew and read again, nothing of it is lost.
    @Test(arguments: Released.all) private func isWrittenInTheNewestVersion(_ released: Released) throws {
        let checkpoint = try Checkpoint.read(from: released.file)
        try checkpoint.write(to: file)
        let again = try Checkpoint.read(from: file)
        #expect(again.state == checkpoint.state)
        #expect(again.configuration.yaml(comment: "") == checkpoint.configuration.yaml(comment: ""))
        let contents = try Safetensors.read(from: file)
        #expect(contents.metadata["version"] == "2" && contents.metadata["format"] == "neuralmemory-checkpoint")
        let arrays = try Safetensors.read(from: released.file).entries
        #expect(contents.entries.sorted { $0.name < $1.name } == arrays.sorted { $0.name < $1.name })
    }

    // MARK: Fields

    /// A fixture with other texts, under a right checksum.
    private func rewritten(_ name: String, _ change: (inout [String: String]) -> Void) throws -> Checkpoint {
        let released = try #require(Released.all.first { $0.name == name })
        var contents = try Safetensors.read(from: released.file)
        change(&contents.metadata)
        contents.metadata["checksum"] = contents.checksum
        try Safetensors.write(contents.entries, metadata: contents.metadata, to: file)
        return try Checkpoint.read(from: file)
    }

    private func message(_ name: String, _ change: (inout [String: String]) -> Void) -> String {
        do {
            _ = try rewritten(name, change)
            return "no error"
        } catch {
            return "\(error)"
        }
    }

    /// A file from before a field came to be: the field has its default, as the network was then.
    @Test(arguments: [
        ("reversal-stack", "configuration", ",\"patience\":0", ""),
        ("reversal-stack", "configuration", ",\"queueBias\":0", ""),
        ("bigram-flip-queue", "configuration", "\"separateVocabularies\":false,", ""),
        ("bigram-flip-queue", "configuration", "\"reconstruction\":{\"weight\":0},", ""),
        ("dyck-stack", "configuration", "\"skipConnections\":false,", ""),
        ("n-grams-none", "state", "\"skippedInARow\":0,", ""), ("n-grams-none", "state", "\"skipped\":0,", ""),
        ("stopped-stack", "state", "\"auxiliaryNats\":0,", "")
    ])
    func fieldsThatAreNotThere(_ name: String, _ text: String, _ field: String, _ replacement: String) throws {
        var isChanged = false
        let checkpoint = try rewritten(name) { metadata in
            let before = metadata[text]
            metadata[text] = before?.replacing(field, with: replacement)
            isChanged = metadata[text] != before
        }
        #expect(isChanged, "the fixture has no \(field)")
        let released = try #require(Released.all.first { $0.name == name })
        let original = try Checkpoint.read(from: released.file)
        #expect(checkpoint.state == original.state)
        #expect(checkpoint.configuration.yaml(comment: "") == original.configuration.yaml(comment: ""))
    }

    @Test(arguments: [
        ("configuration", "\"width\":2", "\"width\":2,\"depth\":3", "network.memory.depth"),
        ("configuration", "\"width\":2", "\"width\":\"2\"", "network.memory.width"),
        ("configuration", "\"kind\":\"stack\"", "\"kind\":\"heap\"", "heap"),
        ("configuration", "{\"network\"", "{\"networks\":{},\"network\"", "networks"),
        ("configuration", "{\"network\"", "{\"network\":1,\"network\"", "'network' is there twice"),
        ("state", "\"skipped\"", "\"skippedOften\":1,\"skipped\"", "skippedOften"),
        ("state", "\"longest\"", "\"shortest\":1,\"longest\"", "curriculum.shortest"),
        ("state", "\"step\":3", "\"step\":\"3\"", "step"), ("state", "\"step\":3", "\"step\":3.5", "step")
    ])
    func fieldsThatCannotBe(_ text: String, _ old: String, _ new: String, _ part: String) {
        let error = message("reversal-stack") { $0[text] = $0[text]?.replacing(old, with: new) }
        #expect(error.contains("its \(text) cannot be read") && error.contains(part), "\(error)")
        #expect(error.utf8.count < 1000)
    }

    @Test(arguments: [
        ("3", "this is a checkpoint of version 3, and this program reads versions 1 to 2: use a release"),
        ("999999", "version 999999"), ("0", "its version is 0"), ("two", "its version is two"), ("", "its version is ")
    ])
    func otherVersions(_ version: String, _ part: String) {
        let error = message("dyck-stack") {
            $0["format"] = "neuralmemory-checkpoint"
            $0["version"] = version
        }
        #expect(error.contains(part), "\(error)")
    }
}
