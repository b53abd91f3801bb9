// ErrorBoundTests.swift: the bounds are tested before anything is tested with them: they must let honest rounding pass,
// and nothing that is wrong.

import Foundation
import ReferenceKernels
import TestSupport
import Testing

/// Terms of a sum, and ways to add them up in Float.
private struct Sum {
    let terms: [Float]
    let seed: UInt64

    init(_ count: Int, number: Int) {
        seed = caseSeed(900, count, number)
        var random = SeededGenerator(seed: seed)
        // Half of the sums cancel, half do not.
        let shift: Float = number % 2 == 0 ? 0 : 1
        terms = random.floats(count).map { $0 + shift }
    }

    var exact: Double { terms.doubles.reduce(0, +) }
    var magnitude: Double { terms.doubles.reduce(0) { $0 + abs($1) } }
    var bound: ErrorBound { .rounding(terms.count, of: magnitude) }

    /// From either end, from the smallest or the largest, pairwise, and in eight lanes, as vector instructions do.
    var orders: [Float] {
        let sorted = terms.sorted { abs($0) < abs($1) }
        let lanes = (0..<8).map { lane in stride(from: lane, to: terms.count, by: 8).reduce(Float(0)) { $0 + terms[$1] }
        }
        return [terms, terms.reversed(), sorted, sorted.reversed()].map { $0.reduce(0, +) }
            + [Self.pairwise(terms[...]), lanes.reduce(0, +)]
    }

    private static func pairwise(_ terms: ArraySlice<Float>) -> Float {
        guard terms.count > 1 else { return terms.first ?? 0 }
        let middle = terms.startIndex + terms.count / 2
        return pairwise(terms[..<middle]) + pairwise(terms[middle...])
    }
}

@Suite struct RoundingBoundTests {
    private static let counts = [1, 2, 3, 10, 63, 64, 65, 100, 1000, 10_000]

    @Test(arguments: counts) func acceptsASumInAnyOrder(_ count: Int) {
        for number in 0..<20 {
            let sum = Sum(count, number: number)
            for (order, result) in sum.orders.enumerated() {
                #expect(sum.bound.mismatch([Double(result)], [sum.exact]) == nil, "order \(order), seed \(sum.seed)")
            }
        }
    }

    /// A term as large as half of the others are at least.
    @Test(arguments: counts) func rejectsASumWithoutOneOfItsTerms(_ count: Int) throws {
        for number in 0..<20 {
            let sum = Sum(count, number: number)
            let term = try #require(sum.terms.sorted { abs($0) < abs($1) }.dropFirst(count / 2).first)
            let wrong = sum.exact - Double(term)
            #expect(sum.bound.mismatch([wrong], [sum.exact]) != nil, "seed \(sum.seed)")
        }
    }

    @Test(arguments: counts) func rejectsASumThatIsAFewPerCentOff(_ count: Int) {
        for number in stride(from: 1, to: 20, by: 2) {
            let sum = Sum(count, number: number)
            for factor in [1.03, 0.97, -1, 0, 2] {
                #expect(sum.bound.mismatch([factor * sum.exact], [sum.exact]) != nil, "\(factor), seed \(sum.seed)")
            }
        }
    }

    /// Products with a relative error of 2^-12, as approximate instructions have, in sums that are not too long.
    @Test(arguments: [1, 3, 10, 100]) func rejectsApproximateProducts(_ count: Int) {
        for number in stride(from: 1, to: 20, by: 2) {
            let sum = Sum(count, number: number)
            let wrong = sum.terms.doubles.reduce(0) { $0 + $1 * (1 + 0x1p-12) }
            #expect(sum.bound.mismatch([wrong], [sum.exact]) != nil, "seed \(sum.seed)")
        }
    }

    @Test func growsWithTheRoundings() {
        let bounds = [0, 1, 10, 63, 64, 65, 66, 1000, 100_000].map { ErrorBound.relative(roundings: $0) }
        #expect(bounds == bounds.sorted() && Set(bounds).count == bounds.count && bounds[0] == 0)
        #expect(abs(bounds[1] / 0x1p-24 - 1) < 1e-6 && ErrorBound.relative(roundings: 1, .double) < 1.2e-16)
        #expect(bounds[7] < 1e-3 && ErrorBound.relative(roundings: 1 << 40) > 1e-3)
    }

