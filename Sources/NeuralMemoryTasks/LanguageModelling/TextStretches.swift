// A text to evaluate on, as streams.

import NeuralMemory

/// The stretches of a text to evaluate on: of some streams side by side, from their beginnings on.
struct TextStretches: EvaluationSet {
    private let task: TextTask
    private let data: TextData
    private let wanted: Int?
    private let samples: DataSequences

    /// The most streams: more would begin without knowing what came before more often.
    private static let mostStreams = 16

    /// - `count`: so many stretches, or a few more; all unless given.
    ///
    /// Throws `UsageError` while the data are not open.
    init(_ task: TextTask, count: Int?, seed: UInt64) throws {
        self.task = task
        data = try task.requireOpen("evaluationSets")
        wanted = count
        samples = DataSequences(task, seed: seed)
    }

    var lengths: ClosedRange<Int> { task.lengths }
    var isStream: Bool { true }

    /// The streams, and how many stretches of each are evaluated, where at most so many streams run side by side.
    private func streams(atMost most: Int) -> (TextStreams, stretches: Int) {
        let wanted = max(0, wanted ?? .max)
        let count = max(1, min(most, Self.mostStreams, wanted, task.evaluationCount))
        let streams = data.heldOut.streams(count, steps: task.length)
        return (streams, min(streams.stretches, wanted / count + (wanted % count > 0 ? 1 : 0)))
    }

    var count: Int {
        let (streams, stretches) = streams(atMost: .max)
        return streams.count * stretches
    }

    func forEachBatch(_ batchSize: (_ steps: Int) -> Int, _ body: (Batch) throws -> Void) throws {
        let (streams, stretches) = streams(atMost: batchSize(task.length))
        for stretch in 0..<stretches {
            try body(data.heldOut.batch(streams.places(stretch), steps: task.length, data.vocabulary))
        }
    }

    var largestSample: Int { samples.largestSample }
    func steps(ofSample count: Int) throws -> Int { try samples.steps(ofSample: count) }
    func sample(_ count: Int) throws -> SequenceSample { try samples.sample(count) }
}
