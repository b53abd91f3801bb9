// A run at one moment, as one safetensors file: enough to go on bit for bit. docs/CHECKPOINT.md describes the file.

import Foundation
import NeuralMemory
import NeuralMemoryTasks

/// A file that is safetensors, and yet not a checkpoint that can be used.
public struct CheckpointError: Error, CustomStringConvertible, Equatable {
    /// The path as it was given.
    public let file: String
    /// What is wrong, as a whole sentence without a full stop.
    public let reason: String

    public var description: String { "\(file.shownPath): \(reason)" }
}

/// Configuration, state, parameters and optimiser of a run.
public struct Checkpoint: Sendable {
    /// What the run was begun with, and what is known of its data.
    public let configuration: RunConfiguration
    /// How far it has got.
    public let state: TrainingState
    let optimizer: OptimizerState
    /// `param/NAME` for each parameter and `optimizer/STATE/NAME` for each state of the optimiser; with
    /// `training.averaging` also `average/NAME`, and with `training.carry` `carried/SEQUENCE/NAME`.
    let arrays: [String: SafetensorsEntry]
    /// What messages call it.
    let source: String

    /// Copies a trainer's present state.
    public init(_ trainer: Trainer) {
        configuration = trainer.configuration
        state = trainer.state
        optimizer = OptimizerState(updates: trainer.optimizer.updates, schedule: trainer.optimizer.scheduleState)
        let slices = trainer.namedSlices.map { named in
            let values = Array(UnsafeBufferPointer(start: named.pointer, count: named.slice.count))
            return SafetensorsEntry(name: named.name, shape: named.slice.shape, values: values)
        }
        let entries = slices + CarriedArrays.entries(of: trainer.carried)
        arrays = Dictionary(uniqueKeysWithValues: entries.map { ($0.name, $0) })
        source = "this run"
    }

    // MARK: Files

    /// Writes a checkpoint, as a whole or not at all.
    ///
    /// Throws `FileError`.
    public func write(to file: URL) throws {
        let contents = try contents()
        try Safetensors.write(contents.entries, metadata: contents.metadata, to: file)
    }

    /// The bytes of its file.
    public func bytes() throws -> Data {
        let contents = try contents()
        return try Safetensors.encoded(contents.entries, metadata: contents.metadata)
    }

    private func contents() throws -> Safetensors {
        var contents = Safetensors(arrays.values.sorted { $0.name < $1.name })
        contents.metadata = [
            "format": Self.format,
            "version": "\(Self.version)",
            "configuration": try JSON.text(encoding: configuration),
            "state": try JSON.text(encoding: state),
            "optimizer": try JSON.text(encoding: optimizer)
        ]
        contents.metadata["checksum"] = contents.checksum
        return contents
    }

    /// Gives a checkpoint's file that another program has changed the checksum of what it holds now.
    ///
    /// All but the checksum is checked first, as in reading the file and going on from it; a file that is refused, or
    /// has its checksum already, stays as it is. Throws `FileError`, `SafetensorsError` or `CheckpointError`.
    ///
    /// - Parameters:
    ///   - file: is replaced as a whole or not at all.
    ///   - registry: the kinds that its configuration may name.
    /// - Returns: whether the file was changed.
    public static func seal(_ file: URL, registry: Registry = .standard) throws -> Bool {
        let found = try Safetensors.read(from: file)
        var contents = found
        contents.metadata["checksum"] = contents.checksum
        let checkpoint = try Checkpoint(contents, source: file.path, registry)
        try checkpoint.requireArrays(of: checkpoint.configuration)
        if contents == found { return false }
        try Safetensors.write(contents.entries, metadata: contents.metadata, to: file)
        return true
    }

    init(
        _ configuration: RunConfiguration, _ state: TrainingState, _ optimizer: OptimizerState,
        _ entries: [SafetensorsEntry], source: String
    ) {
        self.configuration = configuration
        self.state = state
        self.optimizer = optimizer
        arrays = Dictionary(entries.map { ($0.name, $0) }) { first, _ in first }
        self.source = source
    }

    // MARK: Going on

    /// A trainer that goes on where the checkpoint was made.
    ///
    /// A configuration may be given that differs in what does not change the arrays: steps, evaluation, criterion.
    /// Throws `ConfigurationError`, or `CheckpointError` that names the arrays that are missing, not expected or of
    /// another shape.
    public func makeTrainer(_ changed: RunConfiguration? = nil) throws -> Trainer {
        let configuration = changed ?? configuration
        try requireArrays(of: configuration)
        let trainer = try Trainer(configuration)
        restore(trainer.namedSlices)
        trainer.state = state
        if configuration.training.evaluation.metric != self.configuration.training.evaluation.metric {
            trainer.state.bestCost = nil
            trainer.state.evaluationsSinceBest = 0
        }
        if configuration.training.carry { trainer.carried = try carried(for: trainer.network) }
        trainer.optimizer.updates = optimizer.updates
        trainer.optimizer.scheduleState = optimizer.schedule
        return trainer
    }

