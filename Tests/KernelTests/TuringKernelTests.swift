// TuringKernelTests.swift: the Turing memory's kernels against the reference, and what must not change their bits.

import CKernels
import ReferenceKernels
import Testing

/// Sizes of an episode; odd ones, and some just off a vector's width.
private let shapes: [(rows: Int, columns: Int, pairs: Int, maxShift: Int, batch: Int, steps: Int)] = [
    (1, 1, 1, 0, 1, 1), (1, 3, 2, 0, 3, 2), (2, 1, 1, 0, 1, 7), (3, 3, 1, 1, 3, 7), (3, 8, 3, 1, 1, 2),
    (5, 20, 1, 2, 1, 7), (5, 1, 2, 2, 3, 7), (16, 3, 1, 1, 1, 20), (16, 8, 2, 0, 3, 2), (33, 20, 1, 1, 3, 7),
    (33, 3, 3, 2, 1, 7), (128, 20, 1, 1, 1, 20), (128, 8, 1, 2, 3, 2), (100, 17, 2, 1, 1, 3), (67, 16, 1, 20, 1, 3)
]

extension KernelSuites {
    @Suite struct TuringKernelTests {
        @Test(arguments: shapes.indices)
        func agreesWithReference(_ index: Int) {
            let sizes = shapes[index]
            for number in 0..<4 {
                let episode = TuringCase(
                    rows: sizes.rows, columns: sizes.columns, pairs: sizes.pairs, maxShift: sizes.maxShift,
                    batch: sizes.batch, steps: sizes.steps, clip: number == 3 ? 1.5 : 0,
                    seed: caseSeed(310, index, number))
                compare(episode.run(), with: episode)
            }
        }

        /// Float's rounding, against the reference's result from the same Float inputs. The forward pass adds few numbers
        /// of order 1, so a handful of roundings of 6e-8; gradients pass backward through every step's divisions by norms
        /// and shifted weights, which multiply rounding errors as they multiply gradients.
        private func compare(_ run: TuringRun, with episode: TuringCase) {
            let reference = episode.reference
            var (dMemory, dFocus) = (episode.memory.map { _ in 0.0 }, episode.focus.map { _ in 0.0 })
            for element in 0..<episode.batch {
                let inputs = episode.inputs(element)
                let trace = reference.forward(inputs)
                let gradients = reference.backward(inputs, trace, readGradients: episode.readGradients(element))
                let context = "\(episode.description), element \(element)"
                let focus = trace.addressings.flatMap(\.weights)
                expectClose(
                    rows(of: run.reads, width: episode.readSize, element, episode), trace.reads, tolerance: 1e-5,
                    scale: 1,
                    "reads", context)
                expectClose(
                    rows(of: run.focus, width: 2 * episode.pairs * episode.rows, element, episode), focus,
                    tolerance: 1e-5, scale: 1, "focus", context)
                let cells = episode.memory.count
                expectClose(
                    Array(run.memory[element * cells..<(element + 1) * cells]), trace.finalMemory, tolerance: 1e-5,
                    scale: 1, "memory", context)
                expectClose(
                    rows(of: run.dInterface, width: reference.interfaceSize, element, episode), gradients.interface,
                    tolerance: 1e-4, "dInterface", context)
                dMemory = zip(dMemory, gradients.memory).map { $0 + $1 }
                dFocus = zip(dFocus, gradients.focus).map { $0 + $1 }
            }
            expectClose(run.dMemory, dMemory, tolerance: 1e-4, "dMemory", episode.description)
            expectClose(run.dFocus, dFocus, tolerance: 1e-4, "dFocus", episode.description)
        }

        /// One batch element's rows of a (T, B, width) array.
        private func rows(of array: [Float], width: Int, _ element: Int, _ episode: TuringCase) -> [Float] {
            (0..<episode.steps).flatMap { step in
                let first = (step * episode.batch + element) * width
                return array[first..<first + width]
            }
        }

        /// Replaying writes, the number of steps in a call, threads, a longer workspace and its reuse: all the same bits.
        @Test(arguments: shapes.indices)
        func sameBitsHowever(_ index: Int) {
            let sizes = shapes[index]
            let episode = TuringCase(
                rows: sizes.rows, columns: sizes.columns, pairs: sizes.pairs, maxShift: sizes.maxShift,
                batch: sizes.batch, steps: sizes.steps, seed: caseSeed(311, index))
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
            expectClose(memory, run.dMemory.map { 100 + Double($0) }, tolerance: 1e-6, "dMemory", episode.description)
            expectClose(focus, run.dFocus.map { 100 + Double($0) }, tolerance: 1e-6, "dFocus", episode.description)
        }

        @Test func sizes() {
            let episode = TuringCase(rows: 128, columns: 20, seed: 0)
            #expect(ck_turing_interface_size(TuringWorkspace(episode, segment: 2).shape) == 92)
            #expect(episode.reference.interfaceSize == 92)
            // 10,000 vectors to copy: far from 2 GiB.
            let long = ck_turing_shape(
                steps: 20_001, batch: 1, rows: 128, columns: 20, pairs: 1, max_shift: 1, segment: 141, clip: 0)
            #expect(ck_turing_workspace_size(long) < 64 << 20)
        }
    }
}
