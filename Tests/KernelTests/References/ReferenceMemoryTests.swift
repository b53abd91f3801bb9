// ReferenceMemoryTests.swift: the reference stack, queue and deque against hand-worked examples, against finite
// differences, and, at ties, against the paper's rule.

import ReferenceKernels
import TestSupport
import Testing

/// Figure 1(a) of the paper: what goes in, and the weights of v_1, v_2, v_3 in each read.
enum Figure1a {
    static let pushes = [0.8, 0.5, 0.9]
    static let pops = [0, 0.1, 0.9]
    static let readWeights = [
        [0.8, 0, 0],
        [0.5, 0.5, 0],
        [0.1, 0, 0.9]
    ]
    static let strengths = [[0.8], [0.7, 0.5], [0.3, 0, 0.9]]
}

/// Unit vectors as values, so that a read shows the weights of all pushed vectors.
func unitVectors(_ count: Int) -> [Double] {
    (0..<count * count).map { $0 / count == $0 % count ? 1 : 0 }
}

@Suite struct ReferenceMemoryTests {
    /// Some sums and differences of numbers within 1, one product.
    private let few = ErrorBound.rounding(10, of: 1, .double)

    @Test func stackIsFigure1a() {
        let trace = ReferenceMemory(.stack, width: 3).forward(
            .init(pops: Figure1a.pops, pushes: Figure1a.pushes, values: unitVectors(3)))
        expectClose(trace.reads, Figure1a.readWeights.flatMap { $0 }, within: few, "reads", "figure 1(a)")
        expectClose(
            trace.strengths.flatMap { $0 }, Figure1a.strengths.flatMap { $0 }, within: few, "strengths", "figure 1(a)")
    }

    /// The same inputs to a queue: step 2 takes 0.1 off v_1, step 3 takes the 0.7 left of it and 0.2 off v_2.
    @Test func queueByHand() {
        let trace = ReferenceMemory(.queue, width: 3).forward(
            .init(pops: Figure1a.pops, pushes: Figure1a.pushes, values: unitVectors(3)))
        let reads = [0.8, 0, 0, 0.7, 0.3, 0, 0, 0.3, 0.7]
        expectClose(trace.reads, reads, within: few, "reads", "queue")
        let strengths = [0.8, 0.7, 0.5, 0, 0.3, 0.9]
        expectClose(trace.strengths.flatMap { $0 }, strengths, within: few, "strengths", "queue")
    }

    /// Entries, in the order of the values: top 1, bottom 1, top 2, bottom 2.
    ///
    /// Step 2's top pop of 0.9 takes the whole top entry and 0.1 of the bottom one, the bottom pop another 0.1.
    @Test func dequeByHand() {
        let trace = ReferenceMemory(.deque, width: 4).forward(
            .init(pops: [0, 0, 0.9, 0.1], pushes: [0.8, 0.5, 0.2, 0.6], values: unitVectors(4)))
        let reads = [
            0.8, 0.2, 0, 0, 0.5, 0.5, 0, 0,
            0, 0.3, 0.2, 0.5, 0, 0.3, 0.1, 0.6
        ]
        expectClose(trace.reads, reads, within: few, "reads", "deque")
        let strengths = [0.5, 0.8, 0.6, 0.3, 0, 0.2]
        expectClose(trace.strengths.flatMap { $0 }, strengths, within: few, "strengths", "deque")
    }

    @Test func entriesOfADeque() {
        let memory = ReferenceMemory(.deque, width: 1)
        #expect((0..<6).map { memory.entry(row: $0, after: 2) } == [5, 3, 1, 0, 2, 4])
        let stack = ReferenceMemory(.stack, width: 1)
        #expect((0..<3).map { stack.entry(row: $0, after: 2) } == [0, 1, 2])
    }

