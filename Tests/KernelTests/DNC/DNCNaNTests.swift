// DNCNaNTests.swift: a NaN that the differentiable neural computer's kernels are given shows, and leads nowhere beyond
// their arrays.

import CKernels
import ReferenceKernels
import TestSupport
import Testing

extension KernelSuites {
    @Suite struct DNCNaNTests {
        /// Every number of the first step's interface vector: something that is read in that step is NaN, and from the
        /// next step on all is, since either the write or the free gates' read weightings are.
        @Test(arguments: [0, 8, 32, 63], [DNCBatch.Start.usual, .restored])
        func aNaNInAnInterfaceVectorShows(_ bits: Int, _ start: DNCBatch.Start) {
            let memory = ReferenceDNC(rows: 19, columns: 3, readHeads: 5, settings: .init(bits: bits))
            let episode = DNCBatch(
                memory, steps: 3, start: start, mayTie: true, seed: caseSeed(550, bits, start == .usual ? 0 : 1))
            let workspace = DNCWorkspace(episode.shape(segment: 2))
            let (width, size) = (episode.readSize, memory.interfaceSize)
            for number in 0..<size {
                for nan in [Float.nan, -Float.nan] {
                    var interface = episode.interface
                    interface[number] = nan
                    workspace.begin(episode)
                    let reads = workspace.forward(interface)
                    let context = "number \(number) of \(size), \(episode.description)\(seedNote)"
                    #expect(reads[..<width].contains { $0.isNaN }, "\(context)")
                    #expect(reads[width...].allSatisfy { $0.isNaN }, "\(context)")
                    let gradients = workspace.backward(0..<3, interface, episode.readGradients)
                    #expect(gradients[size...].allSatisfy { $0.isNaN }, "\(context)")
                    #expect(gradients[number].isNaN, "\(context)")
                }
            }
            // Nothing of it is left for the next episode.
            expectSameBits(
                episode.run(workspace: workspace).everything, episode.run().everything, "after NaN",
                episode.description)
        }

        /// A NaN in a restored state shows in that step or the next; what stands on the links' diagonal does not matter,
        /// and masked keys have norms of their own.
        @Test(arguments: [0, 8, 32, 63])
        func damagedStatesGiveNaN(_ bits: Int) {
            let memory = ReferenceDNC(rows: 19, columns: 3, readHeads: 2, settings: .init(bits: bits))
            let episode = DNCBatch(memory, batch: 2, steps: 2, mayTie: true, seed: caseSeed(551, bits))
            let workspace = DNCWorkspace(episode.shape(segment: 0))
            workspace.begin(episode)
            let states = (0..<2).map { workspace.save($0) }
            let expected = episode.rows(of: workspace.forward(episode.interface), width: episode.readSize, 1)
            for part in DNCState.parts where part != \DNCState.norms || bits & 8 == 0 {
                for index in [1, 7, 18] {
                    var damaged = states[0]
                    damaged[keyPath: part][index] = .nan
                    workspace.restore(0, damaged)
                    workspace.restore(1, states[1])
                    let reads = workspace.forward(episode.interface)
                    let context = "\(part), element \(index), \(episode.description)"
                    let last = episode.rows(of: reads, width: episode.readSize, 0).suffix(episode.readSize)
                    #expect(last.allSatisfy { $0.isNaN }, "\(context)")
                    expectSameBits(
                        episode.rows(of: reads, width: episode.readSize, 1), expected, "other element", context)
                }
            }
        }

        /// Usages that are not numbers, or beyond their range: phi is still an order of all rows.
        @Test func ordersOfAnyUsagesEndInBounds() {
            for number in 0..<40 {
                let seed = caseSeed(552, number)
                var random = SeededGenerator(seed: seed)
                let (rows, bits) = (random.integer(1..<70), random.integer(0..<64))
                let memory = ReferenceDNC(rows: rows, columns: 2, readHeads: 2, settings: .init(bits: bits))
                let episode = DNCBatch(memory, steps: 2, mayTie: true, seed: seed)
                let workspace = DNCWorkspace(episode.shape(segment: 0))
                var state = DNCState(episode.elements[0].inputs.initial, of: memory)
                let strange: [Float] = [.nan, -.nan, .infinity, -.infinity, 0, -0.0, 1, 3e38, -3e38]
                for part in [\DNCState.usage, \.write, \.reads, \.precedence] {
                    for index in state[keyPath: part].indices where random.chance(0.3) {
                        state[keyPath: part][index] = strange[random.integer(0..<strange.count)]
                    }
                }
                state.usage[random.integer(0..<rows)] = .nan
                workspace.restore(0, state)
                let reads = workspace.forward(episode.interface)
                #expect(workspace.order(1).sorted() == Array(0..<rows), "\(episode.description)\(seedNote)")
                #expect(reads.allSatisfy { $0.isNaN }, "\(episode.description)\(seedNote)")
            }
        }
    }
}
