// SAMKernelTests.swift: the sparse access memory's kernels against the reference, and what must not change their bits.

import CKernels
import ReferenceKernels
import TestSupport
import Testing

extension ReferenceSAM.Choice {
    /// The same choice with the rows read in their order.
    fileprivate var sorted: Self {
        Self(written: written, read: read.sorted(), backward: backward.sorted(), forward: forward.sorted())
    }
}

/// Sizes of an episode; odd ones, and some just off a vector's width.
private let shapes: [(rows: Int, columns: Int, heads: Int, neighbors: Int, batch: Int, steps: Int, links: Int)] = [
    (1, 1, 1, 1, 1, 1, 0), (1, 3, 1, 1, 3, 4, 0), (2, 2, 2, 1, 1, 7, 0), (3, 3, 1, 3, 3, 7, 0),
    (5, 20, 1, 2, 1, 7, 0), (5, 4, 3, 2, 3, 7, 0), (16, 3, 1, 4, 1, 20, 0), (17, 8, 2, 4, 3, 5, 0),
    (33, 20, 1, 4, 3, 7, 0), (33, 33, 3, 2, 1, 7, 0), (128, 20, 1, 4, 1, 30, 0), (128, 64, 1, 8, 3, 2, 0),
    (1000, 17, 2, 4, 1, 6, 0), (40, 70, 1, 16, 1, 5, 0), (1, 1, 1, 1, 1, 3, 1), (1, 3, 1, 1, 3, 4, 8),
    (2, 2, 2, 1, 1, 7, 1), (3, 3, 1, 3, 3, 7, 2), (5, 4, 3, 2, 3, 7, 3), (16, 5, 1, 1, 1, 20, 1),
    (17, 8, 2, 4, 3, 3, 8), (33, 33, 3, 2, 1, 7, 2), (128, 20, 1, 4, 1, 4, 8), (128, 64, 1, 8, 2, 3, 17),
    (64, 9, 2, 1, 2, 10, 3), (200, 20, 4, 4, 1, 5, 0), (64, 9, 5, 2, 2, 4, 0), (300, 33, 6, 3, 1, 3, 2)
]

extension KernelSuites {
    @Suite struct SAMKernelTests {
        @Test(arguments: shapes.indices)
        func agreesWithReference(_ index: Int) {
            let sizes = shapes[index]
            var compared = 0
            // Rows that are alike bring near ties, so that of some sizes few episodes are clear.
            for number in 0..<300 where number < 6 || compared < 2 * sizes.batch {
                let episode = SAMCase(
                    rows: sizes.rows, columns: sizes.columns, heads: sizes.heads, neighbors: sizes.neighbors,
                    batch: sizes.batch, steps: sizes.steps, links: sizes.links,
                    seed: caseSeed(500, index, number))
                let workspace = SAMWorkspace(episode)
                let run = episode.run(workspace: workspace)
                for element in 0..<episode.batch {
                    let expected = episode.expected(element)
                    if expected.isClose { continue }
                    compared += 1
                    compare(run, workspace, with: expected, element, episode)
                }
            }
            #expect(compared >= 2 * sizes.batch, "only \(compared) elements are clear\(seedNote)")
        }

