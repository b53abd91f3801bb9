// OptimizerTests.swift: clipping, norms and parameter updates against the reference.

import CKernels
import ReferenceKernels
import TestSupport
import Testing

private let block = Int(CK_NORM_BLOCK)
/// Enough to be shared among threads.
private let sharedCount = 33 * block + 11
private let counts = [0, 1, 7, 64, 67, block - 1, block, block + 1, 3 * block + 5]

/// An optimiser as kernel and as reference, with the state arrays in the same order.
private enum Optimizer: CaseIterable {
    case sgd, rmsprop, rmspropGraves, adam

    var stateCount: Int {
        switch self {
        case .sgd: 1
        case .rmsprop, .adam: 2
        case .rmspropGraves: 3
        }
    }

    // Settings as the experiments use them; Float, so that both sides have the same.
    private static let rate: Float = 1e-2
    private static let momentum: Float = 0.9
    private static let decay: Float = 0.95
    private static let epsilon: Float = 1e-4
    private static let beta1: Float = 0.9
    private static let beta2: Float = 0.999

    /// The kernel's step number `step`, from 1.
    func update(_ step: Int, _ g: GuardedArray<Float>, _ state: [GuardedArray<Float>], _ w: GuardedArray<Float>) {
        let n = g.columns
        let state = state.map(\.pointer)
        switch self {
        case .sgd:
            ck_sgd(n, Self.rate, Self.momentum, g.pointer, state[0], w.pointer)
        case .rmsprop:
            ck_rmsprop(
                n, Self.rate, Self.decay, Self.momentum, Self.epsilon, g.pointer, state[0], state[1], w.pointer)
        case .rmspropGraves:
            ck_rmsprop_graves(
                n, Self.rate, Self.decay, Self.momentum, Self.epsilon, g.pointer, state[0], state[1], state[2],
                w.pointer)
        case .adam:
            let correction = { (beta: Float) in
                Float(1 - (0..<step).reduce(1.0) { power, _ in power * Double(beta) })
            }
            ck_adam(
                n, Self.rate, Self.beta1, Self.beta2, 1e-8, correction(Self.beta1), correction(Self.beta2), g.pointer,
                state[0], state[1], w.pointer)
        }
    }

    /// The same in Double.
    func reference(_ step: Int, _ g: [Double], _ state: inout [[Double]], _ w: inout [Double]) {
        let (rate, momentum) = (Double(Self.rate), Double(Self.momentum))
        let (decay, epsilon) = (Double(Self.decay), Double(Self.epsilon))
        switch self {
        case .sgd:
            ReferenceOptimizers.sgd(rate: rate, momentum: momentum, g: g, m: &state[0], w: &w)
        case .rmsprop:
            var (s, m) = (state[0], state[1])
            ReferenceOptimizers.rmsprop(
                rate: rate, decay: decay, momentum: momentum, epsilon: epsilon, g: g, s: &s, m: &m, w: &w)
            state = [s, m]
        case .rmspropGraves:
            var (s, a, m) = (state[0], state[1], state[2])
            ReferenceOptimizers.rmspropGraves(
                rate: rate, decay: decay, momentum: momentum, epsilon: epsilon, g: g, s: &s, a: &a, m: &m, w: &w)
            state = [s, a, m]
        case .adam:
            var (a, s) = (state[0], state[1])
            ReferenceOptimizers.adam(
                rate: rate, beta1: Double(Self.beta1), beta2: Double(Self.beta2), epsilon: Double(Float(1e-8)),
                step: step, g: g, a: &a, s: &s, w: &w)
            state = [a, s]
        }
    }
}

/// Parameters and state in guarded memory, from zero state.
private struct OptimizerRun {
    let optimizer: Optimizer
    let state: [GuardedArray<Float>]
    let weights: GuardedArray<Float>
    var steps = 0

    init(_ optimizer: Optimizer, _ weights: [Float]) {
        self.optimizer = optimizer
        state = (0..<optimizer.stateCount).map { _ in GuardedArray(Array(repeating: 0, count: weights.count)) }
        self.weights = GuardedArray(weights)
    }

    mutating func update(_ gradient: [Float], _ context: String) {
        steps += 1
        let g = GuardedArray(gradient)
        optimizer.update(steps, g, state, weights)
        expectUnchanged(g, context: context)
        for array in state + [weights] {
            expectIntact(array, context: context)
        }
    }

    var all: [Float] { state.flatMap(\.contents) + weights.contents }
}

