// SAMStateTests.swift: the sparse access memory's kernels without a tape, and states that are saved and restored.

import CKernels
import ReferenceKernels
import TestSupport
import Testing

extension SAMWorkspace {
    /// The steps after begin, or, with `isRestored`, after states were restored; all of `interface`, (steps, B, I).
    ///
    /// Returns their reads, (steps, B, P * M).
    func forward(
        _ episode: SAMCase, _ interface: [Float]? = nil, isRestored: Bool = false, stepsPerCall: Int = .max
    ) -> [Float] {
        let input = GuardedArray(interface ?? episode.interface)
        let steps = input.contents.count / shape.batch / episode.interfaceSize
        let width = episode.readSize
        let reads = GuardedArray<Float>.output(rows: steps * shape.batch, columns: width, leadingDimension: width + 2)
        if !isRestored { ck_sam_begin(shape, pointer) }
        for part in runs(of: steps, size: min(stepsPerCall, steps)) {
            ck_sam_forward(shape, pointer, ck_span(part, 0..<shape.batch), input.pointer, reads.pointer, width + 2)
        }
        expectUnchanged(input, context: episode.description)
        expectIntact(reads, context: episode.description)
        expectNone(isIntact ? nil : "written beyond its bounds", "workspace", episode.description)
        return reads.contents
    }
}

extension SAMCase {
    /// Interface vectors of some steps and sequences, (steps, sequences, I).
    fileprivate func interface(_ steps: Range<Int>, _ sequences: [Int]) -> [Float] {
        selectRows(of: interface, width: interfaceSize, batch: batch, steps: steps, elements: sequences)
    }

    /// The same sizes with another batch; its arrays are not for use.
    fileprivate func resized(batch: Int) -> SAMCase {
        var other = self
        other.batch = batch
        return other
    }
}

extension KernelSuites {
    @Suite struct SAMStateTests {
        @Test func sameBitsAsWithATape() {
            for number in 0..<25 {
                let seed = caseSeed(520, number)
                var random = SeededGenerator(seed: seed)
                let episode = SAMCase.random(&random, seed: seed, steps: 1..<25)
                let expected = episode.run()
                let workspace = SAMWorkspace(episode, hasTape: false)
                let reads = workspace.forward(episode, stepsPerCall: random.integer(1..<episode.steps + 1))
                expectSameBits(reads, expected.reads, "reads", episode.description)
                #expect((0..<episode.batch).map(workspace.save) == expected.states, "\(episode.description)")
            }
        }

        /// Episodes that stop at random steps.
        ///
        /// Every batch that goes on has the sequences in another order, some of them twice.
        @Test(arguments: [false, true])
        func restoredStatesGoOn(_ hasTape: Bool) {
            for number in 0..<12 {
                let seed = caseSeed(521, number, hasTape ? 1 : 0)
                var random = SeededGenerator(seed: seed)
                let episode = SAMCase.random(&random, seed: seed, steps: 2..<30)
                let expected = episode.run()
                var workspace = SAMWorkspace(episode, hasTape: hasTape)
                var sequences = Array(0..<episode.batch)
                var done = 0
                while done < episode.steps {
                    let steps = done..<random.integer(done + 1..<episode.steps + 1)
                    let reads = workspace.forward(
                        episode, episode.interface(steps, sequences), isRestored: done > 0)
                    let expectedReads = selectRows(
                        of: expected.reads, width: episode.readSize, batch: episode.batch, steps: steps,
                        elements: sequences)
                    expectSameBits(reads, expectedReads, "reads of steps \(steps)", episode.description)
                    (workspace, sequences) = goOn(episode, workspace, sequences, hasTape, &random)
                    done = steps.upperBound
                }
                for (place, sequence) in sequences.enumerated() {
                    #expect(workspace.save(place) == expected.states[sequence], "\(episode.description)\(seedNote)")
                }
            }
        }

        /// Another workspace with the states of this one.
        private func goOn(
            _ episode: SAMCase, _ workspace: SAMWorkspace, _ sequences: [Int], _ hasTape: Bool,
            _ random: inout SeededGenerator
        ) -> (SAMWorkspace, [Int]) {
            let next = shuffledWithCopies(of: episode.batch, &random)
            let states = next.map { workspace.save(sequences.firstIndex(of: $0)!) }
            let carried = states.map(\.norms.count).max()!
            let other = SAMWorkspace(episode.resized(batch: next.count), hasTape: hasTape, carried: carried)
            for (place, state) in states.enumerated() { other.restore(state, place) }
            for (place, state) in states.enumerated() {
                #expect(other.save(place) == state, "saved again, \(episode.description)")
            }
            return (other, next)
        }

