// TuringKernelTests.swift: the Turing memory's kernels against the reference, and what must not change their bits.

import CKernels
import ReferenceKernels
import TestSupport
import Testing

/// Sizes of an episode; odd ones, and some just off a vector's width.
private struct Sizes {
    let rows, columns, reads, writes, maxShift, batch, steps: Int

    /// As many read heads as write heads.
    init(_ rows: Int, _ columns: Int, _ pairs: Int, _ maxShift: Int, _ batch: Int, _ steps: Int) {
        self.init(rows, columns, (pairs, pairs), maxShift, batch, steps)
    }

    init(_ rows: Int, _ columns: Int, _ heads: (Int, Int), _ maxShift: Int, _ batch: Int, _ steps: Int) {
        (self.rows, self.columns, (reads, writes)) = (rows, columns, heads)
        (self.maxShift, self.batch, self.steps) = (maxShift, batch, steps)
    }

    func episode(clip: Float = 0, seed: UInt64) -> TuringCase {
        TuringCase(
            rows: rows, columns: columns, heads: (reads, writes), maxShift: maxShift, batch: batch, steps: steps,
            clip: clip, seed: seed)
    }
}

private let shapes = [
    Sizes(1, 1, 1, 0, 1, 1), Sizes(1, 3, 2, 0, 3, 2), Sizes(2, 1, 1, 0, 1, 7), Sizes(3, 3, 1, 1, 3, 7),
    Sizes(3, 8, 3, 1, 1, 2), Sizes(5, 20, 1, 2, 1, 7), Sizes(5, 1, 2, 2, 3, 7), Sizes(16, 3, 1, 1, 1, 20),
    Sizes(16, 8, 2, 0, 3, 2), Sizes(33, 20, 1, 1, 3, 7), Sizes(33, 3, 3, 2, 1, 7), Sizes(128, 20, 1, 1, 1, 20),
    Sizes(128, 8, 1, 2, 3, 2), Sizes(100, 17, 2, 1, 1, 3), Sizes(67, 16, 1, 20, 1, 3),
    Sizes(5, 3, (2, 1), 1, 2, 7), Sizes(33, 5, (4, 1), 2, 1, 3), Sizes(17, 3, (5, 2), 0, 2, 4),
    Sizes(5, 3, (1, 2), 1, 2, 7), Sizes(33, 5, (1, 4), 2, 1, 3), Sizes(17, 3, (2, 5), 0, 2, 4)
]

extension KernelSuites {
    @Suite struct TuringKernelTests {
        @Test(arguments: shapes.indices)
        func agreesWithReference(_ index: Int) {
            let sizes = shapes[index]
            for number in 0..<4 {
                let episode = sizes.episode(clip: number == 3 ? 1.5 : 0, seed: caseSeed(310, index, number))
                compare(episode.run(), with: episode)
            }
        }

        private func compare(_ run: TuringRun, with episode: TuringCase) {
            let all = (0..<episode.batch).map { episode.expected($0) }
            let interfaceSize = episode.reference.interfaceSize
            for (element, expected) in all.enumerated() {
                let context = "\(episode.description), element \(element)"
                func check(_ array: [Float], _ width: Int, _ expected: Bounded, _ name: String) {
                    expectClose(rows(of: array, width: width, element, episode), expected, name, context)
                }
                check(run.reads, episode.readSize, expected.reads, "reads")
                check(run.focus, episode.heads * episode.rows, expected.focus, "focus")
                check(run.dInterface, interfaceSize, expected.dInterface, "dInterface")
                let cells = episode.memory.count
                expectClose(
                    Array(run.memory[element * cells..<(element + 1) * cells]), expected.memory, "memory", context)
            }
            func sum(_ array: KeyPath<TuringExpectation, Bounded>) -> Bounded {
                all.dropFirst().reduce(all[0][keyPath: array]) { $0 + $1[keyPath: array] }
            }
            expectClose(run.dMemory, sum(\.dMemory), "dMemory", episode.description)
            expectClose(run.dFocus, sum(\.dFocus), "dFocus", episode.description)
        }

        /// One batch element's rows of a (T, B, width) array.
        private func rows(of array: [Float], width: Int, _ element: Int, _ episode: TuringCase) -> [Float] {
            (0..<episode.steps).flatMap { step in
                let first = (step * episode.batch + element) * width
                return array[first..<first + width]
            }
        }

