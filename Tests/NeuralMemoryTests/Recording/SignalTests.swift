// SignalTests.swift: what memories and controllers show of their steps, against what their equations make of it.

import Foundation
import NeuralMemory
import ReferenceKernels
import TestSupport
import Testing

extension NetworkSuites {
    @Suite struct SignalTests {
        private static let steps = 150

        /// Recorded steps of sequence 1 of two, over several stretches, and the reads that went back to the controller.
        private struct Recorded {
            let recording: EpisodeRecording
            let reads: [[Double]]

            func numbers(_ name: String, _ step: Int) -> [Double] { recording.values(name)[step].numbers.doubles }
            func number(_ name: String, _ step: Int) -> Double { numbers(name, step)[0] }
        }

        private func record(_ memory: any MemoryKind, fork: Bool = false) throws -> Recorded {
            let signature = Signature(inputs: .symbols(5), outputs: .symbols(5))
            let network = try Network(
                NetworkConfiguration(controller: LSTM(units: 6), memory: memory), signature: signature,
                seed: testSeed(3))
            var generator = RandomGenerator(seed: testSeed(4))
            for parameter in network.parameters.layout.parameters {
                let numbers = (0..<parameter.count).map { _ in Float(generator.normal()) }
                try network.parameters.setValues(numbers, of: parameter)
            }
            let batch = Batch.random(signature, steps: Self.steps, count: 2, using: &generator)
            let recorder = Recorder(network, sequences: [1])
            var episode = try InferenceEpisode(network, batch: 2, room: 4)
            var reads: [[Double]] = []
            for step in 0..<Self.steps {
                if fork, step.isMultiple(of: 11) { episode = try episode.fork() }
                let inputs = batch.inputs(ofSteps: step..<step + 1)
                _ = try episode.advance(inputs, steps: 1, recorder: recorder)
                if memory.kind != NoMemory.kind {
                    reads.append(try episode.snapshots()[1].array("controller.layer0.reads").doubles)
                }
            }
            return Recorded(recording: recorder.recording, reads: reads)
        }

        // MARK: Stack, queue, deque

        /// An end of a window memory: what its signals' names end in, and where it pops, pushes and reads.
        private struct End {
            var suffix = ""
            var popsAtTop = true
            var pushesAtTop = true
        }

        private static let windows: [(memory: any MemoryKind, width: Int, ends: [End])] = [
            (NeuralStack(width: 3), 3, [End()]), (NeuralQueue(width: 3), 3, [End(popsAtTop: false)]),
            (
                NeuralDeque(width: 2), 2,
                [End(suffix: " top"), End(suffix: " bottom", popsAtTop: false, pushesAtTop: false)]
            )
        ]

        /// An entry is known by its number: the step that pushed it, times the ends, plus the end.
        private typealias Entry = (number: Int, strength: Double)

        /// How much is taken of each entry when up to `amount` is taken in all, from one side.
        private func taken(_ entries: [Entry], _ amount: Double, fromTop: Bool) -> [Double] {
            var taken = [Double](repeating: 0, count: entries.count)
            var rest = amount
            for index in fromTop ? Array(entries.indices.reversed()) : Array(entries.indices) {
                taken[index] = min(entries[index].strength, rest)
                rest -= taken[index]
            }
            return taken
        }

