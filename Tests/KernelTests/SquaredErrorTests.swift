// SquaredErrorTests.swift: squared errors against the reference, with masks, large errors, and outputs left out.

import CKernels
import Foundation
import ReferenceKernels
import TestSupport
import Testing

/// Rows of numbers with targets.
private struct NumbersCase: CustomStringConvertible {
    let rows, columns: Int
    var outputs, targets, mask: [Float]
    let scale: Float = 0.25
    let description: String

    init(rows: Int, columns: Int, limit: Float, seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        (self.rows, self.columns) = (rows, columns)
        outputs = random.floats(rows * columns, limit: limit)
        // Some are right.
        targets = outputs.map { random.chance(0.2) ? $0 : Float(random.uniform(-1, 1)) * limit }
        mask = (0..<rows).map { _ in random.chance(0.3) ? 0 : Float(random.uniform(0.1, 2)) }
        description = "rows \(rows) columns \(columns) limit \(limit) seed \(seed)"
    }

    struct Outcome {
        var loss, gradient, absolute: [Float]
    }

    enum Gradient: CaseIterable { case apart, inPlace, none }

    func run(gap: Int = 0, _ gradient: Gradient = .apart, absolute wantsAbsolute: Bool = true) -> Outcome {
        let outputs = GuardedArray(
            rows: rows, columns: columns, leadingDimension: columns + gap, contents: self.outputs)
        let (targets, mask) = (GuardedArray(self.targets), GuardedArray(self.mask))
        let (loss, absolute) = (GuardedArray.output(columns: rows), GuardedArray.output(columns: rows))
        let apart = GuardedArray.output(rows: rows, columns: columns, leadingDimension: columns + gap)
        let written = gradient == .none ? nil : gradient == .inPlace ? outputs : apart
        ck_squared_error(
            rows, columns, outputs.pointer, outputs.leadingDimension, targets.pointer, mask.pointer, scale,
            loss.pointer, written?.pointer, wantsAbsolute ? absolute.pointer : nil)
        expectUnchanged(targets, mask, context: description)
        expectIntact(loss, absolute, apart, outputs, context: description)
        if gradient != .inPlace { expectUnchanged(outputs, context: description) }
        return Outcome(loss: loss.contents, gradient: (written ?? apart).contents, absolute: absolute.contents)
    }

    /// A difference is rounded once, and so its square is in doubt by twice that; the sums are in double, and mask and
    /// result are two more roundings.
    ///
    /// A gradient has the difference, the slope and the product.
    func expectReference(_ outcome: Outcome) {
        let expected = ReferenceLosses.squaredError(
            rows: rows, numbers: columns, outputs: outputs.doubles, targets: targets.doubles, mask: mask.doubles,
            scale: Double(scale))
        expectClose(outcome.loss, expected.loss, within: .rounding(5, of: expected.loss), "loss", description)
        expectClose(
            outcome.gradient, expected.dOutputs, within: .rounding(4, of: expected.dOutputs.map(abs)), "gradient",
            description)
        expectClose(
            outcome.absolute, expected.absolute, within: .rounding(3, of: expected.absolute), "absolute", description)
    }
}

extension KernelSuites {
    @Suite struct SquaredErrorTests {
        @Test func matchesTheReference() {
            for rows in [1, 2, 5, 33] {
                for columns in [1, 2, 3, 8, 17, 64, 131] {
                    for limit in [Float(1), 1e3, 1e15, 1e-12] {
                        let seed = caseSeed(96, rows, columns, Int(log10(limit)) + 20)
                        let example = NumbersCase(rows: rows, columns: columns, limit: limit, seed: seed)
                        example.expectReference(example.run())
                        example.expectReference(example.run(gap: 3))
                    }
                }
            }
        }

        @Test func outputsLeftOut() {
            let example = NumbersCase(rows: 9, columns: 21, limit: 4, seed: caseSeed(97))
            let whole = example.run()
            let inPlace = example.run(.inPlace)
            expectSameBits(inPlace.loss, whole.loss, "loss in place", example.description)
            expectSameBits(inPlace.gradient, whole.gradient, "gradient in place", example.description)
            expectSameBits(inPlace.absolute, whole.absolute, "absolute in place", example.description)
            let without = example.run(.none)
            let bound = ErrorBound.rounding(10, of: whole.loss.doubles)
            expectClose(without.loss, whole.loss.doubles, within: bound, "loss alone", example.description)
            #expect(without.absolute == whole.absolute)
            #expect(without.gradient.allSatisfy { $0.isNaN }, "a gradient was written")
            let unmeasured = example.run(absolute: false)
            expectSameBits(unmeasured.loss, whole.loss, "loss without absolute", example.description)
            #expect(unmeasured.absolute.allSatisfy { $0.isNaN })
        }

        /// A row with mask 0 leaves no trace, whatever stands in it; an error beyond the range is infinite, not NaN.
        @Test func maskedAndHugeRows() {
            for content in [Float.nan, .infinity, -.infinity, 1e30] {
                var example = NumbersCase(rows: 3, columns: 7, limit: 3, seed: caseSeed(98))
                example.mask = [1, 0, 1]
                for column in 0..<7 where column != 2 { example.outputs[7 + column] = content }
                for gradient in [NumbersCase.Gradient.apart, .inPlace] {
                    let outcome = example.run(gradient)
                    #expect(outcome.loss[1].bitPattern == 0 && outcome.absolute[1].bitPattern == 0)
                    #expect(outcome.gradient[7..<14].allSatisfy { $0 == 0 })
                    #expect(outcome.loss[0] > 0 && outcome.loss[2] > 0)
                }
            }
            var huge = NumbersCase(rows: 1, columns: 2, limit: 1, seed: caseSeed(99))
            (huge.mask, huge.outputs, huge.targets) = ([1], [1e30, 0], [-1e30, 0])
            #expect(huge.run().loss == [.infinity] && huge.run().gradient == [5e29, 0])
        }

        @Test func threadsGiveTheSameBits() {
            for (rows, columns) in [(3, 5), (100, 131), (9, 4000)] {
                let example = NumbersCase(rows: rows, columns: columns, limit: 4, seed: caseSeed(100, rows))
                expectSameBitsForAnyThreads("squared error", example.description) {
                    let outcome = example.run()
                    return outcome.loss + outcome.gradient + outcome.absolute
                }
            }
        }
    }
}
