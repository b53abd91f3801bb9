// A run in its folder: training, metrics and checkpoints, until it is finished or told to stop. It prints nothing.

import Foundation
import NeuralMemory

/// A run at work in a folder that no other process trains in.
///
/// What is learned does not depend on when checkpoints are saved, nor on how often the run is stopped and resumed.
public final class TrainingRun {
    /// How a session ended.
    public enum Outcome: Sendable {
        /// The criterion of `training.solved` was met.
        case solved
        /// All steps are done.
        case completed
        /// It took as many seconds as `training.seconds` allows.
        case outOfTime
        /// Evaluations got no better for as many times as `training.evaluation.patience` says.
        case stalled
        /// It was told to stop; it can be resumed.
        case stopped
    }

    /// What does the steps.
    public let trainer: Trainer
    /// Where they are written down.
    public let directory: RunDirectory
    /// What sessions.jsonl tells of how this session was begun; by default the program's own arguments.
    public var commandLine = RunSession.quoted(CommandLine.arguments)
    private var isSessionWritten = false
    /// What sessions.jsonl tells of where the parameters came from.
    private var origin: RunSession.Origin?
    /// The run's own first: its file of metrics, and TensorBoard's files where they are asked for.
    private let sinks: [any MetricsSink]
    private var intervalStart: (sequences: Int, seconds: Double)

    /// Starts a run in a new or empty folder, where it writes config.yaml and the checkpoint of step 0.
    ///
    /// Throws `ConfigurationError`, also for kinds that are not registered, `FileError`, what a sink throws, or as
    /// `ParameterTransfer.plan` does.
    ///
    /// - Parameters:
    ///   - configuration: decides the run.
    ///   - url: the run's folder.
    ///   - transfer: the parameters of a trained network that it starts from.
    ///   - sinks: get the run's records, beside metrics.jsonl.
    public static func start(
        _ configuration: RunConfiguration, at url: URL, from transfer: ParameterTransfer? = nil,
        sinks: [any MetricsSink] = []
    ) throws -> TrainingRun {
        try configuration.requireRegistered()
        // First, so that a configuration that cannot be used leaves no folder.
        let trainer = try Trainer(configuration)
        if let transfer { trainer.begin(with: try transfer.plan(for: trainer.configuration)) }
        let run = try TrainingRun(
            trainer, RunDirectory.create(at: url), sinks, writesConfiguration: true, writesCheckpoint: true)
        run.origin = transfer?.origin
        return run
    }

    /// Goes on with the run in a folder from its last checkpoint, or from its start where it has not saved any yet.
    ///
    /// Options may change what does not change the training: steps, evaluation, criterion, where data files are. Throws
    /// `FileError`, `SafetensorsError`, `CheckpointError`, `SettingError`, `ConfigurationError`, `DataError` also where
    /// data are not those that the run began with, `ResumeError` for other changes, or what a sink throws.
    ///
    /// - Parameters:
    ///   - url: the run's folder.
    ///   - overrides: settings that take the place of the run's own.
    ///   - registry: the kinds that the run may have.
    ///   - sinks: get the run's records, beside metrics.jsonl; they are rewound to the checkpoint first.
    ///   - progress: is told what is being read, where that takes time.
    public static func resume(
        at url: URL, overrides: [SettingOverride] = [], registry: Registry = .standard,
        sinks: [any MetricsSink] = [], progress: (String) -> Void = { _ in }
    ) throws -> TrainingRun {
        let directory = try RunDirectory.open(at: url)
        let latest = directory.latestCheckpoint
        let checkpoint = try latest.isThere() ? Checkpoint.read(from: latest, registry: registry) : nil
        if checkpoint == nil { try directory.requireNothingTrained(registry) }
        let file = directory.configurationFile
        let written = try file.isThere() ? RunConfiguration(contentsOf: file, registry: registry) : nil
        guard let base = checkpoint?.configuration ?? written else {
            throw FileError(url, "this folder holds no run: it has neither config.yaml nor checkpoints")
        }
        var configuration = try (written ?? base).applying(overrides)
        try base.requireResumable(as: configuration, in: url, stepsDone: checkpoint?.state.step ?? 0)
        configuration.adoptData(of: base)
        try configuration.openData(progress: progress)
        let trainer = try checkpoint?.makeTrainer(configuration) ?? Trainer(configuration)
        return try TrainingRun(
            trainer, directory, sinks, writesConfiguration: written == nil || !overrides.isEmpty,
            writesCheckpoint: checkpoint == nil)
    }

    private init(
        _ trainer: Trainer, _ directory: RunDirectory, _ sinks: [any MetricsSink], writesConfiguration: Bool,
        writesCheckpoint: Bool
    ) throws {
        self.trainer = trainer
        self.directory = directory
        intervalStart = (trainer.state.sequences, trainer.state.seconds)
        // Before anything is written here: a sink that cannot be used then leaves a folder that can be started in.
        for sink in sinks { try sink.rewind(to: trainer.state.step) }
        if writesConfiguration {
            let comment = "The whole configuration of this run: `trainer train --config` with this file repeats it."
            let yaml = trainer.configuration.yaml(comment: comment)
            try AtomicFile.write([Data(yaml.utf8)], to: directory.configurationFile)
        }
        let training = trainer.configuration.training
        let board = TensorBoardFolder(directory.tensorBoardFolder, histograms: training.gradientHistograms)
        let own: [any MetricsSink] = [JSONLinesFile(directory.metricsFile)] + (training.tensorboard ? [board] : [])
        for sink in own { try sink.rewind(to: trainer.state.step) }
        self.sinks = own + sinks
        try saveSnapshot()
        if writesCheckpoint { try save() }
    }

