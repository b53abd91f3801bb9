// DNCPropertyTests.swift: what must hold for the differentiable neural computer's kernels whatever the numbers.

import CKernels
import ReferenceKernels
import TestSupport
import Testing

extension KernelSuites {
    @Suite struct DNCPropertyTests {
        /// Sums of up to 60 weights of some steps, each of some roundings; errors of all steps add up.
        private let slack = ErrorBound.rounding(2000, of: 1)[0]

        /// Random episodes of any settings from the usual start, from gates half open to gates quite shut.
        private func episodes(_ test: Int) -> [DNCBatch] {
            (0..<32).map { number in
                let seed = caseSeed(test, number)
                var random = SeededGenerator(seed: seed)
                let memory = ReferenceDNC(
                    rows: random.integer(1..<40), columns: random.integer(1..<6), readHeads: random.integer(1..<6),
                    settings: .init(bits: random.integer(0..<64)))
                return DNCBatch(
                    memory, steps: 10, start: .usual, limit: [1, 5, 50, 1000][number % 4], mayTie: true, seed: seed)
            }
        }

        /// Calls `body` with a workspace after each step.
        private func afterEachStep(of episode: DNCBatch, _ body: (DNCWorkspace, Int) -> Void) {
            let workspace = DNCWorkspace(episode.shape(segment: 0))
            workspace.begin(episode)
            for step in 0..<episode.steps {
                let interface = selectRows(
                    of: episode.interface, width: episode.reference.interfaceSize, batch: 1, steps: step..<step + 1,
                    elements: [0])
                _ = workspace.forward(interface, from: step)
                body(workspace, step)
            }
        }

