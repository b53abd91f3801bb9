// TuringPropertyTests.swift: what must hold for the Turing memory's kernels whatever the numbers, and at extremes.

import CKernels
import Foundation
import ReferenceKernels
import TestSupport
import Testing

/// Far enough from 0 for exact saturation: sigmoid 0 or 1, softplus 0, a softmax one-hot.
private let far: Float = 1000

extension TuringCase {
    /// Makes every head's focus follow shifts alone: content ignored, no sharpening, this shift.
    fileprivate mutating func steer(shift: [Float]) {
        for head in 0..<heads {
            set(\.gate, of: head, to: -far)
            set(\.sharpening, of: head, to: -far)
            set(\.shift, of: head, to: shift)
        }
    }

    /// Makes every head's focus its content weights alone.
    fileprivate mutating func followContent() {
        for head in 0..<heads {
            set(\.gate, of: head, to: far)
            set(\.sharpening, of: head, to: -far)
            set(\.shift, of: head, to: (0..<2 * maxShift + 1).map { $0 == maxShift ? far : -far })
        }
    }

    /// Makes every write leave the memory alone.
    fileprivate mutating func writeNothing() {
        for (head, kind) in reference.order.enumerated() where kind == .write {
            set(\.erase, of: head, to: -far)
            set(\.add, of: head, to: 0)
        }
    }

    /// Focus weights of one head after one step, of batch element 0.
    fileprivate func focus(_ run: TuringRun, step: Int, head: Int) -> [Float] {
        let first = (step * batch * heads + head) * rows
        return Array(run.focus[first..<first + rows])
    }
}

extension KernelSuites {
    @Suite struct TuringPropertyTests {
        @Test(arguments: [Float(1), 5, 50, 1000])
        func focusStaysOnTheSimplex(_ limit: Float) {
            for number in 0..<5 {
                let episode = TuringCase(
                    rows: 37, columns: 5, pairs: 2, maxShift: 2, batch: 2, steps: 20, limit: limit,
                    seed: caseSeed(320, number, Int(limit)))
                let run = episode.run()
                for start in stride(from: 0, to: run.focus.count, by: episode.rows) {
                    let weights = run.focus[start..<start + episode.rows]
                    let sum = weights.reduce(0.0) { $0 + Double($1) }
                    // A weight is a share of the sum of all: as many roundings, the inverse and the product.
                    expectClose(
                        [sum], [1], within: .rounding(episode.rows + 1, of: 1), "sum of a focus", episode.description)
                    #expect(weights.allSatisfy { $0 >= 0 }, "\(episode.description)\(seedNote)")
                }
                #expect(run.everything.allSatisfy { $0.isFinite }, "\(episode.description)")
            }
        }

        /// A one-hot focus under a one-hot shift goes round exactly, either way, by every distance.
        @Test(arguments: [(5, 1), (5, 2), (16, 1), (33, 3)])
        func oneHotShiftIsARotation(rows: Int, maxShift: Int) {
            for index in 0..<2 * maxShift + 1 {
                var episode = TuringCase(
                    rows: rows, columns: 2, maxShift: maxShift, steps: 2 * rows, seed: caseSeed(321, rows, index))
                let distance = maxShift - index
                episode.steer(shift: (0..<2 * maxShift + 1).map { $0 == index ? far : -far })
                episode.focus = (0..<2 * rows).map { $0 % rows == rows - 2 ? 1 : 0 }
                let run = episode.run()
                for step in 0..<episode.steps {
                    let hot = ((rows - 2 + (step + 1) * distance) % rows + rows) % rows
                    let expected = (0..<rows).map { Float($0 == hot ? 1 : 0) }
                    for head in 0..<2 {
                        expectSameBits(
                            episode.focus(run, step: step, head: head), expected, "head \(head), step \(step)",
                            "distance \(distance), \(episode.description)")
                    }
                }
            }
        }

        /// The example of the paper's circular convolution: forward, stay, backward.
        @Test func mixedShift() {
            var episode = TuringCase(rows: 4, columns: 2, steps: 1, seed: caseSeed(322))
            episode.steer(shift: [-0.35667494, -2.3025851, -1.6094379])  // the logarithms of 0.7, 0.1, 0.2
            episode.focus = [1, 0, 0, 0, 0, 0, 0, 1]
            let run = episode.run()
            // The logarithms are rounded to Float. Exponentials, the softmax's sum and quotient, then a logarithm of up
            // to 2.3 and an exponential again, sum and quotient: below 40 roundings.
            let bound = ErrorBound.rounding(40, of: 1)
            expectClose(
                episode.focus(run, step: 0, head: 0), [0.1, 0.7, 0, 0.2], within: bound, "read head", "on row 0")
            expectClose(
                episode.focus(run, step: 0, head: 1), [0.7, 0, 0.2, 0.1], within: bound, "write head", "on row 3")
        }