        /// The papers' recurrence over the strengths that are shown, bottom to top.
        @Test(arguments: windows.indices, [false, true])
        func strengthsDepthAndReadsFitTogether(_ index: Int, _ fork: Bool) throws {
            let (memory, width, ends) = Self.windows[index]
            let recorded = try record(memory, fork: fork)
            var entries: [Entry] = []
            var vectors: [Int: [Double]] = [:]
            for step in 0..<Self.steps {
                let context = "step \(step) of \(memory.kind)"
                for end in ends {
                    let popped = taken(entries, recorded.number("pop" + end.suffix, step), fromTop: end.popsAtTop)
                    for index in entries.indices { entries[index].strength -= popped[index] }
                }
                for (place, end) in ends.enumerated().reversed() {
                    let pushed = Entry(step * ends.count + place, recorded.number("push" + end.suffix, step))
                    entries.insert(pushed, at: end.pushesAtTop ? entries.count : 0)
                    vectors[pushed.number] = recorded.numbers("pushed" + end.suffix, step)
                }
                let depth = entries.reduce(0) { $0 + $1.strength }
                // In every step a few numbers of at most 1 are rounded, and in the end what is shown.
                let bound = ErrorBound.rounding(4 * Self.steps, of: max(4, depth))
                expectClose([recorded.number("depth", step)], [depth], within: bound, "depth", context)
                let strengths = entries.map { ($0.number, $0.strength) }
                expectEntries(recorded, "strengths", step, strengths, bound, context)
                expectContents(recorded, step, vectors, width, context)
                for (place, end) in ends.enumerated() {
                    let name = "read" + end.suffix
                    let weights = taken(entries, 1, fromTop: end.popsAtTop)
                    expectEntries(recorded, name, step, zip(entries, weights).map { ($0.number, $1) }, bound, context)
                    expectRead(recorded, name, step, columns: place * width..<(place + 1) * width, context)
                }
            }
        }

        /// What is shown of entries; those that are popped whole are not.
        private func expectEntries(
            _ recorded: Recorded, _ name: String, _ step: Int, _ expected: [(Int, Double)], _ bound: ErrorBound,
            _ context: String
        ) {
            let value = recorded.recording.values(name)[step]
            let numbers = value.indices ?? []
            #expect(numbers.count == value.numbers.count && Set(numbers).count == numbers.count, "\(name), \(context)")
            let shown = Dictionary(zip(numbers, value.numbers.doubles)) { $1 }
            let all = Dictionary(expected) { $1 }
            let union = Set(shown.keys).union(all.keys).sorted()
            expectClose(
                union.map { shown[$0, default: 0] }, union.map { all[$0, default: 0] }, within: bound, name, context)
            // None is lost that is there.
            let missing = all.filter { $0.value > bound[0] && shown[$0.key] == nil }
            #expect(missing.isEmpty, "\(name), \(context)")
        }

        /// Contents are what was pushed, entry by entry.
        private func expectContents(
            _ recorded: Recorded, _ step: Int, _ vectors: [Int: [Double]], _ width: Int, _ context: String
        ) {
            let contents = recorded.recording.values("contents")[step]
            let strengths = recorded.recording.values("strengths")[step]
            #expect(contents.indices == strengths.indices, "\(context)")
            let expected = (contents.indices ?? []).flatMap { vectors[$0] ?? [] }
            #expect(contents.numbers.doubles == expected, "\(context)")
        }

        /// A read is the weighted sum of contents.
        private func expectRead(
            _ recorded: Recorded, _ name: String, _ step: Int, columns: Range<Int>, _ context: String
        ) {
            let weights = recorded.recording.values(name)[step]
            let contents = recorded.recording.values("contents")[step]
            let rows = Dictionary(zip(contents.indices ?? [], 0...)) { $1 }
            var sum = [Double](repeating: 0, count: columns.count)
            for (number, weight) in zip(weights.indices ?? [], weights.numbers.doubles) {
                guard let row = rows[number] else {
                    Issue.record("\(name) reads entry \(number), which is not there; \(context)")
                    continue
                }
                for column in sum.indices {
                    sum[column] += weight * Double(contents.numbers[row * columns.count + column])
                }
            }
            // Vectors have numbers of at most 1, and weights a sum of at most 1.
            expectClose(
                Array(recorded.reads[step][columns]), sum, within: .rounding(weights.numbers.count + 2, of: 1), name,
                context)
        }

        // MARK: Turing memory

        private static let turing: [TuringMemory] = {
            var random = TuringMemory(rows: 6, columns: 3)
            random.initialMemory = .random
            var heads = TuringMemory(rows: 7, columns: 2, heads: 2)
            heads.initialMemory = .learned
            heads.maximumShift = 2
            return [
                TuringMemory(rows: 5, columns: 3), random, heads,
                TuringMemory(rows: 5, columns: 3, readHeads: 3, writeHeads: 2),
                TuringMemory(rows: 5, columns: 3, readHeads: 1, writeHeads: 3)
            ]
        }()

