// Checkpoints: the fixtures of the tests, changed in their bytes, or in their texts and arrays under a right checksum,
// so that what lies behind the checksum is reached too.

import Foundation
import NeuralMemory
import NeuralMemoryTasks
import NeuralMemoryTraining

struct CheckpointSubject: Subject {
    let name = "checkpoint"
    private let files: [[UInt8]]
    private let contents: [Safetensors]
    private let texts: [[UInt8]]
    private let mutator = Mutator(words: [
        "\"", "\\", "\\u0000", "\\ud800", "{", "}", "[", "]", ",", ":", "null", "true", "{}", "[]", "\"kind\":\"ntm\"",
        "\"kind\":\"none\"", "\"kind\":\"pairs\"", "\"facts\":{}", "\"step\":", "\"longest\":",
        "\"generator\":[0,0,0,0]",
        "\"rows\":1000000", "\"units\":1000000", "\"heads\":256", "\"maximumLength\":1048576", "\"interval\":{}",
        "1e400", "F32",
        "__metadata__", "data_offsets"
    ])

    init() throws {
        let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let fixtures = tests.appendingPathComponent("TrainingTests/Fixtures")
        let names = FileManager.default.enumerator(atPath: fixtures.path)?.compactMap { $0 as? String } ?? []
        let paths = names.filter { $0.hasSuffix(".safetensors") }.sorted()
        guard !paths.isEmpty else { throw FileError(fixtures, "there are no checkpoints here to begin with") }
        let data = try paths.map { try Data(contentsOf: fixtures.appendingPathComponent($0)) }
        files = data.map { Array($0) }
        contents = try data.map { try Safetensors.read($0, source: "fixture") }
        texts = contents.flatMap { $0.metadata.values.sorted().map { Array($0.utf8) } }
    }

    func input(_ generator: RandomGenerator) throws -> Data {
        var generator = generator
        let index = generator.integer(in: 0...files.count - 1)
        guard generator.bernoulli(0.7) else { return Data(mutator.mutated(files[index], files, &generator)) }
        var changed = contents[index]
        repeat { change(&changed, &generator) } while generator.bernoulli(0.2)
        changed.metadata["checksum"] = changed.checksum
        return try Safetensors.encoded(changed.entries, metadata: changed.metadata)
    }

    private func change(_ contents: inout Safetensors, _ generator: inout RandomGenerator) {
        let keys = contents.metadata.keys.filter { $0 != "checksum" }.sorted()
        guard generator.bernoulli(0.3), !contents.entries.isEmpty else {
            guard !keys.isEmpty else { return }
            let key = keys[generator.integer(in: 0...keys.count - 1)]
            let text = Array((contents.metadata[key] ?? "").utf8)
            contents.metadata[key] = String(decoding: mutator.mutated(text, texts, &generator), as: UTF8.self)
            if generator.bernoulli(0.05) { contents.metadata[key] = nil }
            return
        }
        let index = generator.integer(in: 0...contents.entries.count - 1)
        let entry = contents.entries[index]
        switch generator.integer(in: 0...4) {
        case 0: contents.entries.remove(at: index)
        case 1:
            let name = String(decoding: mutator.mutated(Array(entry.name.utf8), texts, &generator), as: UTF8.self)
            guard !contents.entries.contains(where: { $0.name == name }), name != "__metadata__" else { return }
            contents.entries.append(
                SafetensorsEntry(name: name, dtype: entry.dtype, shape: entry.shape, data: entry.data))
        case 2:
            contents.entries[index] = SafetensorsEntry(
                name: entry.name, dtype: entry.dtype, shape: [1] + entry.shape, data: entry.data)
        case 3:
            contents.entries[index] = SafetensorsEntry(
                name: entry.name, dtype: .int32, shape: entry.shape, data: entry.data)
        default:
            var values = entry.floats ?? []
            guard !values.isEmpty else { return }
            values[generator.integer(in: 0...values.count - 1)] = Float(
                bitPattern: UInt32(truncatingIfNeeded: generator.next()))
            contents.entries[index] = SafetensorsEntry(name: entry.name, shape: entry.shape, values: values)
        }
    }

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
