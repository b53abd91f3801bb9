// ReferenceSAMLinkTests.swift: the links of the sparse access memory's reference, against examples by hand and finite
// differences.

import Foundation
import ReferenceKernels
import TestSupport
import Testing

/// Far enough from 0 for exact saturation.
private let far = 1000.0

/// The raw interface vector of a head of one column that writes to the least recently used row alone.
private func head(writes gate: Double, modes: [Double] = [-far, far, -far]) -> [Double] {
    [1, 1, 0, gate == 1 ? far : log(gate / (1 - gate)), -far] + modes
}

@Suite struct ReferenceSAMLinkTests {
    /// A few operations on numbers within 10.
    private let few = ErrorBound.rounding(20, of: 10, .double)

    private func run(_ memory: ReferenceSAM, _ steps: [[Double]]) -> ReferenceSAM.Trace {
        memory.forward(.init(interface: steps.flatMap { $0 }, initial: memory.initialState(0)))
    }

    /// Rows 0, 1 and 2 are written in turn, by a half each; the last read mixes the row found by content, which is the
    /// row of the read before, and what was written after that.
    @Test func linksByHand() {
        let memory = ReferenceSAM(rows: 3, columns: 1, neighbors: 1, links: 2)
        let half = head(writes: 0.5)
        let trace = run(memory, [half, half, head(writes: 0.5, modes: [0, 0, 0])])
        #expect(trace.choices.map { $0[0].written } == [0, 1, 2])
        expectClose(trace.states[2].links, [0, 0, 0, 0.25, 0, 0, 0, 0, 0], within: few, "links", "2 steps")
        expectClose(trace.states[2].precedence, [0.25, 0.5, 0], within: few, "precedence", "2 steps")
        expectClose(trace.finalState.links, [0, 0, 0, 0.25, 0, 0, 0.125, 0.25, 0], within: few, "links", "3 steps")
        // Of 0.125, 0.25 and 0.5.
        expectClose(trace.finalState.precedence, [0, 0.25, 0.5], within: few, "precedence", "3 steps")
        let last = trace.stages[2][0]
        #expect(last.choice == .init(written: 2, read: [0], backward: [], forward: [1]))
        expectClose(last.forward, [0, 0.25, 0], within: few, "f", "3 steps")
        expectClose(last.readWeighting, [1.0 / 3, 1.0 / 12, 0], within: few, "weighting", "3 steps")
        expectClose(trace.reads.suffix(1).map { $0 }, [0.5 * 5 / 12], within: few, "read", "3 steps")
    }

    /// Row 0 is followed by row 1 a little, and then by row 2 more: with room for one link only the latter stays.
    @Test func columnsKeepTheStrongest() {
        let memory = ReferenceSAM(rows: 3, columns: 1, neighbors: 1, links: 1)
        let trace = run(memory, [head(writes: 1), head(writes: 0.3), head(writes: 0.5)])
        expectClose(trace.states[2].links, [0, 0, 0, 0.3, 0, 0, 0, 0, 0], within: few, "links", "2 steps")
        expectClose(trace.states[2].precedence, [0.7, 0, 0], within: few, "precedence", "2 steps")
        expectClose(trace.finalState.links, [0, 0, 0, 0, 0, 0, 0.35, 0, 0], within: few, "links", "3 steps")
    }

    /// A row that is written again loses its links as far as it is written.
    @Test func writingAgainFadesLinks() {
        let memory = ReferenceSAM(rows: 2, columns: 1, neighbors: 1, links: 2)
        let trace = run(memory, [head(writes: 1), head(writes: 0.5), head(writes: 0.25)])
        #expect(trace.choices.map { $0[0].written } == [0, 1, 0])
        expectClose(trace.states[2].links, [0, 0, 0.5, 0], within: few, "links", "2 steps")
        // A quarter of p(1) = 1/2, and three quarters of what was there.
        expectClose(trace.finalState.links, [0, 0.125, 0.375, 0], within: few, "links", "3 steps")
        expectClose(trace.finalState.precedence, [0.625, 0.375], within: few, "precedence", "3 steps")
    }

    /// With links and choices as they are the function is smooth.
    @Test func gradientsAgreeWithDifferences() {
        let shapes = [(1, 1, 1, 1, 1), (4, 3, 1, 2, 1), (5, 2, 2, 3, 2), (6, 2, 3, 2, 8), (7, 1, 1, 7, 3)]
        for number in 0..<6 * shapes.count {
            let (rows, columns, heads, neighbors, links) = shapes[number % shapes.count]
            let memory = ReferenceSAM(
                rows: rows, columns: columns, heads: heads, neighbors: neighbors, links: links)
            let seed = caseSeed(495, number)
            var random = SeededGenerator(seed: seed)
            var inputs = memory.randomInputs(steps: 5, startsAlike: false, &random)
            inputs.initial.readWeightings = inputs.initial.readWeightings.map { $0 / Double(rows) }
            let readGradients = random.doubles(5 * heads * columns)
            let trace = memory.forward(inputs)
            let held = trace.stages.map { $0.map(\.links) }
            let gradients = memory.backward(inputs, trace, readGradients: readGradients)
            let complaint = differenceMismatch(
                of: { point in
                    weightedSum(
                        memory.forward(inputs.with(point), choices: trace.choices, links: held).reads, readGradients)
                }, at: inputs.numbers,
                gradient: gradients.interface + gradients.memory + gradients.readWeightings)
            expectNone(complaint, "gradients", "\(memory), seed \(seed)")
        }
    }
}
