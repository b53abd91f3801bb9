// WindowPropertyTests.swift: what the window kernels must satisfy without an oracle: discrete memories, symmetries,
// repeatability, and leaving things as they were.

import CKernels
import ReferenceKernels
import TestSupport
import Testing

/// A stack, queue or deque of vectors as programmers know it, driven by strengths that are 0 or 1.
private struct DiscreteMemory {
    var kind: ReferenceMemory.Kind
    var rows: [[Float]] = []
    let width: Int

    /// One step; strengths [pops | pushes] and values by end.
    ///
    /// Returns the reads, zeros where it is empty.
    mutating func step(_ strengths: ArraySlice<Float>, _ values: ArraySlice<Float>) -> [Float] {
        let ends = kind == .deque ? 2 : 1
        let strengths = Array(strengths)
        let vectors = (0..<ends).map { Array(values.dropFirst($0 * width).prefix(width)) }
        let isOn = strengths.map { $0 == 1 }
        switch kind {
        case .stack:
            if isOn[0] { _ = rows.popLast() }
            if isOn[1] { rows.append(vectors[0]) }
            return peek(rows.last)
        case .queue:
            if isOn[0], !rows.isEmpty { rows.removeFirst() }
            if isOn[1] { rows.append(vectors[0]) }
            return peek(rows.first)
        case .deque:
            if isOn[0] { _ = rows.popLast() }
            if isOn[1], !rows.isEmpty { rows.removeFirst() }
            if isOn[3] { rows.insert(vectors[1], at: 0) }
            if isOn[2] { rows.append(vectors[0]) }
            return peek(rows.last) + peek(rows.first)
        }
    }

    private func peek(_ row: [Float]?) -> [Float] { row ?? Array(repeating: 0, count: width) }
}

extension WindowCase {
    /// A deque fed with what another memory gets: for each of (pop top, pop bottom, push top, push bottom) which column
    /// of its strengths to take, and for top and bottom which of its ends' values and read gradients; nil for 0.
    fileprivate static func deque(
        from other: WindowCase, strengths columns: [Int?], values valueEnds: [Int?], reads readEnds: [Int?]
    ) -> WindowCase {
        var result = WindowCase(
            .deque, steps: other.steps, batch: other.batch, width: other.width, .allZero, seed: 0)
        func spread(_ array: [Float], _ block: Int, _ count: Int, _ sources: [Int?]) -> [Float] {
            var result: [Float] = []
            for first in stride(from: 0, to: array.count, by: count * block) {
                for source in sources {
                    let start = first + (source ?? 0) * block
                    result += array[start..<start + block].map { source == nil ? 0 : $0 }
                }
            }
            return result
        }
        result.strengths = spread(other.strengths, 1, 2 * other.ends, columns)
        result.values = spread(other.values, other.width, other.ends, valueEnds)
        result.dReads = spread(other.dReads, other.width, other.ends, readEnds)
        result.description = "deque made from \(other)"
        return result
    }
}

/// Every block's column `column`, out of rows of `count` blocks of `block` floats.
private func column(_ column: Int, of array: [Float], block: Int, count: Int) -> [Float] {
    stride(from: column * block, to: array.count, by: count * block).flatMap { array[$0..<$0 + block] }
}

extension KernelSuites {
    @Suite struct WindowPropertyTests {
        private let kinds = ReferenceMemory.Kind.allCases

        @Test(arguments: ReferenceMemory.Kind.allCases)
        func binaryStrengthsAreTheDiscreteMemory(_ kind: ReferenceMemory.Kind) {
            for number in 0..<50 {
                let example = WindowCase(
                    kind, steps: 40, batch: 3, width: 5, .binary, seed: caseSeed(30, number))
                let run = WindowRun(example)
                run.begin()
                run.forward(0, example.steps)
                var memories = Array(repeating: DiscreteMemory(kind: kind, width: 5), count: 3)
                var expected: [Float] = []
                for row in 0..<example.steps * example.batch {
                    let (ends, vector) = (example.ends, example.ends * example.width)
                    expected += memories[row % 3].step(
                        example.strengths[(row * 2 * ends)..<((row + 1) * 2 * ends)],
                        example.values[(row * vector)..<((row + 1) * vector)])
                }
                expectSameBits(run.reads.contents, expected, "reads", example.description)
            }
        }

