// NumbersTests.swift: a task of a user's own whose outputs are real numbers, trained, evaluated and looked at.

import Foundation
import NeuralMemory
import NeuralMemoryTasks
import TestSupport
import Testing

import NeuralMemoryTraining

/// Two numbers a step: the mean of the last two inputs, and the input before with the other sign.
private struct TwoNumbers: SequenceTask {
    static let kind = "two-numbers"
    static let summary = "numbers of the last two inputs"
    var longest = 5

    var signature: Signature { Signature(inputs: .vectors(1), outputs: .numbers(2)) }
    var lengths: ClosedRange<Int> { 1...longest }
    func steps(length: Int) -> Int { length }
    func validate() throws { try require("task.longest", longest, in: 1...20) }
    func picture(using generator: inout RandomGenerator) -> String { "numbers" }

    func batch(count: Int, lengths: ClosedRange<Int>, using generator: inout RandomGenerator) throws -> Batch {
        let steps = lengths.upperBound
        let inputs = (0..<steps * count).map { _ in Float(generator.normal()) }
        let targets = (0..<steps * count).flatMap { row -> [Float] in
            let before = row < count ? 0 : inputs[row - count]
            return [(inputs[row] + before) / 2, -before]
        }
        return try Batch(
            steps: steps, count: count, inputs: .vectors(inputs), targets: .numbers(targets),
            mask: Array(repeating: 1, count: steps * count))
    }
}

@Suite struct NumbersTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func configuration() throws -> RunConfiguration {
        var registry = Registry.standard
        try registry.register(TwoNumbers.self)
        var configuration = RunConfiguration()
        configuration.registry = registry
        configuration.task = TwoNumbers()
        configuration.network.controller = ElmanRNN(units: 16)
        configuration.network.memory = NoMemory()
        configuration.training.optimizer = Adam(learningRate: 1e-2)
        configuration.training.steps = 2000
        configuration.training.batchSize = 16
        configuration.training.evaluation.interval = 20
        configuration.training.evaluation.episodes = 50
        configuration.training.evaluation.lengths = [8]
        configuration.training.solved.rmse = 0.15
        return configuration
    }

    @Test func trainsUntilTheErrorIsSmall() throws {
        let run = try TrainingRun.start(configuration(), at: folder.file("run"))
        let observer = ScriptedObserver()
        #expect(try run.run(observer) == .solved)
        let (first, last) = (try #require(observer.records.first), try #require(observer.records.last))
        #expect(first.loss > last.loss && last.step < 2000)
        let rmse = try #require(last.evaluations[0].rmse)
        #expect(rmse <= 0.15)
        // One nat is half a squared error, of 10 numbers or fewer.
        #expect(try #require(last.rmse) == (2 * last.loss).squareRoot())
        #expect(try #require(last.evaluations[1].mae) > 0)
        for record in observer.records {
            #expect(record.coarse == nil && record.fine == nil && record.evaluations[0].coarse == nil)
            #expect(record.evaluations.allSatisfy { $0.wrongBits == nil && $0.mae! <= $0.rmse! })
            #expect(!record.json.contains("coarse") && !record.json.contains("fine"))
            #expect(record.json.contains("\"rmse\":") && record.json.contains("\"mae\":"))
            #expect(try JSONDecoder().decode(MetricsRecord.self, from: Data(record.json.utf8)) == record)
        }
    }

    /// An interval that a checkpoint divides has the same errors.
    @Test func resumesWithTheSameBits() throws {
        var configuration = try configuration()
        configuration.training.steps = 12
        configuration.training.evaluation.interval = 5
        let whole = ScriptedObserver()
        _ = try TrainingRun.start(configuration, at: folder.file("whole")).run(whole)
        do { _ = try TrainingRun.start(configuration, at: folder.file("parts")).run(ScriptedObserver(stopsAt: 8)) }
        let rest = ScriptedObserver()
        let run = try TrainingRun.resume(at: folder.file("parts"), registry: configuration.registry)
        _ = try run.run(rest)
        let records = [whole, rest].map { $0.records.map { [$0.loss, $0.rmse ?? .nan, $0.mae ?? .nan] } }
        #expect(records[1].count == 2 && Array(records[0].suffix(2)) == records[1])
    }

    /// No run could meet a criterion of the other kind of outputs.
    @Test func aCriterionMustBeOfTheOutputs() throws {
        for path in [\SolvedCriterion.coarse, \.longCoarse, \.wrong, \.longWrong] {
            var configuration = try configuration()
            configuration.training.solved[keyPath: path] = 0.5
            let error = #expect(throws: ConfigurationError.self) { try Trainer(configuration) }
            #expect("\(error!)".contains("whose outputs are numbers; set training.solved.rmse"))
        }
        var symbols = smallConfiguration()
        symbols.training.solved.rmse = 0.5
        let error = #expect(throws: ConfigurationError.self) { try Trainer(symbols) }
        #expect("\(error!)".contains("training.solved.rmse is 0.5; it must be null for task reversal"))
    }

    @Test func tablesAndDumpsHaveNumbers() throws {
        let configuration = try configuration()
        let task = configuration.task
        let network = try Network(configuration.network, signature: task.signature, seed: 1)
        let result = try Evaluation(task: task, seed: 1, episodes: 20).run(network, lengths: 3...3)
        let summary = EvaluationSummary(checkpoint: "c", task: task.kind, results: [result])
        let heads = summary.table.split(separator: "\n")[0].split(separator: " ")
        #expect(heads == ["length", "episodes", "rmse", "mae", "bits"])
        #expect(summary.json.contains("\"rmse\": ") && !summary.json.contains("coarse"))

        let dump = try BatchDump.collect(network, configuration, batchSize: 2, length: 3, seed: 1)
        #expect(dump.metadata["outputs"] == "numbers 2")
        #expect(dump.entries.first { $0.name == "targets" }?.shape == [3, 2, 2])

        let episode = try Inspection(network, task: task, length: 4...4, seed: 1)
        #expect(episode.areNumbers && episode.steps[0].outputBits.isEmpty)
        for step in episode.steps {
            #expect(step.outputNumbers.map(\.fiveDigits).joined(separator: " ") == step.output)
            #expect(step.targetNumbers.map(\.fiveDigits).joined(separator: " ") == step.target)
        }
    }
}