        private func compare(
            _ run: SAMRun, _ workspace: SAMWorkspace, with expected: SAMExpectation, _ element: Int,
            _ episode: SAMCase
        ) {
            let context = "\(episode.description), element \(element)"
            // Rows that are read may be as near as each other, but for roundings.
            let chosen = workspace.choices(element, steps: 0..<episode.steps)
            #expect(
                chosen.map { $0.map(\.sorted) } == expected.trace.choices.map { $0.map(\.sorted) },
                "\(context)\(seedNote)")
            let state = run.states[element]
            let untouched = [Int32](repeating: 0, count: episode.rows - state.ranks.count)
            #expect(state.ranks + untouched == expected.ranks, "\(context)\(seedNote)")
            var weightings = [Float](repeating: 0, count: episode.heads * episode.rows)
            for (place, row) in state.neighbors.enumerated() where row >= 0 {
                weightings[place / episode.readsOfHead * episode.rows + Int(row)] = state.weights[place]
            }
            let cells = episode.rows * episode.columns
            let (links, precedence) = linkNumbers(state, episode)
            let arrays = [
                ("reads", episode.rows(of: run.reads, width: episode.readSize, element)),
                ("memory", Array(run.memory[element * cells..<(element + 1) * cells])), ("weightings", weightings),
                ("dInterface", episode.rows(of: run.dInterface, width: episode.interfaceSize, element)),
                ("links", links), ("precedence", precedence)
            ]
            for ((name, array), expected) in zip(arrays, expected.arrays) {
                expectClose(array, expected, name, context)
            }
        }

        /// L (P, N, N) and p (P, N); empty without links.
        private func linkNumbers(_ state: SAMState, _ episode: SAMCase) -> (links: [Float], precedence: [Float]) {
            let (rows, most) = (episode.rows, episode.links)
            guard most > 0 else { return ([], []) }
            var links = [Float](repeating: 0, count: episode.heads * rows * rows)
            var precedence = [Float](repeating: 0, count: episode.heads * rows)
            let touched = state.norms.count
            for (place, row) in state.links.enumerated() where row >= 0 {
                let (head, i) = (place / most).quotientAndRemainder(dividingBy: touched)
                links[(head * rows + i) * rows + Int(row)] = state.linkWeights[place]
            }
            for (place, row) in state.precedence.enumerated() where row >= 0 {
                precedence[place / most * rows + Int(row)] = state.precedenceWeights[place]
            }
            return (links, precedence)
        }

        /// All parameters of all steps, and the cosines of the rows read.
        @Test(arguments: [0, 3]) func headsAgreeWithReference(_ links: Int) {
            let episode = SAMCase(
                rows: 12, columns: 5, heads: 2, neighbors: 3, steps: 4, links: links, seed: caseSeed(501, links))
            let workspace = SAMWorkspace(episode)
            _ = episode.run(workspace: workspace)
            let choices = workspace.choices(0, steps: 0..<4)
            let inputs = ReferenceSAM.Inputs(
                interface: episode.interface.doubles, initial: episode.reference.initialState(Double(episode.initial)))
            let trace = episode.reference.forward(inputs, choices: choices)
            for (step, heads) in trace.stages.enumerated() {
                for (head, stages) in heads.enumerated() {
                    let got = ck_sam_head(workspace.shape, workspace.pointer, step, 0, head)
                    let parameters = stages.parameters
                    expectClose(
                        [got.strength, got.write_gate, got.interpolation_gate],
                        [parameters.keyStrength, parameters.writeGate, parameters.interpolationGate],
                        within: .rounding(8, of: 4), "parameters", episode.description)
                    if links > 0 {
                        expectClose(
                            (0..<3).map { got.modes[$0] }, parameters.modes, within: .rounding(8, of: 1), "modes",
                            episode.description)
                    }
                    // Five products, two norms of as many, a product and a quotient.
                    expectClose(
                        (0..<3).map { got.similarity[$0] }, stages.choice.read.map { stages.similarity[$0] },
                        within: .rounding(200, of: 1), "cosines", episode.description)
                }
            }
        }

