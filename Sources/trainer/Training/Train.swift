// `trainer train`: starts or resumes a run, and says where it is and what to try next.

import ArgumentParser
import Foundation
import NeuralMemory
import NeuralMemoryTasks
import NeuralMemoryTraining

struct Train: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Train a network, in a folder that holds its configuration, metrics and checkpoints.",
        discussion: """
            The configuration is that of a preset or a file with options on top. Without either it starts from a preset \
            that is known to learn the task with the memory, and the command says which; --task alone takes the memory \
            that suits it, and --memory the task. A file starts from the defaults, unless it extends a preset. The run's \
            folder gets the configuration whole, as config.yaml, together with metrics.jsonl (a line for each interval) \
            and checkpoints/latest and checkpoints/best (.safetensors).

            Examples:
              trainer train --preset fast/reversal-stack
              trainer train --preset fast/reversal-stack --seed 2 --output runs/second
              trainer train --task copy --memory queue --controller lstm --steps 2000
              trainer train --config my.yaml --set network.controller.units=128
              trainer train --config my.yaml --set 'training.evaluation.lengths=[64, 65-128]'
              trainer train --task pairs --data train.tsv --validation dev.tsv --set training.evaluation.patience=5
              trainer train --resume runs/second --steps 20000
              trainer train --preset fast/reversal-stack --seeds 1-10 --output runs/ten
              trainer train --preset paper/copy-ntm --dry-run
              trainer train --from runs/copy-queue-1 --task reversal --freeze 'embedding.*'

            Changing a task, memory, controller or optimiser to another kind starts that section from the defaults of \
            the new kind.

            With --from, a new run starts from the parameters of a trained network, and from its settings unless options \
            say otherwise; --take takes a part of the parameters, and --freeze keeps some as they are. docs/TRANSFER.md \
            has examples.

            Data of your own are text files in UTF-8 with SOURCE, a tab and TARGET on each line; symbols are separated by \
            spaces, or are single characters with --characters. Each pass over the training file takes every line once, \
            in a new order. Without --validation every tenth line is held out: not trained on, but evaluated. With \
            training.evaluation.patience training stops after so many evaluations in a row that got no better. Files \
            may be larger than memory. docs/tutorials/OWN-DATA.md is a tutorial.

            With --tensorboard, 'tensorboard --logdir DIR' shows the metrics of all runs below DIR; \
            training.gradientHistograms=true adds histograms. training.snapshots=N keeps the checkpoint of every N-th step.

            Ctrl-C, SIGTERM or SIGHUP finishes the step, saves, and says how to resume. A second one ends the program at \
            once, as that signal does, and leaves the last checkpoint. So does the first while a new run's data are read. \
            A run resumes from its last checkpoint, also after a power failure, and ends with the same bits as one that \
            was never stopped.

            With --seeds, each seed is a run and a process of its own in DIR/seed-N, and several train side by side. \
            Their lines begin with the seed; at the end a table says which were solved, after how many sequences and \
            seconds, and at what costs, with median, least and most; DIR/summary.json has the same, and DIR/seeds.json \
            what is to be trained. A seed that crashes does not stop the others; the exit code is then 1, or 70 where \
            seeds diverged and none crashed. --resume DIR goes on with all that are not finished.

            With 'mpirun -n N trainer train …', N processes share each batch of a run, or train a seed at a time each; \
            docs/MANY-MACHINES.md says how.

            \(ExitStatus.help)
            """)

    // Numbers are texts here: the library reads and checks all settings, from options and files alike, and its messages
    // name both the option and the setting. Unconditional parsing lets a negative number through to them.

    @OptionGroup var options: ConfigurationOptions

    @Option(parsing: .unconditional, help: "Minibatches at most.")
    var steps: String?

    @Option(parsing: .unconditional, help: "Sequences in a minibatch.")
    var batchSize: String?

    @Option(parsing: .unconditional, help: "The learning rate, before any decay.")
    var learningRate: String?

    @Option(parsing: .unconditional, help: "Decides parameters and sequences: the same seed gives the same run.")
    var seed: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Train with each of several seeds, such as 1-10 or 1,3,7, in a folder each: DIR/seed-N.",
            valueName: "seeds"))
    var seeds: String?

    @Option(
        parsing: .unconditional,
        help: """
            How many seeds to train side by side, where there is memory for them. (default: as many as there are threads)
            """)
    var jobs: Int?

    @Flag(help: "Write the metrics as event files for TensorBoard too, in DIR/tensorboard.")
    var tensorboard = false

    /// The process that trains several seeds, of which this is one: the run stops when that process is gone.
    @Option(name: .customLong("as-one-of-seeds"), help: .hidden)
    var parent: pid_t?

    /// What that process was begun with.
    @Option(parsing: .unconditional, help: .hidden)
    var commandLine: String?

    var isOneOfSeeds: Bool { parent != nil }

    @OptionGroup var start: StartOptions

    @OptionGroup var threads: ThreadOption

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "A folder for the run, new or empty. (default: the next of runs/TASK-MEMORY-1, -2, …)", valueName: "dir"),
        completion: .directory)
    var output: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Go on with the run in this folder. Steps, evaluation, criterion, the place of data files and what is "
                + "written may change, nothing else.",
            valueName: "dir"), completion: .directory)
    var resume: String?

    @Flag(help: "Check settings, data and memory, print the configuration whole, and write nothing.")
    var dryRun = false

    func validate() throws {
        if dryRun, let resume {
            throw ValidationError("--dry-run is for new runs, and --resume \(resume) goes on with one; leave one out.")
        }
        if let jobs {
            try requireOption("--jobs", jobs, in: 1...1024)
            try Ranks.requireNoJobs(jobs)
        }
        try validateSeeds()
        for (option, value) in [("--output", output), ("--resume", resume)] where value == "" {
            throw ValidationError("\(option) is empty; it must be a path.")
        }
        guard let resume else { return }
        for case (let option, let value?) in [
            ("--output", output), ("--preset", options.preset), ("--config", options.config), ("--from", start.from)
        ] {
            throw ValidationError(
                "\(option) \(value) was given together with --resume \(resume), which has a folder and a configuration "
                    + "already; leave out \(option).")
        }
    }

    private func validateSeeds() throws {
        if seeds == nil, resume == nil, let jobs { throw alone(jobs) }
        guard let seeds else { return }
        let single =
            seed.map { "--seed \($0)" } ?? options.set.first { $0.hasPrefix("training.seed=") }.map { "--set \($0)" }
        if let single { throw ValidationError("\(single) and --seeds \(seeds) were both given; leave one out.") }
        if let resume {
            throw ValidationError(
                "--seeds \(seeds) was given together with --resume \(resume), which has its seeds already; leave out "
                    + "--seeds.")
        }
        do {
            _ = try SeedList(seeds)
        } catch {
            throw ValidationError("--seeds: \(error).")
        }
    }

    private func alone(_ jobs: Int) -> ValidationError {
        ValidationError("--jobs \(jobs) is for several seeds; give them with --seeds, or leave out --jobs.")
    }

    func run() throws {
        // First, so that every thread that computes has these signals blocked.
        StopSignal.install()
        // Training goes on when nobody reads its output any more, and a file that may not grow is an error to report.
        signal(SIGPIPE, SIG_IGN)
        signal(SIGXFSZ, SIG_IGN)
        threads.apply()
        let ranks = isOneOfSeeds ? nil : try Ranks.join(threads)
        if let ranks, ranks.rank > 0 { return try follow(ranks) }
        if dryRun { return try sayPlan() }
        if isOneOfSeeds {
            // A group of its own, so that a Ctrl-C at the terminal reaches it once only: from its parent.
            setpgid(0, 0)
        } else if let several = try makeSeveral(ranks) {
            return try several.run()
        }
        let (run, folder, beginning) = try makeRun(ranks)
        let trainer = run.trainer
        if let ranks, resume == nil {
            try leavingNothing(at: run.directory.url) { try ranks.begin(trainer, folder) }
        } else {
            try ranks?.begin(trainer, folder)
        }
        if let commandLine { run.commandLine = commandLine }
        trainer.adaptsThreads = threads.threads == nil
        if trainer.isFinished { return sayFinished(trainer, folder) }
        if !isOneOfSeeds { try sayBeginning(trainer, folder, beginning) }
        let earlier = try RunReader(run.directory.url).records()
        let progress = ProgressLine(trainer, losses: earlier.map(\.loss))
        do {
            let outcome = try run.run(observers: [
                progress, PlainProgress(trainer, isTerminal: Terminal.output.isTerminal)
            ]) { shouldStop }
            progress.erase()
            try report(outcome, trainer, folder)
        } catch let error as DivergenceError {
            progress.erase()
            complain(
                "Error: training diverged: \(error). The last good checkpoint is \(run.directory.latestCheckpoint.path). "
                    + "A smaller --learning-rate or training.clipping.norm may help, in a new run.")
            throw ExitStatus.diverged
        } catch let error as DataError {
            progress.erase()
            complain("Error: \(error). The last good checkpoint is \(run.directory.latestCheckpoint.path).")
            throw ExitCode.failure
        } catch let error as FileError {
            progress.erase()
            complain(
                "Error: \(error). The checkpoint before it is whole; when the cause is gone: trainer train --resume "
                    + folder)
            throw ExitCode.failure
        }
    }

    /// On a signal, and when the process is gone that this one was started by.
    var shouldStop: Bool { StopSignal.isRequested || parent.map { $0 != getppid() } ?? false }

    // MARK: Making the run

    private func makeRun(_ ranks: Ranks?) throws -> (TrainingRun, folder: String, Beginning?) {
        try reportingOptions(of: "train", overrides) { overrides in
            if let resume {
                let url = URL(fileURLWithPath: resume)
                let run = try reading(afterSaving: true) { progress in
                    try isOneOfSeeds
                        ? SeedDirectory.openRun(at: url, progress: progress)
                        : TrainingRun.resume(at: url, overrides: overrides, progress: progress)
                }
                try run.trainer.configuration.requireWork(forProcesses: ranks?.count ?? 1)
                return (run, resume, nil)
            }
            let beginning = try resolve(overrides)
            try beginning.configuration.requireWork(forProcesses: ranks?.count ?? 1)
            let folder = output ?? unusedFolder(beginning.configuration)
            let run = try TrainingRun.start(
                beginning.configuration, at: URL(fileURLWithPath: folder), from: beginning.transfer)
            return (run, folder, beginning)
        }
    }

    /// Runs of several seeds, where options or the folder to resume ask for them.
    private func makeSeveral(_ ranks: Ranks?) throws -> SeveralSeeds? {
        try reportingOptions(of: "train", overrides) { overrides in
            if let seeds {
                let beginning = try resolve(overrides)
                let folder = output ?? unusedFolder(beginning.configuration, "-seeds")
                let directory = try SeedDirectory.create(
                    at: URL(fileURLWithPath: folder), beginning.configuration, seeds: SeedList(seeds).seeds,
                    from: beginning.transfer)
                let several = try leavingNothing(at: directory.url) {
                    try SeveralSeeds(
                        directory, folder, unfinished: directory.seeds, threads: threads.threads, jobs: jobs,
                        ranks: ranks)
                }
                if let text = beginning.introduction { print(text) }
                fflush(nil)
                try warn(beginning.configuration, beginning)
                return several
            }
            if let resume, try SeedDirectory.holdsSeeds(URL(fileURLWithPath: resume)) {
                let directory = try SeedDirectory.open(at: URL(fileURLWithPath: resume))
                let unfinished = try directory.resume(overrides)
                return try SeveralSeeds(
                    directory, resume, unfinished: unfinished, threads: threads.threads, jobs: jobs, ranks: ranks)
            }
            if let jobs { throw alone(jobs) }
            return nil
        }
    }

    /// With data open, where the task has any: what is wrong with them is said before there is a folder.
    private func resolve(_ overrides: [SettingOverride]) throws -> Beginning {
        var beginning = try start.beginning(options, overrides)
        try reading(afterSaving: false) { try beginning.openData(progress: $0) }
        return beginning
    }

    /// Does what reads data, and may take minutes.
    ///
    /// A signal need not wait for that: `afterSaving` says whether there is a run already, which can be resumed as it
    /// is.
    private func reading<Value>(
        afterSaving isSaved: Bool, _ body: ((String) -> Void) throws -> Value
    ) throws -> Value {
        let status = StatusLine()
        defer { status.erase() }
        return try body { text in
            if StopSignal.isRequested, isSaved {
                print("Stopped while data were read; the run is as it was, and can be resumed.")
                Self.exit(withError: ExitStatus.stopped)
            }
            StopSignal.endIfRequested()
            status.show(text)
        }
    }

    private func overrides() throws -> [SettingOverride] {
        let board = SettingOverride(path: "training.tensorboard", value: "true", option: "--tensorboard")
        return try (tensorboard ? [board] : []) + start.overrides
            + options.overrides(
                [
                    ("--steps", "training.steps", steps), ("--batch-size", "training.batchSize", batchSize),
                    ("--learning-rate", "training.optimizer.learningRate", learningRate),
                    ("--seed", "training.seed", seed)
                ], isResuming: resume != nil, trained: start.from)
    }

    private func unusedFolder(_ configuration: RunConfiguration, _ suffix: String = "") -> String {
        let prefix = "\(configuration.task.kind)-\(configuration.network.memory.kind)\(suffix)"
        return "runs/" + RunDirectory.unused(below: URL(fileURLWithPath: "runs"), prefix: prefix).lastPathComponent
    }

    // MARK: Saying things

    private func sayPlan() throws {
        try reportingOptions(of: "train", overrides) { overrides in
            let beginning = try resolve(overrides)
            let plan = try TrainingPlan(beginning.configuration)
            let folder = output ?? unusedFolder(beginning.configuration, seeds == nil ? "" : "-seeds")
            try plan.requireFolder(URL(fileURLWithPath: folder))
            let count = try seeds.map { try SeedList($0).seeds.count }
            try write(plan.description(folder: folder, seeds: count, start: beginning.introduction))
            try warn(plan.configuration, beginning)
        }
    }

    private func sayBeginning(_ trainer: Trainer, _ folder: String, _ beginning: Beginning?) throws {
        print(Runtime.summary)
        if let text = beginning?.introduction { print(text) }
        print(describe(trainer, folder))
        fflush(nil)
        try warn(trainer.configuration, beginning)
    }

    private func warn(_ configuration: RunConfiguration, _ beginning: Beginning?) throws {
        for caution in try beginning?.point?.cautions(for: configuration) ?? [] { complain("Warning: \(caution).") }
        let notes = try reading(afterSaving: true) { try configuration.task.notes(progress: $0) }
        for note in notes { complain("Note: \(note).") }
        let warning = configuration.warning(longestLength: configuration.task.lengths.upperBound)
        if let warning { complain("Warning: \(warning).") }
    }

    private func describe(_ trainer: Trainer, _ folder: String) -> String {
        let configuration = trainer.configuration
        let (network, training) = (configuration.network, configuration.training)
        let start = trainer.state.step == 0 ? "training" : "resuming at step \(trainer.state.step)"
        return "\(start): \(configuration.task.kind), controller \(network.controller.kind), memory "
            + "\(network.memory.kind), \(trainer.network.parameters.layout.count) parameters, at most \(training.steps) steps "
            + "of \(training.batchSize) sequences, seed \(training.seed), in \(folder)"
    }
}
