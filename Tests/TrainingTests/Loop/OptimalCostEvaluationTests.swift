// The excess over the best possible predictor, in evaluations of tasks that know it, and only there.

import NeuralMemory
import ReferenceKernels
import NeuralMemoryTasks
import TestSupport
import Testing
import NeuralMemoryTraining

@Suite struct OptimalCostEvaluationTests {
    private func evaluate(_ task: any SequenceTask, lengths: ClosedRange<Int>) throws -> EvaluationResult {
        let network = try Network(NetworkConfiguration(), signature: task.signature, seed: 1)
        return try Evaluation(task: task, seed: 4, episodes: 150).run(network, lengths: lengths)
    }

    @Test func theExcessIsOverTheSameSequences() throws {
        let task = NGrams()
        let result = try evaluate(task, lengths: 60...60)
        // Evaluation draws its sequences from a stream of its own, which depends on the length.
        var generator = RandomGenerator(seed: 4, stream: 62)
        let cost = try task.optimalBits(of: task.batch(count: 150, lengths: 60...60, using: &generator))
        let best = try #require(cost) / 150
        let optimal = try #require(result.optimalBits)
        // Sums of 55 costs of 150 sequences.
        expectClose([optimal], [best], within: .rounding(55 * 150, of: best, .double), "bits", "length 60")
        // A network that has learned nothing pays about a bit for each of the 55 that count.
        #expect(abs(result.report.bits - 55) < 5)
        #expect(result.excessBits == result.report.bits - optimal)
        let summary = EvaluationSummary(checkpoint: "c", task: "n-grams", results: [result])
        #expect(summary.table.contains("excess"))
        #expect(summary.json.contains("\"optimal_bits\": \(optimal), \"excess_bits\": "))
    }

    @Test func otherTasksHaveNone() throws {
        let result = try evaluate(CopyBits(), lengths: 1...5)
        #expect(result.optimalBits == nil && result.excessBits == nil)
        let summary = EvaluationSummary(checkpoint: "c", task: "copy-bits", results: [result])
        #expect(!summary.table.contains("excess") && !summary.json.contains("excess"))
    }

    @Test func lengthsThatATaskDoesNotHaveAreRefused() {
        var configuration = RunConfiguration()
        configuration.task = AssociativeRecall()
        configuration.training.evaluation.lengths = [15, 1]
        let error = ConfigurationError(field: "training.evaluation.lengths", value: 1, allowed: "from 2 to 1048576")
        #expect(throws: error) { try configuration.validate() }
    }
}
