// Evaluation on a user's data, which are given instead of drawn.

import NeuralMemory
import NeuralMemoryTasks

extension Evaluation {
    /// Runs the network on the sequences that an open task has to evaluate on: on all, or on `episodes` of them that are
    /// spread evenly over the file. The same sequences each time. Throws `DataError` or `FileError` where the data cannot
    /// be read any more.
    ///
    /// - `progress`: is told how many sequences are done, after each batch.
    public func run(
        _ network: Network, on data: any DataTask, progress: (Int) -> Void = { _ in }
    ) throws -> EvaluationResult {
        var total: LossReport?
        for numbers in try batches(of: data, by: network.model) {
            let batch = try data.evaluationBatch(numbers)
            let report = try network.evaluate(batch)
            total = total?.adding(report) ?? report
            progress(total?.sequences ?? 0)
        }
        guard let total else { throw noEpisodes }
        return EvaluationResult(
            lengths: data.lengths, report: total, isOfBits: data.signature.outputs.isBits, optimalBits: nil)
    }

    /// The numbers of the sequences, in batches of similar numbers of steps.
    private func batches(of data: any DataTask, by model: NetworkModel) throws -> [[Int]] {
        let count = max(0, min(episodes, data.evaluationCount))
        let numbers = (0..<count).map { $0 * data.evaluationCount / count }
        let steps = try numbers.map(data.evaluationSteps)
        var batches: [[Int]] = []
        var (longest, most) = (0, 0)
        for index in numbers.indices.sorted(by: { (steps[$0], $0) < (steps[$1], $1) }) {
            let size = (batches.last?.count ?? 0) + 1
            if steps[index] != longest {
                longest = steps[index]
                most = Self.batchSize(steps: longest, by: model)
            }
            if size == 1 || size > most {
                batches.append([numbers[index]])
            } else {
                batches[batches.count - 1].append(numbers[index])
            }
        }
        return batches
    }
}
