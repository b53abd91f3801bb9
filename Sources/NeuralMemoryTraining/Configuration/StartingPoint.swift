// What a command starts from that names neither a preset nor a file: a preset whose settings are known to learn the
// task with the memory. The settings themselves stand in the presets alone; kinds are named as in configuration files.

import Foundation
import NeuralMemory
import NeuralMemoryTasks

/// A preset to start from.
public struct StartingPoint: Sendable, Equatable {
    /// The preset's name.
    public let preset: String
    /// The kind of its task.
    public let task: String
    /// The kind of its memory.
    public let memory: String
    /// Controllers beside the preset's own that are known to learn from here.
    public let controllers: [String]
    /// A preset for the same task and memory with longer sequences.
    public let larger: String?

    private init(
        _ task: String, _ memory: String, _ preset: String, controllers: [String] = [], larger: String? = nil
    ) {
        self.preset = preset
        self.task = task
        self.memory = memory
        self.controllers = controllers
        self.larger = larger
    }

    /// All of them.
    ///
    /// Of a task, the first is that of the memory which suits it best; of a memory, that of the task.
    public static let all = [
        StartingPoint(
            "reversal", "stack", "fast/reversal-stack", larger: "large/reversal-stack"),
        StartingPoint("reversal", "deque", "fast/reversal-deque", larger: "large/reversal-deque"),
        StartingPoint("reversal", "none", "fast/reversal-lstm"),
        StartingPoint(
            "copy", "queue", "fast/copy-queue", controllers: ["lstm"], larger: "large/copy-queue"),
        StartingPoint("copy", "deque", "fast/copy-deque", larger: "large/copy-deque"),
        StartingPoint("copy", "none", "fast/copy-lstm"),
        StartingPoint(
            "bigram-flip", "queue", "fast/bigram-flip-queue", larger: "large/bigram-flip-queue"),
        StartingPoint("grammar", "queue", "fast/grammar-queue", larger: "large/svo-sov-queue"),
        StartingPoint("copy-bits", "ntm", "fast/copy-ntm", controllers: ["feedforward"]),
        StartingPoint("copy-bits", "dnc", "fast/copy-dnc"),
        StartingPoint("copy-bits", "sam", "fast/copy-sam"),
        StartingPoint("copy-bits", "sdnc", "fast/copy-sdnc"),
        StartingPoint("copy-bits", "none", "fast/copy-bits-lstm"),
        StartingPoint("repeat-copy", "ntm", "fast/repeat-copy-ntm"),
        StartingPoint("repeat-copy", "dnc", "fast/repeat-copy-dnc"),
        StartingPoint("repeat-copy", "none", "fast/repeat-copy-lstm"),
        StartingPoint("associative-recall", "ntm", "fast/associative-recall-ntm"),
        StartingPoint("associative-recall", "dnc", "fast/associative-recall-dnc"),
        StartingPoint("associative-recall", "sam", "fast/associative-recall-sam"),
        StartingPoint("associative-recall", "none", "fast/associative-recall-lstm"),
        StartingPoint("n-grams", "ntm", "fast/n-grams-ntm"),
        StartingPoint("n-grams", "none", "fast/n-grams-lstm"),
        StartingPoint("priority-sort", "ntm", "fast/priority-sort-ntm"),
        StartingPoint("priority-sort", "none", "fast/priority-sort-lstm"),
        StartingPoint("allocation", "dnc", "fast/allocation-dnc"),
        StartingPoint("key-value", "dnc", "fast/key-value-dnc"),
        StartingPoint("graph-traversal", "dnc", "fast/graph-traversal-dnc"),
        StartingPoint("graph-traversal", "none", "fast/graph-traversal-lstm"),
        StartingPoint("shortest-path", "none", "fast/shortest-path-lstm"),
        StartingPoint("dyck", "stack", "fast/dyck-stack"),
        StartingPoint("dyck", "none", "fast/dyck-lstm"),
        StartingPoint("a-n-b-n", "stack", "fast/a-n-b-n-stack"),
        StartingPoint("pairs", "queue", "fast/pairs-queue"),
        StartingPoint("pairs", "stack", "fast/pairs-stack"),
        StartingPoint("sequences", "none", "fast/sequences-lstm"),
        StartingPoint("text", "none", "fast/text-lstm")
    ]

    /// The starting point for the task and the memory that settings choose.
    ///
    /// Where they choose one of the two, the other is the one that suits it; where nothing is known of both together,
    /// it is the task's.
    public init(choosing overrides: [SettingOverride]) {
        func chosen(_ path: String) -> String? { overrides.compactMap { $0.text(at: path) }.last }
        let (task, memory) = (chosen("task.kind"), chosen("network.memory.kind"))
        let ofTask = Self.all.filter { task == nil || $0.task == task }
        self = ofTask.first { memory == nil || $0.memory == memory } ?? ofTask.first ?? Self.all[0]
    }
}

extension RunConfiguration {
    /// As `resolve`, but that without a preset and a file a starting point takes the place of the defaults.
    ///
    /// Returns the configuration and its starting point, which is `nil` where there is a preset or a file.
    public static func resolveFromStart(
        preset: String? = nil, file: URL? = nil, overrides: [SettingOverride] = [], registry: Registry = .standard
    ) throws -> (configuration: RunConfiguration, start: StartingPoint?) {
        guard preset == nil, file == nil else {
            return (try resolve(preset: preset, file: file, overrides: overrides, registry: registry), nil)
        }
        let start = StartingPoint(choosing: overrides)
        return (try resolve(preset: start.preset, overrides: overrides, registry: registry), start)
    }
}