    @Test func ulpsAreOfTheElement() {
        let bound = ErrorBound.ulps(2, of: [1, -1e-20, 0, 1e-42])
        let ulp = Double(Float(1e-20).ulp)
        #expect(bound.mismatch([1 + 2 * 0x1p-23, -1e-20 + 1.9 * ulp, 0, 1e-42], [1, -1e-20, 0, 1e-42]) == nil)
        #expect(bound.mismatch([1 + 2.1 * 0x1p-23, -1e-20, 0, 1e-42], [1, -1e-20, 0, 1e-42]) != nil)
        #expect(bound.mismatch([1, -1e-20 - 2.1 * ulp, 0, 1e-42], [1, -1e-20, 0, 1e-42]) != nil)
        #expect(bound.mismatch([1, -1e-20, 0x1p-126, 0], [1, -1e-20, 0, 1e-42]) == nil)
        #expect(bound.mismatch([1, -1e-20, 0x1p-125, 0], [1, -1e-20, 0, 1e-42]) != nil)
    }
}

// MARK: - Conditioning

/// x_t = tanh(a x_{t−1} + b_t) + x_{t−2} / 2, in Double and in Float, where sums may go either way round.
private struct Recurrence {
    let inputs: [Double]
    let weight: Double
    let seed: UInt64

    init(weight: Double, number: Int) {
        seed = caseSeed(901, number)
        var random = SeededGenerator(seed: seed)
        inputs = random.floats(30).doubles
        self.weight = Double(Float(weight))
    }

    static func run(_ inputs: [Double], _ weight: Double) -> [Double] {
        var states = [0.0, 0.0]
        for input in inputs {
            let (last, before) = (states[states.count - 1], states[states.count - 2])
            states.append(tanh(weight * last + input) + before / 2)
        }
        return Array(states.dropFirst(2))
    }

    func runInFloat() -> [Double] {
        var states: [Float] = [0, 0]
        for input in inputs.floats {
            let (last, before) = (states[states.count - 1], states[states.count - 2])
            let sum = Float(weight) * last + input
            states.append(Float(tanh(Double(sum))) + before / 2)
        }
        return states.dropFirst(2).map { Double($0) }
    }

    func bounded() -> (results: [[Double]], bounds: [ErrorBound]) {
        ErrorBound.conditioned(2, seed: seed) { nudged in
            [Self.run(nudged(inputs), nudged([weight])[0])]
        }
    }
}

@Suite struct ConditionedBoundTests {
    /// From a recurrence that forgets to one that does not.
    private static let weights = [0.1, 0.5, 1, 2]

    @Test(arguments: weights) func acceptsFloat(_ weight: Double) {
        for number in 0..<200 {
            let example = Recurrence(weight: weight, number: number)
            let (results, bounds) = example.bounded()
            expectClose(example.runInFloat(), results[0], within: bounds[0], "states", "seed \(example.seed)")
        }
    }

    @Test(arguments: weights) func rejectsWhatIsWrong(_ weight: Double) {
        for number in 0..<50 {
            let example = Recurrence(weight: weight, number: number)
            let (results, bounds) = example.bounded()
            let right = results[0]
            let largest = right.indices.max { abs(right[$0]) < abs(right[$1]) }!
            var planted: [[Double]] = [
                right.map { 1.03 * $0 }, right.map { -$0 }, right.reversed(), right.map { _ in 0 },
                Recurrence.run(example.inputs, -example.weight), Recurrence.run(example.inputs, 1.03 * example.weight)
            ]
            for wrong in [1.03 * right[largest], -right[largest], 0, .nan, .infinity] {
                planted.append(right)
                planted[planted.count - 1][largest] = wrong
            }
            for (index, wrong) in planted.enumerated() {
                #expect(bounds[0].mismatch(wrong, right) != nil, "error \(index), seed \(example.seed)")
            }
        }
    }

    @Test func followsTheConditioning() {
        func limit(_ x: Double) -> Double { ErrorBound.conditioned(1, seed: 1) { [[sin($0([x])[0])]] }.bounds[0][0] }
        #expect(limit(1) < 1e-5 && limit(1000) > 100 * limit(1) && limit(0) == 0)
        let (results, bounds) = ErrorBound.conditioned(1, seed: 1) { nudged in
            let x = nudged([1, 2])
            return [x, x.map { 1e3 * $0 }, []]
        }
        #expect(results == [[1, 2], [1e3, 2e3], []])
        #expect(abs(bounds[1][0] / bounds[0][0] - 1e3) < 1 && bounds[0][0] >= 4 * 2 * 0x1p-23)
    }

