// Records what controller and memory do in each step of an inference episode.

/// Takes the signals of some sequences in each step of an `InferenceEpisode`.
///
///     let recorder = Recorder(network)
///     _ = try episode.advance(inputs, steps: count, recorder: recorder)
///     recorder.recording.values("read weighting", sequence: 0)
public final class Recorder {
    /// What has been recorded so far.
    public private(set) var recording: EpisodeRecording
    /// The numbers of the signals recorded, among the network's.
    private let chosen: [Int]
    /// All of the network's.
    private let all: [Signal]
    private let sequences: [Int]
    private let threshold: Float?

    /// - Parameters:
    ///   - sequences: which of the batch are recorded, by their numbers.
    ///   - threshold: numbers of a smaller size are left out; `nil` records all.
    ///   - isWanted: which signals are recorded.
    public init(
        _ network: Network, sequences: [Int] = [0], threshold: Float? = nil,
        isWanted: (Signal) -> Bool = { _ in true }
    ) {
        self.sequences = sequences
        self.threshold = threshold
        let all = network.signals
        self.all = all
        chosen = all.indices.filter { isWanted(all[$0]) }
        recording = EpisodeRecording(
            signals: chosen.map { all[$0] }, sequences: sequences.map { _ in [] })
    }

    /// Throws `UsageError` unless it is for this network, and for sequences of its batch.
    func require(_ network: Network, batch: Int, _ call: String) throws {
        guard network.signals == all else {
            throw UsageError(call, "the recorder was made for another network; make one with Recorder(network)")
        }
        guard let sequence = sequences.first(where: { !(0..<batch ~= $0) }) else { return }
        throw UsageError(call, "the recorder wants sequence \(sequence); the batch has sequences 0 to \(batch - 1)")
    }

    /// The step done last.
    func record(_ shard: Shard) {
        for (index, sequence) in sequences.enumerated() {
            let values = chosen.map { signal in
                let value = shard.value(of: signal, sequence: sequence)
                return threshold.map { value.sparse(below: $0) } ?? value
            }
            recording.append(values, toSequence: index)
        }
    }
}

/// What was recorded of an episode.
public struct EpisodeRecording: Codable, Sendable, Equatable {
    public let signals: [Signal]
    /// By sequence, by step, by signal.
    public private(set) var sequences: [[[SignalValue]]]

    public init(signals: [Signal], sequences: [[[SignalValue]]]) {
        self.signals = signals
        self.sequences = sequences
    }

    /// A signal's value in each step of a sequence; empty where there is no signal of the name.
    public func values(_ name: String, sequence: Int = 0) -> [SignalValue] {
        guard let index = signals.firstIndex(where: { $0.name == name }), sequences.indices ~= sequence else {
            return []
        }
        return sequences[sequence].map { $0[index] }
    }

    mutating func append(_ values: [SignalValue], toSequence index: Int) { sequences[index].append(values) }
}