        /// The number of steps in a call, elements in a call, a longer workspace and its reuse: all the same bits.
        @Test(arguments: shapes.indices)
        func sameBitsHowever(_ index: Int) {
            let sizes = shapes[index]
            let episode = SAMCase(
                rows: sizes.rows, columns: sizes.columns, heads: sizes.heads, neighbors: sizes.neighbors,
                batch: sizes.batch, steps: sizes.steps, links: sizes.links, seed: caseSeed(502, index))
            let expected = episode.run().everything
            for (steps, elements) in [(1, 3), (2, 1), (3, 2)] {
                expectSameBits(
                    episode.run(stepsPerCall: steps, elementsPerCall: elements).everything, expected,
                    "\(steps) steps and \(elements) elements a call", episode.description)
            }
            let longer = SAMWorkspace(episode, steps: sizes.steps + 5, carried: 7)
            for pass in 1...2 {
                expectSameBits(
                    episode.run(workspace: longer).everything, expected, "longer workspace, episode \(pass)",
                    episode.description)
            }
        }

        /// Large enough to be shared among threads, in one call and step by step.
        @Test(arguments: [40, 1], [0, 8])
        func sameBitsOnThreads(_ stepsPerCall: Int, _ links: Int) {
            let episode = SAMCase(
                rows: 500, columns: 20, heads: 2, neighbors: 4, batch: 13, steps: 40, links: links,
                seed: caseSeed(503))
            expectSameBitsForAnyThreads("\(stepsPerCall) steps a call", episode.description) {
                episode.run(stepsPerCall: stepsPerCall).everything
            }
        }

        // MARK: Sizes

        @Test func sizes() {
            var shape = ck_sam_shape(
                steps: 1000, batch: 1, rows: 1000, columns: 32, heads: 1, neighbors: 4, has_tape: 1,
                threshold: 0.005, initial: 0.1, links: 0)
            #expect(ck_sam_interface_size(shape) == 67 && ck_sam_reads(shape) == 4)
            // A tape of 1000 steps does not depend on N, where N is beyond what they can reach.
            shape.rows = 100_000
            let size = ck_sam_workspace_size(shape)
            #expect(size > 0 && size < 3_000_000)
            shape.rows = 1 << 24
            #expect(ck_sam_workspace_size(shape) == size)
            shape.links = 8
            #expect(ck_sam_interface_size(shape) == 70 && ck_sam_reads(shape) == 12)
            let linked = ck_sam_workspace_size(shape)
            #expect(linked > size && linked < 6_000_000)
            shape.rows = 100_000
            #expect(ck_sam_workspace_size(shape) == linked)
            // A million rows, all of them in use, without a tape.
            shape = ck_sam_shape(
                steps: 201_000, batch: 1, rows: 1_000_000, columns: 32, heads: 1, neighbors: 4,
                has_tape: 0, threshold: 0.005, initial: 0.1, links: 0)
            let full = ck_sam_workspace_size(shape)
            #expect(full > 2 * 128_000_000 && full < 280_000_000)
            shape.steps = Int(Int32.max)
            #expect(ck_sam_workspace_size(shape) == full)
        }

        /// Sizes that cannot be counted, or are above their limits.
        @Test func tooLargeSizes() {
            let small = ck_sam_shape(
                steps: 10, batch: 1, rows: 10, columns: 2, heads: 1, neighbors: 4, has_tape: 1,
                threshold: 0.005, initial: 0.1, links: 8)
            #expect(ck_sam_workspace_size(small) > 0)
            let changes: [(WritableKeyPath<ck_sam_shape, Int>, Int)] = [
                (\.rows, 1 << 24 + 1), (\.columns, 1 << 24 + 1), (\.heads, 1 << 24 + 1),
                (\.neighbors, 1025), (\.links, 65), (\.steps, 1 << 31), (\.batch, 1 << 31)
            ]
            for (size, value) in changes {
                var large = small
                large[keyPath: size] = value
                #expect(ck_sam_workspace_size(large) == 0, "\(large)")
            }
            let huge = ck_sam_shape(
                steps: Int(Int32.max), batch: Int(Int32.max), rows: 1 << 24, columns: 1 << 24, heads: 1 << 24,
                neighbors: 1024, has_tape: 1, threshold: 0, initial: 0, links: 64)
            #expect(ck_sam_workspace_size(huge) == 0)
        }
    }
}
