// TuringStateTests.swift: the Turing memory's kernels without a tape, states that are saved and restored, and what
// inspection shows of a head.

import CKernels
import ReferenceKernels
import TestSupport
import Testing

/// What one batch element's memory holds: rows (N, M), their norms (N), focuses (R + W, N).
private struct SavedState {
    var memory, norms, focus: [Float]

    var everything: [Float] { memory + norms + focus }
}

extension TuringCase {
    /// An episode of random sizes, odd ones among them.
    fileprivate static func random(_ random: inout SeededGenerator, seed: UInt64, steps: Range<Int>) -> TuringCase {
        let rows = random.integer(1..<70)
        return TuringCase(
            rows: rows, columns: random.integer(1..<22), heads: (random.integer(1..<4), random.integer(1..<4)),
            maxShift: random.integer(0..<min(4, (rows + 1) / 2)), batch: random.integer(1..<6),
            steps: random.integer(steps), clip: random.chance(0.3) ? 1.5 : 0, seed: seed)
    }

    /// The same sizes with another batch; its arrays are not for use.
    fileprivate func resized(batch: Int) -> TuringCase {
        var other = self
        other.batch = batch
        return other
    }

    /// Where all batch elements start.
    fileprivate func begin(_ workspace: TuringWorkspace) {
        ck_turing_begin(workspace.shape, workspace.pointer, memory, focus)
    }

    /// The first steps after begin or restore.
    ///
    /// Returns their reads, (steps, B, R * M); `interface` is (steps, B, I), with the workspace's B.
    fileprivate func forward(
        _ workspace: TuringWorkspace, _ interface: [Float], stepsPerCall: Int = .max, elementsPerCall: Int = .max
    ) -> [Float] {
        let batch = workspace.shape.batch
        let count = interface.count / batch / reference.interfaceSize
        let input = GuardedArray(interface)
        let reads = GuardedArray<Float>.output(
            rows: count * batch, columns: readSize, leadingDimension: readSize + 2)
        for elements in runs(of: batch, size: min(elementsPerCall, batch)) {
            for steps in runs(of: count, size: min(stepsPerCall, count)) {
                ck_turing_forward(
                    workspace.shape, workspace.pointer, ck_span(steps, elements), input.pointer, reads.pointer,
                    readSize + 2)
            }
        }
        expectUnchanged(input, context: description)
        expectIntact(reads, context: description)
        expectNone(workspace.isIntact ? nil : "written beyond its bounds", "workspace", description)
        return reads.contents
    }

    fileprivate func save(_ workspace: TuringWorkspace, _ element: Int) -> SavedState {
        let memory = GuardedArray<Float>.output(columns: rows * columns)
        let norms = GuardedArray<Float>.output(columns: rows)
        let focus = GuardedArray<Float>.output(columns: heads * rows)
        ck_turing_save(
            workspace.shape, workspace.pointer, element, memory.pointer, norms.pointer, focus.pointer)
        expectIntact(memory, norms, focus, context: description)
        return SavedState(memory: memory.contents, norms: norms.contents, focus: focus.contents)
    }

    fileprivate func restore(_ workspace: TuringWorkspace, _ element: Int, _ state: SavedState) {
        ck_turing_restore(
            workspace.shape, workspace.pointer, element, state.memory, state.norms, state.focus)
        expectNone(workspace.isIntact ? nil : "written beyond its bounds", "workspace", description)
    }

    /// Interface vectors of some steps and sequences, (steps, sequences, I).
    fileprivate func interface(_ steps: Range<Int>, _ sequences: [Int]) -> [Float] {
        selectRows(of: interface, width: reference.interfaceSize, batch: batch, steps: steps, elements: sequences)
    }
}

extension KernelSuites {
    @Suite struct TuringStateTests {
        // MARK: Without a tape

        @Test func sameBitsAsWithATape() {
            for number in 0..<25 {
                let seed = caseSeed(340, number)
                var random = SeededGenerator(seed: seed)
                let episode = TuringCase.random(&random, seed: seed, steps: 1..<12)
                let expected = episode.run(segment: random.integer(1..<4))
                let workspace = TuringWorkspace(episode, segment: 0, steps: 0)
                episode.begin(workspace)
                let reads = episode.forward(
                    workspace, episode.interface, stepsPerCall: random.integer(1..<episode.steps + 1),
                    elementsPerCall: random.integer(1..<episode.batch + 1))
                expectSameBits(reads, expected.reads, "reads", episode.description)
                let states = (0..<episode.batch).map { episode.save(workspace, $0) }
                expectSameBits(states.flatMap(\.memory), expected.memory, "memory", episode.description)
                let focus = Array(expected.focus.suffix(episode.batch * episode.heads * episode.rows))
                expectSameBits(states.flatMap(\.focus), focus, "saved focus", episode.description)
                expectSameBits(lastFocus(episode, workspace), focus, "focus", episode.description)
                expectSameBits(lastMemory(episode, workspace), expected.memory, "memory", episode.description)
            }
        }

