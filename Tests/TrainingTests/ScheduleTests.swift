// ScheduleTests.swift: schedules in settings, runs and checkpoints.

import Foundation
import NeuralMemory
import NeuralMemoryTasks
import NeuralMemoryTraining
import TestSupport
import Testing

@Suite struct ScheduleTests {
    private let folder: TemporaryFolder
    private var run: URL { folder.file("run") }

    init() throws { folder = try TemporaryFolder() }

    private func read(_ yaml: String, _ settings: [String] = []) throws -> RunConfiguration {
        try RunConfiguration(yaml: Data(yaml.utf8), source: "a.yaml").applying(
            settings.map { try SettingOverride(assignment: $0) })
    }

    // MARK: Settings

    @Test func settingsWithoutAKindAreOfAnExponentialDecay() throws {
        for configuration in [
            try read("training: {schedule: {factor: 0.7, every: 50}}\n"),
            try read("", ["training.schedule.factor=0.7", "training.schedule.every=50"])
        ] {
            let schedule = try #require(configuration.training.schedule as? ExponentialDecay)
            #expect(schedule.factor == 0.7 && schedule.every == 50)
        }
        #expect((try read("").training.schedule as? ExponentialDecay)?.factor == 1)
    }

    @Test(arguments: Registry.standard.schedules.names) func everyKindIsWrittenAndReadBack(_ kind: String) throws {
        let settings = [
            "training.schedule.kind=\(kind)", "training.warmupSteps=30", "training.weightDecay=0.125"
        ]
        let configuration = try read("", settings)
        let again = try read(configuration.yaml(comment: "written"))
        #expect(again.yaml(comment: "") == configuration.yaml(comment: ""))
        #expect(again.training.schedule.kind == kind)
        #expect(again.training.warmupSteps == 30 && again.training.weightDecay == 0.125)
    }

    @Test(arguments: [
        ("training.schedule.kind=cosin", "did you mean cosine?"), ("training.schedule.steps=5", "(exponential)"),
        ("training.schedule.factor=2", "training.schedule.factor is 2.0"),
        ("training.warmupSteps=-1", "training.warmupSteps is -1"),
        ("training.weightDecay=2", "training.weightDecay is 2.0"),
        ("training.optimizer.learningRate=101", "training.optimizer.learningRate is 101.0")
    ])
    func settingsThatCannotBe(_ setting: String, _ part: String) {
        let text = message { _ = try read("", [setting]) }
        #expect(text.contains(part) && text.contains("--set \(setting)"), "\(text)")
    }

    // MARK: Runs

    /// Evaluated after every other step, and so noisy that it gets worse again and again.
    private func plateau(steps: Int = 40) throws -> RunConfiguration {
        var configuration = smallConfiguration()
        configuration.training.steps = steps
        configuration.training.evaluation.interval = 2
        configuration.training.optimizer = Adam(learningRate: 0.1)
        var schedule = PlateauDecay()
        schedule.patience = 2
        configuration.training.schedule = schedule
        configuration.training.weightDecay = 0.01
        configuration.training.warmupSteps = 5
        return configuration
    }

    @Test func plateauSurvivesStopping() throws {
        let whole = try TrainingRun.start(plateau(), at: folder.file("whole"))
        let observer = ScriptedObserver()
        _ = try whole.run(observer)
        let state = whole.trainer.optimizer.scheduleState
        let reductions = try #require(state["reductions"])
        #expect(reductions >= 2)
        #expect(whole.trainer.optimizer.learningRate(step: 41) == 0.1 * pow(0.5, reductions))
        // Each line of metrics has the rate of its last step: what its own evaluation decides comes after that.
        let rates = observer.records.map(\.learningRate)
        #expect(rates[0] == 0.1 * (2 / 5) && rates[2] == 0.1 && Set(rates).count >= 4)

        for stop in [11, 24] {
            let url = folder.file("stopped\(stop)")
            var stopped: TrainingRun? = try TrainingRun.start(plateau(), at: url)
            #expect(try stopped?.run(ScriptedObserver(stopsAt: stop)) == .stopped)
            let kept = stopped?.trainer.optimizer.scheduleState
            stopped = nil
            let resumed = try TrainingRun.resume(at: url)
            #expect(resumed.trainer.optimizer.scheduleState == kept && kept?.isEmpty == false)
            _ = try resumed.run(ScriptedObserver())
            #expect(try arrays(of: resumed.trainer) == arrays(of: whole.trainer), "stopped at \(stop)")
            #expect(resumed.trainer.optimizer.scheduleState == state)
        }
    }

    /// The evaluation after the last step is no part of a longer run.
    @Test func moreStepsGoOnLikeALongerRun() throws {
        var training: TrainingRun? = try TrainingRun.start(plateau(steps: 11), at: run)
        _ = try training?.run(ScriptedObserver())
        training = nil
        let resumed = try TrainingRun.resume(at: run, overrides: [SettingOverride(assignment: "training.steps=24")])
        _ = try resumed.run(ScriptedObserver())
        let whole = try TrainingRun.start(plateau(steps: 24), at: folder.file("whole"))
        _ = try whole.run(ScriptedObserver())
        #expect(try arrays(of: resumed.trainer) == arrays(of: whole.trainer))
        #expect(resumed.trainer.optimizer.scheduleState == whole.trainer.optimizer.scheduleState)
    }

    /// Other evaluations would give other learning rates.
    @Test func evaluationsThatDriveTheScheduleStay() throws {
        _ = try TrainingRun.start(plateau(), at: run).run(ScriptedObserver(stopsAt: 3))
        for setting in ["training.evaluation.interval=3", "training.evaluation.episodes=9"] {
            let text = message {
                _ = try TrainingRun.resume(at: run, overrides: [SettingOverride(assignment: setting)])
            }
            let rest = "only training.steps and seconds, training.evaluation.patience, training.solved"
            #expect(text.contains(rest), "\(text)")
        }
        let patience = [try SettingOverride(assignment: "training.evaluation.patience=50")]
        #expect(try TrainingRun.resume(at: run, overrides: patience).trainer.state.step == 3)
    }

    @Test func skippedStepsCountForTheSchedule() throws {
        var configuration = smallConfiguration()
        var schedule = ExponentialDecay()
        (schedule.factor, schedule.every) = (0.5, 1)
        configuration.training.schedule = schedule
        configuration.training.clipping = GradientClipping()
        configuration.training.optimizer = Adam(learningRate: 1)
        let trainer = try Trainer(configuration)
        let slice = try #require(trainer.network.parameters.layout["output.weight"])
        let kept = try trainer.network.parameters.values(of: slice)
        try trainer.network.parameters.setValues((0..<slice.count).map { $0 % 2 == 0 ? 1e20 : -1e20 }, of: slice)
        for _ in 0..<2 { _ = try trainer.step() }
        try trainer.network.parameters.setValues(kept, of: slice)
        _ = try trainer.step()
        #expect(trainer.state.skipped == 2 && trainer.optimizer.updates == 1)
        // The first update of Adam is the rate times g/(|g| + epsilon): that of the third step.
        let moved = try zip(trainer.network.parameters.values(of: slice), kept).map { abs($0 - $1) }.max() ?? 0
        #expect(abs(moved - 0.25) <= 1e-3, "moved by \(moved)")
    }
}
