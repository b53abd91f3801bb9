// `trainer study`: trains a grid of configurations with several seeds each, and says what came of it.

import ArgumentParser
import Foundation
import NeuralMemory
import NeuralMemoryTraining

struct Study: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Train a grid of configurations with several seeds each, and compare them.",
        discussion: """
            The file names what varies, and the seeds:

              base:
                extends: fast/reversal-stack
              grid:
                network.memory.kind: [stack, deque]
                training.batchSize: [10, 32]
              seeds: 1-10

            Each combination is a cell, each seed of a cell a run in DIR/cells/CELL/seed-N, and as many runs as there are \
            processors are trained side by side. At the end a table says how many seeds of each cell were solved, with a \
            95 % confidence interval, and what that took; DIR/runs.csv has a line for each run, DIR/summary.json all. With \
            a part "search" the study first looks for settings at random. docs/STUDIES.md describes all parts.

            A study that was stopped or killed goes on with the same command; the same file gives the same bits.

            With 'mpirun -n N trainer study …', N processes train a run at a time each, in place of --jobs; \
            docs/MANY-MACHINES.md says how.

            Examples:
              trainer study my-study.yaml
              trainer study my-study.yaml --output runs/mine --jobs 4
              trainer study runs/mine
              trainer study learns/fast-stacks
              trainer studies

            \(ExitStatus.help)
            """)

    @Argument(
        help: ArgumentHelp(
            "A study's file, the name of a shipped study, or the folder of a study to go on with.", valueName: "file"),
        completion: .file(extensions: ["yaml", "yml"]))
    var file: String

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "A folder for the study: new, empty, or that of the same study. (default: runs/NAME)", valueName: "dir"),
        completion: .directory)
    var output: String?

    @Option(help: "So many runs at a time. (default: as many as there are processors)")
    var jobs: Int?

    @OptionGroup var threads: ThreadOption

    @Flag(help: "Train more than 1000 runs without being asked.")
    var yes = false

    /// More runs than these are perhaps a slip.
    private static let mostUnasked = 1000

    func validate() throws {
        if let jobs {
            try requireOption("--jobs", jobs, in: 1...1024)
            try Ranks.requireNoJobs(jobs)
        }
        if output == "" { throw ValidationError("--output is empty; it must be a path.") }
    }

    func run() throws {
        StopSignal.install()
        signal(SIGPIPE, SIG_IGN)
        signal(SIGXFSZ, SIG_IGN)
        threads.apply()
        let ranks = try Ranks.join(threads)
        if let ranks, ranks.rank > 0 { return try ranks.takeRuns(ranks.accept().bytes) }
        let (study, folder, isNew) = try reportingOptions(of: "study", { [] }) { _ in
            let (file, folder) = try found()
            guard yes || file.runCount <= Self.mostUnasked else {
                throw ValidationError(
                    "\(self.file.shown()) has \(file.cellCount) cells and \(file.runCount) runs; to train them all, add --yes."
                )
            }
            let url = URL(fileURLWithPath: folder)
            let isNew = !FileManager.default.fileExists(atPath: StudyDirectory.studyFile(in: url).path)
            return (try StudyDirectory.open(at: url, file), folder, isNew)
        }
        let pool = try isNew ? leavingNothing(at: study.url) { try makePool(study, ranks) } : makePool(study, ranks)
        try train(study, folder, pool)
    }

    /// The study's file and the folder for it.
    private func found() throws -> (file: StudyFile, folder: String) {
        let url = URL(fileURLWithPath: file)
        let inside = StudyDirectory.studyFile(in: url)
        if FileManager.default.fileExists(atPath: inside.path) {
            return (try StudyFile(contentsOf: inside), output ?? file)
        }
        let source = try FileManager.default.fileExists(atPath: url.path) ? url : shipped()
        let name = source.deletingPathExtension().lastPathComponent
        return (try StudyFile(contentsOf: source), output ?? "runs/\(name)")
    }

    /// The file of the shipped study that was named.
    private func shipped() throws -> URL {
        guard try Studies.names.contains(file) else {
            throw ValidationError(
                "\(file.shown()): there is no such file, and no shipped study of this name; trainer studies lists those."
            )
        }
        return try Studies.file(of: file)
    }

    private func makePool(_ study: StudyDirectory, _ ranks: Ranks?) throws -> RunPool<StudyDirectory.Run> {
        let fitting = try study.runsThatFit()
        guard let ranks else {
            return RunPool(
                jobs, of: study.runCount, fitting: fitting, threads: threads.threads, passesOutput: false,
                label: \.label, folder: \.folder)
        }
        return try RunPool(
            ranks, in: study.url, of: study.runCount, fitting: fitting, passesOutput: false, label: \.label,
            folder: \.folder)
    }

    private func train(_ study: StudyDirectory, _ folder: String, _ pool: RunPool<StudyDirectory.Run>) throws {
        print("a study of \(study.runCount) runs, \(pool.description), in \(folder)")
        fflush(nil)
        let progress = StudyProgress(study)
        var hasFailed = false
        defer { progress.erase() }
        try pool.train(
            next: study.next,
            ended: { run, ending in
                let result = study.end(run, ending)
                if result.reason != nil { hasFailed = true }
                progress.show(run, result)
            }, look: progress.look)
        progress.erase()
        let summary = study.summary
        try study.write(summary)
        print("\n" + summary.table + "\nAll runs are in \(folder)/runs.csv.")
        if pool.isAskedToStop, study.endedCount < study.runCount {
            print("Stopped, and saved. To go on: trainer study \(folder)")
            throw ExitStatus.stopped
        }
        if hasFailed { throw ExitCode.failure }
    }
}

/// What a study says while it works: a line for each run that ended, and on a terminal one that moves.
private final class StudyProgress {
    private let study: StudyDirectory
    private let terminal = Terminal.output
    private let stopwatch = Stopwatch()
    private let before: Int
    private var lastDrawn = -Double.infinity

    init(_ study: StudyDirectory) {
        self.study = study
        before = study.endedCount
    }

    func show(_ run: StudyDirectory.Run, _ result: SeedResult) {
        erase()
        let steps = result.state.map { ", step \($0.step), \(decimals($0.seconds, 1)) s" } ?? ""
        print("\(run.label): \(result.label)\(steps)  (\(study.endedCount) of \(study.runCount))")
        fflush(nil)
    }

    func look(running: Int) {
        guard terminal.isTerminal, stopwatch.seconds - lastDrawn >= 1 else { return }
        lastDrawn = stopwatch.seconds
        let done = study.endedCount
        var line = "\(done) of \(study.runCount) runs done, \(running) at work, \(clockTime(stopwatch.seconds))"
        if done > before {
            let left = stopwatch.seconds / Double(done - before) * Double(study.runCount - done)
            line += ", about \(clockTime(left)) left"
        }
        print("\r" + line.prefix(terminal.columns - 1) + "\u{1B}[K", terminator: "")
        fflush(nil)
    }

    func erase() {
        guard terminal.isTerminal else { return }
        print("\r\u{1B}[K", terminator: "")
        fflush(nil)
    }
}
