// `kernel-bench step`: whole training steps, or a memory alone.

import ArgumentParser
import Foundation
import NeuralMemory
import NeuralMemoryTraining

struct MeasureStep: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "step",
        abstract: "Time whole training steps of one network, or its memory alone.",
        discussion: """
            A step is forward, loss, backward, clipping and optimiser on a batch that is drawn beforehand: what a step of \
            `trainer train` does. With --memory-only it is the memory's own forward and backward over --length steps.
            Options that are not given keep the defaults of `trainer train`; an option for a setting that the chosen \
            task, memory or controller does not have is an error.

            Blocks of a quarter of a second take turns with a large matrix product, and each starts from the same \
            weights. It prints the milliseconds of a step (median, least and most over the blocks), sequences per second, \
            the most memory held, and GF/s beside the product's: of the products with weights and of what the memory's \
            equations ask for, not of replays, activations or the optimiser. Then the phases of a step, from a second run \
            whose clock adds a little to each.

            Examples:
              kernel-bench step --task copy-bits --memory ntm --batch 16 --length 20 --units 100 --rows 128 --columns 20
              kernel-bench step --task reversal --memory stack --width 256 --units 256 --batch 10 --length 64
              kernel-bench step --memory deque --memory-only --width 64 --batch 16 --length 100000
              kernel-bench step --preset paper/copy-ntm --set training.optimizer.kind=adam --json step.json
              kernel-bench step --preset fast/copy-ntm --batch 4096 --threads 1 --ranks 1000 --latency 2 --bandwidth 12
            """)

    @OptionGroup(title: "What to measure") var settings: StepSettings

    @Flag(help: "Measure the memory alone, with random interface vectors.")
    var memoryOnly = false

    @Flag(
        help: """
            With --memory-only --memory sam: rows that no step has touched are nearest to all keys, so that each head \
            touches K + 1 more in a step.
            """)
    var untouchedRows = false

    @Option(parsing: .unconditional, help: "Blocks to time, 1 to 1000.")
    var blocks = 7

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Do just so many steps and measure nothing: for profilers and for counting instructions.",
            valueName: "count"))
    var only: Int?

    @OptionGroup(title: "Several ranks") var ranks: RankOptions

    @OptionGroup var options: RunOptions

    func validate() throws {
        let (configuration, _) = try settings.resolve()
        if untouchedRows, !memoryOnly || !(configuration.network.memory is SparseMemory) {
            throw ValidationError("--untouched-rows is for --memory-only with --memory sam; leave it out.")
        }
        if memoryOnly, ranks.ranks != nil {
            throw ValidationError("--ranks is for training steps; leave out --memory-only.")
        }
        if !(1...1000).contains(blocks) { throw ValidationError("--blocks is \(blocks); it must be 1 to 1000.") }
        guard let only else { return }
        if !(1...1_000_000).contains(only) { throw ValidationError("--only is \(only); it must be 1 to 1000000.") }
        if options.json != nil { throw ValidationError("--json has nothing to hold with --only; leave one out.") }
    }

    func run() throws {
        options.setThreads()
        if let only { return try repeatStep(only) }
        var report = try measure()
        report.printSummary()
        // With a network of its own, made when the first is gone.
        let clock = PhaseClock()
        let phases = try StepTiming.phases(makeSubject(clock), clock).filter { !memoryOnly || $0.phase.isMemory }
        report.setPhases(phases)
        phases.printTable()
        if let count = ranks.ranks, let division = try makeSubject().division {
            let model = try RankModel(division, seconds: 1e-3 * report.milliseconds.median, ranks)
            report.predictions = model.predictions(upTo: count)
            report.predictions?.printTable(model)
        }
        try options.write(report)
    }

    private func makeSubject(_ clock: PhaseClock? = nil) throws -> StepSubject {
        let (configuration, length) = try settings.resolve()
        return try settings.reporting { _ in
            memoryOnly
                ? try .memory(configuration, steps: length, untouchedRows: untouchedRows, clock: clock)
                : try .training(configuration, length: length, clock: clock)
        }
    }

    private func measure() throws -> StepReport {
        let subject = try makeSubject()
        Table.printMachine(Machine())
        print(subject.summary)
        return StepReport(subject, try StepTiming.measure(subject, blocks: blocks))
    }

    private func repeatStep(_ count: Int) throws {
        let subject = try makeSubject()
        for _ in 0..<count { try subject.run() }
    }
}
