// States of streams in files: what goes on from one gives the same bits, and all that is not this network's is refused.

import Foundation
import NeuralMemory
import NeuralMemoryTasks
import TestSupport
import Testing
import NeuralMemoryTraining

@Suite struct StreamStateTests {
    private let folder: TemporaryFolder
    private var file: URL { folder.file("state.safetensors") }

    init() throws { folder = try TemporaryFolder() }

    private static let memories: [any MemoryKind] = [
        NoMemory(), NeuralStack(width: 3), NeuralQueue(width: 3), NeuralDeque(width: 3),
        TuringMemory(rows: 5, columns: 3), TuringMemory(rows: 5, columns: 3, readHeads: 3, writeHeads: 1)
    ]
    private static let signature = Signature(inputs: .symbols(5), outputs: .symbols(4))

    private func network(_ memory: any MemoryKind, seed: UInt64 = 1) throws -> Network {
        try Network(
            NetworkConfiguration(controller: LSTM(units: 6), memory: memory), signature: Self.signature, seed: seed)
    }

    private func inputs(_ steps: Range<Int>, batch: Int = 1) -> [Batch.Inputs] {
        steps.map { step in .symbols((0..<batch).map { Int32((step * step + 3 * $0) % 5) }) }
    }

    private func advance(_ episode: InferenceEpisode, _ steps: Range<Int>) throws -> [UInt32] {
        try inputs(steps, batch: episode.batch).flatMap { try episode.advance($0, steps: 1) }.map(\.bitPattern)
    }

    /// As if it had not been interrupted, whatever the memory, wherever it is, and with several sequences.
    @Test(arguments: [1, 3]) func goesOnWithTheSameBits(batch: Int) throws {
        for memory in Self.memories {
            let network = try network(memory)
            let whole = try advance(InferenceEpisode(network, batch: batch), 0..<100)
            for parts in [[0..<1, 1..<100], [0..<70, 70..<71, 71..<100]] {
                var found: [UInt32] = []
                for part in parts {
                    let before = try file.isThere() ? StreamState.read(from: file) : nil
                    let episode = try before?.makeEpisode(network) ?? InferenceEpisode(network, batch: batch)
                    found += try advance(episode, part)
                    let state = StreamState(episode, after: before?.steps ?? 0, reader: "target")
                    try state.write(to: file)
                    #expect(state.steps == part.upperBound && state.snapshots.count == batch)
                    #expect(try StreamState.read(from: file).reader == "target")
                }
                #expect(found == whole, "\(memory), \(parts)")
                try FileManager.default.removeItem(at: file)
            }
        }
    }

    private func writeState(_ network: Network) throws -> StreamState {
        let episode = try InferenceEpisode(network)
        _ = try advance(episode, 0..<9)
        let state = StreamState(episode)
        try state.write(to: file)
        return state
    }

    private func message(_ body: () throws -> Void) -> String {
        do {
            try body()
            return "no error"
        } catch {
            return "\(error)"
        }
    }

