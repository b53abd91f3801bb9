// AveragingTests.swift: runs whose evaluations use a running average of the parameters.

import Foundation
import NeuralMemory
import TestSupport
import Testing

import NeuralMemoryTraining

@Suite struct AveragingTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func averaging(_ decay: Double = 0.8) -> RunConfiguration {
        var configuration = smallConfiguration()
        configuration.training.averaging = decay
        return configuration
    }

    private func parameters(_ network: Network) -> [Float] { Array(network.parameters.floats) }

    /// What `makeNetwork` gives, beside an average in double precision of the parameters after each step.
    @Test func theAverageOfTheParametersAfterEachStep() throws {
        let trainer = try Trainer(averaging())
        var expected = parameters(trainer.network).map(Double.init)
        for step in 1...12 {
            _ = try trainer.step()
            // 1/10, 2/11, ... until 0.8 is less.
            let kept = min(0.8, Double(step) / Double(step + 9))
            expected = zip(expected, parameters(trainer.network)).map { kept * $0 + (1 - kept) * Double($1) }
            let found = try parameters(Checkpoint(trainer).makeNetwork())
            // Each step rounds two products and a sum of numbers below the largest.
            let largest = expected.map(abs).max() ?? 0
            let bound = 3 * Double(step) * Double(Float.ulpOfOne) * largest
            #expect(zip(found, expected).allSatisfy { abs(Double($0) - $1) <= bound })
            #expect(found != parameters(trainer.network))
        }
    }

    /// Training takes the same way with averages as without, and evaluation leaves no trace.
    @Test func trainingDoesNotUseTheAverage() throws {
        let (plain, averaged) = (try Trainer(smallConfiguration()), try Trainer(averaging()))
        var reports: [(IntervalReport, IntervalReport)] = []
        for _ in 0..<12 {
            let (one, other) = (try plain.step(), try averaged.step())
            if let one, let other { reports.append((one, other)) }
        }
        #expect(parameters(plain.network) == parameters(averaged.network))
        #expect(reports.count == 3 && reports.allSatisfy { $0.training == $1.training })
        #expect(reports.allSatisfy { $0.evaluations[0].report.bits != $1.evaluations[0].report.bits })
    }

    @Test func evaluationsUseTheAverage() throws {
        let trainer = try Trainer(averaging())
        for _ in 0..<7 { _ = try trainer.step() }
        let network = try Checkpoint(trainer).makeNetwork()
        let training = trainer.configuration.training
        let evaluation = Evaluation(
            task: trainer.configuration.task, seed: training.seed, episodes: training.evaluation.episodes)
        let set = try evaluation.sets([trainer.configuration.task.lengths])[0]
        #expect(try evaluation.run(network, on: set).report == trainer.evaluate()[0].report)
    }

    @Test func averagesSurviveStoppingAndRestarts() throws {
        var configuration = averaging()
        configuration.training.solved.longCoarse = 1
        configuration.training.restart.steps = 4
        let whole = try TrainingRun.start(configuration, at: folder.file("whole"))
        _ = try whole.run(ScriptedObserver())
        #expect(whole.trainer.state.restarts == 2)
        for stop in [3, 5, 7] {
            let url = folder.file("stopped\(stop)")
            var stopped: TrainingRun? = try TrainingRun.start(configuration, at: url)
            #expect(try stopped?.run(ScriptedObserver(stopsAt: stop)) == .stopped)
            stopped = nil
            let resumed = try TrainingRun.resume(at: url)
            _ = try resumed.run(ScriptedObserver())
            #expect(try arrays(of: resumed.trainer) == arrays(of: whole.trainer), "stopped at \(stop)")
        }
        // Begun anew after step 10, so the average is of two steps' parameters and the new ones.
        let trainer = whole.trainer
        #expect(try parameters(Checkpoint(trainer).makeNetwork()) != parameters(trainer.network))
    }

    @Test func averagingCannotChangeOnResuming() throws {
        _ = try TrainingRun.start(averaging(), at: folder.file("run")).run(ScriptedObserver(stopsAt: 3))
        #expect(throws: ResumeError.self) {
            try TrainingRun.resume(
                at: folder.file("run"), overrides: [SettingOverride(assignment: "training.averaging=0")])
        }
    }

    @Test(arguments: [-0.1, 1, .nan]) func shareOutOfRange(decay: Double) {
        #expect(throws: ConfigurationError.self) { try Trainer(averaging(decay)) }
    }
}
