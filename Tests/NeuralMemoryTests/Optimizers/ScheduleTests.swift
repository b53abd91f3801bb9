// ScheduleTests.swift: the learning rates of schedules and warm-up, against points worked out by hand.

import NeuralMemory
import ReferenceKernels
import TestSupport
import Testing

@Suite struct ScheduleTests {
    private func expect(
        _ chain: OptimizerChain, _ points: [(step: Int, rate: Double)], state: [String: Double] = [:],
        at location: SourceLocation = #_sourceLocation
    ) {
        expectClose(
            points.map { chain.learningRate(step: $0.step, state: state) }, points.map(\.rate),
            within: .rounding(8, of: 1, .double), "learning rates", "\(chain.schedule)", at: location)
    }

    private let exponential = changed(ExponentialDecay()) { ($0.factor, $0.every) = (0.25, 10) }

    @Test func constant() {
        for step in [1, 2, 1_000_000] {
            #expect(OptimizerChain(SGD(learningRate: 0.3)).learningRate(step: step) == 0.3)
            #expect(
                OptimizerChain(SGD(learningRate: 0.3), schedule: ExponentialDecay()).learningRate(step: step) == 0.3)
        }
    }

    @Test func exponentialDecay() {
        expect(
            OptimizerChain(SGD(learningRate: 0.8), schedule: exponential),
            [(1, 0.8), (6, 0.4), (11, 0.2), (16, 0.1), (21, 0.05)])
    }

    @Test func cosineDecay() {
        let schedule = changed(CosineDecay()) { ($0.steps, $0.least) = (12, 0.2) }
        // The cosine of a sixth of half a wave is √3/2, of a third 1/2.
        expect(
            OptimizerChain(SGD(learningRate: 0.5), schedule: schedule),
            [
                (1, 0.5), (3, 0.5 * (0.2 + 0.4 * (1 + 3.0.squareRoot() / 2))), (5, 0.4), (7, 0.3), (9, 0.2), (13, 0.1),
                (14, 0.1), (1_000_000, 0.1)
            ])
    }

    @Test func warmupComesBeforeAnySchedule() {
        expect(
            OptimizerChain(SGD(learningRate: 0.8), warmupSteps: 4),
            [(1, 0.2), (2, 0.4), (3, 0.6), (4, 0.8), (5, 0.8), (100, 0.8)])
        expect(
            OptimizerChain(SGD(learningRate: 0.8), schedule: exponential, warmupSteps: 4),
            [(1, 0.2), (4, 0.8), (5, 0.8), (10, 0.4), (15, 0.2)])
    }

    @Test func plateauDecay() throws {
        let schedule = changed(PlateauDecay()) { ($0.factor, $0.patience, $0.least) = (0.5, 2, 0.2) }
        let optimizer = try Optimizer(
            OptimizerChain(SGD(learningRate: 1), schedule: schedule), for: OptimizerSubject().parameters)
        // An equal loss is no better, and one that is no number is none at all; less than 0.2 is never left.
        let losses: [(loss: Double, rate: Double)] = [
            (5, 1), (6, 1), (5, 0.5), (4, 0.5), (4.1, 0.5), (.nan, 0.25), (4, 0.25), (3, 0.25), (9, 0.25), (9, 0.2),
            (9, 0.2), (9, 0.2), (1, 0.2)
        ]
        #expect(optimizer.learningRate(step: 1) == 1)
        for (index, (loss, rate)) in losses.enumerated() {
            optimizer.observe(loss: loss)
            #expect(optimizer.learningRate(step: index + 2) == rate, "after evaluation \(index + 1)")
        }
    }

    /// A file may have numbers that no run comes to.
    @Test func plateauWithAnyState() {
        for reductions in [-1e300, -1, 1e300] {
            let multiplier = PlateauDecay().multiplier(step: 1, state: ["reductions": reductions])
            #expect((0...1).contains(multiplier))
        }
    }

    /// Where the schedule is follows the number of updates, or the caller's steps.
    @Test func updatesGoByTheSchedule() throws {
        let subject = try OptimizerSubject()
        let rule = changed(SGD(learningRate: 0.5)) { $0.momentum = 0 }
        let schedule = changed(ExponentialDecay()) { ($0.factor, $0.every) = (0.5, 1) }
        let optimizer = try Optimizer(OptimizerChain(rule, schedule: schedule), for: subject.parameters)
        subject.set(values: [8])
        subject.set(gradients: [1])
        try optimizer.update(subject.gradients)
        try optimizer.update(subject.gradients)
        #expect(subject.values[0] == 8 - 0.5 - 0.25)
        try optimizer.update(subject.gradients, step: 5)
        #expect(subject.values[0] == 8 - 0.5 - 0.25 - 0.03125)
    }

    private struct Sawtooth: LearningRateScheduleKind {
        static let kind = "sawtooth"
        static let summary = "goes beyond all bounds at its second step"
        func multiplier(step: Int, state: [String: Double]) -> Double { [0, 1, -0.1, .infinity, .nan, 201][step] }
    }

    @Test func learningRatesOutOfRange() throws {
        let subject = try OptimizerSubject()
        let chain = OptimizerChain(SGD(learningRate: 0.5), schedule: Sawtooth())
        let optimizer = try Optimizer(chain, for: subject.parameters)
        subject.set(gradients: [1])
        try optimizer.update(subject.gradients)
        let before = subject.values
        for step in 2...5 {
            let error = #expect(throws: UsageError.self) { try optimizer.update(subject.gradients, step: step) }
            #expect(error?.description.hasPrefix("Optimizer.update: the learning rate of step \(step) is ") == true)
            #expect(error?.problem.contains("the schedule sawtooth must keep it from 0 to 100") == true)
        }
        #expect(subject.values == before && optimizer.updates == 1)
    }
}
