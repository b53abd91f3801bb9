// DNCKernelTests.swift: the differentiable neural computer's kernels against the reference, and what must not change
// their bits.

import CKernels
import ReferenceKernels
import TestSupport
import Testing

private typealias Sizes = (rows: Int, columns: Int, heads: Int, batch: Int, steps: Int)

/// Sizes of an episode; odd ones, some just off a vector's width, and heads beyond the groups of 4 that kernels take.
private let shapes: [Sizes] = [
    (1, 1, 1, 1, 1), (1, 3, 2, 2, 3), (2, 1, 1, 1, 6), (2, 5, 5, 3, 3), (5, 20, 1, 1, 7), (5, 3, 6, 2, 4),
    (16, 2, 2, 1, 7), (16, 8, 4, 3, 2), (19, 21, 1, 2, 5), (33, 4, 3, 1, 6), (33, 17, 2, 2, 3), (67, 6, 5, 1, 3),
    (128, 7, 1, 1, 3), (128, 16, 4, 1, 2)
]

private func memory(_ sizes: Sizes, bits: Int) -> ReferenceDNC {
    ReferenceDNC(rows: sizes.rows, columns: sizes.columns, readHeads: sizes.heads, settings: .init(bits: bits))
}

extension KernelSuites {
    @Suite struct DNCKernelTests {
        // MARK: Against the reference

        /// The paper, and two settings at random.
        @Test(arguments: shapes.indices)
        func agreesWithReference(_ index: Int) {
            for number in 0..<3 {
                let seed = caseSeed(500, index, number)
                var random = SeededGenerator(seed: seed)
                let bits = number == 0 ? 0 : random.integer(1..<64)
                let sizes = shapes[index]
                compare(DNCBatch(memory(sizes, bits: bits), batch: sizes.batch, steps: sizes.steps, seed: seed))
            }
        }

        @Test(arguments: 0..<64)
        func agreesWithAnySettings(_ bits: Int) {
            let memory = ReferenceDNC(rows: 6, columns: 3, readHeads: 2, settings: .init(bits: bits))
            compare(DNCBatch(memory, batch: 2, steps: 4, seed: caseSeed(501, bits)))
        }

        /// With more heads than a pass takes, and rows enough for the widest tiles of rows and of links.
        @Test(arguments: [0, 8, 16, 24, 32, 63])
        func agreesWithManyHeads(_ bits: Int) {
            let memory = ReferenceDNC(rows: 83, columns: 5, readHeads: 6, settings: .init(bits: bits))
            compare(DNCBatch(memory, steps: 2, seed: caseSeed(502, bits)))
        }

        /// At first all usages are 0, and the first row is taken.
        @Test(arguments: [(1, 0), (4, 0), (4, 63), (17, 0), (17, 33), (33, 30), (33, 63)])
        func agreesFromTheUsualStart(rows: Int, bits: Int) {
            for number in 0..<3 {
                let memory = ReferenceDNC(rows: rows, columns: 4, readHeads: 2, settings: .init(bits: bits))
                let episode = DNCBatch(
                    memory, batch: 2, steps: 5, start: .usual, seed: caseSeed(503, rows, bits, number))
                let run = compare(episode)
                for element in 0..<2 {
                    #expect(run.order[element * rows..<(element + 1) * rows].elementsEqual(0..<rows))
                }
            }
        }

        @discardableResult private func compare(_ episode: DNCBatch) -> DNCRun {
            let run = episode.run()
            let all = (0..<episode.batch).map { episode.expected($0) }
            let (rows, cells) = (episode.rows, episode.rows * episode.columns)
            for (element, expected) in all.enumerated() {
                let context = "\(episode.description), element \(element)"
                func check(_ array: [Float], _ width: Int, _ expected: Bounded, _ name: String) {
                    expectClose(episode.rows(of: array, width: width, element), expected, name, context)
                }
                check(run.reads, episode.readSize, expected.reads, "what is read")
                for (number, signal) in DNCSignal.all.enumerated() {
                    let width = (signal.isOfHeads ? episode.heads : 1) * rows
                    check(run.signals[number], width, expected.signals[number], signal.name)
                }
                check(run.dInterface, episode.reference.interfaceSize, expected.dInterface, "dInterface")
                expectClose(
                    Array(run.memory[element * cells..<(element + 1) * cells]), expected.memory, "memory", context)
                let links = rows * rows
                expectClose(
                    Array(run.links[element * links..<(element + 1) * links]), expected.links, "links", context)
                let stages = episode.reference.forward(episode.elements[element].inputs).stages
                for (step, stage) in stages.enumerated() {
                    let first = (step * episode.batch + element) * rows
                    #expect(run.order[first..<first + rows].elementsEqual(stage.order), "\(context)\(seedNote)")
                }
            }
            let sum = all.dropFirst().reduce(all[0].dMemory) { $0 + $1.dMemory }
            expectClose(run.dMemory, sum, "dMemory", episode.description)
            return run
        }

        // MARK: The same bits

        /// Replaying writes, the number of steps in a call, threads, a longer workspace and its reuse: all the same
        /// bits.
        @Test(arguments: shapes.indices)
        func sameBitsHowever(_ index: Int) {
            let sizes = shapes[index]
            let seed = caseSeed(504, index)
            var random = SeededGenerator(seed: seed)
            let memory = memory(sizes, bits: random.integer(0..<64))
            let start: DNCBatch.Start = index % 2 == 0 ? .usual : .restored
            let episode = DNCBatch(
                memory, batch: sizes.batch, steps: sizes.steps, start: start, mayTie: true, seed: seed)
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
            let longer = DNCWorkspace(episode.shape(segment: 2, steps: sizes.steps + 5))
            for pass in 1...2 {
                expectSameBits(
                    episode.run(workspace: longer).everything, expected, "longer workspace, episode \(pass)",
                    episode.description)
            }
        }