    @Test func anotherNetworkIsRefused() throws {
        let state = try writeState(network(TuringMemory(rows: 5, columns: 3)))
        let read = try StreamState.read(from: file)
        for other in [
            try network(TuringMemory(rows: 5, columns: 3), seed: 2), try network(NeuralStack(width: 3)),
            try network(NoMemory())
        ] {
            let text = message { _ = try read.makeEpisode(other) }
            #expect(
                text.contains(file.path) && text.contains("another network") && text.contains("take the checkpoint"))
            #expect(throws: UsageError.self) { try state.makeEpisode(other) }
        }
        // Its parameters do not depend on the rows.
        let rows = message { _ = try read.makeEpisode(network(TuringMemory(rows: 7, columns: 3))) }
        #expect(rows.contains("5 rows") && rows.contains("has 7") && rows.contains("--rows"))
    }

    /// Each byte of the file is covered: by the format, or by the checksum.
    @Test func aDamagedFileIsRefused() throws {
        let network = try network(NeuralStack(width: 3))
        _ = try writeState(network)
        let bytes = try Data(contentsOf: file)
        for place in stride(from: 0, to: bytes.count, by: 7) {
            var damaged = bytes
            damaged[place] ^= 4
            try damaged.write(to: file)
            // The padding of the header may hold any white space.
            guard bytes[place] != UInt8(ascii: " ") else { continue }
            #expect(throws: (any Error).self, "byte \(place)") { try StreamState.read(from: file) }
        }
        for count in [0, 7, bytes.count / 2, bytes.count - 1] {
            try bytes.prefix(count).write(to: file)
            #expect(throws: SafetensorsError.self) { try StreamState.read(from: file) }
        }
        #expect(throws: FileError.self) { try StreamState.read(from: folder.url) }
    }

    /// A hand-made file, under a right checksum.
    @Test func whatNoStreamWritesIsRefused() throws {
        let network = try network(NeuralStack(width: 3))
        let contents = try writeState(network).contents
        func message(_ change: (inout Safetensors) -> Void) throws -> String {
            var changed = contents
            change(&changed)
            changed.metadata["checksum"] = changed.checksum
            try Safetensors.write(changed.entries, metadata: changed.metadata, to: file)
            return self.message { _ = try StreamState.read(from: file).makeEpisode(network) }
        }
        func replace(_ name: String, _ values: [Float]) throws -> String {
            try message { contents in
                contents.entries.removeAll { $0.name == name }
                contents.entries.append(SafetensorsEntry(name: name, shape: [values.count], values: values))
            }
        }
        #expect(try message { _ in } == "no error")
        #expect(try message { $0.metadata["format"] = "neuralmemory-checkpoint" }.contains("not the state of a stream"))
        #expect(try message { $0.metadata["version"] = "2" }.contains("version 2"))
        #expect(try message { $0.metadata["steps"] = "-1" }.contains("steps is -1"))
        #expect(try message { $0.metadata["sequences"] = "1000000000000" }.contains("sequences is 1000000000000"))
        #expect(try message { $0.metadata["sequences"] = nil }.contains("sequences is missing"))
        #expect(try message { $0.metadata["network"] = nil }.contains("another network"))
        #expect(try message { $0.entries.removeLast() }.contains("its arrays are not those of this network"))
        #expect(try replace("0/own", [1]).contains("this network has no own"))
        #expect(try replace("2/own", [1]).contains("no array of a sequence"))
        #expect(try replace("own", [1]).contains("no array of a sequence"))
        #expect(try replace("0/controller.layer0.h", [.nan, 1, 1, 1, 1, 1]).contains("not finite"))
        #expect(try replace("0/controller.layer0.h", [1]).contains("has 1 numbers"))
    }

    @Test func whatCannotBeWrittenIsSaidBefore() throws {
        try AtomicFile.requireWritable(file)
        #expect(folder.names.isEmpty)
        try Data("old".utf8).write(to: file)
        try AtomicFile.requireWritable(file)
        #expect(try Data(contentsOf: file) == Data("old".utf8) && folder.names == [file.lastPathComponent])
        for place in [folder.url, folder.file("missing/a"), URL(fileURLWithPath: "/dev/null")] {
            #expect(throws: FileError.self) { try AtomicFile.requireWritable(place) }
        }
    }

    // MARK: Readers

    /// Whether a word is of the source or the target depends on the marks before.
    @Test func readersGoOn() throws {
        let task = Reversal(symbols: 3, lengths: 1...4)
        var pairs = task
        pairs.separateVocabularies = true
        for words in [["<s>", "a"], ["<s>", "a", "|||"], []] {
            var reader = pairs.streamReader
            for word in words { _ = reader.input(word) }
            var other = pairs.streamReader
            let isRestored = other.restore(reader.state)
            #expect(isRestored)
            for next in Vocabulary.names(3) {
                let (found, expected) = (other.input(next), reader.input(next))
                #expect(found == expected, "\(words) \(next)")
            }
        }
        var reader = task.streamReader
        for state in ["", "elsewhere"] {
            let isRestored = reader.restore(state)
            #expect(!isRestored)
        }
        var names: any SymbolStreamReader = Dyck().streamReader
        let isRestored = (names.restore(names.state), names.restore("target"))
        #expect(isRestored == (true, false))
    }
}
