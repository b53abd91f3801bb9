// WindowStateTests.swift: windows that are saved and restored, and the weights of a read.

import CKernels
import ReferenceKernels
import TestSupport
import Testing

/// What a read took of one entry.
private struct ReadEntry {
    var entry: Int
    var weight: Float
}

extension WindowRun {
    /// The weights of the last read of a batch element at an end.
    fileprivate func readWeights(_ element: Int, _ end: Int) -> [ReadEntry] {
        let count = ck_window_read_weights(example.shape, workspace.pointer, element, end, 0, nil, nil)
        let entries = GuardedArray<Int32>(Array(repeating: -1, count: count))
        let weights = GuardedArray<Float>.output(columns: count)
        let again = ck_window_read_weights(
            example.shape, workspace.pointer, element, end, count, entries.pointer, weights.pointer)
        precondition(again == count && entries.isIntact && weights.isIntact, "the count of weights changed")
        return zip(entries.contents, weights.contents).map { ReadEntry(entry: Int($0), weight: $1) }
    }

    fileprivate func restore(_ element: Int, carried: Int, _ strengths: [Float]) {
        ck_window_restore(example.shape, workspace.pointer, element, carried, strengths.count, strengths)
    }

    /// The vector of an entry.
    fileprivate func vector(_ entry: Int, _ element: Int) -> ArraySlice<Float> {
        let first = example.place(entry, element)
        return example.values[first..<first + example.width]
    }
}

extension WindowCase {
    /// Where the vector of an entry begins in the values.
    fileprivate func place(_ entry: Int, _ element: Int) -> Int {
        ((entry / ends * batch + element) * ends + entry % ends) * width
    }

    /// The rest of an episode after `done` steps, for these sequences in this order.
    ///
    /// The rows of `carried` steps stand before it, NaN for now.
    fileprivate func rest(after done: Int, _ sequences: [Int], carried: Int) -> WindowCase {
        var other = self
        other.steps = carried + steps - done
        other.batch = sequences.count
        func rows(_ array: [Float], _ width: Int) -> [Float] {
            Array(repeating: .nan, count: carried * sequences.count * width)
                + selectRows(of: array, width: width, batch: batch, steps: done..<steps, elements: sequences)
        }
        other.strengths = rows(strengths, 2 * ends)
        other.values = rows(values, ends * width)
        other.dReads = rows(dReads, ends * width)
        return other
    }
}

extension KernelSuites {
    @Suite struct WindowStateTests {
        // MARK: Weights of a read

        /// Weights belong to the first entries from the end that is read; their sum is min(1, depth), and their sum
        /// with the vectors the read.
        @Test(arguments: ReferenceMemory.Kind.allCases)
        func weightsMakeTheRead(_ kind: ReferenceMemory.Kind) {
            for regime in StrengthRegime.allCases {
                for number in 0..<2 {
                    let example = WindowCase(
                        kind, steps: 30, batch: 2, width: 3, regime, seed: caseSeed(360, number))
                    let run = WindowRun(example)
                    run.begin()
                    #expect((0..<example.ends).allSatisfy { run.readWeights(0, $0).isEmpty }, "before the first step")
                    for step in 0..<example.steps {
                        run.forward(step, step + 1)
                        for index in 0..<2 * example.ends {
                            compareRead(run, step, element: index / example.ends, end: index % example.ends)
                        }
                    }
                    run.expectTidy()
                }
            }
        }

        private func compareRead(_ run: WindowRun, _ step: Int, element: Int, end: Int) {
            let example = run.example
            let context = "step \(step), element \(element), end \(end), \(example)"
            let read = run.readWeights(element, end)
            let fromBottom = run.entries(element)
            let order = example.kind == .queue || end == 1 ? fromBottom : fromBottom.reversed()
            #expect(read.map(\.entry) == order.prefix(read.count).map(\.entry), "\(context)")
            #expect(zip(read, order).allSatisfy { 0 <= $0.weight && $0.weight <= $1.strength }, "\(context)")
            let depth = order.reduce(0) { $0 + Double($1.strength) }
            // One weight is rounded to Float, the part that is left of 1; sums in Double add next to nothing.
            expectClose(
                [read.reduce(0) { $0 + Double($1.weight) }], [min(1, depth)], within: .rounding(2, of: 1),
                "sum of weights", context)
            let terms = (0..<example.width).map { column in
                read.map { Double($0.weight) * Double(run.vector($0.entry, element).dropFirst(column).first!) }
            }
            let first = ((step * example.batch + element) * example.ends + end) * example.width
            // A product of each entry, and as many sums.
            expectClose(
                Array(run.reads.contents[first..<first + example.width]), terms.map { $0.reduce(0, +) },
                within: .rounding(read.count + 1, of: terms.map { $0.reduce(0) { $0 + abs($1) } }), "read", context)
        }

        @Test func noMoreThanTheCapacityIsWritten() {
            var most = 0
            for number in 0..<10 {
                let example = WindowCase(.stack, steps: 20, batch: 1, width: 1, .tiny, seed: caseSeed(361, number))
                let run = WindowRun(example)
                run.begin()
                run.forward(0, example.steps)
                let all = run.readWeights(0, 0)
                let capacity = max(all.count - 1, 1)
                let entries = GuardedArray<Int32>(Array(repeating: -1, count: capacity))
                let weights = GuardedArray<Float>.output(columns: capacity)
                let count = ck_window_read_weights(
                    example.shape, run.workspace.pointer, 0, 0, capacity, entries.pointer, weights.pointer)
                #expect(count == all.count, "\(example)")
                expectIntact(entries, weights, context: example.description)
                guard count > 1 else { continue }
                most = max(most, count)
                #expect(entries.contents.map { Int($0) } == all.prefix(capacity).map(\.entry), "\(example)")
                expectSameBits(weights.contents, all.prefix(capacity).map(\.weight), "weights", example.description)
            }
            #expect(most > 1, "a read of one entry has nothing to cut off")
        }