        @Test func statesStayInTheirRanges() {
            for episode in episodes(520) {
                let rows = episode.rows
                afterEachStep(of: episode) { workspace, step in
                    let usage = workspace.signal(.usage, step).doubles
                    #expect(usage.allSatisfy { $0 >= -slack && $0 <= 1 + slack }, "\(episode.description)\(seedNote)")
                    let all = [DNCSignal.write, .allocation, .precedence, .reads].flatMap {
                        workspace.signal($0, step).doubles
                    }
                    for start in stride(from: 0, to: all.count, by: rows) {
                        let weights = all[start..<start + rows]
                        #expect(
                            weights.allSatisfy { $0 >= -slack } && weights.reduce(0, +) <= 1 + slack,
                            "weights \(start / rows), step \(step), \(episode.description)\(seedNote)")
                    }
                    let links = workspace.matrices().links.doubles
                    for row in 0..<rows {
                        let from = (0..<rows).map { links[row * rows + $0] }
                        let to = (0..<rows).map { links[$0 * rows + row] }
                        #expect(from[row] == 0 && from.allSatisfy { $0 >= -slack }, "\(episode.description)\(seedNote)")
                        #expect(
                            max(from.reduce(0, +), to.reduce(0, +)) <= 1 + slack,
                            "links of row \(row), step \(step), \(episode.description)\(seedNote)")
                    }
                }
            }
        }

        /// The freest row gets most, and all rows together what is not used of all.
        @Test func allocationPrefersFreeRows() {
            for episode in episodes(521) {
                afterEachStep(of: episode) { workspace, step in
                    let order = workspace.order(step)
                    let byRow = (
                        usage: workspace.signal(.usage, step).doubles,
                        allocation: workspace.signal(.allocation, step).doubles
                    )
                    #expect(order.sorted() == Array(0..<episode.rows), "\(episode.description)\(seedNote)")
                    let (usage, allocation) = (order.map { byRow.usage[$0] }, order.map { byRow.allocation[$0] })
                    for (freer, next) in zip(order.indices, order.indices.dropFirst()) {
                        let isInOrder = (usage[freer], order[freer]) < (usage[next], order[next])
                        #expect(
                            isInOrder && allocation[freer] >= allocation[next] - slack,
                            "place \(freer), step \(step), \(episode.description)\(seedNote)")
                    }
                    let floored = usage.map { episode.reference.settings.floorsUsage ? 1e-6 + (1 - 1e-6) * $0 : $0 }
                    expectClose(
                        [allocation.reduce(0, +)], [1 - floored.reduce(1, *)],
                        within: .rounding(3 * episode.rows + 3, of: 1), "sum of allocation", episode.description)
                }
            }
        }

        /// Equal usages at any places, among others, are taken in the order of rows.
        @Test func equalUsagesAreTakenInOrder() {
            for number in 0..<30 {
                let seed = caseSeed(522, number)
                var random = SeededGenerator(seed: seed)
                let memory = ReferenceDNC(rows: random.integer(1..<70), columns: 1)
                var episode = DNCBatch(memory, steps: 1, mayTie: true, seed: seed)
                var state = memory.initialState(memory: episode.elements[0].inputs.initial.memory)
                let levels = random.integer(1..<6)
                state.usage = state.usage.map { _ in Double(random.integer(0..<levels)) / 8 }
                episode.elements[0].inputs.initial = state
                let run = episode.run()
                #expect(run.order == ReferenceDNC.order(of: state.usage), "\(episode.description)\(seedNote)")
            }
        }

        /// Gates quite shut and open, full and empty memories, keys and rows of zeros: all results are numbers.
        @Test func extremesAreFinite() {
            for (number, var episode) in episodes(523).enumerated() {
                if number % 3 == 0 {
                    let zeros = Array(repeating: 0.0, count: episode.rows * episode.columns)
                    episode.elements[0].inputs.initial.memory = zeros
                } else if number % 3 == 1 {
                    // All read keys of zeros.
                    let size = episode.reference.interfaceSize
                    for index in episode.elements[0].inputs.interface.indices where index % size < episode.readSize {
                        episode.elements[0].inputs.interface[index] = 0
                    }
                }
                let run = episode.run()
                #expect(run.everything.allSatisfy { $0.isFinite }, "\(episode.description)\(seedNote)")
            }
        }

        /// Without masks, and where the cosine is not smooth, a row or key of zeros gets no gradient through it.
        @Test func keysOfZerosGetNoGradient() {
            let memory = ReferenceDNC(rows: 18, columns: 4, readHeads: 2)
            var episode = DNCBatch(memory, steps: 4, seed: caseSeed(524))
            let size = memory.interfaceSize
            // k^r (2, 4), beta^r (2), k^w (4), beta^w.
            let keys = Array(0..<8) + Array(10..<14)
            for step in 0..<4 {
                for place in keys { episode.elements[0].inputs.interface[step * size + place] = 0 }
            }
            let run = episode.run()
            for step in 0..<4 {
                #expect((0..<15).allSatisfy { run.dInterface[step * size + $0] == 0 }, "step \(step)")
            }
            #expect(run.dInterface.contains { $0 != 0 })
            expectClose(run.reads, episode.expected(0).reads, "reads", episode.description)
        }

        /// Rows have no places: when those of the first state are exchanged, so are all states and gradients.
        @Test func permutedRowsPermuteEverything() {
            for number in 0..<12 {
                let seed = caseSeed(525, number)
                var random = SeededGenerator(seed: seed)
                let rows = random.integer(2..<40)
                let memory = ReferenceDNC(
                    rows: rows, columns: random.integer(2..<6), readHeads: random.integer(1..<4),
                    settings: .init(bits: random.integer(0..<64)))
                let episode = DNCBatch(memory, steps: 4, seed: seed)
                let order = (0..<rows).shuffled(using: &random)
                var other = episode
                other.elements[0].inputs.initial = episode.elements[0].inputs.initial.withRows(
                    order, columns: memory.columns)
                let (run, moved, expected) = (episode.run(), other.run(), episode.expected(0))
                // Either run has its own error.
                func check(_ moved: [Float], _ run: [Float], _ bound: ErrorBound, _ name: String) {
                    expectClose(moved, run.doubles, within: bound + bound, name, episode.description)
                }
                func exchanged(_ array: [Float], width: Int) -> [Float] {
                    stride(from: 0, to: array.count, by: rows * width).flatMap { start in
                        order.flatMap { array[start + $0 * width..<start + ($0 + 1) * width] }
                    }
                }
                check(moved.reads, run.reads, expected.reads.bound, "what is read")
                check(moved.dInterface, run.dInterface, expected.dInterface.bound, "dInterface")
                check(moved.memory, exchanged(run.memory, width: memory.columns), expected.memory.bound, "memory")
                check(moved.dMemory, exchanged(run.dMemory, width: memory.columns), expected.dMemory.bound, "dMemory")
                for (index, signal) in DNCSignal.all.enumerated() {
                    check(
                        moved.signals[index], exchanged(run.signals[index], width: 1), expected.signals[index].bound,
                        signal.name)
                }
                #expect(moved.order.map { order[$0] } == run.order, "\(episode.description)\(seedNote)")
            }
        }
    }
}
