// OptimizerChainTests.swift: the links of an update: skipping, clipping, weight decay and rule, in their order.

import NeuralMemory
import NeuralMemoryTraining
import ReferenceKernels
import TestSupport
import Testing

@Suite struct OptimizerChainTests {
    private let subject: OptimizerSubject

    init() throws { subject = try OptimizerSubject() }

    private static let rules = Registry.standard.optimizers.types.compactMap { $0.init() as? any OptimizerKind }

    // MARK: Skipping

    /// For each rule: the largest gradient that is used leaves all state finite, and a larger one changes nothing.
    @Test(arguments: rules.indices) func whatIsSkippedChangesNothing(_ index: Int) throws {
        let rule = Self.rules[index]
        let schedule = PlateauDecay()
        let optimizer = try Optimizer(
            OptimizerChain(rule, schedule: schedule, weightDecay: 0.5), for: subject.parameters)
        optimizer.observe(loss: 2)
        subject.set(gradients: [0, -9.9e18])
        for _ in 0..<3 { #expect(try optimizer.update(subject.gradients).isApplied) }
        #expect(optimizer.updates == 3 && optimizer.firstNonFinite() == nil, "\(rule.kind)")
        #expect(subject.parameters.firstNonFinite() == nil, "\(rule.kind)")
        func everything() -> [[Float]] {
            [subject.values]
                + optimizer.state.map {
                    Array(UnsafeBufferPointer(start: $0.values.pointer, count: subject.parameters.floats.count))
                }
        }
        let before = everything()
        for gradient in [1.1e19, 1.9e19, 3e38, Float.infinity, .nan] {
            subject.set(gradients: [0, gradient])
            let outcome = try optimizer.update(subject.gradients)
            #expect(!outcome.isApplied, "\(rule.kind), \(gradient)")
            #expect(outcome.gradientNorm == Double(abs(gradient)) || gradient.isNaN && outcome.gradientNorm.isNaN)
        }
        #expect(everything() == before && optimizer.updates == 3, "\(rule.kind)")
        #expect(optimizer.scheduleState == ["leastLoss": 2, "evaluationsSinceLeast": 0])
    }

    @Test func gradientsThatAreNotFiniteAreSkippedBeforeTheyAreClipped() throws {
        let chain = OptimizerChain(SGD.plain, clipping: GradientClipping(value: 1, norm: 1))
        let optimizer = try Optimizer(chain, for: subject.parameters)
        let before = subject.values
        for gradient in [Float.infinity, -.infinity, .nan] {
            subject.set(gradients: [1, gradient])
            #expect(try !optimizer.update(subject.gradients).isApplied)
        }
        #expect(subject.values == before)
    }

    @Test func hugeGradientsAreUsedWhereTheyAreClipped() throws {
        let gradients = [Float(3e30), 4e30]
        for (clipping, expected) in [
            (GradientClipping(norm: 5), [-3.0, -4]), (GradientClipping(value: 2), [-2, -2])
        ] {
            subject.set(values: [0, 0])
            subject.set(gradients: gradients)
            let optimizer = try Optimizer(OptimizerChain(SGD.plain, clipping: clipping), for: subject.parameters)
            let outcome = try optimizer.update(subject.gradients)
            #expect(outcome.isApplied)
            expectClose(
                [outcome.gradientNorm], [5e30], within: .rounding(2, of: 5e30), "norm before clipping", "\(clipping)")
            expectClose(
                Array(subject.values.prefix(2)), expected, within: .rounding(3, of: 4), "values", "\(clipping)")
        }
    }

    // MARK: Clipping and decay

    /// By value first: the norm that is clipped is that of clipped values.
    @Test func valuesAreClippedBeforeTheNorm() throws {
        let gradients = [Float(3), 0.5, -0.25]
        subject.set(values: [0, 0, 0])
        subject.set(gradients: gradients)
        let chain = OptimizerChain(SGD.plain, clipping: GradientClipping(value: 1, norm: 1))
        let outcome = try Optimizer(chain, for: subject.parameters).update(subject.gradients)
        let clipped = ReferenceClipping.byGlobalNorm(
            ReferenceClipping.byValue(gradients.doubles, limit: 1), limit: 1)
        expectClose(
            Array(subject.values.prefix(3)), clipped.map { -$0 }, within: .rounding(3, of: 1), "values", "clipped")
        #expect(outcome.isApplied)
        let norm = ReferenceClipping.squaredNorm(gradients.doubles).squareRoot()
        expectClose([outcome.gradientNorm], [norm], within: .rounding(4, of: norm, .double), "norm", "before clipping")
    }

    /// The decay is neither clipped nor part of the rule's state, and goes by the learning rate of the step.
    @Test func weightDecayStandsBesideTheGradients() throws {
        var schedule = ExponentialDecay()
        (schedule.factor, schedule.every) = (0.5, 1)
        let chain = OptimizerChain(
            SGD(learningRate: 0.5), schedule: schedule, clipping: GradientClipping(value: 1e-3, norm: 1e-3),
            weightDecay: 0.25)
        let optimizer = try Optimizer(chain, for: subject.parameters)
        let start = (0..<subject.count).map { Float($0) - 5 }
        subject.set(values: start)
        subject.set(gradients: [])
        try optimizer.update(subject.gradients)
        #expect(subject.values == start.map { $0 * (1 - 0.5 * 0.25) })
        try optimizer.update(subject.gradients)
        #expect(subject.values == start.map { $0 * (1 - 0.5 * 0.25) * (1 - 0.25 * 0.25) })
        #expect(optimizer.firstNonFinite() == nil && optimizer.state[0].values.pointer[0] == 0)
    }

    /// Numbers in single precision, so that rule and reference have the same settings.
    private static let adam = {
        var rule = Adam(learningRate: Double(Float(1e-2)))
        (rule.beta1, rule.beta2, rule.epsilon) = (Double(Float(0.9)), Double(Float(0.999)), Double(Float(1e-8)))
        return rule
    }()

    @Test func adamWithWeightDecayMatchesTheReference() throws {
        let (seed, rule, decay) = (caseSeed(210), Self.adam, 0.3)
        var random = SeededGenerator(seed: seed)
        let start = random.floats(subject.count)
        let gradients = (1...6).map { _ in random.floats(subject.count) }
        let (expected, bounds) = ErrorBound.conditioned(ErrorBound.Factor.optimizers, seed: seed) { nudged in
            var w = nudged(start.doubles)
            var (a, s) = (w.map { _ in 0.0 }, w.map { _ in 0.0 })
            return gradients.enumerated().map { index, gradient in
                ReferenceOptimizers.decayWeights(rate: rule.learningRate, decay: decay, w: &w)
                ReferenceOptimizers.adam(
                    rate: rule.learningRate, beta1: rule.beta1, beta2: rule.beta2, epsilon: rule.epsilon,
                    step: index + 1, g: nudged(gradient.doubles), a: &a, s: &s, w: &w)
                return w
            }
        }
        let optimizer = try Optimizer(OptimizerChain(rule, weightDecay: decay), for: subject.parameters)
        subject.set(values: start)
        for (index, gradient) in gradients.enumerated() {
            subject.set(gradients: gradient)
            try optimizer.update(subject.gradients)
            expectClose(
                subject.values, expected[index], within: bounds[index], "w", "seed \(seed) update \(index + 1)")
        }
        #expect(subject.padding(of: optimizer).allSatisfy { $0 == 0 })
    }

    // MARK: Settings

    @Test func settingsOutOfRangeAreNamed() {
        func field(_ change: (inout OptimizerChain) -> Void) -> String? {
            var chain = OptimizerChain(Adam())
            change(&chain)
            do {
                _ = try Optimizer(chain, for: subject.parameters)
                return nil
            } catch {
                return (error as? ConfigurationError)?.field
            }
        }
        for number in [-1, .nan, .infinity] {
            #expect(field { $0.rule.learningRate = number } == "training.optimizer.learningRate")
            #expect(field { $0.weightDecay = number } == "training.weightDecay")
            #expect(field { $0.clipping.value = number } == "training.clipping.value")
            #expect(field { $0.clipping.norm = number } == "training.clipping.norm")
            #expect(field { $0.rule = changed(RMSProp()) { $0.decay = number } } == "training.optimizer.decay")
            #expect(field { $0.rule = changed(GravesRMSProp()) { $0.decay = number } } == "training.optimizer.decay")
        }
        #expect(field { $0.warmupSteps = -1 } == "training.warmupSteps")
        #expect(field { $0.schedule = changed(CosineDecay()) { $0.steps = 0 } } == "training.schedule.steps")
        #expect(field { _ in } == nil)
    }
}

/// A value with a change.
func changed<Value>(_ value: Value, _ change: (inout Value) -> Void) -> Value {
    var value = value
    change(&value)
    return value
}
