// How a step is timed: in blocks, in turns with a matrix product, from the same weights each time.

import Foundation
import NeuralMemory

struct StepTiming {
    /// A block repeats its step for so many seconds, but does one at least.
    private static let blockSeconds = 0.25

    private(set) var stepsPerBlock = 1
    /// Seconds of a step, one sample a block; and of the large product, one sample after each block.
    private(set) var steps = Samples()
    private(set) var product = Samples()
    private(set) var peakBytes = 0

    /// Says how long it will take, where that is more than a moment.
    static func measure(_ subject: StepSubject, blocks: Int) throws -> StepTiming {
        var timing = StepTiming()
        try subject.run()
        let once = try seconds(subject, steps: 1)
        timing.peakBytes = ProcessUsage.peakBytes
        timing.stepsPerBlock = max(1, Int(blockSeconds / max(once, 1e-9)))
        let expected = once * Double(blocks * timing.stepsPerBlock)
        if expected > 2 { Table.printProgress("timing \(blocks) blocks, about \(Table.number(expected)) s") }
        let product = LargeProduct()
        let productSide = [Stopwatch.Side(run: product.run)]
        for _ in 0..<blocks {
            subject.reset()
            timing.steps.seconds.append(try seconds(subject, steps: timing.stepsPerBlock))
            timing.product.seconds.append(Stopwatch.interleaved(productSide, budget: 0)[0].fastest)
        }
        return timing
    }

    /// The phases of a subject that runs under this clock, in the order of a step.
    ///
    /// It is run for one block.
    static func phases(_ subject: StepSubject, _ clock: PhaseClock) throws -> [PhaseTime] {
        try subject.run()
        let once = try seconds(subject, steps: 1)
        let count = max(1, Int(blockSeconds / max(once, 1e-9)))
        subject.reset()
        clock.restart(.optimizer)
        for _ in 0..<count { try subject.run() }
        return clock.milliseconds().map { PhaseTime(phase: $0.phase, milliseconds: $0.value / Double(count)) }
    }

    /// Of one step, on average.
    private static func seconds(_ subject: StepSubject, steps: Int) throws -> Double {
        let start = ContinuousClock.now
        for _ in 0..<steps { try subject.run() }
        return (ContinuousClock.now - start) / .seconds(1) / Double(steps)
    }
}
