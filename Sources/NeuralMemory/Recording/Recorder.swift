// Records the signals of controller and memory in each step of an inference episode.

/// Records the signals of some sequences in each step of an `InferenceEpisode`.
///
///     let recorder = Recorder(network)
///     _ = try episode.advance(inputs, steps: count, recorder: recorder)
///     recorder.recording.values("read weighting", sequence: 0)
public final class Recorder {
    /// What has been recorded so far.
    public private(set) var recording: EpisodeRecording
    /// The signals recorded, as places in `all`.
    private let chosen: [Int]
    /// The network's signals.
    private let all: [Signal]
    private let sequences: [Int]
    /// For each of the chosen signals, where numbers are too small to be kept.
    private let thresholds: [Float?]

    /// A recorder for episodes of one network.
    ///
    /// - Parameters:
    ///   - network: the one that its episodes run.
    ///   - sequences: the numbers, from 0, of the sequences to record.
    ///   - threshold: numbers with a smaller absolute value are left out (`SignalValue.sparse`); `nil` records all.
    ///   - isWanted: whether a signal is recorded; all of them unless given.
    public convenience init(
        _ network: Network, sequences: [Int] = [0], threshold: Float? = nil,
        isWanted: (Signal) -> Bool = { _ in true }
    ) {
        self.init(network, sequences: sequences, thresholdOf: { _ in threshold }, isWanted: isWanted)
    }

    /// A recorder with a threshold for each signal; `nil` records all of its numbers.
    package init(
        _ network: Network, sequences: [Int] = [0], thresholdOf: (Signal) -> Float?, isWanted: (Signal) -> Bool
    ) {
        self.sequences = sequences
        let all = network.signals
        self.all = all
        chosen = all.indices.filter { isWanted(all[$0]) }
        thresholds = chosen.map { thresholdOf(all[$0]) }
        recording = EpisodeRecording(
            signals: chosen.map { all[$0] }, sequences: sequences.map { _ in [] })
    }

    /// Throws `UsageError` unless it was made for this network, and all sequences that it records are in the batch.
    func require(_ network: Network, batch: Int, _ call: String) throws {
        guard network.signals == all else {
            throw UsageError(call, "the recorder was made for another network; make one with Recorder(network)")
        }
        guard let sequence = sequences.first(where: { !(0..<batch ~= $0) }) else { return }
        throw UsageError(call, "the recorder wants sequence \(sequence); the batch has sequences 0 to \(batch - 1)")
    }

    /// Records the step done last.
    func record(_ shard: Shard) {
        for (index, sequence) in sequences.enumerated() {
            let values = zip(chosen, thresholds).map { signal, threshold in
                let value = shard.value(of: signal, sequence: sequence)
                return threshold.map { value.sparse(below: $0) } ?? value
            }
            recording.append(values, toSequence: index)
        }
    }
}

/// The signals that were recorded of an episode, with their values.
public struct EpisodeRecording: Codable, Sendable, Equatable {
    /// The signals recorded, in the order of the network's.
    public let signals: [Signal]
    /// The values: by sequence in the order of the recorder, then by step, then by signal.
    public private(set) var sequences: [[[SignalValue]]]

    /// Each step of each sequence has one value for each signal.
    public init(signals: [Signal], sequences: [[[SignalValue]]]) {
        self.signals = signals
        self.sequences = sequences
    }

    /// A signal's value in each step of a sequence; empty where there is no signal of the name, or no such sequence.
    ///
    /// - Parameters:
    ///   - name: the signal's name, such as "read weighting".
    ///   - sequence: its place in `sequences`.
    public func values(_ name: String, sequence: Int = 0) -> [SignalValue] {
        guard let index = signals.firstIndex(where: { $0.name == name }), sequences.indices ~= sequence else {
            return []
        }
        return sequences[sequence].map { $0[index] }
    }

    mutating func append(_ values: [SignalValue], toSequence index: Int) { sequences[index].append(values) }
}
