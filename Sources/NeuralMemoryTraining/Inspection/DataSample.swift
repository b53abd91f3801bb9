// Sequences of a user's data to look at one by one, with the lines that they stand on.

import NeuralMemory
import NeuralMemoryTasks

/// Some of the sequences that a task has to evaluate on: spread evenly over its file, from a place that a seed decides.
public struct DataSample: Sendable {
    /// The sequences, each once.
    public let batch: Batch
    /// Where each sequence of the batch stands.
    public let places: [DataPlace]

    /// Reads the sequences of an open task; no sequence comes twice.
    ///
    /// - `task`: must be open.
    /// - `count`: from 1 to as many as the task has to evaluate on.
    ///
    /// Throws `DataError` or `FileError` where the data cannot be read any more, and `UsageError` for another count.
    public init(_ task: any DataTask, count: Int, seed: UInt64) throws {
        let all = task.evaluationCount
        guard 1...max(1, all) ~= count else {
            throw UsageError("DataSample", "count is \(count); there are \(all) sequences to evaluate on")
        }
        var generator = RandomGenerator(seed: seed, stream: 6)
        let first = generator.integer(in: 0...all - 1)
        let numbers = (0..<count).map { (first + $0 * all / count) % all }
        batch = try task.evaluationBatch(numbers)
        places = try numbers.map(task.evaluationPlace)
    }
}
