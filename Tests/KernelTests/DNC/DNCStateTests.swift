// DNCStateTests.swift: the differentiable neural computer's kernels without a tape, and states that are saved and
// restored.

import CKernels
import ReferenceKernels
import TestSupport
import Testing

extension DNCBatch {
    /// An episode of random sizes, odd ones among them, and any settings.
    fileprivate static func random(_ random: inout SeededGenerator, seed: UInt64, steps: Range<Int>) -> DNCBatch {
        let memory = ReferenceDNC(
            rows: random.integer(1..<50), columns: random.integer(1..<22), readHeads: random.integer(1..<7),
            settings: .init(bits: random.integer(0..<64)))
        return DNCBatch(
            memory, batch: random.integer(1..<5), steps: random.integer(steps),
            start: random.chance(0.5) ? .usual : .restored, mayTie: true, seed: seed)
    }

    /// Interface vectors of some steps and sequences, (steps, sequences, I).
    fileprivate func interface(_ steps: Range<Int>, _ sequences: [Int]) -> [Float] {
        selectRows(of: interface, width: reference.interfaceSize, batch: batch, steps: steps, elements: sequences)
    }
}

extension KernelSuites {
    @Suite struct DNCStateTests {
        // MARK: Without a tape

        @Test func sameBitsAsWithATape() {
            for number in 0..<20 {
                let seed = caseSeed(540, number)
                var random = SeededGenerator(seed: seed)
                let episode = DNCBatch.random(&random, seed: seed, steps: 1..<9)
                let expected = episode.run(segment: random.integer(1..<4))
                let workspace = DNCWorkspace(episode.shape(segment: 0, steps: 0))
                workspace.begin(episode)
                let reads = workspace.forward(
                    episode.interface, stepsPerCall: random.integer(1..<episode.steps + 1),
                    elementsPerCall: random.integer(1..<episode.batch + 1))
                expectSameBits(reads, expected.reads, "reads", episode.description)
                let matrices = workspace.matrices()
                expectSameBits(matrices.memory, expected.memory, "memory", episode.description)
                expectSameBits(matrices.links, expected.links, "links", episode.description)
                for (index, signal) in DNCSignal.all.enumerated() {
                    let last = (0..<episode.batch).flatMap { workspace.signal(signal, episode.steps - 1, $0) }
                    expectSameBits(
                        last, Array(expected.signals[index].suffix(last.count)), signal.name, episode.description)
                }
                let order = (0..<episode.batch).flatMap { workspace.order(episode.steps - 1, $0) }
                #expect(order == expected.order.suffix(order.count), "\(episode.description)\(seedNote)")
            }
        }

        @Test func sameBitsOnThreadsWithoutATape() {
            let memory = ReferenceDNC(rows: 33, columns: 20, readHeads: 2)
            let episode = DNCBatch(memory, batch: 13, steps: 3, mayTie: true, seed: caseSeed(541))
            expectSameBitsForAnyThreads("without a tape", episode.description) {
                let workspace = DNCWorkspace(episode.shape(segment: 0))
                workspace.begin(episode)
                return workspace.forward(episode.interface)
            }
        }

        /// A workspace without a tape does not grow with the steps, and is little more than memory and links.
        @Test func workspaceDoesNotDependOnSteps() {
            var shape = ck_dnc_shape()
            (shape.steps, shape.batch, shape.rows, shape.columns, shape.heads) = (1, 1, 1024, 64, 4)
            let size = ck_dnc_workspace_size(shape)
            let matrices = 4 * 1024 * (1024 + 64)
            #expect(size > matrices && size < matrices * 11 / 10)
            for steps in [0, 2, 1000, Int(Int32.max), Int.max] {
                shape.steps = steps
                #expect(ck_dnc_workspace_size(shape) == size)
            }
            shape.batch = 3
            #expect(ck_dnc_workspace_size(shape) > 3 * matrices && ck_dnc_workspace_size(shape) <= 3 * size)
        }

        /// Each size at its limit, one above, and so large that products of sizes overflow.
        @Test func sizesThatCannotBeAreRefused() {
            var small = ck_dnc_shape()
            (small.steps, small.batch, small.rows, small.columns, small.heads, small.segment) = (3, 2, 5, 4, 1, 2)
            (small.masks, small.sharpens) = (1, 1)
            let limits: [(size: WritableKeyPath<ck_dnc_shape, Int>, most: Int)] = [
                (\.rows, Int(CK_DNC_MOST)), (\.columns, Int(CK_DNC_MOST)), (\.heads, Int(CK_DNC_MOST_HEADS)),
                (\.steps, Int(Int32.max)), (\.batch, Int(Int32.max))
            ]
            let least = ck_dnc_workspace_size(small)
            #expect(least > 0)
            var all = small
            for (size, most) in limits {
                var shape = small
                shape[keyPath: size] = most
                all[keyPath: size] = most
                #expect(ck_dnc_workspace_size(shape) > least)
                for above in [most + 1, Int.max / 4, Int.max] {
                    shape[keyPath: size] = above
                    #expect(ck_dnc_workspace_size(shape) == 0)
                }
            }
            #expect(ck_dnc_workspace_size(all) == 0)
        }

