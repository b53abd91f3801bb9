// NetworkSuites.swift: the parent of all suites that run networks, and how their tests compare numbers.
//
// Errors are relative to one scale for a whole array, never to the element itself, so that a wrong element cannot excuse
// itself. A NaN is an infinite error. Tested itself, below.

import Testing

/// Networks bring their kernels' threads, and some tests set their number; so one suite runs at a time.
@Suite(.serialized) enum NetworkSuites {}

/// The largest |actual − expected|, divided by `scale`; infinite where the counts differ or a number is not finite.
func largestError(_ actual: [Double], _ expected: [Double], scale: Double) -> Double {
    guard actual.count == expected.count else { return .infinity }
    var largest = 0.0
    for (x, y) in zip(actual, expected) {
        let error = abs(x - y) / scale
        guard error.isFinite else { return .infinity }
        largest = max(largest, error)
    }
    return largest
}

/// The largest magnitude, or `floor` where all are smaller.
func magnitude(_ x: [Double], atLeast floor: Double) -> Double { x.reduce(floor) { max($0, abs($1)) } }

/// Whether two arrays have the same bits; tells −0 from 0, and a NaN equals itself.
func sameBits(_ x: [Float], _ y: [Float]) -> Bool { x.map(\.bitPattern) == y.map(\.bitPattern) }

/// A seed for one case of a test, from the test's own number and the case's.
func caseSeed(_ test: Int, _ number: Int) -> UInt64 { UInt64(test) << 32 | UInt64(number) }

extension Array where Element == Float {
    var doubles: [Double] { map { Double($0) } }
}

@Suite struct ComparisonTests {
    @Test func largestErrorIsTheLargest() {
        #expect(largestError([1, 2, 4], [1, 2.5, 3], scale: 2) == 0.5)
        #expect(largestError([1, -2], [1, 2], scale: 1) == 4)
        #expect(largestError([1], [1], scale: 1) == 0)
    }

    @Test func whatCannotBeComparedIsAnInfiniteError() {
        #expect(largestError([1, 2], [1], scale: 1) == .infinity)
        #expect(largestError([.nan], [0], scale: 1) == .infinity)
        #expect(largestError([0, 1], [.nan, 1], scale: 1) == .infinity)
        #expect(largestError([.infinity], [.infinity], scale: 1) == .infinity)
        #expect(largestError([1], [2], scale: 0) == .infinity)
    }

    @Test func bitsTellZerosApart() {
        #expect(sameBits([0, .nan], [0, .nan]))
        #expect(!sameBits([0], [-0.0]))
        #expect(!sameBits([0], [0, 0]))
    }
}
