// KernelSuites.swift: the parent of all suites that call kernels.

import CKernels
import TestSupport
import Testing

/// Kernels bring their own threads, and a test sets their number; so one suite runs at a time.
@Suite(.serialized) enum KernelSuites {}

/// The thread counts for which results must have the same bits: one, two, and numbers that divide nothing evenly.
let threadCounts = [1, 2, 3, 7]

/// Runs `body` with each number of threads and records an issue unless all its results have the same bits.
func expectSameBitsForAnyThreads(
    _ name: String, _ context: @autoclosure () -> String, at location: SourceLocation = #_sourceLocation,
    _ body: () -> [Float]
) {
    defer { ck_set_threads(1) }
    var first: [Float]?
    for threads in threadCounts {
        ck_set_threads(Int32(threads))
        let result = body()
        if let first {
            expectSameBits(result, first, "\(name), \(threads) threads", context(), at: location)
        }
        first = first ?? result
    }
}

extension ck_span {
    init(_ steps: Range<Int>, _ elements: Range<Int>) {
        self.init(
            first_step: steps.lowerBound, end_step: steps.upperBound, first: elements.lowerBound,
            end: elements.upperBound)
    }
}

/// 0..<count in runs of `size`, the last of which may be shorter.
func runs(of count: Int, size: Int) -> [Range<Int>] {
    stride(from: 0, to: count, by: size).map { $0..<min($0 + size, count) }
}

/// Rows of a (T, B, width) array: those of some steps, and in each step of some batch elements, in this order.
func selectRows(
    of array: [Float], width: Int, batch: Int, steps: Range<Int>, elements: [Int]
) -> [Float] {
    steps.flatMap { step in
        elements.flatMap { element in
            let first = (step * batch + element) * width
            return array[first..<first + width]
        }
    }
}

/// The order of sequences in a batch that goes on from another: each of 0..<count at least once.
func shuffledWithCopies(of count: Int, _ random: inout SeededGenerator) -> [Int] {
    let copies = (0..<random.integer(0..<3)).map { _ in random.integer(0..<count) }
    return (Array(0..<count) + copies).shuffled(using: &random)
}