        /// Memories are kept every `segment` steps; more steps than there are is the same as all.
        @Test func anySegmentAboveTheStepsIsTheStepsNumber() {
            var shape = ck_dnc_shape()
            (shape.steps, shape.batch, shape.rows, shape.columns, shape.heads, shape.segment) = (7, 2, 5, 4, 2, 7)
            let whole = ck_dnc_workspace_size(shape)
            for segment in [8, Int(Int32.max), Int.max] {
                shape.segment = segment
                #expect(ck_dnc_workspace_size(shape) == whole)
            }
        }

        // MARK: Saved states

        /// Episodes that stop at random steps.
        ///
        /// Every batch that goes on has the sequences in another order, some of them twice. The first part of an
        /// episode has a tape (segment 3) or none.
        @Test(arguments: [0, 3])
        func restoredStatesGoOn(_ segment: Int) {
            for number in 0..<10 {
                let seed = caseSeed(542, number, segment)
                var random = SeededGenerator(seed: seed)
                let episode = DNCBatch.random(&random, seed: seed, steps: 2..<12)
                let expected = episode.run()
                var workspace = DNCWorkspace(episode.shape(segment: segment))
                var sequences = Array(0..<episode.batch)
                workspace.begin(episode)
                var done = 0
                while done < episode.steps {
                    let steps = done..<random.integer(done + 1..<episode.steps + 1)
                    let reads = workspace.forward(episode.interface(steps, sequences))
                    let expectedReads = selectRows(
                        of: expected.reads, width: episode.readSize, batch: episode.batch, steps: steps,
                        elements: sequences)
                    expectSameBits(reads, expectedReads, "reads of steps \(steps)", episode.description)
                    (workspace, sequences) = goOn(episode, workspace, sequences, &random)
                    done = steps.upperBound
                }
                for (name, expected, got) in [
                    ("memory", expected.memory, sequences.indices.flatMap { workspace.save($0).memory }),
                    ("links", expected.links, sequences.indices.flatMap { workspace.save($0).links })
                ] {
                    let last = selectRows(
                        of: expected, width: expected.count / episode.batch, batch: episode.batch, steps: 0..<1,
                        elements: sequences)
                    expectSameBits(got, last, "last \(name)", episode.description)
                }
            }
        }

        /// Another workspace with the states of this one.
        private func goOn(
            _ episode: DNCBatch, _ workspace: DNCWorkspace, _ sequences: [Int], _ random: inout SeededGenerator
        ) -> (DNCWorkspace, [Int]) {
            let next = shuffledWithCopies(of: episode.batch, &random)
            let other = DNCWorkspace(episode.shape(segment: 0, batch: next.count))
            let states = next.map { workspace.save(sequences.firstIndex(of: $0)!) }
            for (place, state) in states.enumerated() {
                other.restore(place, state)
            }
            for (place, state) in states.enumerated() {
                expectSameBits(
                    other.save(place).everything, state.everything, "saved again", episode.description)
            }
            return (other, next)
        }

        /// The steps after a restored state give the gradients that they give where the state was saved.
        @Test func restoredStatesGoBack() {
            for number in 0..<10 {
                let seed = caseSeed(543, number)
                var random = SeededGenerator(seed: seed)
                let episode = DNCBatch.random(&random, seed: seed, steps: 2..<10)
                let batch = episode.batch
                let half = random.integer(1..<episode.steps)
                let steps = half..<episode.steps
                let whole = DNCWorkspace(episode.shape(segment: random.integer(1..<5)))
                whole.begin(episode)
                _ = whole.forward(episode.interface(0..<half, Array(0..<batch)))
                let states = (0..<batch).map { whole.save($0) }
                let interface = episode.interface(steps, Array(0..<batch))
                let readGradients = selectRows(
                    of: episode.readGradients, width: episode.readSize, batch: batch, steps: steps,
                    elements: Array(0..<batch))
                let reads = whole.forward(interface, from: half)
                let dInterface = whole.backward(steps, interface, readGradients)

                let other = DNCWorkspace(episode.shape(segment: random.integer(1..<5)))
                for (element, state) in states.enumerated() { other.restore(element, state) }
                expectSameBits(other.forward(interface), reads, "reads", episode.description)
                expectSameBits(
                    other.backward(0..<steps.count, interface, readGradients), dInterface, "dInterface",
                    episode.description)
                // Both have undone all steps that they did since.
                for (element, state) in states.enumerated() {
                    expectSameBits(
                        whole.save(element).everything, state.everything, "undone to where it was saved",
                        episode.description)
                    expectSameBits(
                        other.save(element).everything, state.everything, "undone to where it began",
                        episode.description)
                }
            }
        }