        @Test(arguments: StrengthRegime.exact)
        func dequeUsedAtTheTopIsAStack(_ regime: StrengthRegime) {
            for number in 0..<10 {
                let stack = WindowCase(.stack, steps: 30, batch: 2, width: 5, regime, seed: caseSeed(31, number))
                let deque = WindowCase.deque(
                    from: stack, strengths: [0, nil, 1, nil], values: [0, nil], reads: [0, nil])
                let (one, other) = (WindowRun(stack).runAll(), WindowRun(deque).runAll())
                // == and not bits: an entry of strength 0 may turn -0 into 0.
                #expect(column(0, of: other.reads.contents, block: 5, count: 2) == one.reads.contents, "\(stack)")
                #expect(column(0, of: other.dValues.contents, block: 5, count: 2) == one.dValues.contents, "\(stack)")
                for (dequeColumn, stackColumn) in [(0, 0), (2, 1)] {
                    #expect(
                        column(dequeColumn, of: other.dStrengths.contents, block: 1, count: 4)
                            == column(stackColumn, of: one.dStrengths.contents, block: 1, count: 2), "\(stack)")
                }
            }
        }

        @Test(arguments: StrengthRegime.exact)
        func dequePushedAtTheTopAndReadAtTheBottomIsAQueue(_ regime: StrengthRegime) {
            for number in 0..<10 {
                let queue = WindowCase(.queue, steps: 30, batch: 2, width: 5, regime, seed: caseSeed(32, number))
                let deque = WindowCase.deque(
                    from: queue, strengths: [nil, 0, 1, nil], values: [0, nil], reads: [nil, 0])
                let (one, other) = (WindowRun(queue).runAll(), WindowRun(deque).runAll())
                #expect(column(1, of: other.reads.contents, block: 5, count: 2) == one.reads.contents, "\(queue)")
                #expect(column(0, of: other.dValues.contents, block: 5, count: 2) == one.dValues.contents, "\(queue)")
                for (dequeColumn, queueColumn) in [(1, 0), (2, 1)] {
                    #expect(
                        column(dequeColumn, of: other.dStrengths.contents, block: 1, count: 4)
                            == column(queueColumn, of: one.dStrengths.contents, block: 1, count: 2), "\(queue)")
                }
            }
        }

        /// Turned upside down, a deque gives the same reads from the other end, though its two pops take turns: on
        /// exact strengths to the bit.
        ///
        /// Gradients are sums in another order; and at ties the order of the pops shows in them, as an entry of
        /// strength 0 counts for the first pop only.
        @Test(arguments: StrengthRegime.exact)
        func mirroringSwapsTheEnds(_ regime: StrengthRegime) {
            for number in 0..<10 {
                let deque = WindowCase(.deque, steps: 30, batch: 2, width: 5, regime, seed: caseSeed(33, number))
                let mirrored = WindowCase.deque(
                    from: deque, strengths: [1, 0, 3, 2], values: [1, 0], reads: [1, 0])
                let (one, other) = (WindowRun(deque).runAll(), WindowRun(mirrored).runAll())
                for end in 0..<2 {
                    #expect(
                        column(1 - end, of: other.reads.contents, block: 5, count: 2)
                            == column(end, of: one.reads.contents, block: 5, count: 2), "\(deque)")
                }
                guard regime == .uniform || regime == .aboveOne else { continue }
                // Either run has its own error.
                let bounds = deque.bounds()
                for end in 0..<2 {
                    expectClose(
                        column(1 - end, of: other.dValues.contents, block: 5, count: 2),
                        column(end, of: one.dValues.contents, block: 5, count: 2).doubles,
                        within: bounds.dValues + bounds.dValues, "dvalues", deque.description)
                }
                for (there, here) in [(0, 1), (1, 0), (2, 3), (3, 2)] {
                    expectClose(
                        column(there, of: other.dStrengths.contents, block: 1, count: 4),
                        column(here, of: one.dStrengths.contents, block: 1, count: 4).doubles,
                        within: bounds.dStrengths + bounds.dStrengths, "dstrengths", deque.description)
                }
            }
        }

        /// With all values 1 a read is the sum of its weights.
        @Test(arguments: StrengthRegime.allCases)
        func readWeightsSumToAtMostOne(_ regime: StrengthRegime) {
            for kind in kinds {
                for number in 0..<10 {
                    var example = WindowCase(kind, steps: 60, batch: 2, width: 3, regime, seed: caseSeed(34, number))
                    example.values = example.values.map { _ in 1 }
                    let run = WindowRun(example)
                    run.begin()
                    run.forward(0, example.steps)
                    // At most 60 weights are added up, each sum rounded once.
                    let most = Float(1 + ErrorBound.relative(roundings: 60))
                    #expect(run.reads.contents.allSatisfy { $0 >= 0 && $0 <= most }, "\(example)\(seedNote)")
                }
            }
        }

        @Test(arguments: ReferenceMemory.Kind.allCases)
        func threadsGiveTheSameBits(_ kind: ReferenceMemory.Kind) {
            // Small and large shapes: on either side of what is worth a fork.
            for (steps, batch, width) in [(3, 2, 1), (20, 5, 17), (65, 7, 64), (10, 64, 32)] {
                let example = WindowCase(
                    kind, steps: steps, batch: batch, width: width, .dyadic, seed: caseSeed(35, steps))
                expectSameBitsForAnyThreads("all outputs", example.description) {
                    let run = WindowRun(example).runAll()
                    run.expectTidy()
                    return run.outputs
                }
            }
        }

        @Test(arguments: ReferenceMemory.Kind.allCases)
        func stepsPerCallDoNotMatter(_ kind: ReferenceMemory.Kind) {
            for regime in StrengthRegime.allCases {
                let example = WindowCase(kind, steps: 23, batch: 3, width: 9, regime, seed: caseSeed(36))
                let whole = WindowRun(example).runAll()
                for chunk in [1, 2, 5, 22] {
                    expectSameBits(
                        WindowRun(example).runAll(chunk: chunk).outputs, whole.outputs, "\(chunk) steps a call",
                        example.description)
                }
            }
        }

        @Test(arguments: ReferenceMemory.Kind.allCases)
        func elementsMayGoAhead(_ kind: ReferenceMemory.Kind) {
            for regime in StrengthRegime.allCases {
                let example = WindowCase(kind, steps: 17, batch: 5, width: 6, regime, seed: caseSeed(39))
                let whole = WindowRun(example).runAll()
                for elements in [1, 2, 4] {
                    expectSameBits(
                        WindowRun(example).runAll(chunk: 3, elements: elements).outputs, whole.outputs,
                        "\(elements) elements a call", example.description)
                }
            }
        }

        @Test(arguments: ReferenceMemory.Kind.allCases)
        func gapsBetweenRowsAreLeftAlone(_ kind: ReferenceMemory.Kind) {
            for gap in [1, 3, 16] {
                let example = WindowCase(kind, steps: 12, batch: 3, width: 7, .uniform, seed: caseSeed(37))
                let run = WindowRun(example, gap: gap).runAll()
                run.expectTidy()
                expectSameBits(run.outputs, WindowRun(example).runAll().outputs, "gap \(gap)", example.description)
            }
        }

        /// A workspace may be longer than the episode: what is computed depends on the steps done only.
        @Test(arguments: ReferenceMemory.Kind.allCases)
        func shorterEpisodes(_ kind: ReferenceMemory.Kind) {
            let long = WindowCase(kind, steps: 40, batch: 2, width: 3, .dyadic, seed: caseSeed(38))
            var short = long
            short.steps = 13
            for array in [\WindowCase.strengths, \.values, \.dReads] {
                short[keyPath: array] = Array(long[keyPath: array].prefix(long[keyPath: array].count / 40 * 13))
            }
            let run = WindowRun(long)
            run.begin()
            run.forward(0, 13)
            run.beginBackward()
            run.backward(0, 13)
            run.expectTidy()
            let expected = WindowRun(short).runAll()
            for array in [\WindowRun.reads, \.dStrengths, \.dValues] {
                let whole = run[keyPath: array].contents
                expectSameBits(
                    Array(whole.prefix(whole.count / 40 * 13)), expected[keyPath: array].contents, "outputs",
                    long.description)
                #expect(whole.dropFirst(whole.count / 40 * 13).allSatisfy { $0.isNaN }, "steps not done were written")
            }
        }

        /// Undoing steps restores the window that each step found, down to the empty one.
        @Test(arguments: ReferenceMemory.Kind.allCases)
        func backwardUndoesForward(_ kind: ReferenceMemory.Kind) {
            for regime in StrengthRegime.allCases {
                let example = WindowCase(kind, steps: 25, batch: 2, width: 2, regime, seed: caseSeed(39))
                let run = WindowRun(example)
                run.begin()
                var windows = [[run.entries(0), run.entries(1)]]
                for step in 0..<example.steps {
                    run.forward(step, step + 1)
                    windows.append([run.entries(0), run.entries(1)])
                }
                run.beginBackward()
                for step in stride(from: example.steps - 1, through: 0, by: -1) {
                    run.backward(step, step + 1)
                    #expect([run.entries(0), run.entries(1)] == windows[step], "before step \(step), \(example)")
                }
                #expect(run.entryCount(0) == 0 && run.entryCount(1) == 0, "\(example)")
            }
        }

        /// A step does nothing with entries that neither its pop nor its read reaches, so that it costs the same
        /// however long the window is: what stands there could be NaN.
        @Test(arguments: ReferenceMemory.Kind.allCases)
        func entriesOutOfReachAreLeftAlone(_ kind: ReferenceMemory.Kind) {
            var example = WindowCase(kind, steps: 40, batch: 2, width: 5, .uniform, seed: caseSeed(42))
            let ends = example.ends
            example.strengths = example.strengths.indices.map { $0 % (2 * ends) < ends ? 0.25 : 0.75 }
            let (half, row) = (20, example.batch * ends * example.width)
            // A stack and a deque grow at their ends; a queue's 40 pops and its read stay with the first sixteen.
            let outOfReach = kind == .queue ? 16..<half : 0..<half - 5
            func secondHalf(poisoned: Bool) -> [[Float]] {
                let run = WindowRun(example)
                run.begin()
                run.forward(0, half)
                if poisoned {
                    for index in outOfReach.lowerBound * row..<outOfReach.upperBound * row {
                        run.values.pointer[index] = .nan
                    }
                }
                run.forward(half, example.steps)
                run.beginBackward()
                run.backward(half, example.steps)
                return [run.reads, run.dStrengths].map { Array($0.contents.suffix($0.contents.count / 2)) }
            }
            let (clean, poisoned) = (secondHalf(poisoned: false), secondHalf(poisoned: true))
            #expect(clean.joined().allSatisfy { $0.isFinite })
            for (index, name) in ["reads", "dstrengths"].enumerated() {
                expectSameBits(poisoned[index], clean[index], name, example.description)
            }
        }

        /// The undone workspace serves again without a new start, to the same bits.
        @Test(arguments: ReferenceMemory.Kind.allCases)
        func secondRunHasTheSameBits(_ kind: ReferenceMemory.Kind) {
            for regime in StrengthRegime.allCases {
                let example = WindowCase(kind, steps: 31, batch: 2, width: 4, regime, seed: caseSeed(40))
                let run = WindowRun(example).runAll()
                let first = run.outputs
                run.forward(0, example.steps)
                run.beginBackward()
                run.backward(0, example.steps)
                expectSameBits(run.outputs, first, "second run without begin", example.description)
                expectSameBits(run.runAll().outputs, first, "third run", example.description)
            }
        }

        /// Batch elements do not see each other.
        @Test(arguments: ReferenceMemory.Kind.allCases)
        func batchElementsAreIndependent(_ kind: ReferenceMemory.Kind) {
            let batch = WindowCase(kind, steps: 20, batch: 3, width: 4, .mostlyBinary, seed: caseSeed(41))
            let whole = WindowRun(batch).runAll()
            for element in 0..<3 {
                var single = WindowCase(kind, steps: 20, batch: 1, width: 4, .allZero, seed: 0)
                single.strengths = column(element, of: batch.strengths, block: 2 * batch.ends, count: 3)
                single.values = column(element, of: batch.values, block: 4 * batch.ends, count: 3)
                single.dReads = column(element, of: batch.dReads, block: 4 * batch.ends, count: 3)
                let run = WindowRun(single).runAll()
                expectSameBits(
                    column(element, of: whole.reads.contents, block: 4 * batch.ends, count: 3), run.reads.contents,
                    "reads", batch.description)
                expectSameBits(
                    column(element, of: whole.dStrengths.contents, block: 2 * batch.ends, count: 3),
                    run.dStrengths.contents, "dstrengths", batch.description)
                expectSameBits(
                    column(element, of: whole.dValues.contents, block: 4 * batch.ends, count: 3),
                    run.dValues.contents, "dvalues", batch.description)
            }
        }
    }
}
