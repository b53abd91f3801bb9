// ActivationTests.swift: tanh and sigmoid against the reference, over their whole range and at its edges.

import CKernels
import ReferenceKernels
import TestSupport
import Testing

private enum Activation: CaseIterable {
    case tanh, sigmoid

    func forward(_ rows: Int, _ columns: Int, _ x: GuardedArray<Float>, _ y: GuardedArray<Float>) {
        let kernel = self == .tanh ? ck_tanh_forward : ck_sigmoid_forward
        kernel(rows, columns, x.pointer, x.leadingDimension, y.pointer, y.leadingDimension)
    }

    func expected(_ x: [Float]) -> [Double] {
        self == .tanh
            ? ReferenceActivations.tanhForward(x.doubles) : ReferenceActivations.sigmoidForward(x.doubles)
    }

    func expectedBackward(y: [Float], dy: [Float]) -> [Double] {
        self == .tanh
            ? ReferenceActivations.tanhBackward(y: y.doubles, dy: dy.doubles)
            : ReferenceActivations.sigmoidBackward(y: y.doubles, dy: dy.doubles)
    }

    func backward(
        _ rows: Int, _ columns: Int, _ y: GuardedArray<Float>, _ dy: GuardedArray<Float>, _ dx: GuardedArray<Float>
    ) {
        let kernel = self == .tanh ? ck_tanh_backward : ck_sigmoid_backward
        kernel(
            rows, columns, y.pointer, y.leadingDimension, dy.pointer, dy.leadingDimension, dx.pointer,
            dx.leadingDimension)
    }

    /// The forward kernel on one row.
    func apply(_ x: [Float]) -> [Float] {
        let input = GuardedArray(x)
        let y = GuardedArray.output(columns: x.count)
        forward(1, x.count, input, y)
        expectUnchanged(input, context: "\(self)")
        expectIntact(y, context: "\(self)")
        return y.contents
    }
}

/// What ck_math.h states of both functions.
private let ulps = 3.0
private let shapes = [
    (0, 4), (4, 0), (1, 1), (1, 17), (5, 3), (7, 64), (3, 1025), (70, 130), (200, 2), (65, 15), (9, 16)
]

extension KernelSuites {
    @Suite struct ActivationTests {
        @Test(arguments: Activation.allCases)
        fileprivate func sweep(_ activation: Activation) {
            let x = stride(from: Float(-80), through: 80, by: 0.0078125).map { $0 + 0.001 }
            let expected = activation.expected(x)
            expectClose(activation.apply(x), expected, within: .ulps(ulps, of: expected), "\(activation)", "sweep")
        }

        /// Where the functions are nearly linear, and down to the smallest numbers.
        @Test(arguments: Activation.allCases)
        fileprivate func tinyArguments(_ activation: Activation) {
            let magnitudes = (-126...0).map { Float(sign: .plus, exponent: $0, significand: 1.3) }
            let x = magnitudes + magnitudes.map { -$0 }
            let expected = activation.expected(x)
            expectClose(activation.apply(x), expected, within: .ulps(ulps, of: expected), "\(activation)", "tiny")
            // Below the normal range a number counts as 0.
            let subnormal: [Float] = [.leastNonzeroMagnitude, -.leastNonzeroMagnitude, 0x1p-140, 0x1.fp-127]
            expectSameBits(
                activation.apply(subnormal), activation.apply([0, -0.0, 0, 0]), "\(activation)", "subnormal")
            // Outside of kernels they are numbers as before.
            #expect(subnormal.max().map { $0 / 2 } == 0x1.fp-128)
        }

        @Test func specialValues() {
            let special: [Float] = [0, -0.0, .infinity, -.infinity, 3e38, -3e38, 1e4, -1e4]
            expectSameBits(
                Activation.tanh.apply(special), [0, -0.0, 1, -1, 1, -1, 1, -1], "tanh", "special")
            expectSameBits(
                Activation.sigmoid.apply(special), [0.5, 0.5, 1, 0, 1, 0, 1, 0], "sigmoid", "special")
            for activation in Activation.allCases {
                let result = activation.apply([1, .nan, 2, -.nan])
                #expect(result[1].isNaN && result[3].isNaN && result[0].isFinite && result[2].isFinite)
            }
            // From the last normal numbers to 0.
            let falling = stride(from: Float(-110), through: -80, by: 0.25).map { $0 }
            let sigmoids = Activation.sigmoid.apply(falling)
            let expected = Activation.sigmoid.expected(falling)
            expectClose(sigmoids, expected, within: .ulps(ulps, of: expected), "sigmoid", "falling")
            #expect(zip(sigmoids, sigmoids.dropFirst()).allSatisfy { $0 <= $1 })
        }

