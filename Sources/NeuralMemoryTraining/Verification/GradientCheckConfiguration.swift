// What a gradient check runs on unless told otherwise: networks so small that checking one takes a second.

import Foundation
import NeuralMemory
import NeuralMemoryTasks

extension GradientCheck {
    /// Sizes of a small network.
    ///
    /// What a kind of task, memory or controller does not have is left out. Weights are large: a small network with
    /// small ones barely hears its memory, and its gradients are lost in rounding.
    private static let smallSettings = [
        ("task.symbols", "5"), ("task.length", "8"), ("network.input.embeddingSize", "6"),
        ("network.controller.units", "12"),
        ("network.memory.width", "8"),
        ("network.memory.rows", "6"), ("network.memory.columns", "5"),
        ("network.memory.initialMemory", "learned"), ("network.memory.initialReads", "learned"),
        ("network.weights.scale", "2")
    ]

    /// Further settings of a small network with a memory of this kind.
    ///
    /// Where a sparse memory chooses rows, the loss jumps: it reads all rows, and all that it reads was accessed. Short
    /// keys are sharp bends of their cosines, and of few columns they are often short. The DNC's allocation jumps where
    /// two rows change places in the order of usage, so it has few rows.
    private static let smallMemories = [
        DNC.kind: [("network.memory.rows", "3"), ("network.memory.readHeads", "2")],
        SparseMemory.kind: [
            ("network.memory.neighbors", "6"), ("network.memory.accessThreshold", "0"), ("network.memory.columns", "16")
        ]
    ]

    /// The configuration to check: a preset or a file with settings on top, or else a small network of the kinds that
    /// the settings choose.
    ///
    /// Throws as `RunConfiguration.resolve` does.
    public static func configuration(
        preset: String? = nil, file: URL? = nil, overrides: [SettingOverride] = [], registry: Registry = .standard
    ) throws -> RunConfiguration {
        guard preset == nil, file == nil else {
            return try RunConfiguration.resolve(
                preset: preset, file: file, overrides: overrides, registry: registry)
        }
        let kinds = try RunConfiguration(registry).applying(overrides.filter { $0.path.hasSuffix(".kind") })
        let small =
            smallSettings + smallMemories[kinds.network.memory.kind, default: []] + shortLengths(of: kinds.task) + [
                ("network.output.source", type(of: kinds.network.memory).usualOutputSource.rawValue)
            ]
        let tree = ConfigurationTree(kinds)
        return try kinds.applying(
            small.filter { tree.setting(at: $0.0) != nil }
                .map { SettingOverride(path: $0, value: $1, option: $0) } + overrides)
    }

    /// Throws where the backward pass leaves out a part of the gradient on purpose: it cannot be the loss's slope.
    public static func requireWholeGradients(_ network: NetworkConfiguration) throws {
        if network.memory is SparseDNC {
            throw ConfigurationError(
                field: "network.memory.kind", value: SparseDNC.kind,
                allowed: "another memory for a gradient check, such as \(SparseMemory.kind), which is the same without "
                    + "links: links get no gradient, so what remains is not the slope of the loss")
        }
        guard let memory = network.memory as? DNC, memory.stopsUsageGradient else { return }
        throw ConfigurationError(
            field: "network.memory.stopsUsageGradient", value: true,
            allowed:
                "false for a gradient check: with it a part of the gradient is left out, so what remains is not the "
                + "slope of the loss")
    }

    private static func shortLengths(of task: any SequenceTask) -> [(String, String)] {
        guard task.drawsSequences else { return [] }
        let shortest = task.shortestLength
        return [("task.minimumLength", "\(shortest)"), ("task.maximumLength", "\(shortest + 5)")]
    }

    /// Lengths to check at: the task's shortest, and a few more; all that it has, where there are none of these.
    public static func lengths(of task: any SequenceTask) -> ClosedRange<Int> {
        let shortest = task.lengths.lowerBound
        let short = shortest...min(task.lengths.upperBound, max(6, shortest + 1))
        return (try? task.requireLengths(short, "task.minimumLength")) == nil ? task.lengths : short
    }
}
