// RewindTests.swift: runs that go back to the average of their parameters.

import Foundation
import NeuralMemory
import TestSupport
import Testing

import NeuralMemoryTraining

@Suite struct RewindTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func rewinding(_ factor: Double? = 3) -> RunConfiguration {
        var configuration = smallConfiguration()
        configuration.training.averaging = 0.99
        configuration.training.curriculum.start = nil
        configuration.training.steps = 200
        configuration.training.rewind.factor = factor
        return configuration
    }

    /// Breaks a network: the outputs that it took for likely become unlikely.
    private func ruin(_ network: Network) {
        let floats = network.parameters.floats
        for index in floats.indices { floats[index] *= -40 }
    }

    private func parameters(_ network: Network) -> [Float] { Array(network.parameters.floats) }

    @Test func aNetworkThatBrokeIsSetBack() throws {
        let trainer = try Trainer(rewinding())
        for _ in 0..<60 { _ = try trainer.step() }
        let before = parameters(trainer.network)
        #expect(trainer.state.rewinds == 0)
        ruin(trainer.network)
        var steps = 0
        while trainer.state.rewinds == 0, steps < 10 {
            _ = try trainer.step()
            steps += 1
        }
        try #require(trainer.state.rewinds == 1)
        let average = try parameters(Checkpoint(trainer).makeNetwork())
        #expect(parameters(trainer.network) == average)
        // A ruined number is 41 times its size away. After 60 steps the average takes 9 in 70 of the next parameters.
        let distance = zip(before, average).map { abs($0 - $1) }.max() ?? 0
        #expect(distance < 0.7 * 41 * (before.map(abs).max() ?? 0), "\(steps) steps")
    }

    @Test func withoutAFactorItGoesOn() throws {
        let trainer = try Trainer(rewinding(nil))
        for _ in 0..<6 { _ = try trainer.step() }
        ruin(trainer.network)
        for _ in 0..<5 { _ = try trainer.step() }
        #expect(trainer.state.rewinds == 0 && trainer.state.lossLevels == nil)
    }

    /// Longer sequences have a larger loss, which is no jump.
    @Test func levelsBeginAnewAtANewLength() throws {
        var configuration = rewinding()
        configuration.training.curriculum.start = 1
        configuration.training.curriculum.threshold = 100
        let trainer = try Trainer(configuration)
        for _ in 0..<2 {
            _ = try trainer.step()
            #expect(trainer.state.lossLevels == nil)
        }
        for _ in 0..<4 { _ = try trainer.step() }
        #expect(trainer.state.lossLevels?.batches == 3)
    }

    /// At such a rate nothing is learned, and with such a factor chance alone is a jump now and then.
    private func unstable() -> RunConfiguration {
        var configuration = rewinding(1.01)
        configuration.training.optimizer = Adam(learningRate: 0.2)
        configuration.training.steps = 150
        return configuration
    }

    @Test(arguments: [7, 60, 101]) func rewindsSurviveStopping(at step: Int) throws {
        let whole = try TrainingRun.start(unstable(), at: folder.file("whole"))
        _ = try whole.run(ScriptedObserver())
        #expect(whole.trainer.state.rewinds > 0)
        let url = folder.file("stopped")
        var stopped: TrainingRun? = try TrainingRun.start(unstable(), at: url)
        #expect(try stopped?.run(ScriptedObserver(stopsAt: step)) == .stopped)
        stopped = nil
        let resumed = try TrainingRun.resume(at: url)
        _ = try resumed.run(ScriptedObserver())
        #expect(timeless(resumed.trainer.state) == timeless(whole.trainer.state))
        #expect(try arrays(of: resumed.trainer) == arrays(of: whole.trainer))
        let lines = try String(contentsOf: url.appending(path: "metrics.jsonl"), encoding: .utf8).split(separator: "\n")
        #expect(lines.last?.contains("\"rewinds\":\(whole.trainer.state.rewinds)") == true, "\(lines)")
    }

    @Test(arguments: [1, 0, -3, 1001, .nan]) func factorOutOfRange(_ factor: Double) {
        #expect(throws: ConfigurationError.self) { try Trainer(rewinding(factor)) }
    }

    @Test func withoutAnAverageThereIsNothingToGoBackTo() throws {
        var configuration = rewinding()
        configuration.training.averaging = 0
        let error = #expect(throws: ConfigurationError.self) { try Trainer(configuration) }
        #expect(error?.field == "training.averaging" && error?.allowed.contains("training.rewind.factor") == true)
    }
}