        /// Replaying writes, the number of steps in a call, threads, a longer workspace and its reuse: all the same
        /// bits.
        @Test(arguments: shapes.indices)
        func sameBitsHowever(_ index: Int) {
            let sizes = shapes[index]
            let episode = sizes.episode(seed: caseSeed(311, index))
            let expected = episode.run(segment: 1).everything
            for segment in [2, 3, 5, sizes.steps, 1000] {
                let name = "segment \(segment)"
                expectSameBits(episode.run(segment: segment).everything, expected, name, episode.description)
                expectSameBits(
                    episode.run(segment: segment, stepsPerCall: 1).everything, expected, "\(name), step by step",
                    episode.description)
            }
            expectSameBits(
                episode.run(segment: 2, stepsPerCall: 3).everything, expected, "3 steps a call", episode.description)
            let longer = TuringWorkspace(episode, segment: 2, steps: sizes.steps + 5)
            for pass in 1...2 {
                expectSameBits(
                    episode.run(workspace: longer).everything, expected, "longer workspace, episode \(pass)",
                    episode.description)
            }
        }

        @Test(arguments: [(1, 1), (1, 5), (2, 3), (3, 1)])
        func elementsMayGoAhead(_ elementsPerCall: Int, _ stepsPerCall: Int) {
            let episode = TuringCase(
                rows: 9, columns: 4, pairs: 2, maxShift: 1, batch: 4, steps: 5, seed: caseSeed(315))
            expectSameBits(
                episode.run(stepsPerCall: stepsPerCall, elementsPerCall: elementsPerCall).everything,
                episode.run().everything, "\(elementsPerCall) elements and \(stepsPerCall) steps a call",
                episode.description)
        }

        /// Large enough to be shared among threads, in one call and step by step.
        @Test(arguments: [5, 1])
        func sameBitsOnThreads(_ stepsPerCall: Int) {
            let episode = TuringCase(
                rows: 128, columns: 20, pairs: 2, maxShift: 1, batch: 13, steps: 5, seed: caseSeed(312))
            expectSameBitsForAnyThreads("\(stepsPerCall) steps a call", episode.description) {
                episode.run(stepsPerCall: stepsPerCall).everything
            }
        }

        /// Gradients of the initial state are added to what is there, and either may be left out.
        @Test func finishAccumulates() {
            let episode = TuringCase(rows: 5, columns: 3, batch: 2, seed: caseSeed(313))
            let workspace = TuringWorkspace(episode, segment: 2)
            let run = episode.run(workspace: workspace)
            var memory = Array(repeating: Float(100), count: run.dMemory.count)
            var focus = Array(repeating: Float(100), count: run.dFocus.count)
            ck_turing_finish_backward(workspace.shape, workspace.pointer, &memory, nil)
            ck_turing_finish_backward(workspace.shape, workspace.pointer, nil, &focus)
            ck_turing_finish_backward(workspace.shape, workspace.pointer, nil, nil)
            // Two elements are added to 100 in one order or the other.
            for (name, sums, gradients) in [("dMemory", memory, run.dMemory), ("dFocus", focus, run.dFocus)] {
                expectClose(
                    sums, gradients.map { 100 + Double($0) },
                    within: .rounding(3, of: gradients.map { 100 + Double(abs($0)) }), name, episode.description)
            }
        }

        @Test func sizes() {
            let episode = TuringCase(rows: 128, columns: 20, seed: 0)
            #expect(ck_turing_interface_size(TuringWorkspace(episode, segment: 2).shape) == 92)
            #expect(episode.reference.interfaceSize == 92)
            let apart = TuringCase(rows: 128, columns: 20, heads: (4, 1), seed: 0)
            #expect(ck_turing_interface_size(TuringWorkspace(apart, segment: 2).shape) == 4 * 26 + 66)
            // 10,000 vectors to copy: far from 2 GiB.
            let long = ck_turing_shape(
                steps: 20_001, batch: 1, rows: 128, columns: 20, reads: 1, writes: 1, max_shift: 1, segment: 141,
                clip: 0
            )
            #expect(ck_turing_workspace_size(long) < 64 << 20)
        }
    }
}
