// The parameters of a trained network by their names: from a checkpoint, or from a file with nothing else in it.

import Foundation
import NeuralMemory
import NeuralMemoryTasks

/// A file of parameters that cannot be used.
public struct TransferError: Error, CustomStringConvertible, Equatable {
    /// The path as it was given.
    public let file: String
    /// What is wrong and what to do instead, as a whole sentence without a full stop.
    public let reason: String

    init(_ file: URL, _ reason: String) {
        self.file = file.path
        self.reason = reason
    }

    public var description: String { "\(file.shownPath): \(reason)" }
}

/// The parameters of a trained network, by name.
public struct TrainedParameters: Sendable {
    /// Where they were read from.
    public let file: URL
    /// The step of the checkpoint; `nil` where that is not known.
    public let step: Int?
    /// That of the run which trained them, with what is known of its data.
    public let configuration: RunConfiguration
    /// In the order of the network.
    let entries: [SafetensorsEntry]

    /// `format` of a file of parameters alone.
    private static let format = "neuralmemory-parameters-1"

    /// Reads the parameters with which evaluations use a trained network.
    ///
    /// Throws `FileError`, `SafetensorsError`, `CheckpointError` or `TransferError`.
    ///
    /// - Parameters:
    ///   - path: a run's folder, whose best checkpoint is taken, or else the latest; a checkpoint; or a file that
    ///     `safetensors` was written to.
    ///   - registry: the kinds that its configuration may name.
    public init(at path: String, registry: Registry = .standard) throws {
        let file = try RunDirectory.locateCheckpoint(path)
        guard try Safetensors.metadata(of: file)["format"] != Self.format else {
            try self.init(exported: file, registry)
            return
        }
        let checkpoint = try Checkpoint.read(from: file, registry: registry)
        let parameters = try checkpoint.makeNetwork().parameters
        self.init(
            file: file, step: checkpoint.state.step, configuration: checkpoint.configuration,
            entries: try parameters.layout.parameters.map {
                SafetensorsEntry(name: $0.name, shape: $0.shape, values: try parameters.values(of: $0))
            })
    }

    private init(file: URL, step: Int?, configuration: RunConfiguration, entries: [SafetensorsEntry]) {
        self.file = file
        self.step = step
        self.configuration = configuration
        self.entries = entries
    }

    private init(exported file: URL, _ registry: Registry) throws {
        let metadata = try Safetensors.metadata(of: file)
        let configuration: RunConfiguration
        do {
            configuration = try RunConfiguration(
                stored: JSON(parsing: metadata["configuration"] ?? ""), registry: registry)
            try configuration.validate()
        } catch {
            throw TransferError(file, "its configuration cannot be read: \("\(error)".shown(atMost: 200))")
        }
        try self.init(file, of: configuration, step: metadata["step"].flatMap { Int($0) })
    }

    /// Reads a file of parameters alone, under their plain names, as another program may have changed and written them.
    ///
    /// What else stands among the file's metadata counts for nothing. Throws `FileError`, `SafetensorsError`, or
    /// `TransferError` unless the file has exactly the parameters of the configuration's network, each with its shape,
    /// as F32 and finite.
    ///
    /// - Parameters:
    ///   - file: a safetensors file.
    ///   - configuration: of the network whose parameters these are.
    ///   - step: which they are of, where that is known.
    public init(_ file: URL, of configuration: RunConfiguration, step: Int? = nil) throws {
        let contents = try Safetensors.read(from: file)
        if contents.metadata["format"] == Checkpoint.format {
            throw TransferError(
                file, "this is a checkpoint, not a file of parameters alone; trainer train --from takes checkpoints")
        }
        var found = Dictionary(contents.entries.map { ($0.name, $0) }) { first, _ in first }
        let layout = try NetworkModel(configuration.network, signature: configuration.task.signature).layout
        var entries: [SafetensorsEntry] = []
        for parameter in layout.parameters {
            guard let entry = found.removeValue(forKey: parameter.name) else {
                throw TransferError(
                    file, "\(parameter.name) is missing; this network needs it with shape \(parameter.shape)")
            }
            guard entry.shape == parameter.shape else {
                throw TransferError(
                    file, "\(parameter.name) has shape \(entry.shownShape); this network needs \(parameter.shape)")
            }
            guard entry.dtype == .float32 else {
                throw TransferError(file, "\(parameter.name) has dtype \(entry.dtype.rawValue); it must be F32")
            }
            guard !entry.hasNonFinite else {
                throw TransferError(
                    file,
                    "\(parameter.name) holds a number that is not finite (NaN or infinite); the training that "
                        + "wrote it has diverged")
            }
            entries.append(entry)
        }
        guard found.isEmpty else { throw TransferError(file, "this network has no \(found.keys.sorted().listed())") }
        self.init(file: file, step: step, configuration: configuration, entries: entries)
    }

    /// The file of parameters alone: an array for each, under its plain name, and as texts what the network is.
    ///
    /// docs/CHECKPOINT.md describes the texts.
    public var safetensors: Safetensors {
        get throws {
            var metadata = try BatchDump.metadata(configuration.task.signature, configuration)
            metadata["format"] = Self.format
            metadata["task"] = configuration.task.kind
            metadata["step"] = step.map { "\($0)" }
            if let names = configuration.task.names {
                metadata["input_names"] = JSON.array(names.inputs.map { .text($0) }).text
                metadata["output_names"] = JSON.array(names.outputs.map { .text($0) }).text
            }
            return Safetensors(entries, metadata: metadata)
        }
    }
}

extension SafetensorsEntry {
    /// As messages show it: of many sizes no more than the first.
    var shownShape: String { "[\(shape.map(String.init).listed(atMost: 100))]" }
}
