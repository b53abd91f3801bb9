// MicrobatchTests.swift: batches that go through a network in parts, and evaluations that are compared by other numbers.

import Foundation
import NeuralMemory
import NeuralMemoryTasks
import TestSupport
import Testing

import NeuralMemoryTraining

@Suite struct MicrobatchTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// Seven sequences a batch, noise on strengths, and a reconstruction loss, which is a mean over others.
    private func configuration(microbatch: Int?, _ memory: any MemoryKind) -> RunConfiguration {
        var configuration = smallConfiguration()
        configuration.network.memory = memory
        configuration.network.reconstruction.weight = 0.3
        configuration.training.batchSize = 7
        configuration.training.microbatch = microbatch
        configuration.training.noise.deviation = 0.2
        configuration.training.noise.steps = 1
        configuration.training.optimizer = SGD(learningRate: 0.1)
        return configuration
    }

    private static let memories: [any MemoryKind] = [NeuralStack(width: 4), TuringMemory(rows: 6, columns: 3)]

    /// Gradients are sums over sequences, whatever the parts.
    @Test func partsOfABatchLearnWhatTheBatchDoes() throws {
        for memory in Self.memories {
            let whole = try Trainer(configuration(microbatch: nil, memory))
            _ = try whole.step()
            let wanted = Array(whole.network.parameters.floats)
            for most in [1, 3, 6] {
                let trainer = try Trainer(configuration(microbatch: most, memory))
                let before = Array(trainer.network.parameters.floats)
                _ = try trainer.step()
                let change = zip(wanted, before).map { Double($0 - $1) }
                let size = change.reduce(0) { $0 + $1 * $1 }.squareRoot()
                let error = zip(trainer.network.parameters.floats, wanted)
                    .reduce(0) { $0 + pow(Double($1.0 - $1.1), 2) }.squareRoot()
                // Sums in another order: some roundings of single precision.
                #expect(error <= 1e-4 * size && size > 0, "\(most) of 7: \(error) of \(size)")
                let (own, other) = (try #require(trainer.state.interval), try #require(whole.state.interval))
                #expect(own.sequences == 7 && own.outputs == other.outputs && own.wrongOutputs == other.wrongOutputs)
                #expect(abs(own.nats - other.nats) < 1e-4 * other.nats)
                #expect(abs(own.auxiliaryNats - other.auxiliaryNats) < 1e-4 * other.auxiliaryNats)
            }
            let all = try Trainer(configuration(microbatch: 7, memory))
            _ = try all.step()
            #expect(Array(all.network.parameters.floats) == wanted)
        }
    }

    @Test func partsTakeLessMemory() throws {
        var configuration = configuration(microbatch: nil, TuringMemory(rows: 64, columns: 20))
        configuration.training.batchSize = 500
        configuration.training.evaluation.episodes = 1
        let whole = try configuration.trainingBytes()
        configuration.training.microbatch = 5
        #expect(try configuration.trainingBytes() < 0.5 * whole)
        configuration.training.microbatch = 0
        #expect(throws: ConfigurationError.self) { try configuration.validate() }
    }

    // MARK: Metrics

    @Test func theBestIsTheBestByTheMetric() throws {
        let report = try Trainer(smallConfiguration()).evaluate()[0].report
        let costs = EvaluationMetric.allCases.prefix(4).map { $0.cost(report) }
        #expect(costs == [report.bits, 1 - report.coarse, 1 - report.fine, report.wrong])
        for metric in [EvaluationMetric.bits, .coarse, .fine, .wrong] {
            var configuration = smallConfiguration()
            configuration.training.evaluation.metric = metric
            let trainer = try Trainer(configuration)
            var costs: [Double] = []
            while !trainer.isFinished {
                guard let interval = try trainer.step() else { continue }
                let cost = metric.cost(interval.evaluations[0].report)
                #expect(interval.isBest == costs.allSatisfy { cost < $0 }, "\(metric)")
                costs.append(cost)
            }
            #expect(trainer.state.bestCost == costs.min())
        }
    }

    /// What was best by one metric says nothing by another.
    @Test func anotherMetricBeginsAnew() throws {
        let run = try TrainingRun.start(smallConfiguration(), at: folder.file("run"))
        _ = try run.run(ScriptedObserver(stopsAt: 6))
        #expect(run.trainer.state.bestCost != nil)
        let url = folder.file("run")
        let checkpoint = try Checkpoint.read(from: RunDirectory.locateCheckpoint(url.path))
        #expect(try checkpoint.makeTrainer().state.bestCost == run.trainer.state.bestCost)
        var changed = checkpoint.configuration
        changed.training.evaluation.metric = .coarse
        #expect(try checkpoint.makeTrainer(changed).state.bestCost == nil)
    }

    @Test func metricsMustFitTheOutputs() throws {
        func message(_ task: any SequenceTask, _ metric: EvaluationMetric) -> String {
            var configuration = smallConfiguration()
            configuration.task = task
            configuration.training.curriculum = CurriculumConfiguration()
            configuration.training.evaluation.lengths = []
            configuration.training.evaluation.metric = metric
            do {
                _ = try Trainer(configuration)
                return "no error"
            } catch { return "\(error)" }
        }
        #expect(
            message(Reversal(symbols: 3, lengths: 1...2), .rmse).contains(
                "bits, coarse, fine or wrong for task reversal"))
        #expect(message(Reversal(symbols: 3, lengths: 1...2), .wrong) == "no error")
    }
}
