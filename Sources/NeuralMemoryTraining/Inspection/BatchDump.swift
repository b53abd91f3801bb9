// One batch with everything that another framework needs to check a network's mathematics: what goes in, what comes
// out, and every gradient. The file's contents are described in docs/CHECKPOINT.md.

import Foundation
import NeuralMemory
import NeuralMemoryTasks

/// A batch, a network's outputs and loss for it, its parameters, and the loss's gradients.
public enum BatchDump {
    /// The version of the layout.
    static let format = "neuralmemory-dump-1"

    /// Draws one batch of the configuration's task, and collects what a network makes of it.
    ///
    /// The sequences are the first that an evaluation with this seed and length draws.
    ///
    /// - `batchSize`: B, at least 1.
    /// - `length`: of each sequence; the task says what it counts.
    /// - `seed`: decides the sequences.
    public static func collect(
        _ network: Network, _ configuration: RunConfiguration, batchSize: Int, length: Int, seed: UInt64
    ) throws -> Safetensors {
        let sequences = DrawnSequences(
            configuration.task, lengths: length...length, count: batchSize, seed: seed)
        return try collect(network, configuration, sequences.sample(batchSize).batch)
    }

    /// Runs the network on a batch forward and backward, and collects: `inputs`, `targets`, `mask`, `outputs` (before
    /// the last nonlinearity), `loss` (that is differentiated), and `param/NAME` and `grad/NAME` for each parameter.
    ///
    /// Arrays over steps are time-major, (T, B, …).
    ///
    /// - `places`: where the sequences stand, if they are of a user's data; kept among the metadata.
    public static func collect(
        _ network: Network, _ configuration: RunConfiguration, _ batch: Batch, from places: [DataPlace] = []
    ) throws -> Safetensors {
        let parameters = network.parameters
        let gradients = network.makeGradients()
        let episode = try network.forward(batch)
        var outputs: [Float] = []
        for step in 0..<batch.steps { outputs += try episode.outputs(step: step) }
        let result = episode.loss()
        let loss = result.report.objective
        try result.backward(into: gradients)

        var entries = batch.entries
        let shape = [batch.steps, batch.count, network.signature.outputs.size]
        entries.append(SafetensorsEntry(name: "outputs", shape: shape, values: outputs))
        entries.append(SafetensorsEntry(name: "loss", shape: [], values: [Float(loss)]))
        for slice in parameters.layout.parameters {
            let values = try parameters.values(of: slice)
            entries.append(SafetensorsEntry(name: "param/\(slice.name)", shape: slice.shape, values: values))
            entries.append(
                SafetensorsEntry(
                    name: "grad/\(slice.name)", shape: slice.shape, values: try gradients.values(of: slice)))
        }
        var metadata = try metadata(network.signature, configuration)
        if !places.isEmpty { metadata["data"] = try JSON(encoding: places).text }
        return Safetensors(entries, metadata: metadata)
    }

    /// Texts that say what a network is, and what goes into it and comes out.
    static func metadata(
        _ signature: Signature, _ configuration: RunConfiguration
    ) throws -> [String: String] {
        let inputs =
            switch signature.inputs {
            case .symbols(let count): "symbols \(count)"
            case .vectors(let size): "vectors \(size)"
            }
        let outputs =
            switch signature.outputs {
            case .symbols(let count): "symbols \(count)"
            case .bits(let count): "bits \(count)"
            case .choices(let count, let symbols): "choices \(count) of \(symbols)"
            case .numbers(let count): "numbers \(count)"
            }
        return [
            "format": format, "configuration": try JSON.text(encoding: configuration), "inputs": inputs,
            "outputs": outputs
        ]
    }
}

extension Batch {
    /// `inputs`, `targets` and `mask`.
    fileprivate var entries: [SafetensorsEntry] {
        let input =
            switch inputs {
            case .symbols(let ids): SafetensorsEntry(name: "inputs", shape: [steps, count], values: ids)
            case .vectors(let values):
                SafetensorsEntry(name: "inputs", shape: shape(of: values.count), values: values)
            }
        let target =
            switch targets {
            case .symbols(let ids): SafetensorsEntry(name: "targets", shape: [steps, count], values: ids)
            case .bits(let values), .numbers(let values):
                SafetensorsEntry(name: "targets", shape: shape(of: values.count), values: values)
            }
        return [input, target, SafetensorsEntry(name: "mask", shape: [steps, count], values: mask)]
    }

    private func shape(of total: Int) -> [Int] { [steps, count, total / (steps * count)] }
}
