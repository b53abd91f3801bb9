// LossTests.swift: both cross-entropies against the reference, with masks, ties, huge logits, and outputs left out.

import CKernels
import Foundation
import ReferenceKernels
import TestSupport
import Testing

/// Rows of logits with targets for both losses.
private struct LossCase: CustomStringConvertible {
    var rows, columns: Int
    var logits: [Float]
    var classes: [Int]
    var bits, mask: [Float]
    var scale: Float = 0.25
    var description: String

    init(rows: Int, columns: Int, limit: Float, seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        self.rows = rows
        self.columns = columns
        // Whole numbers now and then, so that the largest logit is often there twice.
        let areWhole = random.chance(0.5)
        logits = random.floats(rows * columns, limit: limit).map { areWhole ? $0.rounded() : $0 }
        classes = (0..<rows).map { _ in random.integer(0..<columns) }
        bits = (0..<rows * columns).map { _ in
            random.chance(0.7) ? Float(random.integer(0..<2)) : Float(random.uniform(0, 1))
        }
        mask = (0..<rows).map { _ in random.chance(0.3) ? 0 : Float(random.uniform(0.1, 2)) }
        description = "rows \(rows) columns \(columns) limit \(limit) seed \(seed)"
    }
}

private enum Loss: CaseIterable {
    case softmax, sigmoid

    struct Outcome {
        var loss, dLogits: [Float]
        var counts: [Int32]
    }

    enum Gradient { case apart, inPlace, none }

    func run(
        _ example: LossCase, gap: Int = 0, _ gradient: Gradient = .apart, counts wantsCounts: Bool = true
    ) -> Outcome {
        let (rows, columns) = (example.rows, example.columns)
        let logits = GuardedArray(
            rows: rows, columns: columns, leadingDimension: columns + gap, contents: example.logits)
        let mask = GuardedArray(example.mask)
        let loss = GuardedArray.output(columns: rows)
        let dLogits = GuardedArray.output(rows: rows, columns: columns, leadingDimension: columns + gap)
        let counts = GuardedArray<Int32>(Array(repeating: -1, count: rows))
        let gradientPointer = gradient == .none ? nil : (gradient == .inPlace ? logits : dLogits).pointer
        let countPointer = wantsCounts ? counts.pointer : nil
        switch self {
        case .softmax:
            let targets = GuardedArray(example.classes.map { Int32($0) })
            ck_softmax_cross_entropy(
                rows, columns, logits.pointer, logits.leadingDimension, targets.pointer, mask.pointer, example.scale,
                loss.pointer, gradientPointer, countPointer)
            expectUnchanged(targets, mask, context: example.description)
        case .sigmoid:
            let targets = GuardedArray(example.bits)
            ck_sigmoid_cross_entropy(
                rows, columns, logits.pointer, logits.leadingDimension, targets.pointer, mask.pointer, example.scale,
                loss.pointer, gradientPointer, countPointer)
            expectUnchanged(targets, mask, context: example.description)
        }
        expectIntact(loss, dLogits, logits, counts, context: example.description)
        if gradient != .inPlace {
            expectUnchanged(logits, context: example.description)
        }
        return Outcome(
            loss: loss.contents, dLogits: (gradient == .inPlace ? logits : dLogits).contents, counts: counts.contents)
    }

    func reference(_ example: LossCase) -> ReferenceLosses.Result {
        let (logits, mask, scale) = (example.logits.doubles, example.mask.doubles, Double(example.scale))
        switch self {
        case .softmax:
            return ReferenceLosses.softmaxCrossEntropy(
                rows: example.rows, classes: example.columns, logits: logits, targets: example.classes, mask: mask,
                scale: scale)
        case .sigmoid:
            return ReferenceLosses.sigmoidCrossEntropy(
                rows: example.rows, bits: example.columns, logits: logits, targets: example.bits.doubles, mask: mask,
                scale: scale)
        }
    }

    func expectReference(_ actual: Outcome, _ example: LossCase) {
        let expected = reference(example)
        expectClose(
            actual.loss, expected.loss, within: lossBound(example, expected), "\(self) loss", example.description)
        expectClose(
            actual.dLogits, expected.dLogits, within: slopeBound(example), "\(self) dlogits", example.description)
        #expect(actual.counts.map { Int($0) } == expected.counts, "\(self) counts, \(example)")
    }
}

// MARK: - Bounds

extension Loss {
    /// Softmax: log S + (top − x_t), S the sum of the exponentials of x − top, in double.
    ///
    /// An exponential's 1.2 ulp are 3 roundings. Its argument is rounded too, by u |x − top|, whose mean over the
    /// classes' shares of S is below ln n. The result is rounded once more. Sigmoid: x⁺ − x y + log(1 + e) for each
    /// bit: 2 ulp of the exponential and 2 of the logarithm, the product, which is exact for y of 0 and 1, and sums.
    fileprivate func lossBound(_ example: LossCase, _ expected: ReferenceLosses.Result) -> ErrorBound {
        let sizes = (0..<example.rows).map { row -> Double in
            let places = row * example.columns..<(row + 1) * example.columns
            switch self {
            case .softmax: return 1 + log(Double(example.columns))
            case .sigmoid:
                return places.reduce(0) { size, place in
                    let y = example.bits[place]
                    return size + 1 + (y == 0 || y == 1 ? 0 : Double(abs(example.logits[place] * y)))
                }
            }
        }
        return .rounding(10, of: example.rowSums(expected.loss, sizes))
    }

