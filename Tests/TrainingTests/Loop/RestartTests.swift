// RestartTests.swift: runs that begin anew, and runs with noise on strengths.

import Foundation
import NeuralMemory
import TestSupport
import Testing

import NeuralMemoryTraining

@Suite struct RestartTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// Never solved, so it begins anew after 5 and 10 steps of 12.
    private func restarting() -> RunConfiguration {
        var configuration = smallConfiguration()
        configuration.training.solved.longCoarse = 1
        configuration.training.restart.steps = 4
        configuration.training.noise.deviation = 1
        configuration.training.noise.steps = 2
        return configuration
    }

    private func parameters(_ trainer: Trainer) -> [Float] { Array(trainer.network.parameters.floats) }

    @Test func aRunBeginsAnew() throws {
        let trainer = try Trainer(restarting())
        let first = parameters(trainer)
        for _ in 0..<5 { _ = try trainer.step() }
        #expect(trainer.state.restarts == 0 && trainer.optimizer.updates == 5)
        _ = try trainer.step()
        #expect(trainer.state.restarts == 1 && trainer.state.restartStep == 5 && trainer.optimizer.updates == 1)
        // One step by Adam changes no parameter by more than its rate, and new ones are farther away.
        let again = parameters(trainer)
        #expect(zip(first, again).contains { abs($0 - $1) > 0.1 })
        for _ in 0..<6 { _ = try trainer.step() }
        #expect(trainer.state.restarts == 2 && trainer.state.step == 12 && trainer.state.sequences == 36)
    }

    @Test func aRunThatIsBeingSolvedGoesOn() throws {
        var configuration = restarting()
        configuration.training.solved.longCoarse = nil
        configuration.training.solved.wrong = 100
        configuration.training.solved.evaluations = 3
        let trainer = try Trainer(configuration)
        for _ in 0..<12 { _ = try trainer.step() }
        #expect(trainer.state.restarts == 0)
    }

    /// What was learned is not thrown away for one evaluation that went wrong.
    @Test func aRunThatMetTheCriterionGetsItsStepsOnceMore() throws {
        var configuration = restarting()
        configuration.training.steps = 30
        let trainer = try Trainer(configuration)
        for _ in 0..<5 { _ = try trainer.step() }
        trainer.state.metStep = 5
        for _ in 0..<5 { _ = try trainer.step() }
        #expect(trainer.state.restarts == 0)
        _ = try trainer.step()
        #expect(trainer.state.restarts == 1 && trainer.state.restartStep == 10)
    }

    @Test func aRunWithoutACriterionGoesOn() throws {
        var configuration = restarting()
        configuration.training.solved = SolvedCriterion()
        let trainer = try Trainer(configuration)
        for _ in 0..<12 { _ = try trainer.step() }
        #expect(trainer.state.restarts == 0)
    }

    @Test func restartsSurviveStopping() throws {
        let whole = try TrainingRun.start(restarting(), at: folder.file("whole"))
        _ = try whole.run(ScriptedObserver())
        for stop in [5, 7, 10] {
            let url = folder.file("stopped\(stop)")
            var stopped: TrainingRun? = try TrainingRun.start(restarting(), at: url)
            #expect(try stopped?.run(ScriptedObserver(stopsAt: stop)) == .stopped)
            stopped = nil
            let resumed = try TrainingRun.resume(at: url)
            _ = try resumed.run(ScriptedObserver())
            #expect(try arrays(of: resumed.trainer) == arrays(of: whole.trainer), "stopped at \(stop)")
            #expect(timeless(resumed.trainer.state) == timeless(whole.trainer.state))
        }
    }

    /// Other evaluations, or another criterion, would begin anew at other steps.
    @Test(arguments: ["training.evaluation.episodes=9", "training.solved.longCoarse=0.5"])
    func whatDecidesRestartsStays(_ setting: String) throws {
        _ = try TrainingRun.start(restarting(), at: folder.file("run")).run(ScriptedObserver(stopsAt: 3))
        let text = message {
            _ = try TrainingRun.resume(
                at: folder.file("run"), overrides: [SettingOverride(assignment: setting)])
        }
        let rest = "only training.steps and seconds, training.evaluation.patience, training.solved.evaluations"
        #expect(text.contains(rest), "\(text)")
    }

    @Test func noiseGrows() throws {
        var noise = NoiseConfiguration()
        noise.deviation = 2
        noise.start = 10
        noise.steps = 4
        #expect([1, 10, 11, 12, 14, 100].map { noise.deviation(step: $0) } == [0, 0, 0.5, 1, 2, 2])
    }

    @Test(arguments: [
        (["training.restart.steps=0"], "training.restart.steps is 0"),
        (["training.noise.deviation=-1"], "training.noise.deviation is -1.0"),
        (["training.noise.steps=0"], "training.noise.steps is 0")
    ])
    func settingsThatCannotBe(_ settings: [String], _ part: String) {
        let text = message {
            _ = try RunConfiguration(yaml: Data(), source: "a.yaml").applying(
                settings.map { try SettingOverride(assignment: $0) })
        }
        #expect(text.contains(part), "\(text)")
    }
}