    /// The network alone, without the optimiser, as evaluations use it: with averaged parameters where there are such.
    ///
    /// A configuration may be given that differs in what does not change the parameters. Throws as `makeTrainer` does.
    public func makeNetwork(_ changed: RunConfiguration? = nil) throws -> Network {
        let configuration = changed ?? configuration
        let kind = self.configuration.training.averaging > 0 ? "average" : "param"
        try requireArrays(
            arrays.filter { $0.key.hasPrefix("\(kind)/") },
            are: try configuration.parameterShapes().map { ("\(kind)/\($0.name)", $0.shape) })
        let network = try Network(
            configuration.network, signature: configuration.task.signature, seed: configuration.training.seed)
        restore(network.parameters.namedSlices(kind))
        return network
    }

    /// Throws `CheckpointError` unless the arrays are those of this network and its optimiser.
    private func requireArrays(of configuration: RunConfiguration) throws {
        let states = type(of: configuration.training.optimizer).stateNames
        let parameters = try configuration.parameterShapes()
        let average = configuration.training.averaging > 0 ? ["average"] : []
        try requireArrays(
            configuration.training.carry ? arrays.filter { !$0.key.hasPrefix(CarriedArrays.prefix) } : arrays,
            are: (["param"] + average + states.map { "optimizer/\($0)" }).flatMap { kind in
                parameters.map { ("\(kind)/\($0.name)", $0.shape) }
            })
    }

    /// Throws `CheckpointError` unless the arrays are these, before memory is taken for a network of them.
    private func requireArrays(
        _ arrays: [String: SafetensorsEntry], are expected: [(name: String, shape: [Int])]
    ) throws {
        func fail(_ reason: String) -> CheckpointError { CheckpointError(file: source, reason: reason) }
        var left = arrays
        for (name, shape) in expected {
            guard let entry = left.removeValue(forKey: name) else {
                throw fail("\(name) is missing; this network needs it with shape \(shape)")
            }
            guard entry.shape == shape else {
                let found = entry.shape.map(String.init).listed(atMost: 100)
                throw fail("\(name) has shape [\(found)]; this network needs \(shape)")
            }
            guard entry.dtype == .float32 else {
                throw fail("\(name) has dtype \(entry.dtype.rawValue); it must be F32")
            }
        }
        guard left.isEmpty else { throw fail("this network has no \(left.keys.sorted().listed())") }
    }

    private func restore(_ slices: [NamedSlice]) {
        for named in slices {
            guard let values = arrays[named.name]?.floats, values.count == named.slice.count else {
                preconditionFailure("names and shapes were compared before")
            }
            named.pointer.update(from: values, count: values.count)
        }
    }
}

/// What an optimiser knows besides its arrays.
struct OptimizerState: Codable {
    let updates: Int
    /// What its schedule keeps, by name.
    var schedule: [String: Double] = [:]
}

/// One array of a checkpoint, and where its numbers live in a trainer.
struct NamedSlice {
    let name: String
    let slice: Parameter
    let pointer: UnsafeMutablePointer<Float>
}

extension ParameterBuffer {
    /// Each parameter's numbers, as PREFIX/NAME.
    func namedSlices(_ prefix: String) -> [NamedSlice] {
        layout.parameters.map { NamedSlice(name: "\(prefix)/\($0.name)", slice: $0, pointer: self[$0]) }
    }
}

extension Trainer {
    /// Parameters, their average, and the same arrays of each of the optimiser's states.
    fileprivate var namedSlices: [NamedSlice] {
        network.parameters.namedSlices("param") + (average?.values.namedSlices("average") ?? [])
            + optimizer.state.flatMap { $0.values.namedSlices("optimizer/\($0.name)") }
    }
}

extension RunConfiguration {
    /// Names and shapes of the network's parameters, in their order.
    fileprivate func parameterShapes() throws -> [Parameter] {
        try NetworkModel(network, signature: task.signature).layout.parameters
    }
}

extension Safetensors {
    /// 64-bit FNV-1a, as 16 hexadecimal digits, over metadata (without the checksum) and arrays, each in alphabetical
    /// order of their names.
    ///
    /// It does not depend on how a file is laid out.
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
