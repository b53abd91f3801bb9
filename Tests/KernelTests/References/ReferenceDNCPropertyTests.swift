// ReferenceDNCPropertyTests.swift: what must hold for the differentiable neural computer's memory whatever the numbers,
// and what it is for: rows written in an order, read in it, freed and used again.

import ReferenceKernels
import TestSupport
import Testing

@Suite struct ReferenceDNCPropertyTests {
    /// Sums of some products of numbers within 1; errors of several steps add up.
    private let some = ErrorBound.rounding(1000, of: 1, .double)

    /// Random episodes of any settings, from gates half open to gates quite shut.
    private func episodes(_ test: Int) -> [DNCCase] {
        (0..<40).map { number in
            let seed = caseSeed(test, number)
            var random = SeededGenerator(seed: seed)
            let memory = ReferenceDNC(
                rows: random.integer(1..<8), columns: random.integer(1..<4), readHeads: random.integer(1..<4),
                settings: .init(bits: random.integer(0..<64)))
            return DNCCase(memory, steps: 8, limit: [1, 5, 50, 1000][number % 4], seed: seed)
        }
    }

    @Test func statesStayInTheirRanges() {
        for episode in episodes(402) {
            let rows = episode.memory.rows
            let trace = episode.memory.forward(episode.inputs)
            let slack = some[0]
            for state in trace.states {
                #expect(
                    state.usage.allSatisfy { $0 >= -slack && $0 <= 1 + slack }, "\(episode.description)\(seedNote)")
                let heads = (0..<episode.memory.readHeads).map { state.readWeightings[$0 * rows..<($0 + 1) * rows] }
                for weighting in [state.precedence[...], state.writeWeighting[...]] + heads {
                    #expect(
                        weighting.allSatisfy { $0 >= -slack } && weighting.reduce(0, +) <= 1 + slack,
                        "\(episode.description)\(seedNote)")
                }
                for row in 0..<rows {
                    let from = (0..<rows).map { state.links[row * rows + $0] }
                    let to = (0..<rows).map { state.links[$0 * rows + row] }
                    #expect(from[row] == 0 && from.allSatisfy { $0 >= -slack }, "\(episode.description)\(seedNote)")
                    #expect(
                        max(from.reduce(0, +), to.reduce(0, +)) <= 1 + slack, "\(episode.description)\(seedNote)")
                }
            }
        }
    }

    /// The freest row gets most, and all rows together what is not used of all.
    @Test func allocationPrefersFreeRows() {
        for episode in episodes(403) {
            let trace = episode.memory.forward(episode.inputs)
            for (stages, state) in zip(trace.stages, trace.states.dropFirst()) {
                let allocation = stages.order.map { stages.allocation[$0] }
                let usage = stages.order.map { state.usage[$0] }
                #expect(stages.order.sorted() == Array(0..<episode.memory.rows))
                for (freer, next) in zip(usage.indices, usage.indices.dropFirst()) {
                    #expect(
                        usage[freer] <= usage[next] && allocation[freer] >= allocation[next] - some[0],
                        "\(episode.description)\(seedNote)")
                }
                let floored = usage.map { episode.memory.settings.floorsUsage ? 1e-6 + (1 - 1e-6) * $0 : $0 }
                expectClose(
                    [allocation.reduce(0, +)], [1 - floored.reduce(1, *)], within: some, "sum of allocation",
                    episode.description)
            }
        }
    }

    /// Rows that are written one by one, in any order, are linked in this order and read in it, either way.
    @Test func linksAreTheOrderOfWriting() {
        for number in 0..<10 {
            let seed = caseSeed(404, number)
            var random = SeededGenerator(seed: seed)
            let rows = random.integer(2..<7)
            let memory = ReferenceDNC(rows: rows, columns: rows, readHeads: 2)
            // Row i holds unit vector i, by which it is found, and is written again.
            let order = (0..<rows).shuffled(using: &random)
            let writes = order.map { row in
                DNCStep.reading(memory, mode: 1).writing(oneHot(row, rows), at: oneHot(row, rows))
            }
            let written = memory.run(writes, from: memory.initialState(memory: unitVectors(rows)))
            var links = Array(repeating: 0.0, count: rows * rows)
            for (earlier, later) in zip(order, order.dropFirst()) { links[later * rows + earlier] = 1 }
            #expect(written.finalState.links == links, "seed \(seed)\(seedNote)")
            #expect(written.finalState.precedence == oneHot(order[rows - 1], rows), "seed \(seed)\(seedNote)")

            for (mode, rowsRead) in [(2, order), (0, order.reversed())] {
                let first = DNCStep.reading(memory, mode: 1, key: oneHot(rowsRead[0], rows))
                let others = Array(repeating: DNCStep.reading(memory, mode: mode), count: rows - 1)
                let read = memory.run([first] + others, from: written.finalState)
                let expected = rowsRead.flatMap { oneHot($0, rows) + oneHot($0, rows) }
                #expect(read.reads == expected, "mode \(mode), seed \(seed)\(seedNote)")
                // Beyond the end of the sequence there is nothing.
                let beyond = memory.run([.reading(memory, mode: mode)], from: read.finalState)
                #expect(beyond.reads.allSatisfy { $0 == 0 }, "mode \(mode), seed \(seed)\(seedNote)")
            }
        }
    }

    /// Writes go to fresh rows one by one; a full memory takes nothing; a row that was read and freed is used again.
    @Test func freedRowsAreUsedAgain() {
        let rows = 4
        let memory = ReferenceDNC(rows: rows, columns: rows)
        let writes = (0..<rows).map { DNCStep.reading(memory, mode: 1).writing(oneHot($0, rows)) }
        let full = memory.run(writes, from: memory.initialState(memory: Array(repeating: 0, count: rows * rows)))
        #expect(full.finalState.memory == unitVectors(rows))

        let new = [5.0, 6, 7, 8]
        let read = DNCStep.reading(memory, mode: 1, key: oneHot(2, rows))
        let refused = memory.run([read, .reading(memory, mode: 1).writing(new)], from: full.finalState)
        #expect(refused.finalState.memory == full.finalState.memory)
        #expect(refused.finalState.writeWeighting == [0, 0, 0, 0])

        let taken = memory.run([read, .reading(memory, mode: 1).writing(new).freeing()], from: full.finalState)
        #expect(taken.finalState.writeWeighting == oneHot(2, rows))
        #expect(taken.finalState.memory == oneHot(0, rows) + oneHot(1, rows) + new + oneHot(3, rows))
    }

    /// What came before is all in the state.
    @Test func anEpisodeCanGoOn() {
        for episode in episodes(405) {
            let (memory, inputs) = (episode.memory, episode.inputs)
            let half = 3 * memory.interfaceSize
            let whole = memory.forward(inputs)
            let first = memory.forward(.init(interface: Array(inputs.interface[..<half]), initial: inputs.initial))
            let second = memory.forward(
                .init(interface: Array(inputs.interface[half...]), initial: first.finalState))
            #expect(first.reads + second.reads == whole.reads, "\(episode.description)\(seedNote)")
            #expect(second.finalState == whole.finalState, "\(episode.description)\(seedNote)")
        }
    }
}