        /// What inspection shows of all batch elements after the last step.
        private func lastFocus(_ episode: TuringCase, _ workspace: TuringWorkspace) -> [Float] {
            (0..<episode.batch * episode.heads).flatMap { index in
                let (element, head) = (index / episode.heads, index % episode.heads)
                return Array(
                    UnsafeBufferPointer(
                        start: ck_turing_focus(workspace.shape, workspace.pointer, episode.steps - 1, element, head),
                        count: episode.rows))
            }
        }

        private func lastMemory(_ episode: TuringCase, _ workspace: TuringWorkspace) -> [Float] {
            (0..<episode.batch).flatMap { element in
                let memory = GuardedArray<Float>.output(columns: episode.rows * episode.columns)
                ck_turing_memory(workspace.shape, workspace.pointer, element, memory.pointer)
                expectIntact(memory, context: episode.description)
                return memory.contents
            }
        }

        @Test func sameBitsOnThreadsWithoutATape() {
            let episode = TuringCase(
                rows: 128, columns: 20, pairs: 2, maxShift: 1, batch: 13, steps: 4, seed: caseSeed(341))
            expectSameBitsForAnyThreads("without a tape", episode.description) {
                let workspace = TuringWorkspace(episode, segment: 0)
                episode.begin(workspace)
                return episode.forward(workspace, episode.interface)
            }
        }

        /// A workspace without a tape does not grow with the steps, and is little more than the memory.
        @Test func workspaceDoesNotDependOnSteps() {
            var shape = ck_turing_shape(
                steps: 1, batch: 1, rows: 65536, columns: 64, reads: 1, writes: 1, max_shift: 1, segment: 0, clip: 0)
            let size = ck_turing_workspace_size(shape)
            let memory = 4 * 65536 * 64
            #expect(size > memory && size < 25_000_000)
            for steps in [0, 2, 1000, Int(Int32.max), Int.max] {
                shape.steps = steps
                #expect(ck_turing_workspace_size(shape) == size)
            }
            shape.batch = 3
            #expect(ck_turing_workspace_size(shape) > 3 * memory && ck_turing_workspace_size(shape) <= 3 * size)
        }

        // MARK: Saved states

        /// Episodes that stop at random steps.
        ///
        /// Every batch that goes on has the sequences in another order, some of them twice. The first part of an
        /// episode has a tape (segment 3) or none.
        @Test(arguments: [0, 3])
        func restoredStatesGoOn(_ segment: Int) {
            for number in 0..<12 {
                let seed = caseSeed(342, number, segment)
                var random = SeededGenerator(seed: seed)
                let episode = TuringCase.random(&random, seed: seed, steps: 2..<16)
                let expected = episode.run()
                var workspace = TuringWorkspace(episode, segment: segment)
                var sequences = Array(0..<episode.batch)
                episode.begin(workspace)
                var done = 0
                while done < episode.steps {
                    let steps = done..<random.integer(done + 1..<episode.steps + 1)
                    let reads = episode.forward(workspace, episode.interface(steps, sequences))
                    let expectedReads = selectRows(
                        of: expected.reads, width: episode.readSize, batch: episode.batch, steps: steps,
                        elements: sequences)
                    expectSameBits(reads, expectedReads, "reads of steps \(steps)", episode.description)
                    (workspace, sequences) = goOn(episode, workspace, sequences, &random)
                    done = steps.upperBound
                }
                let memory = sequences.indices.flatMap { episode.save(workspace, $0).memory }
                let expectedMemory = selectRows(
                    of: expected.memory, width: episode.memory.count, batch: episode.batch, steps: 0..<1,
                    elements: sequences)
                expectSameBits(memory, expectedMemory, "last memory", episode.description)
            }
        }

        /// Another workspace with the states of this one.
        private func goOn(
            _ episode: TuringCase, _ workspace: TuringWorkspace, _ sequences: [Int], _ random: inout SeededGenerator
        ) -> (TuringWorkspace, [Int]) {
            let next = shuffledWithCopies(of: episode.batch, &random)
            let other = TuringWorkspace(episode.resized(batch: next.count), segment: 0)
            let states = next.map { episode.save(workspace, sequences.firstIndex(of: $0)!) }
            for (place, state) in states.enumerated() {
                episode.restore(other, place, state)
            }
            for (place, state) in states.enumerated() {
                expectSameBits(
                    episode.save(other, place).everything, state.everything, "saved again", episode.description)
            }
            return (other, next)
        }