extension KernelSuites {
    @Suite struct OptimizerTests {
        @Test(arguments: Optimizer.allCases)
        fileprivate func matchesTheReference(_ optimizer: Optimizer) {
            for count in counts {
                let seed = caseSeed(100, count)
                let context = "\(optimizer) n \(count) seed \(seed)"
                var random = SeededGenerator(seed: seed)
                let start = random.floats(count)
                let gradients = (1...6).map { _ in random.floats(count) }
                let (expected, bounds) = ErrorBound.conditioned(ErrorBound.Factor.optimizers, seed: seed) { nudged in
                    reference(optimizer, nudged(start.doubles), gradients.map { nudged($0.doubles) }, nudged)
                }
                var run = OptimizerRun(optimizer, start)
                for (step, gradient) in gradients.enumerated() {
                    run.update(gradient, context)
                    for (index, array) in (run.state + [run.weights]).enumerated() {
                        let place = step * (run.state.count + 1) + index
                        expectClose(
                            array.contents, expected[place], within: bounds[place],
                            index < run.state.count ? "state \(index)" : "w", "\(context) step \(step + 1)")
                    }
                }
            }
        }

        /// State arrays and weights after each step.
        ///
        /// The state is nudged too: g/√s hardly changes with g, but it is rounded.
        private func reference(
            _ optimizer: Optimizer, _ start: [Double], _ gradients: [[Double]], _ nudged: ([Double]) -> [Double]
        ) -> [[Double]] {
            var state = Array(repeating: start.map { _ in 0.0 }, count: optimizer.stateCount)
            var weights = start
            return gradients.enumerated().flatMap { step, gradient in
                optimizer.reference(step + 1, gradient, &state, &weights)
                state = state.map(nudged)
                return state + [weights]
            }
        }

        @Test(arguments: Optimizer.allCases)
        fileprivate func threadsGiveTheSameBits(_ optimizer: Optimizer) {
            for count in [100, sharedCount] {
                let seed = caseSeed(101, count)
                expectSameBitsForAnyThreads("\(optimizer)", "n \(count) seed \(seed)") {
                    var random = SeededGenerator(seed: seed)
                    var run = OptimizerRun(optimizer, random.floats(count))
                    for _ in 0..<3 {
                        run.update(random.floats(count), "seed \(seed)")
                    }
                    return run.all
                }
            }
        }

        /// Gradients that hardly change, tiny, huge or 0: s - a^2 cancels then, and roots are of almost nothing.
        @Test(arguments: Optimizer.allCases)
        fileprivate func constantGradients(_ optimizer: Optimizer) {
            let seed = caseSeed(106)
            var random = SeededGenerator(seed: seed)
            let special: [Float] = [0, -0.0, 1e-30, -1e-20, 1e-4, 1, -1, 1e3, -1e6, 1e10]
            let gradient = special + random.floats(100, limit: 1e6)
            var run = OptimizerRun(optimizer, Array(repeating: 1, count: gradient.count))
            // A hundred times as large at first: s and a^2 then come down to their limits, and rounding leaves a^2 the
            // larger.
            for step in 0..<1000 {
                run.update(step < 10 ? gradient.map { 100 * $0 } : gradient, "\(optimizer)")
            }
            #expect(run.all.allSatisfy { $0.isFinite }, "\(optimizer) seed \(seed)")
            #expect(run.weights.contents[0] == 1 && run.weights.contents[1] == 1)
        }

        @Test func clipValue() {
            for count in counts + [sharedCount] {
                let seed = caseSeed(102, count)
                var random = SeededGenerator(seed: seed)
                let g = random.floats(count, limit: 3)
                expectSameBitsForAnyThreads("g", "n \(count) seed \(seed)") {
                    let array = GuardedArray(g)
                    ck_clip_value(count, 1.5, array.pointer)
                    expectSameBits(
                        array.contents, ReferenceClipping.byValue(g.doubles, limit: 1.5).floats, "g", "seed \(seed)")
                    expectIntact(array, context: "seed \(seed)")
                    return array.contents
                }
            }
        }

        @Test func clipValueOfSpecialNumbers() {
            let array = GuardedArray<Float>([.nan, .infinity, -.infinity, 1, -1, 1.0000001, -0.0, 3e38, -.nan])
            ck_clip_value(9, 1, array.pointer)
            #expect(array.contents[0].isNaN && array.contents[8].isNaN)
            expectSameBits(Array(array.contents[1..<8]), [1, -1, 1, -1, 1, -0.0, 1], "g", "special")
        }

