// Checkpoints: the fixtures of the tests, changed.

import Foundation
import NeuralMemory
import NeuralMemoryTasks
import NeuralMemoryTraining

struct CheckpointSubject: Subject {
    let name = "checkpoint"
    private let mutator: SafetensorsMutator
    private static let words = [
        "\"", "\\", "\\u0000", "\\ud800", "{", "}", "[", "]", ",", ":", "null", "true", "{}", "[]", "\"kind\":\"ntm\"",
        "\"kind\":\"none\"", "\"kind\":\"pairs\"", "\"kind\":\"sequences\"", "\"facts\":{}", "\"scale\":{}",
        "\"step\":",
        "\"longest\":", "\"generator\":[0,0,0,0]", "\"rows\":1000000", "\"units\":1000000", "\"heads\":256",
        "\"maximumLength\":1048576", "\"interval\":{}", "1e400", "F32", "__metadata__", "data_offsets"
    ]

    init() throws { mutator = try SafetensorsMutator(Self.fixtures(), words: Self.words) }

    static func fixtures() throws -> [Data] {
        let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let fixtures = tests.appendingPathComponent("TrainingTests/Fixtures")
        let names = FileManager.default.enumerator(atPath: fixtures.path)?.compactMap { $0 as? String } ?? []
        let paths = names.filter { $0.hasSuffix(".safetensors") }.sorted()
        guard !paths.isEmpty else { throw FileError(fixtures, "there are no checkpoints here to begin with") }
        return try paths.map { try Data(contentsOf: fixtures.appendingPathComponent($0)) }
    }

    func input(_ generator: RandomGenerator) throws -> Data { try mutator.input(generator) }

    func read(_ input: Data) throws {
        let checkpoint = try Checkpoint.read(input, source: "latest.safetensors")
        let network = try checkpoint.makeNetwork()
        let task = checkpoint.configuration.task
        let length = task.lengths.lowerBound
        guard task.steps(length: length) * network.parameters.layout.count < 100_000, task.drawsSequences else {
            return
        }
        // Every third of those that can be used is used.
        guard input.count % 3 == 0 else { return }
        let lengths = length...max(length, task.shortestLength)
        guard (try? task.requireLengths(lengths, "length")) != nil else { return }
        _ = try Evaluation(task: task, seed: 1, episodes: 2).run(network, lengths: lengths)
        guard checkpoint.configuration.training.batchSize * task.steps(length: task.lengths.upperBound) < 1000 else {
            return
        }
        _ = try checkpoint.makeTrainer().train(on: batch(task, lengths))
    }

    private func batch(_ task: any SequenceTask, _ lengths: ClosedRange<Int>) throws -> Batch {
        var generator = RandomGenerator(seed: 1)
        return try task.batch(count: 2, lengths: lengths, using: &generator)
    }
}