    /// Softmax: e^(x − top) / S is within 1, and an exponent of d makes d roundings of e^-d, less than 1 of 1; with S's
    /// as above, its quotient, slope, product and result 16.
    ///
    /// Sigmoid: (above − below) / (1 + e) of numbers within 1 less.
    fileprivate func slopeBound(_ example: LossCase) -> ErrorBound {
        .rounding(
            16,
            of: example.mask.flatMap { mask in
                Array(repeating: Double(mask * example.scale), count: example.columns)
            })
    }
}

extension LossCase {
    /// A row's loss, and its mask times a size.
    fileprivate func rowSums(_ losses: [Double], _ sizes: [Double]) -> [Double] {
        losses.indices.map { losses[$0] + Double(mask[$0]) * sizes[$0] }
    }
}

extension KernelSuites {
    @Suite struct LossTests {
        @Test(arguments: Loss.allCases)
        fileprivate func matchesTheReference(_ loss: Loss) {
            for rows in [1, 2, 5, 33] {
                for columns in [1, 2, 3, 8, 17, 64, 131] {
                    for limit in [Float(1), 8] {
                        let example = LossCase(
                            rows: rows, columns: columns, limit: limit, seed: caseSeed(90, rows, columns, Int(limit)))
                        loss.expectReference(loss.run(example), example)
                        loss.expectReference(loss.run(example, gap: 3), example)
                    }
                }
            }
        }

        /// Without a gradient the exponentials are summed by another loop: equal up to rounding only.
        @Test(arguments: Loss.allCases)
        fileprivate func outputsLeftOut(_ loss: Loss) {
            let example = LossCase(rows: 9, columns: 21, limit: 4, seed: caseSeed(91))
            let whole = loss.run(example)
            let inPlace = loss.run(example, .inPlace)
            expectSameBits(inPlace.loss, whole.loss, "loss in place", example.description)
            expectSameBits(inPlace.dLogits, whole.dLogits, "dlogits in place", example.description)
            #expect(inPlace.counts == whole.counts)
            let without = loss.run(example, .none)
            let bound = loss.lossBound(example, loss.reference(example))
            expectClose(without.loss, whole.loss.doubles, within: bound + bound, "loss alone", example.description)
            #expect(without.counts == whole.counts)
            #expect(without.dLogits.allSatisfy { $0.isNaN }, "dlogits was written")
            let uncounted = loss.run(example, counts: false)
            expectSameBits(uncounted.loss, whole.loss, "loss without counts", example.description)
            expectSameBits(uncounted.dLogits, whole.dLogits, "dlogits without counts", example.description)
            #expect(uncounted.counts.allSatisfy { $0 == -1 })
        }

        @Test(arguments: Loss.allCases)
        fileprivate func hugeLogits(_ loss: Loss) {
            for magnitude in [Float(89), 104, 1e4, 1e30] {
                var example = LossCase(rows: 40, columns: 5, limit: 1, seed: caseSeed(92))
                var random = SeededGenerator(seed: caseSeed(92, 1))
                example.logits = example.logits.map { _ in
                    [0, magnitude, -magnitude].randomElement(using: &random)!
                }
                let outcome = loss.run(example)
                #expect((outcome.loss + outcome.dLogits).allSatisfy { $0.isFinite }, "magnitude \(magnitude)")
                loss.expectReference(outcome, example)
            }
        }

        /// A row with mask 0 leaves no trace, whatever stands in it.
        @Test(arguments: Loss.allCases)
        fileprivate func maskedRows(_ loss: Loss) {
            for content in [Float.nan, .infinity, -.infinity, 1e30] {
                var example = LossCase(rows: 3, columns: 7, limit: 3, seed: caseSeed(93))
                example.mask = [1, 0, 1]
                for column in 0..<7 where column != 2 {
                    example.logits[7 + column] = content
                }
                for gradient in [Loss.Gradient.apart, .inPlace] {
                    let outcome = loss.run(example, gradient)
                    #expect(outcome.loss[1].bitPattern == 0)
                    #expect(outcome.dLogits[7..<14].allSatisfy { $0 == 0 })
                    #expect(outcome.loss[0] > 0 && outcome.loss[2] > 0)
                    #expect(outcome.dLogits[0..<7].contains { $0 != 0 } && outcome.dLogits[14...].contains { $0 != 0 })
                }
            }
        }

        /// The gradient of a softmax sums to 0 over the classes: the shares of the others, and theirs with the other
        /// sign.
        @Test func softmaxGradientSumsToZero() {
            let example = LossCase(rows: 20, columns: 33, limit: 6, seed: caseSeed(94))
            let gradient = Loss.softmax.run(example).dLogits
            let sums = (0..<20).map { row in
                gradient[(row * 33)..<((row + 1) * 33)].reduce(0) { $0 + Double($1) }
            }
            let slopes = example.mask.map { 2 * Double($0 * example.scale) }
            expectClose(
                sums, Array(repeating: 0, count: 20), within: .rounding(16, of: slopes), "sum", example.description)
        }

        @Test(arguments: Loss.allCases)
        fileprivate func threadsGiveTheSameBits(_ loss: Loss) {
            for (rows, columns) in [(3, 5), (100, 131), (9, 2000)] {
                let example = LossCase(rows: rows, columns: columns, limit: 4, seed: caseSeed(95, rows))
                expectSameBitsForAnyThreads("\(loss)", example.description) {
                    let outcome = loss.run(example)
                    return outcome.loss + outcome.dLogits + outcome.counts.map { Float($0) }
                }
            }
        }
    }
}
