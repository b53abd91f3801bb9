// Passes over flat parameter buffers; contracts in ck_optimizers.h.

import CKernels
import NeuralMemory
import ReferenceKernels

extension Families {
    static var optimizerBenchmarks: [Benchmark] {
        [clipValue, scale, squaredNorm, firstNonFinite, sgd, rmsprop, rmspropGraves, adam]
            .flatMap { benchmark in parameterCounts.map(benchmark) }
    }

    /// The parameters of the published networks, from a Turing machine's to those of the large controllers.
    private static let parameterCounts = [67_561, 670_000, 1_900_000]

    // MARK: Gradients

    private static func clipValue(_ n: Int) -> Benchmark {
        Benchmark("clip_value", "n \(n)", floats: 2 * n) {
            let initial = FloatBuffer(n, -2, 2, seed: 1)
            let g = FloatBuffer(zeros: n)
            let expected = initial.doubles
            return Trial(
                reset: { g.copy(initial) },
                run: { ck_clip_value(n, 1, g.pointer) },
                reference: { _ in [ReferenceClipping.byValue(expected, limit: 1)] },
                outputs: [Output("g", g)])
        }
    }

    private static func scale(_ n: Int) -> Benchmark {
        Benchmark("scale", "n \(n)", floats: 2 * n, flops: n) {
            let initial = FloatBuffer(n, -2, 2, seed: 1)
            let g = FloatBuffer(zeros: n)
            let expected = initial.doubles
            return Trial(
                reset: { g.copy(initial) },
                run: { ck_scale(n, 0.75, g.pointer) },
                reference: { _ in [expected.map { 0.75 * $0 }] },
                outputs: [Output("g", g, within: .rounding(1, of: 2 * 0.75))])
        }
    }

    private static func squaredNorm(_ n: Int) -> Benchmark {
        Benchmark("squared_norm", "n \(n)", floats: n, flops: 2 * n) {
            let x = FloatBuffer(n, -1, 1, seed: 1)
            let partial = PartialSums(count: n)
            let expected = x.doubles
            return Trial(
                run: { partial.total = ck_squared_norm(n, x.pointer, partial.pointer) },
                reference: { _ in [[ReferenceClipping.squaredNorm(expected)]] },
                outputs: [Output("sum", within: .rounding(n, of: Double(n), .double)) { [partial.total] }])
        }
    }

    private static func firstNonFinite(_ n: Int) -> Benchmark {
        Benchmark("first_nonfinite", "n \(n)", floats: n) {
            let x = FloatBuffer(n, -1, 1, seed: 1)
            x.pointer[n - 1] = .infinity
            let expected = x.doubles
            let index = PartialSums(count: 1)
            return Trial(
                run: { index.total = Double(ck_first_nonfinite(n, x.pointer)) },
                reference: { _ in [[Double(expected.firstIndex { !$0.isFinite } ?? -1)]] },
                outputs: [Output("index") { [index.total] }])
        }
    }

    // MARK: Updates

    /// An optimiser's arrays: gradient, state and parameters.
    ///
    /// State is positive, as a mean of squares is.
    private final class Update {
        let g: FloatBuffer
        let arrays: [FloatBuffer]
        private let initial: [FloatBuffer]
        let gradient: [Double]
        let doubles: [[Double]]

        /// `states`: how many state arrays there are; the parameters come after them.
        init(_ n: Int, states: Int) {
            g = FloatBuffer(n, -1, 1, seed: 1)
            initial = (0..<states).map { FloatBuffer(n, 1, 2, seed: UInt64($0) + 2) } + [FloatBuffer(n, -1, 1, seed: 9)]
            arrays = (0...states).map { _ in FloatBuffer(zeros: n) }
            gradient = g.doubles
            doubles = initial.map(\.doubles)
        }

        func reset() { for (array, start) in zip(arrays, initial) { array.copy(start) } }

        /// One step: up to 16 roundings, settings' as Floats among them, of sums of terms below 4.
        func outputs(_ names: [String]) -> [Output] {
            zip(names, arrays).map { Output($0, $1, within: .rounding(16, of: 4)) }
        }
    }