        /// Heads act one after the other: r = Σ w_i m_i, and m_i ← m_i (1 − w_i e) + w_i a.
        @Test(arguments: turing.indices) func readsAndWritesFitTogether(_ index: Int) throws {
            let memory = Self.turing[index]
            let (rows, columns) = (memory.rows, memory.columns)
            let recorded = try record(memory)
            for step in 1..<Self.steps {
                var contents = recorded.numbers("memory", step - 1)
                let largest = max(1, contents.map(abs).max() ?? 0)
                // A sum over all rows; each write before it rounds a few times.
                let bound = ErrorBound.rounding(rows + 8 * memory.writes, of: 4 * largest)
                for head in Self.heads(memory) {
                    let context = "step \(step), \(head.name), case \(index)"
                    func numbers(_ name: String) -> [Double] { recorded.numbers("\(head.name) \(name)", step) }
                    let weights = numbers("weighting")
                    if let number = head.read {
                        let read = (0..<columns).map { column in
                            (0..<rows).reduce(0) { $0 + weights[$1] * contents[$1 * columns + column] }
                        }
                        let given = Array(recorded.reads[step][number * columns..<(number + 1) * columns])
                        expectClose(given, read, within: bound, "read", context)
                        #expect(numbers("vector") == given, "\(context)")
                        continue
                    }
                    let (erase, add) = (numbers("erase"), numbers("add"))
                    for place in contents.indices {
                        let (weight, column) = (weights[place / columns], place % columns)
                        contents[place] = contents[place] * (1 - weight * erase[column]) + weight * add[column]
                    }
                }
                expectClose(recorded.numbers("memory", step), contents, within: bound, "memory", "step \(step)")
            }
        }

        /// The heads in the order in which they act, and which number of the reads each gives.
        private static func heads(_ memory: TuringMemory) -> [(name: String, read: Int?)] {
            let order = ReferenceTuring(
                rows: memory.rows, columns: memory.columns, readHeads: memory.reads, writeHeads: memory.writes
            ).order
            var (reads, writes) = (0, 0)
            return order.map { kind in
                if kind == .read { reads += 1 } else { writes += 1 }
                let (name, number, all) =
                    kind == .read ? ("read", reads, memory.reads) : ("write", writes, memory.writes)
                return (all > 1 ? "\(name) \(number)" : name, kind == .read ? reads - 1 : nil)
            }
        }

        /// The first head compares its key with the rows as they were before the step.
        @Test(arguments: turing.indices) func similaritiesAreCosines(_ index: Int) throws {
            let memory = Self.turing[index]
            let (rows, columns) = (memory.rows, memory.columns)
            let recorded = try record(memory)
            let name = Self.heads(memory)[0].name
            func norm(_ vector: [Double]) -> Double { vector.reduce(0) { $0 + $1 * $1 }.squareRoot() }
            for step in 1..<Self.steps {
                let contents = recorded.numbers("memory", step - 1)
                let key = recorded.numbers("\(name) key", step)
                let cosines = (0..<rows).map { row in
                    let vector = Array(contents[row * columns..<(row + 1) * columns])
                    return zip(key, vector).reduce(0) { $0 + $1.0 * $1.1 } / (norm(key) * norm(vector) + 1e-8)
                }
                expectClose(
                    recorded.numbers("\(name) similarity", step), cosines,
                    within: .rounding(4 * columns + 10, of: 1), "similarity", "step \(step), case \(index)")
            }
        }

        // MARK: Sparse access memory