        /// Without shift or content, gamma = 1 keeps any focus as it is.
        @Test func sharpeningByOneChangesNothing() {
            for number in 0..<5 {
                var episode = TuringCase(rows: 19, columns: 2, steps: 5, seed: caseSeed(323, number))
                episode.steer(shift: [-far, far, -far])
                let run = episode.run()
                for head in 0..<2 {
                    let first = episode.focus[head * 19..<(head + 1) * 19].map { Double($0) }
                    // Each step takes every weight w through one logarithm and one exponential, 4 |ln w| + 4 roundings
                    // of w, below 8 of 1, and divides it by the sum of 19.
                    expectClose(
                        episode.focus(run, step: 4, head: head), first, within: .rounding(5 * (8 + 20), of: 1),
                        "head \(head)", episode.description)
                }
            }
        }

        /// At g = 0 neither keys, nor their strength, nor the memory can move a focus.
        @Test func closedGateIgnoresContent() {
            var episode = TuringCase(rows: 33, columns: 3, pairs: 2, batch: 2, steps: 4, seed: caseSeed(324))
            for head in 0..<4 {
                episode.set(\.gate, of: head, to: -far)
            }
            let expected = episode.run().focus
            for head in 0..<4 {
                episode.mapRaw(\.key, of: head) { -0.3 * $0 }
                episode.set(\.strength, of: head, to: 3)
            }
            episode.memory.reverse()
            expectSameBits(episode.run().focus, expected, "focus", episode.description)
        }

        /// e = 0 and a = 0 leave the memory's bits, and undoing all steps leads back to the first memory.
        @Test func emptyWritesLeaveTheMemory() {
            var episode = TuringCase(rows: 21, columns: 5, pairs: 2, batch: 2, steps: 6, seed: caseSeed(325))
            let first = episode.memory + episode.memory
            let writing = episode.run()
            expectSameBits(writing.undoneMemory, first, "undone memory", episode.description)
            #expect(writing.memory != first)
            episode.writeNothing()
            expectSameBits(episode.run().memory, first, "memory", episode.description)
        }

        @Test func permutedRowsPermuteContentWeights() {
            for number in 0..<5 {
                let seed = caseSeed(326, number)
                var episode = TuringCase(rows: 20, columns: 6, steps: 2, seed: seed)
                episode.followContent()
                episode.writeNothing()
                let before = episode.focus(episode.run(), step: 1, head: 0)
                // Either run has its own error.
                let bound = episode.expected(0).focus.bound
                var random = SeededGenerator(seed: seed)
                let order = Array(0..<20).shuffled(using: &random)
                let memory = episode.memory
                episode.memory = order.flatMap { memory[$0 * 6..<($0 + 1) * 6] }
                let after = episode.focus(episode.run(), step: 1, head: 0)
                expectClose(
                    after, order.map { Double(before[$0]) }, within: bound + bound, "focus", episode.description)
            }
        }

        /// Only a key's direction counts.
        @Test func scaledKeyChangesNothing() {
            var episode = TuringCase(rows: 20, columns: 6, steps: 1, seed: caseSeed(327))
            let key: [Double] = [0.9, -0.5, 0.1, 0.7, -0.8, 0.3]
            /// The raw key whose tanh is the key times `factor`.
            func raw(_ factor: Double) -> [Float] {
                key.map { Float(0.5 * log((1 + factor * $0) / (1 - factor * $0))) }
            }
            episode.set(\.key, of: 0, to: raw(1))
            let (before, bound) = (episode.run().focus.doubles, episode.expected(0).focus.bound)
            episode.set(\.key, of: 0, to: raw(0.01))
            // Either run has its own error. And 1e-8 beside the norms' product takes a part d of a similarity. Raw
            // parameters are below 2, so a strength of up to 2.13 multiplies d, sharpening by up to 3.13 that;
            // normalised, either up to twice.
            let norms = (0..<20).map { row in
                episode.memory[row * 6..<(row + 1) * 6].reduce(0) { $0 + Double($1 * $1) }.squareRoot()
            }
            let keyNorm = 0.01 * key.reduce(0) { $0 + $1 * $1 }.squareRoot()
            let similarityError = 1e-8 / (keyNorm * norms.min()!)
            let bounds =
                bound + episode.expected(0).focus.bound
                + ErrorBound(everywhere: 2 * 2.13 * 2 * 3.13 * similarityError)
            expectClose(episode.run().focus, before, within: bounds, "focus", episode.description)
        }

        /// Rows that all point away from the key, and a key strength under which their exponentials alone would vanish.
        @Test(arguments: [5, 16, 21])
        func strongKeyAmongOppositeRows(_ rows: Int) {
            var episode = TuringCase(rows: rows, columns: 4, steps: 1, seed: caseSeed(332, rows))
            episode.followContent()
            for head in 0..<2 {
                episode.set(\.key, of: head, to: 0.5)
                episode.set(\.strength, of: head, to: 300)
            }
            episode.memory = episode.memory.map { -1 + 0.1 * $0 }
            // The strength multiplies a similarity's error: that is its conditioning.
            expectClose(episode.run().focus, episode.expected(0).focus, "focus", episode.description)
        }

