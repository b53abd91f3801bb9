// How far one cell of a study is: rounds of its search, if there is one, and then its own seeds.

import Foundation
import NeuralMemory

/// Sees to the runs of one cell.
final class CellProgress {
    let cell: StudyCell
    private let number: Int
    private let study: URL
    /// The study's own seeds come after the last round.
    private let rounds: [StudySearch.Round]
    private var round = 0
    private var isBegun = false
    /// The samples of the round.
    private var samples: [Int]
    /// Those to be trained next come last.
    private var waiting: [StudyDirectory.Run] = []
    private var running = 0
    private var directories: [URL: SeedDirectory] = [:]
    private var sampleResults: [Int: [UInt64: SeedResult]] = [:]
    private var results: [UInt64: SeedResult] = [:]

    init(_ cell: StudyCell, number: Int, in study: URL) {
        (self.cell, self.number, self.study) = (cell, number, study)
        rounds = cell.search?.rounds ?? []
        samples = rounds.first.map { Array(1...$0.samples) } ?? []
    }

    var endedCount: Int {
        (Array(sampleResults.values) + [results]).reduce(0) { $0 + $1.values.filter { $0.outcome != .stopped }.count }
    }

    /// The next run; `nil` while the round's last ones are at work, and at the end.
    func next() throws -> StudyDirectory.Run? {
        while waiting.isEmpty, running == 0, round <= rounds.count {
            if isBegun { endRound() }
            guard round <= rounds.count else { break }
            try beginRound()
        }
        guard let run = waiting.popLast() else { return nil }
        running += 1
        return run
    }

    func end(_ run: StudyDirectory.Run, _ ending: SeedResult.Ending) -> SeedResult {
        running -= 1
        let result = SeedResult(run.seed, in: run.folder, ending, cell.configuration.registry)
        note(result, run.sample)
        return result
    }

    var summary: StudySummary.Cell {
        let results = cell.seeds.compactMap { self.results[$0] }
        return StudySummary.Cell(
            name: cell.name, runs: SeedSummary(results: results), wanted: cell.seeds.count,
            chosen: round >= rounds.count ? samples.first.map(settings) : nil)
    }

    private func settings(_ sample: Int) -> [SettingOverride] {
        cell.search?.overrides(ofSample: sample, for: cell.configuration) ?? []
    }

    private func note(_ result: SeedResult, _ sample: Int?) {
        if let sample {
            sampleResults[sample, default: [:]][result.seed] = result
        } else {
            results[result.seed] = result
        }
    }

    // MARK: Rounds

    private func beginRound() throws {
        isBegun = true
        if round < rounds.count, let search = cell.search {
            for sample in samples {
                let folder = study.appendingPathComponent("search/\(cell.name)/sample-\(sample)")
                let directory = try directory(folder, search.seeds) {
                    try search.sample(sample, of: cell.configuration)
                }
                try enqueue(search.seeds.prefix(rounds[round].seeds), of: directory, sample)
            }
        } else {
            let folder = study.appendingPathComponent("cells/\(cell.name)")
            let directory = try directory(folder, cell.seeds) {
                try samples.first.flatMap { try cell.search?.sample($0, of: cell.configuration) } ?? cell.configuration
            }
            try enqueue(cell.seeds[...], of: directory, nil)
        }
        waiting.reverse()
    }

    /// The seeds' folder of a configuration, opened for as long as its round lasts.
    private func directory(
        _ folder: URL, _ seeds: [UInt64], _ configuration: () throws -> RunConfiguration
    ) throws -> SeedDirectory {
        let directory =
            try SeedDirectory.holdsSeeds(folder)
            ? SeedDirectory.open(at: folder, registry: cell.configuration.registry)
            : SeedDirectory.create(at: folder, configuration(), seeds: seeds)
        directories[folder] = directory
        return directory
    }

    private func enqueue(_ seeds: ArraySlice<UInt64>, of directory: SeedDirectory, _ sample: Int?) throws {
        let known = sample.map { sampleResults[$0] ?? [:] } ?? results
        let unknown = seeds.filter { known[$0] == nil }
        let unfinished = Set(try directory.resume([], among: unknown))
        for seed in unknown {
            let folder = directory.folder(of: seed)
            if unfinished.contains(seed) {
                let label = cell.name + (sample.map { " sample \($0)" } ?? "") + " seed \(seed)"
                waiting.append(.init(label: label, folder: folder, cell: number, sample: sample, seed: seed))
            } else {
                note(SeedResult(seed, in: folder, .finished, cell.configuration.registry), sample)
            }
        }
    }

    private func endRound() {
        isBegun = false
        directories = [:]
        if round < rounds.count {
            let left = round + 1 < rounds.count ? rounds[round + 1].samples : 1
            let scores = samples.map { SampleScore(sample: $0, results: sampleResults[$0] ?? [:]) }
            samples = scores.sorted().prefix(left).map(\.sample)
        }
        round += 1
    }
}

/// How good a sample is; the better one comes first.
///
/// It depends on nothing that another machine would time differently.
private struct SampleScore: Comparable {
    let sample: Int
    let unsolved: Int
    /// What solving took, in the median of those solved; fewer are better.
    let sequences: Double
    /// Σ of the bits at the training lengths, of those not solved.
    let bits: Double

    init(sample: Int, results: [UInt64: SeedResult]) {
        self.sample = sample
        let unsolved = results.values.filter { $0.outcome != .solved }
        self.unsolved = unsolved.count
        let sequences = results.values.filter { $0.outcome == .solved }.compactMap {
            $0.state.map { Double($0.sequences) }
        }
        self.sequences = median(sequences.sorted()) ?? .infinity
        // In the order of the seeds, so that the sum has the same bits each time. What diverged is worst.
        bits = unsolved.sorted { $0.seed < $1.seed }.reduce(0) {
            $0 + ($1.isFinished ? $1.evaluations.first?.bits ?? .infinity : .infinity)
        }
    }

    static func < (first: SampleScore, second: SampleScore) -> Bool {
        (first.unsolved, first.bits, first.sequences, first.sample)
            < (second.unsolved, second.bits, second.sequences, second.sample)
    }
}