        // MARK: Saved windows

        /// Episodes that stop at random steps.
        ///
        /// Every batch that goes on has the sequences in another order, some of them twice, and sometimes more room
        /// than its entries need.
        @Test(arguments: ReferenceMemory.Kind.allCases)
        func restoredWindowsGoOn(_ kind: ReferenceMemory.Kind) {
            for regime in StrengthRegime.allCases {
                for number in 0..<4 {
                    let seed = caseSeed(362, number)
                    var random = SeededGenerator(seed: seed)
                    let example = WindowCase(
                        kind, steps: 40, batch: random.integer(1..<4), width: 3, regime, seed: seed)
                    let whole = WindowRun(example)
                    whole.begin()
                    whole.forward(0, example.steps)
                    goOn(example, whole.reads.contents, &random)
                }
            }
        }

        private func goOn(_ example: WindowCase, _ expected: [Float], _ random: inout SeededGenerator) {
            var run = WindowRun(example)
            run.begin()
            var (done, carried, sequences) = (0, 0, Array(0..<example.batch))
            while true {
                let steps = done..<random.integer(done + 1..<example.steps + 1)
                run.forward(carried, carried + steps.count)
                let width = example.ends * example.width
                expectSameBits(
                    selectRows(
                        of: run.reads.contents, width: width, batch: sequences.count,
                        steps: carried..<carried + steps.count, elements: Array(sequences.indices)),
                    selectRows(of: expected, width: width, batch: example.batch, steps: steps, elements: sequences),
                    "reads of steps \(steps)", example.description)
                run.expectTidy()
                done = steps.upperBound
                if done == example.steps { return }
                let next = shuffledWithCopies(of: example.batch, &random)
                let places = next.map { sequences.firstIndex(of: $0)! }
                (run, carried) = restored(run, places, example.rest, done, next, spare: random.integer(0..<3))
                sequences = next
            }
        }

        /// A run of the rest of an episode from the windows that another run has in these places.
        private func restored(
            _ run: WindowRun, _ places: [Int], _ rest: (Int, [Int], Int) -> WindowCase, _ done: Int, _ sequences: [Int],
            spare: Int
        ) -> (WindowRun, carried: Int) {
            let windows = places.map { run.entries($0) }
            let carried = (windows.map(\.count).max()! + run.example.ends - 1) / run.example.ends + spare
            var example = rest(done, sequences, carried)
            for (element, window) in windows.enumerated() {
                for (number, entry) in window.enumerated() {
                    let place = example.place(number, element)
                    example.values.replaceSubrange(
                        place..<place + example.width, with: run.vector(entry.entry, places[element]))
                }
            }
            let other = WindowRun(example)
            for (element, window) in windows.enumerated() {
                other.restore(element, carried: carried, window.map(\.strength))
            }
            for (element, window) in windows.enumerated() {
                let expected = window.enumerated().map { LiveEntry(entry: $0, strength: $1.strength) }
                #expect(other.entries(element) == expected, "element \(element), \(example)")
            }
            return (other, carried)
        }

        /// A strength that is not finite, a pop's too, makes all later reads of its sequence NaN, also after the window
        /// is restored; and what inspection shows.
        @Test(arguments: ReferenceMemory.Kind.allCases)
        func restoredWindowsStayNaN(_ kind: ReferenceMemory.Kind) {
            let clean = WindowCase(kind, steps: 12, batch: 2, width: 3, .uniform, seed: caseSeed(363))
            for damage in [Float.nan, .infinity] {
                for column in 0..<2 * clean.ends {
                    var example = clean
                    example.strengths[(3 * 2 + 1) * 2 * clean.ends + column] = damage
                    let run = WindowRun(example)
                    run.begin()
                    run.forward(0, 6)
                    #expect(run.entries(1).allSatisfy { $0.strength.isNaN } && run.entryCount(1) > 0)
                    #expect(run.readWeights(1, 0).allSatisfy { $0.weight.isNaN } && !run.readWeights(1, 0).isEmpty)
                    #expect(run.entries(0).allSatisfy { $0.strength.isFinite })
                    let windows = (0..<2).map { run.entries($0).map(\.strength) }
                    let carried = windows.map(\.count).max()!
                    var rest = example.rest(after: 6, [0, 1], carried: carried)
                    rest.values = rest.values.map { $0.isNaN ? 1 : $0 }
                    let other = WindowRun(rest)
                    for element in 0..<2 {
                        other.restore(element, carried: carried, windows[element])
                    }
                    other.forward(carried, carried + 6)
                    for element in 0..<2 {
                        let reads = selectRows(
                            of: other.reads.contents, width: clean.ends * 3, batch: 2, steps: carried..<carried + 6,
                            elements: [element])
                        #expect(reads.allSatisfy { $0.isNaN == (element == 1) && !$0.isInfinite }, "\(kind), \(column)")
                    }
                }
            }
        }
    }
}
