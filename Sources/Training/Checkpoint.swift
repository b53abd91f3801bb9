// A run at one moment, as one safetensors file: enough to go on bit for bit. docs/CHECKPOINT.md describes the file.

import Foundation
import NeuralMemory

/// A file that is safetensors, and yet not a checkpoint that can be used.
public struct CheckpointError: Error, CustomStringConvertible, Equatable {
    public let file: String
    /// What is wrong, as a whole sentence without a full stop.
    public let reason: String

    public var description: String { "\(file): \(reason)" }
}

/// Configuration, state, parameters and optimiser of a run.
public struct Checkpoint: Sendable {
    public let configuration: RunConfiguration
    public let state: TrainingState
    private let optimizer: OptimizerState
    /// `param/NAME` for each parameter and `optimizer/STATE/NAME` for each state of the optimiser.
    private let arrays: [String: SafetensorsEntry]
    /// What messages call it.
    private let source: String

    /// The version of the layout; a reader refuses others.
    static let format = "neuralmemory-checkpoint-1"

    /// Copies a trainer's present state.
    public init(_ trainer: Trainer) {
        configuration = trainer.configuration
        state = trainer.state
        optimizer = OptimizerState(updates: trainer.optimizer.updates)
        arrays = Dictionary(
            uniqueKeysWithValues: trainer.namedSlices.map { named in
                let values = Array(UnsafeBufferPointer(start: named.pointer, count: named.slice.count))
                return (named.name, SafetensorsEntry(name: named.name, shape: named.slice.shape, values: values))
            })
        source = "this run"
    }

    // MARK: Files

    /// Writes a checkpoint, as a whole or not at all. Throws `FileError`.
    public func write(to file: URL) throws {
        var contents = Safetensors(arrays.values.sorted { $0.name < $1.name })
        contents.metadata = [
            "format": Self.format,
            "configuration": try Self.json(configuration),
            "state": try Self.json(state),
            "optimizer": try Self.json(optimizer)
        ]
        contents.metadata["checksum"] = contents.checksum
        try Safetensors.write(contents.entries, metadata: contents.metadata, to: file)
    }

    /// Reads a checkpoint and checks everything but that its arrays are those of its network, which `makeTrainer` and
    /// `makeNetwork` do. Throws `FileError`, `SafetensorsError` or `CheckpointError`.
    public static func read(from file: URL) throws -> Checkpoint {
        let contents = try Safetensors.read(from: file)
        func fail(_ reason: String) -> CheckpointError { CheckpointError(file: file.path, reason: reason) }
        guard let format = contents.metadata["format"] else {
            throw fail("this is a safetensors file, but not a checkpoint: its metadata have no format")
        }
        guard format == Self.format else {
            throw fail("this is of format \(format); this program reads \(Self.format)")
        }
        guard contents.metadata["checksum"] == contents.checksum else {
            throw fail("this is damaged: its checksum is not that of its contents")
        }
        func decode<Value: Decodable>(_ type: Value.Type, _ name: String) throws -> Value {
            guard let text = contents.metadata[name] else {
                throw fail("this is damaged: its metadata have no \(name)")
            }
            do {
                return try JSONDecoder().decode(type, from: Data(text.utf8))
            } catch let error as DecodingError {
                throw fail("its \(name) cannot be read: \(error.reason)")
            } catch let error as any SettingFault {
                throw fail("its \(name) cannot be read: \(error)")
            }
        }
        let configuration = try decode(RunConfiguration.self, "configuration")
        let state = try decode(TrainingState.self, "state")
        // Files of earlier versions have no count of their own; they took each step for an update.
        let optimizer =
            contents.metadata["optimizer"] == nil
            ? OptimizerState(updates: state.step) : try decode(OptimizerState.self, "optimizer")
        do {
            try configuration.validate()
        } catch {
            throw fail("its configuration cannot be used: \(error)")
        }
        guard state.isUsable(with: configuration) else { throw fail("its state cannot be that of a run") }
        guard 0...state.step ~= optimizer.updates else {
            throw fail("its optimizer has made \(optimizer.updates) updates in \(state.step) steps, which cannot be")
        }
        return Checkpoint(configuration, state, optimizer, contents.entries, source: file.path)
    }

    private init(
        _ configuration: RunConfiguration, _ state: TrainingState, _ optimizer: OptimizerState,
        _ entries: [SafetensorsEntry], source: String
    ) {
        self.configuration = configuration
        self.state = state
        self.optimizer = optimizer
        arrays = Dictionary(entries.map { ($0.name, $0) }) { first, _ in first }
        self.source = source
    }