    @Test(arguments: ReferenceMemory.Kind.allCases)
    func backwardIsTheDerivative(_ kind: ReferenceMemory.Kind) {
        let cases = 300
        var accepted = 0
        for number in 0..<cases {
            let seed = caseSeed(1, number)
            var random = SeededGenerator(seed: seed)
            let memory = ReferenceMemory(kind, width: random.integer(1..<4))
            let strengths = random.integer(1..<9) * memory.ends
            let largest = random.chance(0.5) ? 1.0 : 2.0
            let point =
                (0..<2 * strengths).map { _ in random.uniform(0.01, largest) }
                + random.doubles(strengths * memory.width)
            let weights = random.doubles(strengths * memory.width)
            func inputs(_ x: [Double]) -> ReferenceMemory.Inputs {
                .init(
                    pops: Array(x[..<strengths]), pushes: Array(x[strengths..<2 * strengths]),
                    values: Array(x[(2 * strengths)...]))
            }
            let trace = memory.forward(inputs(point))
            // The differences reach two steps of 1e-5 away.
            guard trace.margin > 1e-4 else { continue }
            accepted += 1
            let gradients = memory.backward(inputs(point), trace, readGradients: weights)
            let complaint = differenceMismatch(
                of: { weightedSum(memory.forward(inputs($0)).reads, weights) }, at: point,
                gradient: gradients.pops + gradients.pushes + gradients.values)
            expectNone(complaint, "\(kind)", "seed \(seed)")
        }
        #expect(accepted >= cases * 8 / 10, "only \(accepted) of \(cases) cases lie away from kinks")
    }

    /// The whole batch is its elements, and nothing is mixed up between them.
    @Test(arguments: ReferenceMemory.Kind.allCases)
    func batchIsItsElements(_ kind: ReferenceMemory.Kind) {
        let seed = caseSeed(2)
        var random = SeededGenerator(seed: seed)
        let (steps, batch) = (4, 3)
        let memory = ReferenceMemory(kind, width: 2)
        let (ends, vector) = (memory.ends, memory.ends * 2)
        let strengths = (0..<steps * batch * 2 * ends).map { _ in random.uniform(0, 1) }
        let values = random.doubles(steps * batch * vector)
        let dReads = random.doubles(steps * batch * vector)
        let result = memory.runBatch(batch: batch, strengths: strengths, values: values, dReads: dReads)
        for element in 0..<batch {
            func rows(_ array: [Double], _ width: Int, _ columns: Range<Int>) -> [Double] {
                (0..<steps).flatMap { step in columns.map { array[(step * batch + element) * width + $0] } }
            }
            let inputs = ReferenceMemory.Inputs(
                pops: rows(strengths, 2 * ends, 0..<ends), pushes: rows(strengths, 2 * ends, ends..<2 * ends),
                values: rows(values, vector, 0..<vector))
            let trace = memory.forward(inputs)
            let gradients = memory.backward(inputs, trace, readGradients: rows(dReads, vector, 0..<vector))
            #expect(rows(result.reads, vector, 0..<vector) == trace.reads, "seed \(seed)")
            #expect(rows(result.dStrengths, 2 * ends, 0..<ends) == gradients.pops, "seed \(seed)")
            #expect(rows(result.dStrengths, 2 * ends, ends..<2 * ends) == gradients.pushes, "seed \(seed)")
            #expect(rows(result.dValues, vector, 0..<vector) == gradients.values, "seed \(seed)")
            #expect(result.finalStrengths[element] == trace.strengths[steps - 1], "seed \(seed)")
            #expect(result.margin <= trace.margin, "seed \(seed)")
        }
    }
}

/// One case in which two arguments of a max or min are equal, and the gradients that follow from the rule: at x = y the
/// derivative is that of the left argument.
///
/// Values and read gradients are one number wide.
struct TieCase: CustomTestStringConvertible, Sendable {
    var testDescription: String
    var kind: ReferenceMemory.Kind
    var pops, pushes, values, dReads: [Double]
    var dPops, dPushes, dValues: [Double]

