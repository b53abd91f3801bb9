// SAMLinkTests.swift: what must hold for the links of the sparse access memory's kernels whatever the numbers.

import CKernels
import ReferenceKernels
import TestSupport
import Testing

/// Far enough from 0 for exact saturation of a sigmoid, and of a softmax.
private let far: Float = 1000

extension SAMCase {
    /// Writes of one row each, which then stop, and reads by one mode from `answers` on.
    ///
    /// The first of these reads, by content, asks for what step `asked` wrote.
    fileprivate static func sequence(
        written: Int, answers: Int, mode: Int, asked: Int, links: Int, seed: UInt64
    ) -> SAMCase {
        var episode = SAMCase(
            rows: 100, columns: 16, neighbors: 1, steps: written + answers, links: links, seed: seed)
        episode.setScalar(2, to: -far)
        for step in 0..<episode.steps {
            let start = step * episode.interfaceSize
            let isWritten = step < written
            episode.interface[start + 33] = isWritten ? far : -far
            for other in 0..<3 { episode.interface[start + 35 + other] = 0 }
            episode.interface[start + 35 + (step <= written ? 1 : mode)] = far
        }
        for column in 0..<16 {
            episode.interface[written * episode.interfaceSize + column] =
                episode.interface[asked * episode.interfaceSize + 16 + column]
        }
        return episode
    }

    /// What step `step` adds to its row.
    fileprivate func added(_ step: Int) -> [Float] {
        Array(interface[step * interfaceSize + 16..<step * interfaceSize + 32])
    }
}

extension KernelSuites {
    @Suite struct SAMLinkTests {
        /// With writes of one row each, each row's only link is to the row written before it, with weight 1.
        @Test(arguments: [1, 2, 8]) func linksAreTheOrderOfWriting(_ links: Int) {
            let episode = SAMCase.sequence(
                written: 30, answers: 1, mode: 2, asked: 0, links: links, seed: caseSeed(530, links))
            let workspace = SAMWorkspace(episode)
            let state = episode.run(workspace: workspace).states[0]
            let written = workspace.choices(0, steps: 0..<30).map { $0[0].written }
            #expect(Set(written).count == 30)
            var expected = [Int32](repeating: -1, count: state.links.count)
            for (step, row) in written.enumerated().dropFirst() {
                expected[row * links] = Int32(written[step - 1])
            }
            #expect(state.links == expected)
            #expect(state.linkWeights == expected.map { $0 >= 0 ? 1 : 0 })
            #expect(state.precedence[0] == Int32(written[29]) && state.precedenceWeights[0] == 1)
            #expect(state.precedence.dropFirst().allSatisfy { $0 == -1 })
        }

        /// From a row found by content the links lead through what was written, in order and backward, exactly.
        @Test(arguments: [2, 0]) func linksLeadThroughASequence(_ mode: Int) {
            let isForward = mode == 2
            let episode = SAMCase.sequence(
                written: 25, answers: 25, mode: mode, asked: isForward ? 0 : 24, links: 3, seed: caseSeed(531, mode))
            let reads = episode.run().reads
            for place in 0..<25 {
                let step = 25 + place
                expectSameBits(
                    Array(reads[step * 16..<(step + 1) * 16]), episode.added(isForward ? place : 24 - place),
                    "read \(place)", episode.description)
            }
        }

        /// Rows and columns have K_L links at most, of weights above 0 whose sums are at most 1.
        @Test func linksStayFew() {
            for number in 0..<12 {
                let seed = caseSeed(532, number)
                let episode = SAMCase(
                    rows: 20, columns: 6, heads: 1 + number % 2, neighbors: 3, steps: 50, links: 1 + number % 4,
                    seed: seed)
                let state = episode.run().states[0]
                let (most, touched) = (episode.links, state.norms.count)
                var sums: [[Int32]: Float] = [:]
                var counts: [[Int32]: Int] = [:]
                for (place, row) in state.links.enumerated() where row >= 0 {
                    let (head, i) = (place / most).quotientAndRemainder(dividingBy: touched)
                    #expect(row != i && state.linkWeights[place] > 0, "\(episode.description)")
                    counts[[Int32(head), row], default: 0] += 1
                    sums[[Int32(head), row, 0], default: 0] += state.linkWeights[place]
                    sums[[Int32(head), Int32(i), 1], default: 0] += state.linkWeights[place]
                }
                #expect(counts.values.allSatisfy { $0 <= most }, "\(episode.description)")
                #expect(!counts.isEmpty && sums.values.allSatisfy { $0 < 1.0001 }, "\(episode.description)")
            }
        }

        /// Reads that use the content mode alone are those of the memory without links, bit for bit.
        @Test func contentAloneIsTheMemoryWithoutLinks() {
            let plain = SAMCase(rows: 40, columns: 5, heads: 2, neighbors: 3, batch: 2, steps: 20, seed: caseSeed(533))
            var linked = SAMCase(
                rows: 40, columns: 5, heads: 2, neighbors: 3, batch: 2, steps: 20, links: 4, seed: caseSeed(533))
            let (size, wide) = (2 * 5 + 3, 2 * 5 + 6)
            for head in 0..<20 * 2 * 2 {
                let own = plain.interface[head * size..<(head + 1) * size]
                linked.interface.replaceSubrange(head * wide..<head * wide + size, with: own)
            }
            for mode in 3..<6 { linked.setScalar(mode, to: mode == 4 ? far : 0) }
            let (expected, run) = (plain.run(), linked.run())
            expectSameBits(run.reads, expected.reads, "reads", plain.description)
            expectSameBits(run.memory, expected.memory, "memory", plain.description)
        }
    }
}
