// `trainer train`: starts or resumes a run, and says where it is and what to try next.

import ArgumentParser
import Foundation
import NeuralMemory
import Tasks
import Training

struct Train: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Train a network, in a folder that holds its configuration, metrics and checkpoints.",
        discussion: """
            The configuration is made of the defaults, then a preset or a file, then options. The run's folder gets it \
            whole, as config.yaml, together with metrics.jsonl (a line for each interval) and checkpoints/latest and \
            checkpoints/best (.safetensors).

            Examples:
              trainer train --preset fast/reversal-stack
              trainer train --preset fast/reversal-stack --seed 2 --output runs/second
              trainer train --task copy --memory queue --controller lstm --steps 2000
              trainer train --config my.yaml --set network.controller.units=128
              trainer train --config my.yaml --set 'training.evaluation.lengths=[64, 128]'
              trainer train --resume runs/second --steps 20000

            Changing a task, memory, controller or optimiser to another kind starts that section from the defaults of \
            the new kind.

            Ctrl-C or SIGTERM finishes the step, saves, and says how to resume; a second one ends the program at once. \
            A run resumes from its last checkpoint, also after a power failure, and ends with the same bits as one that \
            was never stopped.

            \(ExitStatus.help)
            """)

    // Numbers are texts here: the library reads and checks all settings, from options and files alike, and its messages
    // name both the option and the setting. Unconditional parsing lets a negative number through to them.

    @Option(parsing: .unconditional, help: "A shipped configuration to begin with; `trainer presets` lists them.")
    var preset: String?

    @Option(parsing: .unconditional, help: "A configuration file in YAML to begin with, such as a run's config.yaml.")
    var config: String?

    @Option(parsing: .unconditional, help: "What is learned; `trainer tasks` lists the tasks.")
    var task: String?

    @Option(parsing: .unconditional, help: "One of \(memoryChoices.names.joined(separator: ", ")).")
    var memory: String?

    @Option(parsing: .unconditional, help: "One of \(controllerChoices.names.joined(separator: ", ")).")
    var controller: String?

    @Option(parsing: .unconditional, help: "Minibatches at most.")
    var steps: String?

    @Option(parsing: .unconditional, help: "Sequences in a minibatch.")
    var batchSize: String?

    @Option(parsing: .unconditional, help: "The learning rate, before any decay.")
    var learningRate: String?

    @Option(parsing: .unconditional, help: "Decides parameters and sequences: the same seed gives the same run.")
    var seed: String?

    @Option(
        parsing: .unconditionalSingleValue,
        help: ArgumentHelp(
            "Sets any field of the configuration, by its dotted path; may be given several times.",
            valueName: "key=value"))
    var set: [String] = []

    @Option(parsing: .unconditional, help: "Threads of the kernels, 1 to 1024. (default: all processors)")
    var threads: Int?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "A folder for the run, new or empty. (default: the next of runs/TASK-MEMORY-1, -2, …)", valueName: "dir"))
    var output: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Go on with the run in this folder. Steps, evaluation and criterion may change, nothing else.",
            valueName: "dir"))
    var resume: String?

    func validate() throws {
        if let threads, !(1...1024).contains(threads) {
            throw ValidationError("--threads is \(threads); it must be from 1 to 1024.")
        }
        if let preset, let config {
            throw ValidationError(
                "--preset \(preset) and --config \(config) were both given; leave one out, and use --set for single "
                    + "fields.")
        }
        for (option, value) in [("--output", output), ("--resume", resume), ("--config", config)] where value == "" {
            throw ValidationError("\(option) is empty; it must be a path.")
        }
        guard let resume else { return }
        for case (let option, let value?) in [("--output", output), ("--preset", preset), ("--config", config)] {
            throw ValidationError(
                "\(option) \(value) was given together with --resume \(resume), which has a folder and a configuration "
                    + "already; leave out \(option).")
        }
    }

    func run() throws {
        if let threads { Runtime.threads = threads }
        StopSignal.install()
        let (run, folder) = try makeRun()
        let trainer = run.trainer
        if trainer.isFinished { return sayFinished(trainer, folder) }
        print(Runtime.summary)
        print(describe(trainer, folder))
        let progress = ProgressLine(from: trainer.state.step)
        do {
            let outcome = try run.run(progress)
            progress.erase()
            try report(outcome, trainer, folder)
        } catch let error as DivergenceError {
            progress.erase()
            complain(
                "Training diverged: \(error). The last good checkpoint is \(run.directory.latestCheckpoint.path). "
                    + "A smaller --learning-rate or training.clipping.norm may help, in a new run.")
            throw ExitStatus.diverged
        } catch let error as FileError {
            progress.erase()
            complain(
                "\(error). The checkpoint before it is whole; when the cause is gone: trainer train --resume \(folder)")
            throw ExitCode.failure
        }
    }

    // MARK: Making the run

    /// Errors that an option is to blame for end the program as other wrong options do.
    private func makeRun() throws -> (TrainingRun, folder: String) {
        do {
            let overrides = try self.overrides
            do {
                return try makeRun(overrides)
            } catch let error as ConfigurationError {
                throw SettingOverride.naming(error, among: overrides)
            }
        } catch let error as SettingError where error.isOption {
            complain("\(error)\n  See 'trainer train --help' for more information.")
            throw ExitCode.validationFailure
        }
    }

    private func makeRun(_ overrides: [SettingOverride]) throws -> (TrainingRun, folder: String) {
        if let resume {
            return (try TrainingRun.resume(at: URL(fileURLWithPath: resume), overrides: overrides), resume)
        }
        let configuration = try RunConfiguration.resolve(
            preset: preset, file: config.map { URL(fileURLWithPath: $0) }, overrides: overrides)
        let folder = output ?? unusedFolder(configuration)
        return (try TrainingRun.start(configuration, at: URL(fileURLWithPath: folder)), folder)
    }

    private var overrides: [SettingOverride] {
        get throws {
            let options = [
                ("--task", "task.kind", task), ("--memory", "network.memory.kind", memory),
                ("--controller", "network.controller.kind", controller), ("--steps", "training.steps", steps),
                ("--batch-size", "training.batchSize", batchSize),
                ("--learning-rate", "training.optimizer.learningRate", learningRate),
                ("--seed", "training.seed", seed),
            ]
            let named = options.compactMap { option, path, value in
                value.map { SettingOverride(path: path, value: $0, option: "\(option) \($0)") }
            }
            return try named + set.map { try SettingOverride(assignment: $0) }
        }
    }

    private func unusedFolder(_ configuration: RunConfiguration) -> String {
        let prefix = "\(configuration.task.kind)-\(configuration.network.memory.kind)"
        return "runs/" + RunDirectory.unused(below: URL(fileURLWithPath: "runs"), prefix: prefix).lastPathComponent
    }

    // MARK: Saying things

    private func describe(_ trainer: Trainer, _ folder: String) -> String {
        let configuration = trainer.configuration
        let (network, training) = (configuration.network, configuration.training)
        let start = trainer.state.step == 0 ? "training" : "resuming at step \(trainer.state.step)"
        return "\(start): \(configuration.task.kind), controller \(network.controller.kind), memory "
            + "\(network.memory.kind), \(trainer.network.parameters.count) parameters, at most \(training.steps) steps "
            + "of \(training.batchSize) sequences, seed \(training.seed), in \(folder)"
    }

    private func report(_ outcome: TrainingRun.Outcome, _ trainer: Trainer, _ folder: String) throws {
        let step = trainer.state.step
        switch outcome {
        case .stopped:
            print("Stopped at step \(step), and saved. To go on: trainer train --resume \(folder)")
            throw ExitStatus.stopped
        case .solved: print("Solved at step \(step), in \(decimals(trainer.state.seconds, 1)) s.")
        case .completed:
            let verdict = trainer.configuration.training.solved.isSet ? ", without being solved" : ""
            print("Done: \(step) steps in \(decimals(trainer.state.seconds, 1)) s\(verdict).")
        }
        sayNext(trainer, folder)
    }

    private func sayFinished(_ trainer: Trainer, _ folder: String) {
        let step = trainer.state.step
        let how = trainer.isSolved ? "it was solved at step \(step)" : "all its \(step) steps are done"
        let more =
            trainer.isSolved
            ? "--set training.solved.coarse=0 --set training.solved.longCoarse=0"
            : "--steps \(2 * step)"
        print("This run is finished: \(how). To train on: trainer train --resume \(folder) \(more)")
        sayNext(trainer, folder)
    }

    private func sayNext(_ trainer: Trainer, _ folder: String) {
        print("The run is in \(folder). Next:")
        print("  trainer evaluate \(folder)")
        if trainer.configuration.task is any TransductionTask { print("  trainer predict \(folder)") }
    }

    private func complain(_ message: String) { FileHandle.standardError.write(Data("Error: \(message)\n".utf8)) }
}