    /// Trains until the run is finished or told to stop.
    ///
    /// A checkpoint is saved at each interval, and on stopping, and kept where `training.snapshots` asks for it. Throws
    /// `DivergenceError`, `FileError` where a file cannot be written, or what a sink throws; the last checkpoint then
    /// stays as it was.
    ///
    /// - Parameters:
    ///   - observers: look on, in this order.
    ///   - shouldStop: is asked before each step.
    public func run(
        observers: [any TrainingObserver] = [], until shouldStop: () -> Bool = { false }
    ) throws -> Outcome {
        if !trainer.isFinished { try writeSession() }
        var stopwatch = Stopwatch()
        while !trainer.isFinished {
            if trainer.agree(toStop: shouldStop()) {
                try save()
                return .stopped
            }
            let report = try trainer.step()
            trainer.add(seconds: stopwatch.lap())
            let step = StepReport(trainer.state)
            for observer in observers { observer.didStep(step) }
            try saveSnapshot()
            guard let report else { continue }
            let record = try record(report)
            for observer in observers { observer.didFinishInterval(record) }
        }
        return trainer.outcome
    }

    private func writeSession() throws {
        guard !isSessionWritten else { return }
        isSessionWritten = true
        let session = RunSession(firstStep: trainer.state.step + 1, commandLine: commandLine, from: origin)
        try session.append(to: directory.sessionsFile)
    }

    /// The record first: one without its checkpoint is made again on resuming, one left out would be lost.
    private func record(_ report: IntervalReport) throws -> MetricsRecord {
        let seconds = trainer.state.seconds - intervalStart.seconds - report.evaluationSeconds
        let sequences = Double(trainer.state.sequences - intervalStart.sequences)
        let record = MetricsRecord(
            report, sequencesPerSecond: seconds > 0 ? sequences / seconds : nil,
            elapsedSeconds: trainer.state.seconds)
        intervalStart = (trainer.state.sequences, trainer.state.seconds)
        try trainer.requireFinite()
        let gradients = sinks.contains(where: \.wantsGradients) ? trainer.gradients.histograms : []
        for sink in sinks { try sink.append(record, gradients: gradients) }
        let checkpoint = Checkpoint(trainer)
        if report.isBest { try checkpoint.write(to: directory.bestCheckpoint) }
        try checkpoint.write(to: directory.latestCheckpoint)
        return record
    }

    /// Keeps a checkpoint where this is the step for it.
    ///
    /// It comes before the last checkpoint of the same step: a run that is resumed from that one does not do the step
    /// again. One that was killed between the two does, and writes the same snapshot again.
    private func saveSnapshot() throws {
        guard let interval = trainer.configuration.training.snapshots, trainer.state.step.isMultiple(of: interval)
        else { return }
        try trainer.requireFinite()
        try Checkpoint(trainer).write(to: directory.snapshot(step: trainer.state.step))
    }

    /// The last update may have gone beyond all bounds, which the next step would find: too late for the checkpoint.
    private func save() throws {
        try trainer.requireFinite()
        try Checkpoint(trainer).write(to: directory.latestCheckpoint)
    }
}

/// A run cannot go on with another configuration.
public struct ResumeError: Error, CustomStringConvertible, Equatable {
    public let description: String
}

extension RunConfiguration {
    /// What may differ on resuming: none of it changes what a step learns.
    ///
    /// Data files may be elsewhere, not different.
    private var resumable: [String] {
        [
            "training.steps", "training.seconds", resumableEvaluation, resumableCriterion, "training.snapshots",
            "training.tensorboard", "training.gradientHistograms", "task.data", "task.validation"
        ]
    }

    /// A schedule that keeps state is driven by evaluations, and so are restarts: these must then stay the same.
    private var resumableEvaluation: String {
        type(of: training.schedule).stateNames.isEmpty && training.restart.steps == nil
            ? "training.evaluation" : "training.evaluation.patience"
    }

    /// Restarts ask whether an evaluation meets the criterion, not how many must.
    private var resumableCriterion: String {
        training.restart.steps == nil ? "training.solved" : "training.solved.evaluations"
    }

    /// Throws `ResumeError` where another configuration changes what may not change, or has fewer steps than were done.
    func requireResumable(as other: RunConfiguration, in folder: URL, stepsDone: Int) throws {
        let differences = ConfigurationTree(self).differences(from: ConfigurationTree(other))
        let refused = differences.filter { difference in !resumable.contains { difference.path.hasPrefix($0) } }
        if let first = refused.first {
            throw ResumeError(
                description: "\(first.path) is \(first.here) in the run at \(folder.path), and would become "
                    + "\(first.there); only training.steps and seconds, \(resumableEvaluation), \(resumableCriterion) "
                    + "and what the run writes (training.snapshots, tensorboard, gradientHistograms) may change on resuming. For anything "
                    + "else start a new run, in another folder")
        }
        guard other.training.steps >= stepsDone else {
            throw ResumeError(
                description: "training.steps would become \(other.training.steps); the run at \(folder.path) has done "
                    + "\(stepsDone) steps already: it must be at least that")
        }
    }
}
