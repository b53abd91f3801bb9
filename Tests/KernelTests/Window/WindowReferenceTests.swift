// WindowReferenceTests.swift: the window kernels against the reference, forward and backward.

import CKernels
import ReferenceKernels
import TestSupport
import Testing

private struct Pairing: CustomTestStringConvertible {
    var kind: ReferenceMemory.Kind
    var regime: StrengthRegime
    var testDescription: String { "\(kind), \(regime)" }

    static let all = ReferenceMemory.Kind.allCases.flatMap { kind in
        StrengthRegime.allCases.map { Pairing(kind: kind, regime: $0) }
    }
    static let exact = all.filter { $0.regime != .continuous }
}

private let stepCounts = [1, 2, 3, 7, 20, 65]
private let batches = [1, 2, 5]
private let widths = [1, 2, 3, 7, 8, 17, 64]

/// Compares a finished run with the reference.
///
/// Gradients only where asked for.
private func expectReference(
    _ run: WindowRun, _ expected: ReferenceMemory.BatchResult, gradients: Bool = true
) {
    let name = run.example.description
    let bounds = run.example.bounds()
    expectClose(run.reads.contents, expected.reads, within: bounds.reads, "reads", name)
    if gradients {
        expectClose(run.dStrengths.contents, expected.dStrengths, within: bounds.dStrengths, "dstrengths", name)
        expectClose(run.dValues.contents, expected.dValues, within: bounds.dValues, "dvalues", name)
    }
    run.expectTidy()
}

extension KernelSuites {
    @Suite struct WindowReferenceTests {
        @Test func figure1a() {
            var example = WindowCase(.stack, steps: 3, batch: 1, width: 3, .uniform, seed: 0)
            example.strengths = zip(Figure1a.pops, Figure1a.pushes).flatMap { [Float($0), Float($1)] }
            example.values = unitVectors(3).floats
            let run = WindowRun(example).runAll()
            // Three strengths, rounded to Float, some sums of them within 1, and a product with 1.
            expectClose(
                run.reads.contents, Figure1a.readWeights.flatMap { $0 }, within: .rounding(6, of: 1), "reads",
                "figure 1(a)")
        }

        @Test(arguments: Pairing.exact)
        fileprivate func forwardAndBackward(_ pairing: Pairing) {
            for steps in stepCounts {
                for batch in batches {
                    for width in widths {
                        let example = WindowCase(
                            pairing.kind, steps: steps, batch: batch, width: width, pairing.regime,
                            seed: caseSeed(20, steps, batch, width))
                        let run = WindowRun(example).runAll()
                        expectReference(run, example.reference())
                    }
                }
            }
        }

        /// Strengths as a network makes them.
        ///
        /// The kernel keeps what is left of an entry in Float, so near a kink it may take the other branch: reads are
        /// continuous there, gradients are compared only away from kinks.
        @Test(arguments: ReferenceMemory.Kind.allCases)
        func continuousStrengths(_ kind: ReferenceMemory.Kind) {
            let cases = 200
            var accepted = 0
            for number in 0..<cases {
                let seed = caseSeed(21, number)
                var random = SeededGenerator(seed: seed)
                let example = WindowCase(
                    kind, steps: random.integer(1..<40), batch: random.integer(1..<4), width: random.integer(1..<20),
                    .continuous, seed: seed)
                let expected = example.reference()
                let isAwayFromKinks = expected.margin > 1e-5
                accepted += isAwayFromKinks ? 1 : 0
                expectReference(WindowRun(example).runAll(), expected, gradients: isAwayFromKinks)
            }
            #expect(accepted >= cases / 2, "only \(accepted) of \(cases) cases lie away from kinks")
        }

        /// Windows of thousands of entries, of which one read reaches hundreds.
        @Test(arguments: ReferenceMemory.Kind.allCases)
        func thousandsOfTinyStrengths(_ kind: ReferenceMemory.Kind) {
            let example = WindowCase(kind, steps: 3000, batch: 1, width: 2, .tiny, seed: caseSeed(22))
            let run = WindowRun(example)
            run.begin()
            run.forward(0, example.steps)
            #expect(run.entryCount(0) > 1000, "\(example)")
            run.beginBackward()
            run.backward(0, example.steps)
            expectReference(run, example.reference())
        }

        /// The live window is what the equations leave above 0, in order, with exactly those strengths.
        @Test(arguments: Pairing.exact)
        fileprivate func liveEntries(_ pairing: Pairing) {
            for steps in stepCounts {
                let example = WindowCase(
                    pairing.kind, steps: steps, batch: 3, width: 1, pairing.regime, seed: caseSeed(23, steps))
                let run = WindowRun(example)
                run.begin()
                run.forward(0, steps)
                let memory = ReferenceMemory(pairing.kind, width: 1)
                for (element, strengths) in example.reference().finalStrengths.enumerated() {
                    let expected = strengths.indices.filter { strengths[$0] > 0 }.map {
                        LiveEntry(entry: memory.entry(row: $0, after: steps - 1), strength: Float(strengths[$0]))
                    }
                    #expect(run.positiveEntries(element) == expected, "element \(element), \(example)")
                }
            }
        }

        /// The hand-worked ties of the reference, through the kernel.
        ///
        /// All numbers are exact.
        @Test(arguments: TieCase.all)
        func ties(_ tie: TieCase) {
            let ends = tie.kind == .deque ? 2 : 1
            var example = WindowCase(tie.kind, steps: tie.pops.count / ends, batch: 1, width: 1, .allZero, seed: 0)
            func joined(_ pops: [Double], _ pushes: [Double]) -> [Float] {
                stride(from: 0, to: pops.count, by: ends).flatMap {
                    (pops[$0..<$0 + ends] + pushes[$0..<$0 + ends]).map { Float($0) }
                }
            }
            example.strengths = joined(tie.pops, tie.pushes)
            example.values = tie.values.floats
            example.dReads = tie.dReads.floats
            let run = WindowRun(example).runAll()
            #expect(run.dStrengths.contents == joined(tie.dPops, tie.dPushes))
            #expect(run.dValues.contents == tie.dValues.floats)
        }
    }
}