        @Test(arguments: [(1, 1), (1, 5), (2, 3), (3, 1)])
        func elementsMayGoAhead(_ elementsPerCall: Int, _ stepsPerCall: Int) {
            let memory = ReferenceDNC(rows: 9, columns: 4, readHeads: 2, settings: .init(bits: 63))
            let episode = DNCBatch(memory, batch: 4, steps: 5, mayTie: true, seed: caseSeed(505))
            expectSameBits(
                episode.run(stepsPerCall: stepsPerCall, elementsPerCall: elementsPerCall).everything,
                episode.run().everything, "\(elementsPerCall) elements and \(stepsPerCall) steps a call",
                episode.description)
        }

        /// Large enough to be shared among threads, in one call and step by step.
        @Test(arguments: [3, 1])
        func sameBitsOnThreads(_ stepsPerCall: Int) {
            let memory = ReferenceDNC(rows: 33, columns: 20, readHeads: 2, settings: .init(bits: 56))
            let episode = DNCBatch(memory, batch: 13, steps: 3, mayTie: true, seed: caseSeed(506))
            expectSameBitsForAnyThreads("\(stepsPerCall) steps a call", episode.description) {
                episode.run(stepsPerCall: stepsPerCall).everything
            }
        }

        /// The gradient of the first memory is added to what is there.
        @Test func finishAccumulates() {
            let memory = ReferenceDNC(rows: 5, columns: 3)
            let episode = DNCBatch(memory, batch: 2, start: .usual, mayTie: true, seed: caseSeed(507))
            let workspace = DNCWorkspace(episode.shape(segment: 2))
            let run = episode.run(workspace: workspace)
            var sums = Array(repeating: Float(100), count: run.dMemory.count)
            ck_dnc_finish_backward(workspace.shape, workspace.pointer, &sums)
            // Two elements are added to 100 in one order or the other.
            expectClose(
                sums, run.dMemory.map { 100 + Double($0) },
                within: .rounding(3, of: run.dMemory.map { 100 + Double(abs($0)) }), "dMemory", episode.description)
        }

        /// Undoing all steps leads back to the first memory and links.
        @Test func stepsAreUndone() {
            let memory = ReferenceDNC(rows: 21, columns: 5, readHeads: 2, settings: .init(bits: 16))
            let episode = DNCBatch(memory, batch: 2, steps: 6, mayTie: true, seed: caseSeed(508))
            let run = episode.run()
            let first = episode.elements.map(\.inputs.initial)
            expectSameBits(run.undoneMemory, first.flatMap(\.memory).floats, "undone memory", episode.description)
            expectSameBits(run.undoneLinks, first.flatMap(\.links).floats, "undone links", episode.description)
            #expect(run.memory != run.undoneMemory && run.links != run.undoneLinks)
        }

        /// Steps that were undone are done again, from any step and in any segment.
        @Test(arguments: [1, 2, 3, 4, 11])
        func undoneStepsAreDoneAgain(_ segment: Int) {
            let memory = ReferenceDNC(rows: 9, columns: 3, readHeads: 2, settings: .init(bits: 16))
            let episode = DNCBatch(memory, batch: 2, steps: 11, mayTie: true, seed: caseSeed(509, segment))
            let workspace = DNCWorkspace(episode.shape(segment: segment))
            workspace.begin(episode)
            let reads = workspace.forward(episode.interface)
            let state = workspace.save(1).everything
            let (interface, width) = (episode.interface.count / 11, reads.count / 11)
            for first in (0..<11).reversed() {
                _ = workspace.backward(
                    first..<11, Array(episode.interface[(first * interface)...]),
                    Array(episode.readGradients[(first * width)...]))
                let again = workspace.forward(Array(episode.interface[(first * interface)...]), from: first)
                let context = "segment \(segment), from step \(first)"
                expectSameBits(again, Array(reads[(first * width)...]), "reads", context)
                expectSameBits(workspace.save(1).everything, state, "state", context)
            }
        }

        @Test func sizes() {
            // The paper's W R + 3 W + 5 R + 3, here for the 512 x 64 memory with 4 read heads.
            var shape = ck_dnc_shape()
            (shape.steps, shape.batch, shape.rows, shape.columns, shape.heads) = (20_001, 1, 128, 20, 1)
            shape.segment = 141
            #expect(ck_dnc_interface_size(shape) == 20 + 60 + 5 + 3)
            (shape.columns, shape.heads) = (64, 4)
            #expect(ck_dnc_interface_size(shape) == 471)
            (shape.masks, shape.sharpens) = (1, 1)
            #expect(ck_dnc_interface_size(shape) == 471 + 5 * 64 + 2 * 4)
        }

        /// Floats for each batch element about T (4R + 7) N + (1 + T/K + K) N (N + M).
        @Test func workspaceIsAsLargeAsStated() {
            var shape = ck_dnc_shape()
            (shape.batch, shape.rows, shape.columns, shape.heads) = (3, 256, 64, 4)
            for (steps, segment) in [(1000, 32), (1000, 1), (1000, 1000), (10, 3)] {
                (shape.steps, shape.segment) = (steps, segment)
                let vectors = steps * (4 * 4 + 7) * 256
                let states = (1 + steps / segment + segment) * 256 * (256 + 64)
                let ratio = Double(ck_dnc_workspace_size(shape)) / Double(4 * 3 * (vectors + states))
                #expect(ratio > 0.95 && ratio < 1.1, "T \(steps), K \(segment): \(ratio)")
            }
        }
    }
}