        /// r = Σ w_i m_i of what the writes left; of the rows, only those that were written changed.
        @Test(arguments: [1, 2]) func sparseReadsAndWritesFitTogether(_ heads: Int) throws {
            let memory = SparseMemory(rows: 9, columns: 3, heads: heads, neighbors: 2)
            let recorded = try record(memory)
            for step in 1..<Self.steps {
                func numbers(_ name: String, _ step: Int = step) -> [Double] { recorded.numbers(name, step) }
                let (before, contents) = (numbers("memory", step - 1), numbers("memory"))
                let largest = max(1, contents.map(abs).max() ?? 0)
                var written = Set<Int>()
                for head in 0..<heads {
                    let suffix = heads > 1 ? " \(head + 1)" : ""
                    let context = "step \(step), head \(head)"
                    let reading = numbers("read\(suffix) weighting")
                    #expect(reading.filter { $0 != 0 }.count <= 2, "\(context)")
                    let read = (0..<3).map { column in
                        (0..<9).reduce(0) { $0 + reading[$1] * contents[$1 * 3 + column] }
                    }
                    let given = Array(recorded.reads[step][head * 3..<(head + 1) * 3])
                    expectClose(given, read, within: .rounding(4, of: 4 * largest), "read", context)
                    #expect(numbers("read\(suffix) vector") == given, "\(context)")
                    // The last read's weights have the sum 1, and so have those of a write but for the gate.
                    let (writing, gate) = (numbers("write\(suffix) weighting"), numbers("write\(suffix) gate"))
                    expectClose([writing.reduce(0, +)], gate, within: .rounding(20, of: 1), "write", context)
                    written.formUnion(writing.indices.filter { writing[$0] != 0 })
                    #expect(numbers("read\(suffix) key strength")[0] >= 1, "\(context)")
                    #expect(0...1 ~= numbers("write\(suffix) interpolation gate")[0], "\(context)")
                }
                for row in 0..<9 where !written.contains(row) {
                    let place = row * 3..<row * 3 + 3
                    #expect(before[place] == contents[place], "step \(step), row \(row)")
                }
                let ranks = numbers("access rank").filter { $0 > 0 }.sorted()
                #expect(ranks == ranks.indices.map { Double($0 + 1) } && !ranks.isEmpty, "step \(step)")
            }
        }

        /// w^R = π[0] b + π[1] c + π[2] f, where c has K rows and the sum 1.
        @Test func modesMixTheReadsOfASparseDNC() throws {
            let recorded = try record(SparseDNC(rows: 9, columns: 3, neighbors: 2))
            var isLinked = false
            for step in 1..<Self.steps {
                func numbers(_ name: String) -> [Double] { recorded.numbers(name, step) }
                let modes = ["backward", "content", "forward"].map { numbers("read \($0) mode")[0] }
                expectClose([modes.reduce(0, +)], [1], within: .rounding(4, of: 1), "modes", "step \(step)")
                let (backward, forward) = (numbers("read backward weighting"), numbers("read forward weighting"))
                let content = (0..<9).map {
                    numbers("read weighting")[$0] - modes[0] * backward[$0] - modes[2] * forward[$0]
                }
                expectClose([content.reduce(0, +)], [modes[1]], within: .rounding(40, of: 1), "content", "step \(step)")
                #expect(content.filter { abs($0) > 1e-5 }.count <= 2, "step \(step)")
                isLinked = isLinked || backward.contains { $0 > 0 } && forward.contains { $0 > 0 }
            }
            #expect(isLinked)
        }

        // MARK: Controllers

        /// c_t = f c_{t−1} + i g; h_t = o tanh(c_t).
        @Test func gatesMakeTheState() throws {
            let recorded = try record(NoMemory())
            func numbers(_ name: String, _ step: Int) -> [Double] {
                recorded.numbers("controller.layer0 " + name, step)
            }
            for step in 1..<Self.steps {
                let (before, cell) = (numbers("cell", step - 1), numbers("cell", step))
                let (input, forget) = (numbers("input gate", step), numbers("forget gate", step))
                let (candidate, output) = (numbers("candidate", step), numbers("output gate", step))
                let expected = cell.indices.map { forget[$0] * before[$0] + input[$0] * candidate[$0] }
                let magnitudes = before.map { abs($0) + 1 }
                expectClose(cell, expected, within: .rounding(4, of: magnitudes), "cell", "step \(step)")
                let hidden = cell.indices.map { output[$0] * tanh(cell[$0]) }
                // The kernels' tanh, and the product.
                expectClose(numbers("h", step), hidden, within: .rounding(10, of: 1), "h", "step \(step)")
            }
        }
    }
}
