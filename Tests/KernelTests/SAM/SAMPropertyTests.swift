// SAMPropertyTests.swift: what must hold for the sparse access memory's kernels whatever the numbers, and at extremes.

import CKernels
import ReferenceKernels
import TestSupport
import Testing

/// Far enough from 0 for exact saturation of a sigmoid.
private let far: Float = 1000

extension SAMCase {
    /// Sets a raw parameter of all heads in all steps; 0 is beta, 1 alpha, 2 gamma, and with links 3, 4 and 5 are the
    /// modes backward, content and forward.
    mutating func setScalar(_ which: Int, to value: Float) {
        for start in stride(from: 0, to: interface.count, by: interfaceSize / heads) {
            interface[start + 2 * columns + which] = value
        }
    }

    /// The same episode with the sequences in another order.
    fileprivate func reordered(_ order: [Int]) -> SAMCase {
        var other = self
        other.interface = selectRows(
            of: interface, width: interfaceSize, batch: batch, steps: 0..<steps, elements: order)
        return other
    }

    /// q of one head in one step of the first sequence.
    fileprivate func key(step: Int, head: Int) -> ArraySlice<Float> {
        let start = step * batch * interfaceSize + head * interfaceSize / heads
        return interface[start..<start + columns]
    }
}

extension KernelSuites {
    @Suite struct SAMPropertyTests {
        /// Rows beyond those that an episode can reach change nothing, not a bit.
        @Test func untouchedRowsMakeNoDifference() {
            for number in 0..<6 {
                let seed = caseSeed(510, number)
                var episode = SAMCase(
                    rows: 64, columns: 7, heads: 1 + number % 2, neighbors: 3, batch: 2, steps: 7,
                    links: number % 3 * 2, seed: seed)
                let expected = episode.run()
                for rows in [100, 1 << 20] {
                    episode.rows = rows
                    let workspace = SAMWorkspace(episode)
                    ck_sam_begin(workspace.shape, workspace.pointer)
                    var reads = [Float](repeating: .nan, count: expected.reads.count)
                    let span = ck_span(0..<7, 0..<2)
                    ck_sam_forward(
                        workspace.shape, workspace.pointer, span, episode.interface, &reads, episode.readSize)
                    expectSameBits(reads, expected.reads, "reads", episode.description)
                    #expect((0..<2).map(workspace.save) == expected.states)
                    var gradient = [Float](repeating: .nan, count: episode.interface.count)
                    ck_sam_begin_backward(workspace.shape, workspace.pointer)
                    ck_sam_backward(
                        workspace.shape, workspace.pointer, span, episode.interface, episode.readGradients,
                        episode.readSize, &gradient)
                    expectSameBits(gradient, expected.dInterface, "dInterface", episode.description)
                }
            }
        }

        /// Undoing all steps leads back to the first memory, bit for bit.
        @Test func undoingLeadsBack() {
            for number in 0..<10 {
                let seed = caseSeed(511, number)
                var random = SeededGenerator(seed: seed)
                let episode = SAMCase.random(&random, seed: seed, steps: 1..<30)
                let run = episode.run()
                let first = [Float](repeating: episode.initial, count: run.memory.count)
                expectSameBits(run.undoneMemory, first, "undone memory", episode.description)
                #expect(run.memory != first, "\(episode.description)")
            }
        }

        /// In a long episode every row is written again and again; which, the reference says.
        @Test func rowsAreUsedAgain() {
            var compared = 0
            for number in 0..<10 {
                let episode = SAMCase(
                    rows: 6, columns: 4, heads: 1 + number % 2, neighbors: 2, steps: number < 5 ? 60 : 30,
                    links: number < 5 ? 0 : 3, seed: caseSeed(512, number))
                let workspace = SAMWorkspace(episode, hasTape: false)
                let reads = workspace.forward(episode)
                let expected = episode.expected(0)
                if expected.isClose { continue }
                compared += 1
                expectClose(reads, expected.arrays[0], "reads", episode.description)
                #expect(workspace.save(0).ranks == expected.ranks, "\(episode.description)\(seedNote)")
            }
            #expect(compared >= 3, "only \(compared) episodes are clear\(seedNote)")
        }

        /// Sequences in another order give the same numbers in that order.
        @Test func sequencesDoNotTouchEachOther() {
            let episode = SAMCase(
                rows: 30, columns: 6, heads: 2, neighbors: 4, batch: 4, steps: 9, links: 5, seed: caseSeed(513))
            let order = [2, 0, 3, 1]
            let (run, other) = (episode.run(), episode.reordered(order).run())
            for (place, element) in order.enumerated() {
                expectSameBits(
                    other.states[place].everything, run.states[element].everything, "state", episode.description)
                expectSameBits(
                    episode.rows(of: other.reads, width: episode.readSize, place),
                    episode.rows(of: run.reads, width: episode.readSize, element), "reads", episode.description)
            }
        }

        /// With alpha = 0 row 0 is erased in every step and nothing is written; all rows stay as they began, which are
        /// all alike: each head reads the first ones, with equal weights.
        @Test func closedGateWritesNothing() {
            var episode = SAMCase(rows: 20, columns: 3, neighbors: 4, steps: 5, seed: caseSeed(514))
            episode.setScalar(1, to: -far)
            for start in stride(from: 0, to: episode.interface.count, by: episode.interfaceSize) {
                for column in 0..<3 { episode.interface[start + column] = 1 }
            }
            let workspace = SAMWorkspace(episode)
            let state = episode.run(workspace: workspace).states[0]
            // The erased row is of cosine 0, and the others of 1.
            #expect(workspace.choices(0, steps: 0..<1)[0][0] == .init(written: 0, read: [1, 2, 3, 4]))
            #expect(state.weights == [0.25, 0.25, 0.25, 0.25])
        }