    static let all = [
        // s_1 - max(0, u_2 - 0) = 0: derivative 0, so neither u_2 nor d_1 gets anything from step 2.
        TieCase(
            testDescription: "a pop that takes exactly the whole entry", kind: .stack,
            pops: [0, 0.5], pushes: [0.5, 0.25], values: [3, 5], dReads: [1, 10],
            dPops: [0, 0], dPushes: [3, 50], dValues: [0.5, 2.5]),
        // u_3 - s_2 = 0 at row 1: that row passes its gradient on, u_3 gets nothing.
        TieCase(
            testDescription: "a pop that ends exactly between two entries", kind: .stack,
            pops: [0, 0, 0.5], pushes: [0.25, 0.5, 0.125], values: [3, 5, 7], dReads: [0, 0, 1],
            dPops: [0, 0, 0], dPushes: [3, 0, 7], dValues: [0.25, 0, 0.125]),
        // min(s_1, 1 - s_2) with both 1/2: the gradient goes to s_1, none to s_2 by way of row 1.
        TieCase(
            testDescription: "a read that ends exactly with an entry", kind: .stack,
            pops: [0, 0], pushes: [0.5, 0.5], values: [3, 5], dReads: [0, 1],
            dPops: [0, 0], dPushes: [3, 5], dValues: [0.5, 0.5]),
        // 1 - s_2 = 0 at row 1: max(0, 0) passes nothing, row 1 takes no part.
        TieCase(
            testDescription: "a read that is full before an entry", kind: .stack,
            pops: [0, 0], pushes: [0.5, 1], values: [3, 5], dReads: [0, 1],
            dPops: [0, 0], dPushes: [0, 5], dValues: [0, 1]),
        // min(0, 0) at row 2 behind a full read: the left argument is s_2 = d_2, so d_2 does get v_2 dr_2.
        TieCase(
            testDescription: "a queue's new entry of strength 0 behind a full read", kind: .queue,
            pops: [0, 0], pushes: [1, 0], values: [3, 5], dReads: [0, 1],
            dPops: [0, 0], dPushes: [3, 5], dValues: [1, 0]),
        // The same behind an overfull read, whose front entry is itself cut off at 1: that one gets nothing.
        TieCase(
            testDescription: "a queue's new entry of strength 0 behind an overfull read", kind: .queue,
            pops: [0, 0], pushes: [1.5, 0], values: [3, 5], dReads: [0, 1],
            dPops: [0, 0], dPushes: [0, 5], dValues: [1, 0]),
        // An entry of strength 0 gets its read's gradient in its own step, but any later pop, of 0 too, ends it.
        TieCase(
            testDescription: "an entry of strength 0 meets a pop of 0", kind: .queue,
            pops: [0, 0, 0], pushes: [0.5, 0, 0.25], values: [3, 5, 7], dReads: [0, 2, 1],
            dPops: [0, 0, 0], dPushes: [9, 10, 7], dValues: [1.5, 0, 0.25]),
        // Row 1 is cut by u_3 - s_2 with s_2 = 0, and so u_3 and s_2 both get its gradient.
        TieCase(
            testDescription: "a pop through an entry of strength 0", kind: .stack,
            pops: [0, 0, 0.25], pushes: [0.5, 0, 0.125], values: [3, 5, 7], dReads: [0, 0, 1],
            dPops: [0, 0, -3], dPushes: [3, 3, 7], dValues: [0.25, 0, 0.125]),
        // Top and bottom pop meet: together they take exactly all, and nothing passes.
        TieCase(
            testDescription: "a deque's two pops that meet exactly", kind: .deque,
            pops: [0, 0, 0.25, 0.5], pushes: [0.5, 0.25, 0.25, 0.5], values: [3, 5, 7, 11], dReads: [0, 0, 1, 1],
            dPops: [0, 0, 0, 0], dPushes: [0, 0, 14, 22], dValues: [0, 0, 0.5, 1])
    ]
}

@Suite struct ReferenceTieTests {
    @Test(arguments: TieCase.all)
    func leftArgumentWins(_ tie: TieCase) {
        let memory = ReferenceMemory(tie.kind, width: 1)
        let inputs = ReferenceMemory.Inputs(pops: tie.pops, pushes: tie.pushes, values: tie.values)
        let gradients = memory.backward(inputs, memory.forward(inputs), readGradients: tie.dReads)
        #expect(gradients.pops == tie.dPops)
        #expect(gradients.pushes == tie.dPushes)
        #expect(gradients.values == tie.dValues)
    }
}