        @Test(arguments: Activation.allCases)
        fileprivate func staysInRange(_ activation: Activation) {
            var random = SeededGenerator(seed: caseSeed(70))
            let x = random.floats(5000, limit: 20)
            let y = activation.apply(x)
            let lowest: Float = activation == .tanh ? -1 : 0
            #expect(y.allSatisfy { $0 >= lowest && $0 <= 1 })
            if activation == .tanh {
                expectSameBits(activation.apply(x.map { -$0 }), y.map { -$0 }, "tanh", "odd symmetry")
            }
        }

        /// An element has the same bits wherever it stands: in a vector or in the remainder of a loop.
        @Test(arguments: Activation.allCases)
        fileprivate func placeDoesNotMatter(_ activation: Activation) {
            var random = SeededGenerator(seed: caseSeed(71))
            let x = random.floats(67, limit: 6)
            let whole = activation.apply(x)
            for start in 0..<x.count {
                expectSameBits(
                    activation.apply(Array(x[start...])), Array(whole[start...]), "\(activation)", "from \(start)")
            }
        }

        @Test(arguments: Activation.allCases)
        fileprivate func blocksOfRows(_ activation: Activation) {
            for (rows, columns) in shapes {
                for gap in [0, 1, 5] {
                    let seed = caseSeed(72, rows, columns, gap)
                    let context = "\(activation) rows \(rows) columns \(columns) gap \(gap) seed \(seed)"
                    var random = SeededGenerator(seed: seed)
                    let count = rows * columns
                    let x = GuardedArray(
                        rows: rows, columns: columns, leadingDimension: columns + gap,
                        contents: random.floats(count, limit: 5))
                    let dy = GuardedArray(
                        rows: rows, columns: columns, leadingDimension: columns + 2 * gap,
                        contents: random.floats(count))
                    expectSameBitsForAnyThreads("y and dx", context) {
                        let y = GuardedArray.output(rows: rows, columns: columns, leadingDimension: columns + 3 * gap)
                        activation.forward(rows, columns, x, y)
                        let dx = GuardedArray.output(rows: rows, columns: columns, leadingDimension: columns + gap)
                        activation.backward(rows, columns, y, dy, dx)
                        let expected = activation.expected(x.contents)
                        expectClose(y.contents, expected, within: .ulps(ulps, of: expected), "y", context)
                        // dy (1 - y^2) and dy y (1 - y): three operations on numbers within 1, times dy.
                        expectClose(
                            dx.contents, activation.expectedBackward(y: y.contents, dy: dy.contents),
                            within: .rounding(3, of: dy.contents.map { abs(Double($0)) }), "dx", context)
                        expectUnchanged(x, dy, context: context)
                        expectIntact(y, dx, context: context)
                        return y.contents + dx.contents
                    }
                }
            }
        }

        @Test(arguments: Activation.allCases)
        fileprivate func inPlace(_ activation: Activation) {
            for (rows, columns) in shapes {
                let seed = caseSeed(73, rows, columns)
                var random = SeededGenerator(seed: seed)
                let x = random.floats(rows * columns, limit: 5)
                let dy = random.floats(rows * columns)
                let block = GuardedArray(rows: rows, columns: columns, leadingDimension: columns + 2, contents: x)
                activation.forward(rows, columns, block, block)
                let y = activation.apply(x)
                expectSameBits(block.contents, y, "\(activation)", "seed \(seed)")

                let gradient = GuardedArray(rows: rows, columns: columns, leadingDimension: columns + 2, contents: dy)
                activation.backward(rows, columns, block, gradient, gradient)
                let apart = GuardedArray.output(rows: rows, columns: columns)
                activation.backward(
                    rows, columns, block, GuardedArray(rows: rows, columns: columns, contents: dy), apart)
                expectSameBits(gradient.contents, apart.contents, "\(activation) backward", "seed \(seed)")
                expectIntact(block, gradient, context: "seed \(seed)")
            }
        }
    }
}
