// TuringReferenceTests.swift: the Turing memory's reference, against finite differences and the paper's examples.

import ReferenceKernels
import TestSupport
import Testing

@Suite struct TuringReferenceTests {
    /// Every gradient of whole episodes, the initial state's included.
    @Test(arguments: [
        (rows: 1, columns: 1, reads: 1, writes: 1, maxShift: 0, clip: Float(0)), (3, 2, 1, 1, 1, 0),
        (5, 3, 2, 2, 2, 0), (4, 3, 3, 3, 1, 0), (5, 1, 1, 1, 2, 1.5), (4, 2, 3, 1, 1, 0), (4, 2, 1, 3, 1, 0),
        (3, 2, 4, 2, 1, 0), (3, 2, 2, 4, 1, 0)
    ])
    func gradientsAgreeWithDifferences(
        rows: Int, columns: Int, reads: Int, writes: Int, maxShift: Int, clip: Float
    ) {
        for number in 0..<5 {
            let episode = TuringCase(
                rows: rows, columns: columns, heads: (reads, writes), maxShift: maxShift, steps: 3, clip: clip,
                seed: caseSeed(300, number, rows, columns, reads, writes))
            let reference = episode.reference
            let inputs = episode.inputs(0)
            let weights = episode.readGradients(0)
            // A focus weight of 0 cannot be moved both ways, and its logarithm has no derivative there.
            let focus = inputs.focus.map { 0.9 * $0 + 0.1 / Double(rows) }
            let point = inputs.interface + inputs.memory + focus
            func split(_ x: [Double]) -> ReferenceTuring.Inputs {
                let memoryStart = inputs.interface.count
                let focusStart = memoryStart + inputs.memory.count
                return ReferenceTuring.Inputs(
                    interface: Array(x[..<memoryStart]), memory: Array(x[memoryStart..<focusStart]),
                    focus: Array(x[focusStart...]))
            }
            let trace = reference.forward(split(point))
            let gradients = reference.backward(split(point), trace, readGradients: weights)
            let complaint = differenceMismatch(
                of: { weightedSum(reference.forward(split($0)).reads, weights) }, at: point,
                gradient: gradients.interface + gradients.memory + gradients.focus)
            expectNone(complaint, "Turing memory", episode.description)
        }
    }

    /// s[0] moves a focus forward, s[2n] backward, both around the end.
    @Test func shiftExamples() {
        #expect(ReferenceTuring.shifted([0, 1, 0, 0], by: [1, 0, 0]) == [0, 0, 1, 0])
        #expect(ReferenceTuring.shifted([0, 0, 0, 1], by: [1, 0, 0]) == [1, 0, 0, 0])
        #expect(ReferenceTuring.shifted([1, 0, 0, 0], by: [0, 0, 1]) == [0, 0, 0, 1])
        #expect(ReferenceTuring.shifted([1, 0, 0, 0], by: [0.7, 0.1, 0.2]) == [0.1, 0.7, 0, 0.2])
        #expect(ReferenceTuring.shifted([1, 0, 0, 0, 0], by: [1, 0, 0, 0, 0]) == [0, 0, 1, 0, 0])
    }

    @Test func sharpeningByHand() {
        // A logarithm, an exponential, the sum of two and a quotient.
        expectClose(
            ReferenceTuring.sharpened([0.25, 0.75], 2), [0.1, 0.9], within: .rounding(20, of: 1, .double), "sharpening",
            "gamma 2")
        #expect(ReferenceTuring.sharpened([0, 1, 0], 1) == [0, 1, 0])
        #expect(ReferenceTuring.sharpened([0.4, 0.6], 1000) == [0, 1])
    }

    @Test func similarityByHand() {
        // 1e-8 is added to the product of the norms: 25, 2 and 5.
        expectClose(
            [
                ReferenceTuring.similarity([3, 4], [4, 3]), ReferenceTuring.similarity([1, 0], [0, 2]),
                ReferenceTuring.similarity([1, 2], [-1, -2])
            ], [0.96, 0, -1], within: ErrorBound(everywhere: 1e-8 / 2), "similarity", "by hand")
        #expect(ReferenceTuring.similarity([0, 0], [1, 2]) == 0)
        #expect(ReferenceTuring.similarity([1, 2], [0, 0]) == 0)
    }

    /// Read w comes before write w; reads that are left come before the last write, writes that are left after all.
    @Test func headsActInTurns() {
        func order(_ reads: Int, _ writes: Int) -> String {
            ReferenceTuring(rows: 3, columns: 1, readHeads: reads, writeHeads: writes).order
                .map { $0 == .read ? "r" : "w" }.joined()
        }
        #expect(order(1, 1) == "rw" && order(3, 3) == "rwrwrw")
        #expect(order(4, 1) == "rrrrw" && order(4, 2) == "rwrrrw")
        #expect(order(1, 3) == "rwww" && order(2, 3) == "rwrww")
    }

    /// One write at a one-hot focus, with full erasure, replaces that row; the read before it sees the old row.
    @Test func readsBeforeWrites() {
        var episode = TuringCase(rows: 3, columns: 2, steps: 2, seed: 1)
        episode.focus = [0, 1, 0, 0, 1, 0]
        for head in 0..<2 {
            episode.set(\.gate, of: head, to: -1000)
            episode.set(\.shift, of: head, to: [-1000, 1000, -1000])
        }
        episode.set(\.erase, of: 1, to: 1000)
        episode.set(\.add, of: 1, to: [1000, -1000])
        let inputs = episode.inputs(0)
        let trace = episode.reference.forward(inputs)
        let old = Array(inputs.memory[2..<4])
        #expect(trace.reads == old + [1, -1])
        #expect(trace.finalMemory == inputs.memory[..<2] + [1, -1] + inputs.memory[4...])
    }
}
