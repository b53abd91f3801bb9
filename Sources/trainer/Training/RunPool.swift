// Runs side by side: a process for each, so that a crash stays alone, here or on other ranks.

import ArgumentParser
import Foundation
import NeuralMemory
import NeuralMemoryTraining

/// Trains runs, so many at a time.
struct RunPool<Run> {
    /// Processes side by side.
    let jobs: Int
    /// Of each.
    let threads: Int
    /// What messages call a run.
    let label: (Run) -> String
    /// What `SeedDirectory.openRun` finds something to train in.
    let folder: (Run) -> URL
    /// Whether what processes say on standard output is passed on; errors always are.
    let passesOutput: Bool
    /// Other ranks, each of which trains a run at a time too.
    private let rankRuns: RankRuns?

    /// Threads are shared out among as many processes as run side by side: not more than there is memory for.
    ///
    /// - Parameters:
    ///   - wanted: processes side by side, if somebody said so.
    ///   - count: how many runs there are.
    ///   - fitting: how many of them there is memory for at once.
    ///   - threads: of all together, if somebody said so.
    ///   - passesOutput: whether their lines are printed.
    ///   - label: what messages call a run.
    ///   - folder: its folder.
    init(
        _ wanted: Int?, of count: Int, fitting: Int?, threads: Int?, passesOutput: Bool,
        label: @escaping (Run) -> String, folder: @escaping (Run) -> URL
    ) {
        // The serial build knows of one processor only, and can still run a process on each.
        let total = threads ?? (Runtime.usesOpenMP ? Runtime.processors : ProcessInfo.processInfo.activeProcessorCount)
        let wanted = max(1, min(wanted ?? total, count))
        jobs = min(wanted, fitting ?? wanted)
        if jobs < wanted { complain("Note: there is memory for \(jobs) of \(wanted) runs at a time.") }
        self.threads = max(1, total / jobs)
        self.passesOutput = passesOutput
        (self.label, self.folder) = (label, folder)
        rankRuns = nil
    }

    /// Each rank trains one run at a time, on its own threads, with all folders inside one that all must see.
    ///
    /// Throws where one does not, or there is not memory for as many runs as there are ranks on this machine.
    init(
        _ ranks: Ranks, in shared: URL, of count: Int, fitting: Int?, passesOutput: Bool,
        label: @escaping (Run) -> String, folder: @escaping (Run) -> URL
    ) throws {
        try Ranks.requireMemory(runs: count, fitting: fitting ?? .max)
        jobs = max(1, min(ranks.count, count))
        threads = Runtime.threads
        self.passesOutput = passesOutput
        (self.label, self.folder) = (label, folder)
        rankRuns = try ranks.share(shared)
    }

    var description: String {
        let ranks = rankRuns.map { ", on \($0.ranks.upperBound) ranks" } ?? ""
        return "\(jobs) at a time, with \(threads) thread\(threads == 1 ? "" : "s") each\(ranks)"
    }

    /// Whether a signal asked this process, or another rank, to stop.
    var isAskedToStop: Bool { StopSignal.isRequested || rankRuns?.isAskedToStop == true }

    /// Where a run's process is.
    private enum Place {
        case here
        case rank(Int)
    }

    /// Trains what `next` gives, until it gives nothing and all have ended.
    ///
    /// After a signal nothing more is started, and those at work are told to stop. So too where `next` throws; that is
    /// thrown once all have ended.
    ///
    /// - Parameters:
    ///   - next: a run to train; `nil` where there is none before others have ended.
    ///   - ended: is told how each run ended.
    ///   - look: is called several times a second, with how many are at work.
    func train(
        next: () throws -> Run?, ended: (Run, SeedResult.Ending) -> Void, look: (Int) -> Void = { _ in }
    ) throws {
        var running: [(run: Run, place: Place, process: any RunAtWork)] = []
        var free = rankRuns.map { [.here] + $0.ranks.map { .rank($0) } } ?? Array(repeating: Place.here, count: jobs)
        var failure: (any Error)?
        var isStopping = false
        while true {
            if isAskedToStop || failure != nil, !isStopping {
                isStopping = true
                running.forEach { $0.process.stop() }
            }
            do {
                while !isStopping, let place = free.last, let run = try next() {
                    free.removeLast()
                    running.append((run, place, start(run, place)))
                }
            } catch {
                // Those at work save first.
                failure = error
                continue
            }
            guard !running.isEmpty else { break }
            wait(for: running.map(\.process))
            running.removeAll { run, place, process in
                guard let ending = process.ending else { return false }
                ended(run, ending)
                free.append(place)
                return true
            }
            look(running.count)
        }
        if let failure { throw failure }
    }

    private func start(_ run: Run, _ place: Place) -> any RunAtWork {
        guard case .rank(let rank) = place, let rankRuns else {
            return RunProcess(in: folder(run), threads: threads, label: label(run), passesOutput: passesOutput)
        }
        return rankRuns.start(in: folder(run), label: label(run), passesOutput: passesOutput, on: rank)
    }

    /// Passes on what runs have printed and what ranks have said; waits for it, but not for long.
    private func wait(for processes: [any RunAtWork]) {
        RunProcess.readLines(
            of: processes.compactMap { $0 as? RunProcess }, milliseconds: rankRuns == nil ? 100 : RankRuns.pause)
        rankRuns?.listen()
    }
}