        /// One sequence starts anew while the others go on: each counts its own steps.
        @Test func otherElementsAreLeftAlone() {
            let episode = TuringCase(
                rows: 19, columns: 5, pairs: 2, maxShift: 2, batch: 3, steps: 7, seed: caseSeed(343))
            let expected = episode.run().reads
            let workspace = TuringWorkspace(episode, segment: 0)
            let (shape, width) = (workspace.shape, episode.readSize)
            let reads = GuardedArray<Float>.output(rows: 7 * 3, columns: width)
            func forward(_ steps: Range<Int>, _ elements: Range<Int>) {
                ck_turing_forward(
                    shape, workspace.pointer, ck_span(steps, elements), episode.interface, reads.pointer, width)
            }
            episode.begin(workspace)
            let first = episode.save(workspace, 1)
            expectSameBits(first.focus, episode.focus, "first focus", episode.description)
            expectSameBits(first.memory, episode.memory, "first memory", episode.description)
            forward(0..<3, 0..<3)
            episode.restore(workspace, 1, first)
            for step in 0..<4 {
                forward(step..<step + 1, 1..<2)
                forward(3 + step..<4 + step, 0..<1)
                forward(3 + step..<4 + step, 2..<3)
            }
            forward(4..<7, 1..<2)
            expectSameBits(reads.contents, expected, "reads", episode.description)
        }

        /// A NaN anywhere in a state reaches the reads.
        @Test func damagedStatesGiveNaN() {
            let episode = TuringCase(rows: 19, columns: 3, batch: 2, steps: 1, seed: caseSeed(344))
            let arrays: [WritableKeyPath<SavedState, [Float]>] = [\.memory, \.norms, \.focus]
            let workspace = TuringWorkspace(episode, segment: 0)
            episode.begin(workspace)
            let state = episode.save(workspace, 0)
            let expected = episode.forward(workspace, episode.interface)
            for array in arrays {
                for index in [0, 7, 18] {
                    var damaged = state
                    damaged[keyPath: array][index] = .nan
                    episode.restore(workspace, 0, damaged)
                    episode.restore(workspace, 1, state)
                    let reads = episode.forward(workspace, episode.interface)
                    #expect(reads[..<3].allSatisfy { $0.isNaN }, "\(array), element \(index)")
                    expectSameBits(Array(reads[3...]), Array(expected[3...]), "other element", episode.description)
                }
            }
        }

        // MARK: Inspection

        /// Parameters and similarities of all steps with a tape, of the last one without.
        @Test(arguments: [0, 1, 3])
        func headsAgreeWithReference(_ segment: Int) {
            for number in 0..<4 {
                let seed = caseSeed(345, number, segment)
                var random = SeededGenerator(seed: seed)
                let episode = TuringCase.random(&random, seed: seed, steps: 1..<6)
                let workspace = TuringWorkspace(episode, segment: segment)
                episode.begin(workspace)
                _ = episode.forward(workspace, episode.interface)
                for element in 0..<episode.batch {
                    compareHeads(episode, workspace, element)
                }
            }
        }

        private func compareHeads(_ episode: TuringCase, _ workspace: TuringWorkspace, _ element: Int) {
            let reference = episode.reference
            let parameters = reference.forward(episode.inputs(element)).addressings.map(\.parameters)
            let (similarities, bounds) = ErrorBound.conditioned(ErrorBound.Factor.turing, seed: episode.seed) {
                [reference.forward(episode.inputs(element, $0), rounded: $0).addressings.flatMap(\.similarity)]
            }
            let heads = episode.heads
            for index in (workspace.shape.segment == 0 ? (episode.steps - 1) * heads : 0)..<episode.steps * heads {
                let (step, head) = (index / heads, index % heads)
                let got = ck_turing_head(workspace.shape, workspace.pointer, step, element, head)
                let context = "step \(step), head \(head), element \(element), \(episode.description)"
                compare(got, with: parameters[index], context)
                expectClose(
                    floats(got.similarity, episode.rows),
                    Array(similarities[0][index * episode.rows..<(index + 1) * episode.rows]), within: bounds[0],
                    "similarities", context)
            }
        }

        private func compare(
            _ got: ck_turing_parameters, with expected: ReferenceTuring.HeadParameters, _ context: String
        ) {
            // Single functions are within 3 units in the last place; gamma adds 1 to one.
            func check(_ numbers: [Float], _ expected: [Double], _ name: String, ulps: Double = 3) {
                expectClose(numbers, expected, within: .ulps(ulps, of: expected), name, context)
            }
            check(floats(got.key, expected.key.count), expected.key, "key")
            check([got.strength], [expected.keyStrength], "key strength")
            check([got.gate], [expected.gate], "gate")
            check([got.sharpening], [expected.sharpening], "sharpening", ulps: 4)
            #expect((got.erase == nil) == expected.erase.isEmpty && (got.add == nil) == expected.add.isEmpty)
            check(floats(got.erase, expected.erase.count), expected.erase, "erase")
            check(floats(got.add, expected.add.count), expected.add, "add")
            // An exponent is a difference of up to 4, rounded: that is 4 roundings of the power, and the function adds
            // 3. Both numerator and denominator have these 7; then the sum of all, and a quotient.
            let shifts = expected.shift.count
            expectClose(
                floats(got.shift, shifts), expected.shift, within: .rounding(15 + shifts, of: expected.shift), "shift",
                context)
        }

        private func floats(_ start: UnsafePointer<Float>?, _ count: Int) -> [Float] {
            start.map { Array(UnsafeBufferPointer(start: $0, count: count)) } ?? []
        }
    }
}
