// Checkpoints: they hold all that a run needs, and damage of any kind is found.

import Foundation
import NeuralMemory
import NeuralMemoryTasks
import TestSupport
import Testing
import NeuralMemoryTraining

@Suite struct CheckpointTests {
    private let folder: TemporaryFolder
    private var file: URL { folder.file("a.safetensors") }

    init() throws { folder = try TemporaryFolder() }

    private func trained(_ configuration: RunConfiguration, steps: Int) throws -> Trainer {
        let trainer = try Trainer(configuration)
        for _ in 0..<steps { _ = try trainer.step() }
        return trainer
    }

    /// For each kind of memory, controller and optimiser: stopped at step 7 and taken up again is never stopped.
    @Test func goingOnIsNeverHavingStopped() throws {
        for (index, optimizer) in Registry.standard.optimizers.names.enumerated() {
            let memory = Registry.standard.memories.names[index % Registry.standard.memories.names.count]
            let controller = Registry.standard.controllers.names[index % Registry.standard.controllers.names.count]
            let configuration = try smallConfiguration().applying([
                SettingOverride(path: "network.memory.kind", value: memory, option: "memory"),
                SettingOverride(path: "network.controller.kind", value: controller, option: "controller"),
                SettingOverride(path: "training.optimizer.kind", value: optimizer, option: "optimizer")
            ])
            let whole = try trained(configuration, steps: 12)
            try Checkpoint(trained(configuration, steps: 7)).write(to: file)
            let resumed = try Checkpoint.read(from: file).makeTrainer()
            #expect(resumed.state.step == 7)
            for _ in 0..<5 { _ = try resumed.step() }
            #expect(try arrays(of: resumed) == arrays(of: whole), "\(memory), \(controller), \(optimizer)")
            #expect(timeless(resumed.state) == timeless(whole.state))
        }
    }

    @Test func namesAndShapes() throws {
        let trainer = try trained(smallConfiguration(), steps: 1)
        try Checkpoint(trainer).write(to: file)
        let contents = try Safetensors.read(from: file)
        let names = trainer.network.parameters.layout.parameters.map(\.name)
        let expected =
            names.map { "param/\($0)" }
            + ["average", "square"].flatMap { state in
                names.map { "optimizer/\(state)/\($0)" }
            }
        #expect(contents.entries.map(\.name).sorted() == expected.sorted())
        #expect(
            Set(contents.metadata.keys) == ["format", "version", "configuration", "state", "optimizer", "checksum"])
        for slice in trainer.network.parameters.layout.parameters {
            let entry = contents.entries.first { $0.name == "param/\(slice.name)" }
            #expect(try entry?.shape == slice.shape && entry?.floats == trainer.network.parameters.values(of: slice))
        }
    }

    @Test func theNetworkAlone() throws {
        let trainer = try trained(smallConfiguration(), steps: 3)
        try Checkpoint(trainer).write(to: file)
        let network = try Checkpoint.read(from: file).makeNetwork()
        for slice in trainer.network.parameters.layout.parameters {
            #expect(try network.parameters.values(of: slice) == trainer.network.parameters.values(of: slice))
        }
    }

    /// Whatever byte changes, reading fails, or what is read is the same.
    @Test func anyChangedByteIsFound() throws {
        var configuration = smallConfiguration()
        configuration.training.optimizer = SGD()
        configuration.network.controller = FeedForward(units: 1)
        configuration.network.memory = NoMemory()
        configuration.network.input.embeddingSize = 1
        try Checkpoint(trained(configuration, steps: 1)).write(to: file)
        let original = try Safetensors.read(from: file)
        let bytes = try Data(contentsOf: file)
        var accepted = 0
        for index in bytes.indices {
            var changed = bytes
            changed[index] ^= 0x04
            try changed.write(to: file)
            guard (try? Checkpoint.read(from: file)) != nil else { continue }
            #expect(try Safetensors.read(from: file) == original, "byte \(index)")
            accepted += 1
        }
        // What may change is white space after the header.
        #expect(accepted < 8)
    }

    /// A file with these arrays and texts under a right checksum, by way of a trainer whose file is taken apart.
    private func rewritten(_ change: (inout Safetensors) -> Void) throws -> String {
        try Checkpoint(trained(smallConfiguration(), steps: 1)).write(to: file)
        var contents = try Safetensors.read(from: file)
        change(&contents)
        contents.metadata["checksum"] = contents.checksum
        try Safetensors.write(contents.entries, metadata: contents.metadata, to: file)
        return message { _ = try Checkpoint.read(from: file).makeTrainer() }
    }

    @Test func missingExtraAndMisshapenArrays() throws {
        let name = "param/output.bias"
        let missing = try rewritten { $0.entries.removeAll { $0.name == name } }
        #expect(missing.contains("\(name) is missing") && missing.contains("[5]"), "\(missing)")
        let extra = try rewritten {
            $0.entries.append(SafetensorsEntry(name: "param/x", shape: [1], values: [Float(0)]))
        }
        #expect(extra.contains("no param/x"), "\(extra)")
        let misshapen = try rewritten { contents in
            contents.entries.removeAll { $0.name == name }
            contents.entries.append(
                SafetensorsEntry(name: name, shape: [5, 1], values: [Float](repeating: 0, count: 5)))
        }
        #expect(misshapen.contains("\(name) has shape [5, 1]") && misshapen.contains("needs [5]"), "\(misshapen)")
        let whole = try rewritten { contents in
            contents.entries.removeAll { $0.name == name }
            contents.entries.append(SafetensorsEntry(name: name, shape: [5], values: [Int32](repeating: 0, count: 5)))
        }
        #expect(whole.contains("\(name) has dtype I32"), "\(whole)")
    }

    @Test func metadataThatCannotBe() throws {
        for (key, value, part) in [
            ("format", "neuralmemory-checkpoint-9", "format neuralmemory-checkpoint-9"), ("state", "{}", "its state"),
            ("state", "", "its state"), ("configuration", "[]", "its configuration")
        ] {
            let text = try rewritten { $0.metadata[key] = value }
            #expect(text.contains(part) && text.contains(file.path), "\(text)")
        }
        let zeros = try rewritten { contents in
            let state = contents.metadata["state"] ?? ""
            contents.metadata["state"] = state.replacing(/"generator":\[[0-9,]*\]/, with: "\"generator\":[0,0,0,0]")
        }
        #expect(zeros.contains("its state cannot be"), "\(zeros)")
        let batch = try rewritten { contents in
            let configuration = contents.metadata["configuration"] ?? ""
            contents.metadata["configuration"] = configuration.replacing("\"batchSize\":3", with: "\"batchSize\":0")
        }
        #expect(batch.contains("training.batchSize is 0"), "\(batch)")
    }

    @Test func otherFilesAreNoCheckpoints() throws {
        try Safetensors.write(
            [SafetensorsEntry(name: "a", shape: [1], values: [Float(1)])], metadata: [:], to: file)
        let text = message { _ = try Checkpoint.read(from: file) }
        #expect(text.contains(file.path) && text.contains("not a checkpoint"), "\(text)")
        try Data("any text that is long enough".utf8).write(to: file)
        #expect(message { _ = try Checkpoint.read(from: file) }.contains("not a safetensors file"))
    }
}