        /// A backward pass over the steps since a state was restored gives their part of the whole one's gradients:
        /// without gradients of earlier reads nothing comes from before.
        @Test func restoredStatesHaveGradients() {
            for number in 0..<8 {
                let seed = caseSeed(522, number)
                var episode = SAMCase(
                    rows: 12, columns: 5, heads: 1 + number % 3, neighbors: 3, batch: 2, steps: 9,
                    links: number % 2 * 4, seed: seed)
                let expected = episode.run()
                let first = SAMWorkspace(episode)
                _ = first.forward(episode, episode.interface(0..<4, [0, 1]))
                let states = (0..<2).map(first.save)
                let later = SAMWorkspace(episode, steps: 5, carried: states.map(\.norms.count).max()!)
                for (place, state) in states.enumerated() { later.restore(state, place) }
                episode.interface = episode.interface(4..<9, [0, 1])
                _ = later.forward(episode, isRestored: true)
                var gradients = [Float](repeating: .nan, count: episode.interface.count)
                ck_sam_begin_backward(later.shape, later.pointer)
                ck_sam_backward(
                    later.shape, later.pointer, ck_span(0..<5, 0..<2), episode.interface,
                    Array(episode.readGradients.dropFirst(4 * 2 * episode.readSize)), episode.readSize, &gradients)
                expectSameBits(
                    gradients, Array(expected.dInterface.suffix(gradients.count)), "gradients", episode.description)
                #expect((0..<2).map { Array(later.memory($0).prefix(states[$0].memory.count)) } == states.map(\.memory))
            }
        }

        /// A NaN anywhere in a state that counts reaches the reads.
        @Test(arguments: [0, 4]) func damagedStatesGiveNaN(_ links: Int) {
            let episode = SAMCase(
                rows: 19, columns: 3, neighbors: 3, batch: 2, steps: 6, links: links, seed: caseSeed(523))
            let workspace = SAMWorkspace(episode, hasTape: false, carried: 19)
            _ = workspace.forward(episode, episode.interface(0..<5, [0, 1]))
            let state = workspace.save(0)
            let last = episode.interface(5..<6, [0, 0])
            workspace.restore(state, 0)
            workspace.restore(state, 1)
            let expected = workspace.forward(episode, last, isRestored: true)
            let unused = workspace.choices(0, steps: 0..<1)[0][0].written
            let arrays: [WritableKeyPath<SAMState, [Float]>] = [
                \.memory, \.norms, \.weights, \.linkWeights, \.precedenceWeights
            ]
            for array in arrays {
                for index in state[keyPath: array].indices {
                    // The row that is erased first may hold anything.
                    if array == \.memory && index / 3 == unused || array == \.norms && index == unused { continue }
                    // A norm is made anew where its row is written.
                    if array == \.norms && state.neighbors.contains(Int32(index)) { continue }
                    var damaged = state
                    damaged[keyPath: array][index] = .nan
                    workspace.restore(damaged, 0)
                    workspace.restore(state, 1)
                    let reads = workspace.forward(episode, last, isRestored: true)
                    #expect(reads[..<3].allSatisfy { $0.isNaN }, "\(array), element \(index)")
                    expectSameBits(Array(reads[3...]), Array(expected[3...]), "other element", episode.description)
                }
            }
        }

        /// A sequence that is NaN stays so when it is saved and restored.
        @Test func aNaNIsSaved() {
            var episode = SAMCase(rows: 19, columns: 3, neighbors: 3, steps: 3, seed: caseSeed(524))
            episode.interface[0] = .nan
            let workspace = SAMWorkspace(episode, hasTape: false, carried: 19)
            _ = workspace.forward(episode, episode.interface(0..<1, [0]))
            workspace.restore(workspace.save(0), 0)
            let reads = workspace.forward(episode, episode.interface(1..<3, [0]), isRestored: true)
            #expect(reads.allSatisfy { $0.isNaN })
        }
    }
}