        @Test func scale() {
            for count in counts + [sharedCount] {
                let seed = caseSeed(103, count)
                var random = SeededGenerator(seed: seed)
                let g = random.floats(count)
                expectSameBitsForAnyThreads("g", "n \(count) seed \(seed)") {
                    let array = GuardedArray(g)
                    ck_scale(count, 0.3, array.pointer)
                    expectSameBits(array.contents, g.map { $0 * 0.3 }, "g", "seed \(seed)")
                    expectIntact(array, context: "seed \(seed)")
                    return array.contents
                }
            }
        }

        @Test func threadsGiveTheSameNorm() {
            let seed = caseSeed(107)
            var random = SeededGenerator(seed: seed)
            let x = random.floats(sharedCount)
            expectSameBitsForAnyThreads("norm", "seed \(seed)") {
                var partial = [Double](repeating: .nan, count: (sharedCount + block - 1) / block)
                let norm = ck_squared_norm(sharedCount, x, &partial)
                return [Float(bitPattern: UInt32(truncatingIfNeeded: norm.bitPattern)), Float(norm)]
            }
        }

        @Test func squaredNorm() {
            for count in counts {
                let seed = caseSeed(104, count)
                var random = SeededGenerator(seed: seed)
                let x = GuardedArray(random.floats(count))
                let expected = ReferenceClipping.squaredNorm(x.contents.doubles)
                expectSameBitsForAnyThreads("norm", "n \(count) seed \(seed)") {
                    let partial = GuardedArray<Double>(Array(repeating: .nan, count: (count + block - 1) / block))
                    let norm = ck_squared_norm(count, x.pointer, partial.pointer)
                    // A sum of as many squares.
                    expectClose(
                        [norm], [expected], within: .rounding(count, of: expected, .double), "norm",
                        "n \(count) seed \(seed)")
                    expectIntact(partial, context: "seed \(seed)")
                    expectUnchanged(x, context: "seed \(seed)")
                    return [Float(bitPattern: UInt32(truncatingIfNeeded: norm.bitPattern)), Float(norm)]
                }
            }
        }

        /// In double, so that squares beyond float's range do not overflow.
        @Test func squaredNormOfHugeNumbers() {
            let partial = GuardedArray<Double>([0])
            // 3e30 and 4e30 are rounded to Float, and that is squared.
            expectClose(
                [ck_squared_norm(2, [3e30, 4e30], partial.pointer)], [25e60], within: .rounding(2, of: 25e60), "norm",
                "3e30 and 4e30")
            #expect(ck_squared_norm(2, [3e-30, 0], partial.pointer) > 0)
            #expect(ck_squared_norm(2, [1, .nan], partial.pointer).isNaN)
        }

        /// Clipping by global norm is norm and scale together.
        @Test func clipByGlobalNorm() {
            for limit in [0.5, 1e6] {
                let seed = caseSeed(105)
                var random = SeededGenerator(seed: seed)
                let g = GuardedArray(random.floats(1000))
                let partial = GuardedArray<Double>([0])
                let expected = ReferenceClipping.byGlobalNorm(g.contents.doubles, limit: limit)
                let norm = ck_squared_norm(1000, g.pointer, partial.pointer).squareRoot()
                if norm > limit {
                    ck_scale(1000, Float(limit / norm), g.pointer)
                }
                // The factor and the product.
                expectClose(
                    g.contents, expected, within: .rounding(2, of: expected.map(abs)), "g",
                    "limit \(limit) seed \(seed)")
            }
        }

        @Test func firstNonfinite() {
            let finite: [Float] = [0, -0.0, .greatestFiniteMagnitude, -.greatestFiniteMagnitude, .leastNonzeroMagnitude]
            #expect(ck_first_nonfinite(5, finite) == -1)
            for count in counts {
                let x = GuardedArray<Float>(Array(repeating: 1, count: count))
                #expect(ck_first_nonfinite(count, x.pointer) == -1, "n \(count)")
            }
            let last = sharedCount - 1
            for threads in threadCounts {
                ck_set_threads(Int32(threads))
                for positions in [[0], [last], [block - 1, block], [5 * block + 3, 8 * block, last], [1, 2, 3]] {
                    for value in [Float.nan, -.nan, .infinity, -.infinity, .signalingNaN] {
                        let x = GuardedArray<Float>(Array(repeating: 1, count: last + 1))
                        positions.forEach { x.pointer[$0] = value }
                        #expect(ck_first_nonfinite(last + 1, x.pointer) == positions[0], "\(positions) \(value)")
                    }
                }
            }
            ck_set_threads(1)
        }
    }
}
