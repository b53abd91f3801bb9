// Which episodes a report shows, and running them.

import ArgumentParser
import Foundation
import NeuralMemory
import NeuralMemoryFigures
import NeuralMemoryTasks
import NeuralMemoryTraining

/// Options that choose a checkpoint, and what is shown to its network.
struct EpisodeChoice: ParsableArguments {
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "For tasks of symbols and your own data: a sequence to show, as inspect --input reads it.",
            valueName: "sequence"))
    var episode: String?

    @Option(
        parsing: .unconditional,
        help: """
            The length of a sequence to show. (default: the longest trained at, and the longest that is evaluated, \
            of at most \(EpisodeChoice.usualSteps) steps)
            """)
    var length: Int?

    @Option(parsing: .unconditional, help: "Decides the sequences. (default: 1)")
    var seed: UInt64?

    /// The checkpoints of a run.
    enum Moment: String, ExpressibleByArgument, CaseIterable { case best, latest }

    @Option(parsing: .unconditional, help: "best or latest. (default: best, or latest where there is no best yet)")
    var checkpoint: Moment?

    /// Without `--length`, no longer episodes are shown.
    static let usualSteps = 100

    func validate() throws {
        if let length { try requireOption("--length", length, in: 1...100_000) }
        guard episode != nil else { return }
        let others = [("--length", length.map { "\($0)" }), ("--seed", seed.map { "\($0)" })]
        if case (let option, let value?)? = others.first(where: { $1 != nil }) {
            throw ValidationError(
                "--episode is the whole sequence, and \(option) \(value) was given too; leave one out.")
        }
    }

    /// Whether an episode was asked for, so that not to show it is an error.
    private var isExplicit: Bool { episode != nil || length != nil || seed != nil || checkpoint != nil }

    /// Episodes of a run's network; without any, whole sentences that say why.
    func episodes(of run: ReportRun, name: String) throws -> (episodes: [ShownEpisode], notes: [String]) {
        let saved =
            switch checkpoint {
            case .best: run.best
            case .latest: run.latest
            case nil: run.best ?? run.latest
            }
        guard let saved else {
            let missing = checkpoint.map { "no checkpoint \($0.rawValue).safetensors" } ?? "no checkpoint"
            guard !isExplicit else {
                throw ValidationError(
                    "\(name.shownPath) has \(missing) yet, so its episodes cannot be shown; train it up to its first "
                        + "evaluation, or leave out the options that choose an episode.")
            }
            return ([], ["There are no episodes: the run has \(missing) yet."])
        }
        let stored = try Checkpoint.read(from: saved.file)
        let moment = saved.file.deletingPathExtension().lastPathComponent
        let subject = Subject(
            network: try stored.makeNetwork(), task: stored.configuration.task,
            title: "\(name), \(moment) checkpoint, step \(stored.state.step)")
        if let episode { return ([try given(episode, subject)], []) }
        do {
            return (try drawn(subject, stored.configuration), [])
        } catch let error as TrainingDataError {
            return ([], ["There are no episodes: \(error)."])
        }
    }

    /// A network, and what it was trained on.
    private struct Subject {
        let network: Network
        let task: any SequenceTask
        /// How captions begin.
        let title: String

        /// Runs the network on the part of a sequence that a page has room for.
        func show(_ batch: Batch, _ what: String, hasTarget: Bool = true) throws -> ShownEpisode {
            let extent = EpisodeExtent(network)
            let inspection = try Inspection(
                network, task: task, extent.first(of: batch), hasTarget: hasTarget, signals: extent.isWanted,
                thresholdOf: PageLinks.threshold)
            return ShownEpisode(
                inspection: inspection, network: network, task: task, title: "\(title): \(what)",
                notes: extent.notes(steps: batch.steps))
        }
    }

    private func given(_ text: String, _ subject: Subject) throws -> ShownEpisode {
        guard let given = try GivenSequence(text, for: subject.task, subject.network, option: "--episode") else {
            throw ValidationError(
                "--episode is for tasks with sources and targets of symbols, for languages, and for your own data, "
                    + "and this network was trained on \(subject.task.kind); leave it out, and choose another sequence "
                    + "with --length and --seed.")
        }
        return try subject.show(given.batch, "“\(text.shown(atMost: 120))”", hasTarget: given.hasTarget)
    }

    /// The first sequences of the task that an evaluation of these lengths draws, or of its data.
    private func drawn(_ subject: Subject, _ configuration: RunConfiguration) throws -> [ShownEpisode] {
        let seed = seed ?? 1
        if let length { try requireLengths(length...length, of: subject.task, instead: "--seed chooses another line") }
        let task = try openHeldOut(subject.task, file: nil, instead: "--episode SEQUENCE takes one of your own")
        let ranges = length.map { [$0...$0] } ?? usualLengths(task, configuration)
        return try task.evaluationSets(ranges, count: nil, seed: seed).map { set in
            let sample = try set.sample(1)
            let place = sample.places.first.map { ", \($0)" } ?? ", length \(set.lengths.label)"
            return try subject.show(sample.batch, "seed \(seed)\(place)")
        }
    }

    /// The longest length trained at, and the longest evaluated, as far as they have few steps.
    private func usualLengths(_ task: any SequenceTask, _ configuration: RunConfiguration) -> [ClosedRange<Int>] {
        guard task.drawsSequences else { return [task.lengths] }
        let shortest = task.lengths.lowerBound
        var longest = task.lengths.upperBound
        while longest > shortest, task.steps(length: longest) > Self.usualSteps { longest -= 1 }
        let others = configuration.training.evaluation.lengths.map(\.range.upperBound)
        let other = others.filter { $0 > longest && task.steps(length: $0) <= Self.usualSteps }.max()
        return ([longest] + [other].compactMap { $0 }).map { length in
            // Wide enough to have a length that there are sequences of.
            max(shortest, length - task.lengthUnit + 1)...length
        }
    }
}

/// An episode that was run, and its caption.
struct ShownEpisode {
    let inspection: Inspection
    let network: Network
    let task: any SequenceTask
    let title: String
    /// Whole sentences: what is left out.
    let notes: [String]

    /// As a page draws it.
    var view: EpisodeView { EpisodeView(inspection, of: network, task: task, title: title, notes: notes) }
}
