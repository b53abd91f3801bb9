// ParameterFileTests.swift: parameters written for other programs, and read back.

import Foundation
import NeuralMemory
import NeuralMemoryTasks
import TestSupport
import Testing

import NeuralMemoryTraining

@Suite struct ParameterFileTests {
    private let folder: TemporaryFolder
    private let source: TrainedParameters
    private let configuration: RunConfiguration
    private var file: URL { folder.file("parameters.safetensors") }

    init() throws {
        folder = try TemporaryFolder()
        configuration = smallConfiguration()
        _ = try TrainingRun.start(configuration, at: folder.file("run")).run()
        source = try TrainedParameters(at: folder.file("run").path)
        try write(source.safetensors)
    }

    private func write(_ contents: Safetensors) throws {
        try Safetensors.write(contents.entries, metadata: contents.metadata, to: file)
    }

    private func imported() throws -> TrainedParameters { try TrainedParameters(file, of: configuration) }

    @Test func thereAndBackToTheBit() throws {
        let transfer = ParameterTransfer(from: try imported())
        let run = try TrainingRun.start(configuration, at: folder.file("imported"), from: transfer)
        let best = try Checkpoint.read(from: RunDirectory.locateCheckpoint(folder.file("run").path)).makeNetwork()
        let bits = { (network: Network) in network.parameters.floats.map(\.bitPattern) }
        #expect(bits(run.trainer.network) == bits(best))
        // From the file it was saved to.
        let saved = try TrainedParameters(at: folder.file("imported").path)
        #expect(try saved.safetensors.entries == source.safetensors.entries)
        #expect(saved.step == 0)
    }

    @Test func theTextsSayWhatTheNetworkIs() throws {
        let metadata = try Safetensors.read(from: file).metadata
        #expect(metadata["format"] == "neuralmemory-parameters-1" && metadata["task"] == "reversal")
        #expect(metadata["inputs"] == "symbols 6" && metadata["outputs"] == "symbols 5")
        #expect(metadata["input_names"] == #"["<s>", "|||", "a", "b", "c", "d"]"#)
        #expect(metadata["output_names"] == #"["</s>", "a", "b", "c", "d"]"#)
        #expect(metadata["configuration"]?.contains(#""embeddingSize":4"#) == true)
        // It has its own configuration, so a run can start from it.
        let read = try TrainedParameters(at: file.path)
        #expect(read.step == source.step && read.configuration.network.controller.kind == "rnn")
    }

    /// Names and both shapes, and what else is wrong.
    @Test(arguments: [
        ("another shape", "output.weight has shape [8, 4]; this network needs [8, 5]"),
        ("missing", "output.weight is missing; this network needs it with shape [8, 5]"),
        ("other numbers", "output.weight has dtype F64; it must be F32"),
        ("not a number", "output.weight holds a number that is not finite"),
        ("another name", "this network has no more"),
        ("a checkpoint", "this is a checkpoint, not a file of parameters alone")
    ])
    func whatCannotBeUsedIsRefused(_ change: String, _ message: String) throws {
        var contents = try source.safetensors
        let index = try #require(contents.entries.firstIndex { $0.name == "output.weight" })
        let zeros = [Float](repeating: 0, count: 40)
        switch change {
        case "another shape":
            contents.entries[index] = SafetensorsEntry(
                name: "output.weight", shape: [8, 4], values: Array(zeros.prefix(32)))
        case "missing": contents.entries.remove(at: index)
        case "other numbers":
            contents.entries[index] = SafetensorsEntry(
                name: "output.weight", dtype: .float64, shape: [8, 5], data: Data(count: 320))
        case "not a number":
            contents.entries[index] = SafetensorsEntry(
                name: "output.weight", shape: [8, 5], values: zeros.dropLast() + [.nan])
        case "another name": contents.entries.append(SafetensorsEntry(name: "more", shape: [40], values: zeros))
        default: contents = try Safetensors.read(from: folder.file("run/checkpoints/best.safetensors"))
        }
        try write(contents)
        let error = try #require(throws: TransferError.self) { try imported() }
        #expect(error.file == file.path && error.reason.contains(message), "\(error)")
    }

    @Test func whatIsNoSafetensorsIsRefused() throws {
        try Data("not a file of numbers".utf8).write(to: file)
        #expect(throws: SafetensorsError.self) { try imported() }
        #expect(throws: SafetensorsError.self) { try TrainedParameters(at: file.path) }
    }

    @Test func aConfigurationThatCannotBeReadIsRefused() throws {
        var contents = try source.safetensors
        contents.metadata["configuration"] = "{\"task\": 3}"
        try write(contents)
        let error = try #require(throws: TransferError.self) { try TrainedParameters(at: file.path) }
        #expect(error.reason.hasPrefix("its configuration cannot be read"), "\(error)")
    }

    // MARK: PyTorch

    @Test func theFolderForPyTorch() throws {
        let url = folder.file("pytorch")
        try PyTorchExport.write(source, to: url)
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: url.path).sorted() == [
                "model.py", "parameters.safetensors"
            ])
        let module = try String(contentsOf: url.appendingPathComponent("model.py"), encoding: .utf8)
        // All kinds that there are.
        for kind in Registry.standard.memories.names + Registry.standard.controllers.names {
            #expect(module.contains("\"\(kind)\""), "\(kind)")
        }
        let written = try Safetensors.read(from: url.appendingPathComponent("parameters.safetensors"))
        #expect(try written.entries.count == source.safetensors.entries.count)
        #expect(throws: FileError.self) { try PyTorchExport.write(source, to: url) }
    }
}