    private static func sgd(_ n: Int) -> Benchmark {
        Benchmark("sgd", "n \(n)", floats: 5 * n, flops: 4 * n) {
            let update = Update(n, states: 1)
            let (m, w) = (update.arrays[0], update.arrays[1])
            return Trial(
                reset: update.reset,
                run: { ck_sgd(n, 0.01, 0.9, update.g.pointer, m.pointer, w.pointer) },
                reference: { _ in
                    var (m, w) = (update.doubles[0], update.doubles[1])
                    ReferenceOptimizers.sgd(rate: 0.01, momentum: 0.9, g: update.gradient, m: &m, w: &w)
                    return [m, w]
                },
                outputs: update.outputs(["m", "w"]))
        }
    }

    private static func rmsprop(_ n: Int) -> Benchmark {
        Benchmark("rmsprop", "n \(n)", floats: 7 * n, flops: 11 * n) {
            let update = Update(n, states: 2)
            let (s, m, w) = (update.arrays[0], update.arrays[1], update.arrays[2])
            return Trial(
                reset: update.reset,
                run: { ck_rmsprop(n, 0.01, 0.95, 0.9, 1e-4, update.g.pointer, s.pointer, m.pointer, w.pointer) },
                reference: { _ in
                    var (s, m, w) = (update.doubles[0], update.doubles[1], update.doubles[2])
                    ReferenceOptimizers.rmsprop(
                        rate: 0.01, decay: 0.95, momentum: 0.9, epsilon: 1e-4, g: update.gradient, s: &s, m: &m, w: &w)
                    return [s, m, w]
                },
                outputs: update.outputs(["s", "m", "w"]))
        }
    }

    private static func rmspropGraves(_ n: Int) -> Benchmark {
        Benchmark("rmsprop_graves", "n \(n)", floats: 9 * n, flops: 16 * n) {
            let update = Update(n, states: 3)
            let (s, a, m, w) = (update.arrays[0], update.arrays[1], update.arrays[2], update.arrays[3])
            // A mean of gradients below the root of the mean of their squares, as it always is.
            let reset = {
                update.reset()
                ck_scale(n, 0.25, a.pointer)
            }
            return Trial(
                reset: reset,
                run: {
                    ck_rmsprop_graves(
                        n, 0.01, 0.95, 0.9, 1e-4, update.g.pointer, s.pointer, a.pointer, m.pointer, w.pointer)
                },
                reference: { _ in
                    var (s, a) = (update.doubles[0], update.doubles[1].map { 0.25 * $0 })
                    var (m, w) = (update.doubles[2], update.doubles[3])
                    ReferenceOptimizers.rmspropGraves(
                        rate: 0.01, decay: 0.95, momentum: 0.9, epsilon: 1e-4, g: update.gradient, s: &s, a: &a,
                        m: &m, w: &w)
                    return [s, a, m, w]
                },
                outputs: update.outputs(["s", "a", "m", "w"]))
        }
    }

    private static func adam(_ n: Int) -> Benchmark {
        Benchmark("adam", "n \(n)", floats: 7 * n, flops: 13 * n) {
            let update = Update(n, states: 2)
            let (a, s, w) = (update.arrays[0], update.arrays[1], update.arrays[2])
            // Step 2.
            let corrections = (Float(1 - 0.9 * 0.9), Float(1 - 0.999 * 0.999))
            return Trial(
                reset: update.reset,
                run: {
                    ck_adam(
                        n, 0.01, 0.9, 0.999, 1e-8, corrections.0, corrections.1, update.g.pointer, a.pointer,
                        s.pointer, w.pointer)
                },
                reference: { _ in
                    var (a, s, w) = (update.doubles[0], update.doubles[1], update.doubles[2])
                    ReferenceOptimizers.adam(
                        rate: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, step: 2, g: update.gradient, a: &a, s: &s,
                        w: &w)
                    return [a, s, w]
                },
                outputs: update.outputs(["a", "s", "w"]))
        }
    }
}

/// Room for one double per block of CK_NORM_BLOCK elements, and a place for a kernel's result.
private final class PartialSums {
    let pointer: UnsafeMutablePointer<Double>
    var total = Double.nan

    init(count: Int) { pointer = .allocate(capacity: count / Int(CK_NORM_BLOCK) + 1) }

    deinit { pointer.deallocate() }
}