    private static func json(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    // MARK: Going on

    /// A trainer that goes on where the checkpoint was made. A configuration may be given that differs in what does not
    /// change the arrays: steps, evaluation, criterion. Throws `ConfigurationError`, or `CheckpointError` that names
    /// the arrays that are missing, not expected or of another shape.
    public func makeTrainer(_ changed: RunConfiguration? = nil) throws -> Trainer {
        let trainer = try Trainer(changed ?? configuration)
        try restore(trainer.namedSlices, among: arrays)
        trainer.state = state
        trainer.optimizer.updates = optimizer.updates
        return trainer
    }

    /// The network alone, without the optimiser. A configuration may be given that differs in what does not change the
    /// parameters. Throws as `makeTrainer` does.
    public func makeNetwork(_ changed: RunConfiguration? = nil) throws -> Network {
        let configuration = changed ?? configuration
        let network = try Network(
            configuration.network, signature: configuration.task.signature, seed: configuration.training.seed)
        try restore(network.parameters.namedSlices, among: arrays.filter { $0.key.hasPrefix("param/") })
        return network
    }

    private func restore(_ slices: [NamedSlice], among arrays: [String: SafetensorsEntry]) throws {
        func fail(_ reason: String) -> CheckpointError { CheckpointError(file: source, reason: reason) }
        var left = arrays
        for named in slices {
            guard let entry = left.removeValue(forKey: named.name) else {
                throw fail("\(named.name) is missing; this network needs it with shape \(named.slice.shape)")
            }
            guard entry.shape == named.slice.shape else {
                throw fail("\(named.name) has shape \(entry.shape); this network needs \(named.slice.shape)")
            }
            guard let values = entry.floats else {
                throw fail("\(named.name) has dtype \(entry.dtype.rawValue); it must be F32")
            }
            guard values.allSatisfy(\.isFinite) else {
                throw fail("\(named.name) holds a number that is not finite; take an earlier checkpoint")
            }
            named.pointer.update(from: values, count: values.count)
        }
        guard left.isEmpty else {
            throw fail("this network has no " + left.keys.sorted().joined(separator: ", "))
        }
    }
}

/// What an optimiser knows besides its arrays.
private struct OptimizerState: Codable {
    let updates: Int
}

/// One array of a checkpoint, and where its numbers live in a trainer.
struct NamedSlice {
    let name: String
    let slice: Parameters.Slice
    let pointer: UnsafeMutablePointer<Float>
}

extension Parameters {
    /// `param/NAME` for each parameter.
    var namedSlices: [NamedSlice] {
        slices.map { NamedSlice(name: "param/\($0.name)", slice: $0, pointer: values.pointer + $0.offset) }
    }
}

extension Trainer {
    /// Parameters, and the same arrays of each of the optimiser's states.
    fileprivate var namedSlices: [NamedSlice] {
        let parameters = network.parameters
        let states = optimizer.state.flatMap { state in
            parameters.slices.map {
                NamedSlice(
                    name: "optimizer/\(state.name)/\($0.name)", slice: $0, pointer: state.values.pointer + $0.offset)
            }
        }
        return parameters.namedSlices + states
    }
}

extension TrainingState {
    /// Whether these numbers can have come from a run; a hand-made file may hold anything.
    fileprivate func isUsable(with configuration: RunConfiguration) -> Bool {
        let counts =
            [step, sequences, solvedEvaluations, evaluationsSinceBest, skipped, skippedInARow]
            + (interval.map { [$0.outputs, $0.sequences] } ?? [])
        return counts.allSatisfy { $0 >= 0 } && RandomGenerator(state: generator) != nil
            && configuration.task.lengths.contains(curriculum.longest) && seconds >= 0
    }
}

extension Safetensors {
    /// 64-bit FNV-1a, as 16 hexadecimal digits, over metadata (without the checksum) and arrays, each in alphabetical
    /// order of their names. It does not depend on how a file is laid out.
    public var checksum: String {
        var hash = FNV1a()
        for (key, value) in metadata.sorted(by: { $0.key < $1.key }) where key != "checksum" {
            hash.add(Data("\(key)=\(value)\n".utf8))
        }
        for entry in entries.sorted(by: { $0.name < $1.name }) {
            hash.add(Data("\(entry.name) \(entry.dtype.rawValue) \(entry.shape)\n".utf8))
            hash.add(entry.data)
        }
        return hash.digits
    }
}