        /// With one neighbor and gamma = 0 the memory is a list of what was written, and a key reads the nearest.
        @Test func keysFindWhatWasWritten() {
            var episode = SAMCase(rows: 50, columns: 16, neighbors: 1, steps: 40, seed: caseSeed(515))
            episode.setScalar(1, to: far)
            episode.setScalar(2, to: -far)
            // The second half asks for what the first half wrote, in reverse.
            for step in 20..<40 {
                for column in 0..<16 {
                    let source = (39 - step) * episode.interfaceSize + 16 + column
                    episode.interface[step * episode.interfaceSize + column] = episode.interface[source]
                }
            }
            let run = episode.run()
            for step in 20..<40 {
                let source = (39 - step) * episode.interfaceSize + 16
                expectSameBits(
                    Array(run.reads[step * 16..<(step + 1) * 16]), Array(episode.interface[source..<source + 16]),
                    "read of step \(step)", episode.description)
            }
        }

        /// Among hundreds of rows each head finds those of the largest cosines, however many heads search at once.
        @Test(arguments: 1...9) func searchesAllRows(_ heads: Int) {
            for (columns, neighbors) in [(1, 3), (20, 4), (33, 9)] {
                let episode = SAMCase(
                    rows: 2000, columns: columns, heads: heads, neighbors: neighbors, steps: 400 / heads,
                    seed: caseSeed(518, heads, columns))
                let workspace = SAMWorkspace(episode, hasTape: false)
                _ = workspace.forward(episode)
                #expect(ck_sam_touched(workspace.shape, workspace.pointer, 0) > 300)
                let memory = workspace.memory(0)
                let rounding = Double(columns + 8) * Double(Float.ulpOfOne)
                for head in 0..<heads {
                    let key = episode.key(step: episode.steps - 1, head: head)
                    let cosines = (0..<episode.rows).map { row in
                        cosine(key, memory[row * columns..<(row + 1) * columns])
                    }
                    let found = ck_sam_head(workspace.shape, workspace.pointer, episode.steps - 1, 0, head)
                    let nearest = (0..<neighbors).map { Int(found.neighbors[$0]) }
                    let similarity = (0..<neighbors).map { found.similarity[$0] }
                    #expect(similarity == similarity.sorted(by: >), "\(episode.description)")
                    for (row, similarity) in zip(nearest, similarity) {
                        #expect(abs(Double(similarity) - cosines[row]) < rounding, "\(episode.description)")
                    }
                    let others = cosines.indices.filter { !nearest.contains($0) }.map { cosines[$0] }
                    #expect(others.count == episode.rows - neighbors, "\(episode.description)")
                    #expect(others.max()! < Double(similarity.last!) + rounding, "\(episode.description)")
                }
            }
        }

        private func cosine(_ x: ArraySlice<Float>, _ y: ArraySlice<Float>) -> Double {
            func product(_ x: ArraySlice<Float>, _ y: ArraySlice<Float>) -> Double {
                zip(x, y).reduce(0) { $0 + Double($1.0) * Double($1.1) }
            }
            return product(x, y) / (product(x, x) * product(y, y)).squareRoot()
        }

        /// Rows that differ in the last bit, keys and rows of zeros, huge and tiny numbers: all finite.
        @Test(arguments: [Float(0), 1e-6, 1], [0, 4])
        func extremes(_ initial: Float, _ links: Int) {
            for factor in [Float(0), 1e-18, 1e6] {
                for raw in [-far, far] {
                    var episode = SAMCase(
                        rows: 18, columns: 4, heads: 2, neighbors: 3, batch: 2, steps: 8, links: links,
                        seed: caseSeed(516))
                    episode.initial = initial
                    episode.interface = episode.interface.map { $0 * factor }
                    for scalar in 0..<(links > 0 ? 6 : 3) {
                        episode.setScalar(scalar, to: raw)
                        #expect(episode.run().everything.allSatisfy { $0.isFinite }, "\(factor), \(raw), \(scalar)")
                    }
                }
            }
        }

        /// From the first NaN on reads are NaN, and gradients everywhere; other sequences keep their bits.
        @Test(arguments: [0, 4]) func nothingHidesANaN(_ links: Int) {
            let clean = SAMCase(
                rows: 30, columns: 3, heads: 2, neighbors: 4, batch: 2, steps: 6, links: links, seed: caseSeed(517))
            let expected = clean.run()
            let (size, width) = (clean.interfaceSize, clean.readSize)
            for place in 0..<size {
                for value in [Float.nan, -Float.nan] {
                    var episode = clean
                    episode.interface[(3 * 2 + 1) * size + place] = value
                    let run = episode.run()
                    for step in 0..<6 {
                        let row = (step * 2 + 1) * width
                        let reads = Array(run.reads[row..<row + width])
                        if step < 3 {
                            expectSameBits(reads, Array(expected.reads[row..<row + width]), "reads", "place \(place)")
                        } else {
                            #expect(reads.allSatisfy { $0.isNaN }, "step \(step), place \(place)")
                        }
                    }
                    let gradients = clean.rows(of: run.dInterface, width: size, 1)
                    #expect(gradients.allSatisfy { $0.isNaN }, "place \(place)")
                    expectSameBits(
                        clean.rows(of: run.dInterface, width: size, 0),
                        clean.rows(of: expected.dInterface, width: size, 0), "other element", "place \(place)")
                }
            }
        }
    }
}
