// Files that belong to a network: its parameters alone, and the state of a stream.

import Foundation
import NeuralMemory
import NeuralMemoryTasks
import NeuralMemoryTraining

/// Small networks with each memory, that read and give symbols.
private func smallNetworks() throws -> [(RunConfiguration, Network)] {
    let memories: [any MemoryKind] = [
        NoMemory(), NeuralStack(width: 3), NeuralQueue(width: 2), NeuralDeque(width: 2),
        TuringMemory(rows: 4, columns: 3)
    ]
    return try memories.map { memory in
        var configuration = RunConfiguration()
        configuration.task = Reversal(symbols: 3, lengths: 1...4)
        configuration.network.controller = LSTM(units: 4)
        configuration.network.memory = memory
        configuration.network.input.embeddingSize = 3
        return (
            configuration,
            try Network(configuration.network, signature: configuration.task.signature, seed: 1)
        )
    }
}

private let words = ["0", "-1", "[", "]", "{", "}", ",", "\"", "\\u0000", "F32", "F64", "I32", "__metadata__", "shape"]

/// What `trainer import` may be given, through a file, as it is read.
struct ParametersSubject: Subject {
    let name = "parameters"
    private let file = ScratchFile()
    private let configurations: [RunConfiguration]
    private let mutator: SafetensorsMutator

    init() throws {
        let networks = try smallNetworks()
        configurations = networks.map(\.0)
        let texts = ["configuration": "{}", "format": "neuralmemory-parameters-1"]
        let files = try networks.map { _, network in
            let entries = try network.parameters.layout.parameters.map {
                SafetensorsEntry(name: $0.name, shape: $0.shape, values: try network.parameters.values(of: $0))
            }
            return try Safetensors.encoded(entries, metadata: texts)
        }
        mutator = try SafetensorsMutator(files, words: words + networks[1].1.parameters.layout.parameters.map(\.name))
    }

    func input(_ generator: RandomGenerator) throws -> Data { try mutator.input(generator) }

    /// As those of each network; the error is that of the first.
    func read(_ input: Data) throws {
        try file.write(input)
        var first: (any Error)?
        for configuration in configurations {
            do {
                let parameters = try TrainedParameters(file.url, of: configuration)
                _ = try ParameterTransfer(from: parameters).plan(for: configuration)
                return
            } catch {
                first = first ?? error
            }
        }
        if let first { throw first }
    }
}

/// What `trainer predict --state` may be given.
struct StreamStateSubject: Subject {
    let name = "state"
    private let networks: [Network]
    private let mutator: SafetensorsMutator

    init() throws {
        networks = try smallNetworks().map(\.1)
        let files = try networks.map { network in
            let episode = try InferenceEpisode(network)
            _ = try episode.advance(.symbols([0, 2, 3, 4, 1, 4, 3]), steps: 7)
            let contents = StreamState(episode, reader: "target").contents
            return try Safetensors.encoded(contents.entries, metadata: contents.metadata)
        }
        mutator = try SafetensorsMutator(
            files, words: words + ["neuralmemory-stream", "/strengths", "0/", "1/", "rows"])
    }

    func input(_ generator: RandomGenerator) throws -> Data { try mutator.input(generator) }

    /// What can be read goes on with one of the networks for some steps; the error is that of the last.
    func read(_ input: Data) throws {
        let state = try StreamState.read(input, source: "state.safetensors")
        guard state.snapshots.count < 100 else { return }
        var last: (any Error)?
        for network in networks {
            do {
                let episode = try state.makeEpisode(network)
                let steps = 70
                _ = try episode.advance(
                    .symbols((0..<steps * episode.batch).map { Int32($0 % 5) }), steps: steps)
                _ = StreamState(episode, after: state.steps).contents
                return
            } catch {
                last = error
            }
        }
        if let last { throw last }
    }
}
