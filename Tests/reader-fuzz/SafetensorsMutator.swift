// Changes to safetensors files: in their bytes, or in their texts and arrays under a right checksum, so that what lies
// behind the checksum is reached too.

import Foundation
import NeuralMemory
import NeuralMemoryTraining

/// Makes inputs of safetensors files.
struct SafetensorsMutator {
    private let files: [[UInt8]]
    private let contents: [Safetensors]
    private let texts: [[UInt8]]
    private let mutator: Mutator

    /// - `words`: what a change puts in.
    init(_ files: [Data], words: [String]) throws {
        self.files = files.map { Array($0) }
        contents = try files.map { try Safetensors.read($0, source: "seed") }
        texts = contents.flatMap { $0.metadata.values.sorted().map { Array($0.utf8) } }
        mutator = Mutator(words: words)
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
}
