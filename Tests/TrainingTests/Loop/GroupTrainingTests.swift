// GroupTrainingTests.swift: whole trainings that several processes share.

import Foundation
import NeuralMemory
import NeuralMemoryTasks
import TestSupport
import Testing

import NeuralMemoryTraining

@Suite struct GroupTrainingTests {
    /// Batches of several shards, in parts, with a curriculum, noise, an average and restarts.
    private static func configuration() -> RunConfiguration {
        var configuration = smallConfiguration()
        configuration.task = Reversal(symbols: 4, lengths: 1...12)
        configuration.network.controller = LSTM(units: 24)
        configuration.training.batchSize = 40
        configuration.training.microbatch = 25
        configuration.training.averaging = 0.9
        configuration.training.noise.deviation = 0.2
        configuration.training.noise.steps = 1
        configuration.training.steps = 12
        configuration.training.evaluation.interval = 4
        configuration.training.solved.coarse = 1
        configuration.training.restart.steps = 8
        return configuration
    }

    private static func train(_ group: ThreadGroup?, from checkpoint: Data? = nil, stoppingAt stop: Int? = nil) throws
        -> Data
    {
        let trainer =
            try checkpoint.map { try Checkpoint.read($0, source: "a test").makeTrainer() } ?? Trainer(configuration())
        trainer.network.group = group
        // One rank alone is asked to stop.
        let outcome = try trainer.follow { trainer.state.step == stop && group?.rank ?? 0 == (group?.count ?? 1) - 1 }
        #expect(outcome == (stop == nil ? .completed : .stopped))
        trainer.state.seconds = 0
        return try Checkpoint(trainer).bytes()
    }

    @Test func anyNumberOfProcessesTrainsTheSameBits() throws {
        let alone = try Self.train(nil)
        for count in [2, 3] {
            for ending in try ThreadGroup.run(count, { try Self.train($0) }) { #expect(ending == alone) }
        }
    }

    /// Stopped on three processes where one of them is asked to, and resumed on two.
    @Test func stopsTogetherAndGoesOnElsewhere() throws {
        let alone = try Self.train(nil)
        let stopped = try ThreadGroup.run(3) { try Self.train($0, stoppingAt: 7) }
        #expect(Set(stopped).count == 1)
        for ending in try ThreadGroup.run(2, { try Self.train($0, from: stopped[0]) }) { #expect(ending == alone) }
    }

    /// Seconds decide when a run ends: those of one process.
    @Test func endsTogetherWhenTimeIsOver() throws {
        let steps = try ThreadGroup.run(3) { group in
            var configuration = Self.configuration()
            configuration.training.steps = 1_000_000
            configuration.training.seconds = 0.05
            let trainer = try Trainer(configuration)
            trainer.network.group = group
            #expect(try trainer.follow() == .outOfTime)
            return trainer.state.step
        }
        #expect(Set(steps).count == 1 && steps[0] > 0)
    }

    @Test func refusesMoreProcessesThanShards() throws {
        var configuration = Self.configuration()
        try configuration.requireWork(forProcesses: 2)
        configuration.training.batchSize = 4
        configuration.training.microbatch = nil
        let error = #expect(throws: ConfigurationError.self) { try configuration.requireWork(forProcesses: 3) }
        #expect(error?.field == "training.batchSize" && error?.value == "4")
    }
}
