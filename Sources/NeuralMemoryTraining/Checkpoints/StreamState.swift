// The state of a stream in a file: enough to go on with it in another process, with the same outputs.

import Foundation
import NeuralMemory
import NeuralMemoryTasks

/// Where a network is in sequences without end, and how far it has come.
///
/// An `InferenceEpisode` that begins from it gives the outputs of one that was never interrupted, bit for bit where
/// `advance` takes as many steps at once in both.
///
///     let state = StreamState(episode)
///     try state.write(to: file)
///     let later = try StreamState.read(from: file).makeEpisode(network)
///
/// The file is safetensors: the arrays of each sequence's `Snapshot`, named 0/NAME, 1/NAME and so on.
public struct StreamState: Sendable {
    /// What controller and memory go on from, for each sequence.
    public let snapshots: [Snapshot]
    /// Steps done since the stream began.
    public let steps: Int
    /// What is known of the words read so far (`SymbolStreamReader.state`); empty where that is nothing.
    public let reader: String
    /// The checksum of the network's parameters.
    private let network: String
    /// The memory's rows; `nil` for memories without such a number.
    private let rows: Int?
    /// Where it was read; `nil` where it was taken of an episode.
    private let source: URL?

    private static let format = "neuralmemory-stream"
    private static let version = 1
    /// Larger counts are nobody's: numbers are exact up to here.
    private static let mostSteps = 1 << 53

    /// The present state of an episode.
    ///
    /// - Parameters:
    ///   - episode: does not change.
    ///   - steps: how many the stream had come to when the episode began.
    ///   - reader: what is known of the words read so far.
    public init(_ episode: InferenceEpisode, after steps: Int = 0, reader: String = "") {
        snapshots = episode.snapshots()
        self.steps = steps + episode.steps
        self.reader = reader
        network = episode.network.parameters.checksum
        rows = episode.network.configuration.memory.rowCount
        source = nil
    }

    /// An episode that goes on from here.
    ///
    /// Throws `FileError` for the state of another network, or `UsageError` where the state was not read from a file;
    /// also `UsageError` if there is too little memory.
    public func makeEpisode(_ network: Network) throws -> InferenceEpisode {
        func fail(_ reason: String) -> any Error {
            source.map { FileError($0, reason) } ?? UsageError("StreamState.makeEpisode", reason)
        }
        guard network.parameters.checksum == self.network else {
            throw fail(
                "this is a state of another network, or of this one before it was trained further; take the checkpoint "
                    + "that the stream began with, or another file to begin a new stream")
        }
        let rows = network.configuration.memory.rowCount
        guard rows == self.rows else {
            throw fail(
                "this is a state of a memory with \(self.rows ?? 0) rows, and the network's has \(rows ?? 0); use as many "
                    + "rows (--rows)")
        }
        do {
            return try InferenceEpisode(network, from: snapshots)
        } catch let error as UsageError where error.call == "Snapshot" {
            throw fail("its arrays are not those of this network's state: \(error.problem)")
        }
    }

    // MARK: Files

    /// Writes the file, as a whole or not at all.
    ///
    /// Throws `FileError`.
    public func write(to file: URL) throws {
        let contents = contents
        try Safetensors.write(contents.entries, metadata: contents.metadata, to: file)
    }

    /// What the file holds.
    package var contents: Safetensors {
        var contents = Safetensors(SnapshotArrays.entries(of: snapshots))
        contents.metadata = [
            "format": Self.format, "version": "\(Self.version)", "steps": "\(steps)", "sequences": "\(snapshots.count)",
            "reader": reader, "network": network
        ]
        contents.metadata["rows"] = rows.map { "\($0)" }
        contents.metadata["checksum"] = contents.checksum
        return contents
    }

    /// Reads a file, and checks all but that it is of the network that is to go on.
    ///
    /// Throws `FileError` or `SafetensorsError`.
    public static func read(from file: URL) throws -> StreamState {
        try StreamState(try Safetensors.read(from: file), source: file)
    }

    /// Reads the bytes of a file, which messages call `source`.
    ///
    /// Throws as `read(from:)` does.
    package static func read(_ bytes: Data, source: String) throws -> StreamState {
        try StreamState(try Safetensors.read(bytes, source: source), source: URL(fileURLWithPath: source))
    }

    private init(_ contents: Safetensors, source: URL) throws {
        func fail(_ reason: String) -> FileError { FileError(source, reason) }
        let metadata = contents.metadata
        guard metadata["format"] == Self.format else {
            throw fail("this is a safetensors file, but not the state of a stream; name another file")
        }
        guard metadata["version"] == "\(Self.version)" else {
            throw fail(
                "this is a state of version \((metadata["version"] ?? "missing").shown()), and this program reads "
                    + "version \(Self.version); use a release as new as the one that wrote it")
        }
        guard metadata["checksum"] == contents.checksum else {
            throw fail("this is damaged: its checksum is not that of its contents; begin a new stream in another file")
        }
        func count(_ name: String, in range: ClosedRange<Int>) throws -> Int {
            guard let number = metadata[name].flatMap({ Int($0) }), range ~= number else {
                throw fail(
                    "its \(name) is \((metadata[name] ?? "missing").shown()); it must be from \(range.lowerBound) to "
                        + "\(range.upperBound)")
            }
            return number
        }
        steps = try count("steps", in: 0...Self.mostSteps)
        var snapshots = Array(repeating: Snapshot(), count: try count("sequences", in: 1...largestSize))
        for entry in contents.entries {
            guard !entry.hasNonFinite else { throw fail("\(entry.name.shown()) has numbers that are not finite") }
            guard SnapshotArrays.set(entry, in: &snapshots) else {
                throw fail("\(entry.name.shown()) is no array of a sequence, or not of dtype F32")
            }
        }
        self.snapshots = snapshots
        rows = metadata["rows"] == nil ? nil : try count("rows", in: 1...largestSize)
        reader = metadata["reader"] ?? ""
        network = metadata["network"] ?? ""
        self.source = source
    }
}

extension ParameterBuffer {
    /// 64-bit FNV-1a of all names, shapes and values.
    fileprivate var checksum: String {
        Safetensors(
            namedSlices("param").map { named in
                let values = Array(UnsafeBufferPointer(start: named.pointer, count: named.slice.count))
                return SafetensorsEntry(name: named.name, shape: named.slice.shape, values: values)
            }
        ).checksum
    }
}