    /// Inputs that decide between two results up to their rounding leave nothing to judge by.
    @Test func acceptsNothingWhereAResultIsNotFinite() {
        let (_, bounds) = ErrorBound.conditioned(1, seed: 1) { nudged in
            let x = nudged([1])[0]
            return [[x == 1 ? 1 : .nan], [1 / (x - 1)]]
        }
        #expect(bounds[0].mismatch([1], [1]) != nil && bounds[1].mismatch([.infinity], [.infinity]) != nil)
    }
}

// MARK: - Judging

@Suite struct MismatchTests {
    private let bound = ErrorBound(everywhere: 1e-5)

    @Test func acceptsWhatIsClose() {
        #expect(ErrorBound.exact.mismatch([1, 2, 3], [1, 2, 3]) == nil)
        #expect(bound.mismatch([1, 2, 3.000009], [1, 2, 3]) == nil)
        #expect(bound.mismatch([], []) == nil && ErrorBound(each: []).mismatch([], []) == nil)
        #expect(ErrorBound(each: [0, 2]).mismatch([1, 3], [1, 2]) == nil)
    }

    @Test(arguments: [Double.nan, .infinity, -.infinity])
    func rejectsWhatIsNotFinite(_ value: Double) {
        for bound in [bound, .exact, ErrorBound(each: [1, 1])] {
            #expect(bound.mismatch([1, value], [1, 2]) != nil)
            #expect(bound.mismatch([1, 2], [1, value]) != nil)
            #expect(bound.mismatch([1, value], [1, value]) != nil)
        }
        #expect(ErrorBound(everywhere: value).mismatch([1], [1]) != nil)
        #expect(ErrorBound(each: [1, value]).mismatch([1, 1], [1, 1]) != nil)
    }

    @Test func rejectsAWrongSign() {
        #expect(bound.mismatch([-1], [1]) != nil)
        #expect(bound.mismatch([1, -2, 3], [1, 2, 3]) != nil)
    }

    @Test func rejectsAWrongCount() {
        #expect(bound.mismatch([1, 2], [1, 2, 3]) != nil)
        #expect(bound.mismatch([1, 2, 3], [1, 2]) != nil)
        #expect(bound.mismatch([], [1]) != nil)
        #expect(ErrorBound(each: [1]).mismatch([1, 2], [1, 2]) != nil)
    }

    @Test func rejectsWhatIsJustOutside() {
        #expect(bound.mismatch([10.00002], [10]) != nil)
        #expect(ErrorBound.exact.mismatch([1 + 0x1p-52], [1]) != nil)
        #expect(ErrorBound(each: [1, 0.5]).mismatch([2, 1], [1, 0]) != nil)
    }

    @Test func namesTheWorstElement() {
        let text = bound.mismatch([1, 2.1, 3.2], [1, 2, 3]) ?? ""
        #expect(text.hasPrefix("element 2 of 3 is 3.2, expected 3.0: "), "\(text)")
    }

    @Test func sumsOfBounds() {
        let sum = ErrorBound(each: [1, 2]) + ErrorBound(everywhere: 0.5) + ErrorBound(each: [0, 1])
        #expect(sum[0] == 1.5 && sum[1] == 3.5)
        #expect((ErrorBound(everywhere: 1) + ErrorBound(everywhere: 2))[7] == 3)
    }

    @Test func ratiosAreOfTheBound() {
        #expect(ErrorBound(each: [1, 2, 0]).largestRatio([1, 3, 5], [1.5, 2, 5]) == 0.5)
        #expect(ErrorBound.exact.largestRatio([1], [2]) == .infinity && bound.largestRatio([.nan], [1]) == .infinity)
    }

    @Test func bitsTellZerosAndNaNsApart() {
        #expect(bitMismatch([0, .nan], [0, .nan]) == nil && sameBits([1], [1]))
        #expect(bitMismatch([-0.0], [0]) != nil && !sameBits([0], [0, 0]))
        #expect(bitMismatch([Float(1).nextUp], [1]) != nil && bitMismatch([1], [1, 1]) != nil)
    }
}
