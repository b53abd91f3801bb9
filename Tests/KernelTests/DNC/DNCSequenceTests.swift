// DNCSequenceTests.swift: what the differentiable neural computer's memory is for, exactly: rows written in an order,
// read in it either way, freed and used again.

import CKernels
import ReferenceKernels
import TestSupport
import Testing

/// A workspace without a tape, for one written-out episode after another.
private struct Sequence {
    let memory: ReferenceDNC
    let workspace: DNCWorkspace

    init(_ memory: ReferenceDNC) {
        self.memory = memory
        let episode = DNCBatch(memory, mayTie: true, seed: 0)
        workspace = DNCWorkspace(episode.shape(segment: 0))
    }

    /// What steps read from a state on; (steps, R * M).
    func run(_ steps: [DNCStep], from state: ReferenceDNC.State) -> [Float] {
        workspace.restore(0, DNCState(state, of: memory))
        return workspace.forward(steps.flatMap(\.raw).floats)
    }

    /// The state now.
    var state: ReferenceDNC.State {
        let state = workspace.save(0)
        return ReferenceDNC.State(
            memory: state.memory.doubles, usage: state.usage.doubles, precedence: state.precedence.doubles,
            links: state.links.doubles, writeWeighting: state.write.doubles, readWeightings: state.reads.doubles)
    }
}

extension KernelSuites {
    @Suite struct DNCSequenceTests {
        /// Rows that are freed and written one by one, in any order, are linked in this order and read in it.
        ///
        /// Reading by content and freeing what was read chooses the row, so that write weightings are exactly one-hot:
        /// lookups alone leave 1e-38 on other rows.
        @Test(arguments: [0, 16, 32])
        func linksAreTheOrderOfWriting(_ bits: Int) {
            for number in 0..<8 {
                let seed = caseSeed(530, number)
                var random = SeededGenerator(seed: seed)
                let rows = random.integer(2..<40)
                let memory = ReferenceDNC(rows: rows, columns: rows, readHeads: 2, settings: .init(bits: bits))
                let sequence = Sequence(memory)
                let order = (0..<rows).shuffled(using: &random)
                var full = memory.initialState(memory: unitVectors(rows))
                full.usage = full.usage.map { _ in 1 }

                let finding = order.map { DNCStep.reading(memory, mode: 1, key: oneHot($0, rows)) }
                var steps = [finding[0]]
                for (place, row) in order.enumerated() {
                    steps.append(finding[min(place + 1, rows - 1)].writing(oneHot(row, rows)).freeing())
                }
                _ = sequence.run(steps, from: full)
                var written = sequence.state
                var links = Array(repeating: 0.0, count: rows * rows)
                for (earlier, later) in zip(order, order.dropFirst()) { links[later * rows + earlier] = 1 }
                #expect(written.links == links, "seed \(seed)\(seedNote)")
                #expect(written.precedence == oneHot(order[rows - 1], rows), "seed \(seed)\(seedNote)")
                #expect(written.memory == unitVectors(rows), "seed \(seed)\(seedNote)")

                for (mode, rowsRead) in [(2, order), (0, order.reversed())] {
                    written.readWeightings = oneHot(rowsRead[0], rows) + oneHot(rowsRead[0], rows)
                    // Beyond the end of the sequence there is nothing.
                    let read = sequence.run(
                        Array(repeating: .reading(memory, mode: mode), count: rows), from: written)
                    let zeros = Array(repeating: 0.0, count: 2 * rows)
                    let expected = rowsRead.dropFirst().flatMap { oneHot($0, rows) + oneHot($0, rows) } + zeros
                    #expect(read.doubles == expected, "mode \(mode), seed \(seed)\(seedNote)")
                }
            }
        }

        /// Writes go to fresh rows one by one; a full memory takes nothing; a row that was read and freed is used again.
        @Test(arguments: [4, 16, 19], [0, 16])
        func freedRowsAreUsedAgain(_ rows: Int, _ bits: Int) {
            let memory = ReferenceDNC(rows: rows, columns: rows, settings: .init(bits: bits))
            let sequence = Sequence(memory)
            let writes = (0..<rows).map { DNCStep.reading(memory, mode: 1).writing(oneHot($0, rows)) }
            _ = sequence.run(writes, from: memory.initialState(memory: Array(repeating: 0, count: rows * rows)))
            let full = sequence.state
            #expect(full.memory == unitVectors(rows))

            let (new, row) = ((0..<rows).map { Double($0 + 5) }, 2)
            let read = DNCStep.reading(memory, mode: 1, key: oneHot(row, rows))
            _ = sequence.run([read, .reading(memory, mode: 1).writing(new)], from: full)
            #expect(sequence.state.memory == full.memory)
            #expect(sequence.state.writeWeighting.allSatisfy { $0 == 0 })

            _ = sequence.run([read, .reading(memory, mode: 1).writing(new).freeing()], from: full)
            #expect(sequence.state.writeWeighting == oneHot(row, rows))
            var expected = unitVectors(rows)
            expected.replaceSubrange(row * rows..<(row + 1) * rows, with: new)
            #expect(sequence.state.memory == expected)
        }

        /// With de-allocation what is freed is empty before anything is written there; else it stays.
        @Test(arguments: [0, 16])
        func freedRowsAreEmptied(_ bits: Int) {
            let memory = ReferenceDNC(rows: 5, columns: 5, settings: .init(bits: bits))
            let sequence = Sequence(memory)
            var full = memory.initialState(memory: unitVectors(5))
            full.usage = full.usage.map { _ in 1 }
            let read = DNCStep.reading(memory, mode: 1, key: oneHot(3, 5))
            _ = sequence.run([read, DNCStep.reading(memory, mode: 1).freeing()], from: full)
            var expected = unitVectors(5)
            if bits == 16 { expected[3 * 5 + 3] = 0 }
            #expect(sequence.state.memory == expected)
            #expect(sequence.state.usage == [1, 1, 1, 0, 1])
        }

        /// Links that are shared are sharpened: what is stronger gains.
        @Test func sharpLinksPreferTheStronger() {
            let memory = ReferenceDNC(rows: 3, columns: 3, settings: .init(sharpensLinks: true))
            let sequence = Sequence(memory)
            var state = memory.initialState(memory: unitVectors(3))
            // Row 0 was followed by row 1 more than by row 2.
            state.links[1 * 3] = 0.6
            state.links[2 * 3] = 0.2
            state.readWeightings = [1, 0, 0]
            var step = DNCStep.reading(memory, mode: 2)
            // oneplus(x) = 3, of which forward is the second.
            step.more = [0, 1.854586542131141]
            let read = sequence.run([step], from: state)
            // Two functions of few roundings, times an exponent of up to 3 log 3; then the sum and a quotient.
            expectClose(read, [0, 27.0 / 28, 1.0 / 28], within: .rounding(40, of: 1), "sharp", "3 : 1, cubed")
        }
    }
}
