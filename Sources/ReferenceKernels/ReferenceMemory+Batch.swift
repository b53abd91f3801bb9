// ReferenceMemory+Batch.swift: the reference memory on whole batches, in the arrays' order of ck_window.h.
//
// What it is: a change of layout around ReferenceMemory, one batch element after the other; no mathematics.

extension ReferenceMemory {
    /// What a batch of episodes gives, in the layout of ck_window.h.
    public struct BatchResult: Sendable {
        /// r, shape (T, B, E * M).
        public var reads: [Double]
        /// dL/d[u | d], shape (T, B, 2E).
        public var dStrengths: [Double]
        /// dL/dv, shape (T, B, E, M).
        public var dValues: [Double]
        /// Per batch element: s_T, the strengths of all rows after the last step, from bottom to top.
        public var finalStrengths: [[Double]]
        /// The smallest `Trace.margin` of the batch.
        public var margin: Double
    }

    /// Forward and backward of a batch.
    ///
    /// - `batch`: B, at least 1; the number of steps follows from the count of `strengths`.
    /// - `strengths`: [u | d], shape (T, B, 2E).
    /// - `values`: v, shape (T, B, E, M).
    /// - `dReads`: dL/dr, shape (T, B, E * M).
    public func runBatch(batch: Int, strengths: [Double], values: [Double], dReads: [Double]) -> BatchResult {
        let steps = strengths.count / (batch * 2 * ends)
        let vector = ends * width
        precondition(strengths.count == steps * batch * 2 * ends, "strengths is not (T, \(batch), \(2 * ends))")
        precondition(values.count == steps * batch * vector, "values is not (T, \(batch), \(ends), \(width))")
        precondition(dReads.count == values.count, "dReads is not (T, \(batch), \(vector))")
        var result = BatchResult(
            reads: Array(repeating: 0, count: dReads.count),
            dStrengths: Array(repeating: 0, count: strengths.count),
            dValues: Array(repeating: 0, count: values.count), finalStrengths: [], margin: .infinity)
        for element in 0..<batch {
            let (pops, pushes) = Self.split(strengths, ends, batch, element)
            let inputs = Inputs(
                pops: pops, pushes: pushes, values: Self.gather(values, vector, batch, element))
            let trace = forward(inputs)
            let gradients = backward(
                inputs, trace, readGradients: Self.gather(dReads, vector, batch, element))
            let dStrengths = Self.joined(gradients.pops, gradients.pushes, ends)
            Self.scatter(trace.reads, vector, batch, element, &result.reads)
            Self.scatter(dStrengths, 2 * ends, batch, element, &result.dStrengths)
            Self.scatter(gradients.values, vector, batch, element, &result.dValues)
            result.finalStrengths.append(trace.strengths.last ?? [])
            result.margin = min(result.margin, trace.margin)
        }
        return result
    }

    /// The rows of one batch element out of (T, B, count).
    private static func gather(_ array: [Double], _ count: Int, _ batch: Int, _ element: Int) -> [Double] {
        stride(from: element * count, to: array.count, by: batch * count).flatMap { array[$0..<$0 + count] }
    }

    /// The inverse of `gather`.
    private static func scatter(
        _ rows: [Double], _ count: Int, _ batch: Int, _ element: Int, _ array: inout [Double]
    ) {
        for index in rows.indices {
            array[(index / count * batch + element) * count + index % count] = rows[index]
        }
    }

    /// The pop and push strengths, (T, E) each, of one batch element out of (T, B, 2E).
    private static func split(
        _ strengths: [Double], _ ends: Int, _ batch: Int, _ element: Int
    ) -> (pops: [Double], pushes: [Double]) {
        let rows = gather(strengths, 2 * ends, batch, element)
        let starts = stride(from: 0, to: rows.count, by: 2 * ends)
        return (
            starts.flatMap { rows[$0..<$0 + ends] },
            starts.flatMap { rows[$0 + ends..<$0 + 2 * ends] }
        )
    }

    /// (T, 2E) out of two arrays (T, E).
    private static func joined(_ pops: [Double], _ pushes: [Double], _ ends: Int) -> [Double] {
        stride(from: 0, to: pops.count, by: ends).flatMap { pops[$0..<$0 + ends] + pushes[$0..<$0 + ends] }
    }
}