        /// Keys of zeros, memory rows of zeros, focuses that all but vanish: no NaN, and no gradient where it has no
        /// meaning.
        @Test(arguments: [Float(0), 1])
        func extremes(_ keyFactor: Float) {
            for (strength, sharpening) in [(Float(0), Float(0)), (30, 100), (far, far), (-far, 100), (100, -far)] {
                var episode = TuringCase(
                    rows: 18, columns: 4, pairs: 2, maxShift: 1, batch: 2, steps: 8, seed: caseSeed(328, Int(strength)))
                for head in 0..<4 {
                    episode.mapRaw(\.key, of: head) { keyFactor * $0 }
                    episode.set(\.strength, of: head, to: strength)
                    episode.set(\.sharpening, of: head, to: sharpening)
                }
                episode.memory.replaceSubrange(4..<12, with: repeatElement(0, count: 8))
                for memory in [episode.memory, episode.memory.map { _ in 0 }, episode.memory.map { _ in 1e-6 }] {
                    episode.memory = memory
                    let run = episode.run()
                    #expect(run.everything.allSatisfy { $0.isFinite }, "\(episode.description)")
                    if keyFactor == 0 {
                        let size = episode.reference.interfaceSize
                        let keys = (0..<4).flatMap { Array(episode.raw($0).key) }
                        let gradients = stride(from: 0, to: run.dInterface.count, by: size).flatMap { start in
                            keys.map { run.dInterface[start + $0] }
                        }
                        #expect(gradients.allSatisfy { $0 == 0 }, "\(episode.description)")
                    }
                }
            }
        }

        /// The common start, all of the memory 1e-6 and all focuses on row 0, where gradients of the memory are a
        /// million times those of the parameters; and a memory so small that it counts as zeros.
        @Test(arguments: [Float(1e-6), 1e-20])
        func constantMemory(_ constant: Float) {
            for number in 0..<3 {
                var episode = TuringCase(rows: 33, columns: 8, steps: 12, clip: 20, seed: caseSeed(329, number))
                episode.memory = episode.memory.map { _ in constant }
                episode.focus = episode.focus.indices.map { $0 % 33 == 0 ? 1 : 0 }
                let (run, expected) = (episode.run(), episode.expected(0))
                expectClose(run.reads, expected.reads, "reads", episode.description)
                expectClose(run.dInterface, expected.dInterface, "dInterface", episode.description)
                expectClose(run.dMemory, expected.dMemory, "dMemory", episode.description)
            }
        }

        /// Raw parameters beyond the limit act as the limit and get no gradient.
        @Test func clippedParameters() {
            let limit: Float = 0.75
            let wide = TuringCase(rows: 7, columns: 3, batch: 2, clip: limit, limit: 2, seed: caseSeed(330))
            var narrow = wide
            for head in 0..<2 {
                for range in [\TuringCase.RawLayout.key, \.strength, \.gate, \.shift, \.sharpening, \.erase, \.add] {
                    narrow.mapRaw(range, of: head) { min(limit, max(-limit, $0)) }
                }
            }
            let (wideRun, narrowRun) = (wide.run(), narrow.run())
            expectSameBits(wideRun.reads, narrowRun.reads, "reads", wide.description)
            for (index, raw) in wide.interface.enumerated() {
                let expected = abs(raw) > limit ? 0 : narrowRun.dInterface[index]
                #expect(wideRun.dInterface[index] == expected, "element \(index), \(wide.description)")
            }
        }

        /// With one write head all heads of a step see the same memory, so that a read head more changes nothing else.
        @Test(arguments: [2, 3, 4]) func aFurtherReadHeadChangesNothingElse(_ reads: Int) {
            let episode = TuringCase(
                rows: 21, columns: 5, heads: (reads, 1), batch: 2, steps: 5, seed: caseSeed(333, reads))
            let (all, rest) = (episode.run(), episode.withoutFirstRead().run())
            expectSameBits(rest.memory, all.memory, "memory", episode.description)
            let others = stride(from: 0, to: all.reads.count, by: episode.readSize).flatMap { start in
                all.reads[start + 5..<start + episode.readSize]
            }
            expectSameBits(rest.reads, others, "reads", episode.description)
        }

        @Test func initialFocusCanBeInspected() {
            let episode = TuringCase(rows: 5, columns: 3, batch: 2, seed: caseSeed(331))
            let workspace = TuringWorkspace(episode, segment: 2)
            _ = episode.run(workspace: workspace)
            for element in 0..<2 {
                let focus = (0..<2).flatMap { head in
                    UnsafeBufferPointer(
                        start: ck_turing_focus(workspace.shape, workspace.pointer, -1, element, head), count: 5)
                }
                expectSameBits(focus, episode.focus, "first focus", "element \(element)")
            }
        }
    }
}