        /// One sequence starts anew while the others go on: each counts its own steps.
        @Test func otherElementsAreLeftAlone() {
            let memory = ReferenceDNC(rows: 19, columns: 5, readHeads: 2, settings: .init(bits: 56))
            let episode = DNCBatch(memory, batch: 3, steps: 7, start: .usual, mayTie: true, seed: caseSeed(544))
            let expected = episode.run().reads
            let workspace = DNCWorkspace(episode.shape(segment: 0))
            let (shape, width) = (workspace.shape, episode.readSize)
            let interface = episode.interface
            let reads = GuardedArray<Float>.output(rows: 7 * 3, columns: width)
            func forward(_ steps: Range<Int>, _ elements: Range<Int>) {
                ck_dnc_forward(shape, workspace.pointer, ck_span(steps, elements), interface, reads.pointer, width)
            }
            workspace.begin(episode)
            let first = workspace.save(1)
            let usual = DNCState(episode.elements[1].inputs.initial, of: memory)
            for part in DNCState.parts where part != \DNCState.norms {
                expectSameBits(first[keyPath: part], usual[keyPath: part], "\(part)", episode.description)
            }
            // A square root of a sum of 5 squares.
            expectClose(
                first.norms, usual.norms.doubles, within: .rounding(8, of: usual.norms.doubles), "norms",
                episode.description)
            forward(0..<3, 0..<3)
            let others = [0, 2].map { workspace.save($0).everything }
            workspace.restore(1, first)
            #expect(zip([0, 2], others).allSatisfy { sameBits(workspace.save($0).everything, $1) })
            for step in 0..<4 {
                forward(step..<step + 1, 1..<2)
                forward(3 + step..<4 + step, 0..<1)
                forward(3 + step..<4 + step, 2..<3)
            }
            forward(4..<7, 1..<2)
            expectSameBits(reads.contents, expected, "reads", episode.description)
        }

        // MARK: Inspection

        /// Parameters of all steps with a tape, of the last one without.
        @Test(arguments: [0, 1, 3])
        func parametersAgreeWithReference(_ segment: Int) {
            for bits in [0, 8, 32, 40] {
                let memory = ReferenceDNC(rows: 5, columns: 3, readHeads: 3, settings: .init(bits: bits))
                let episode = DNCBatch(memory, batch: 2, steps: 4, mayTie: true, seed: caseSeed(545, segment, bits))
                let workspace = DNCWorkspace(episode.shape(segment: segment))
                workspace.begin(episode)
                _ = workspace.forward(episode.interface)
                for element in 0..<2 {
                    let stages = memory.forward(episode.elements[element].inputs).stages
                    for step in (segment == 0 ? 3 : 0)..<4 {
                        compare(
                            workspace.values(step, element), with: stages[step].parameters,
                            "step \(step), element \(element), \(episode.description)")
                    }
                }
            }
        }

        private func compare(
            _ got: ck_dnc_values, with expected: ReferenceDNC.Parameters, _ context: String
        ) {
            // Single functions are within 3 units in the last place; oneplus adds 1 to one.
            func check(_ start: UnsafePointer<Float>?, _ expected: [Double], _ name: String, ulps: Double = 3) {
                let numbers = start.map { Array(UnsafeBufferPointer(start: $0, count: expected.count)) } ?? []
                expectClose(numbers, expected, within: .ulps(ulps, of: expected), name, context)
            }
            let queries = expected.readQueries + [expected.writeQuery]
            check(got.keys, queries.flatMap(\.key), "keys", ulps: 0)
            check(got.key_strengths, queries.map(\.strength), "strengths", ulps: 4)
            // Without masks the reference has ones.
            let hasMasks = queries[0].mask != [1, 1, 1]
            #expect((got.masks != nil) == hasMasks, "\(context)")
            check(got.masks, hasMasks ? queries.flatMap(\.mask) : [], "masks")
            check(got.erase, expected.erase, "erase")
            check(got.add, expected.write, "add", ulps: 0)
            check(got.free_gates, expected.freeGates, "free gates")
            // An exponent is a difference of up to 4, rounded: that is 4 roundings of the power, and the function adds
            // 3. Both numerator and denominator have these 7; then the sum of three, and a quotient.
            let modes = expected.readModes.flatMap { $0 }
            expectClose(
                Array(UnsafeBufferPointer(start: got.modes, count: modes.count)), modes,
                within: .rounding(17, of: modes), "modes", context)
            let sharpness = expected.backwardSharpness + expected.forwardSharpness
            #expect((got.sharpness == nil) == sharpness.isEmpty, "\(context)")
            check(got.sharpness, sharpness, "sharpness", ulps: 4)
            let gates = [expected.allocationGate, expected.writeGate]
            expectClose([got.allocation_gate, got.write_gate], gates, within: .ulps(3, of: gates), "gates", context)
        }
    }
}
