// EpisodeTests.swift: the layout of every vector task's episodes. Each is built again here, row by row, from the random
// parts found in it.

import NeuralMemory
import ReferenceKernels
import NeuralMemoryTasks
import TestSupport
import Testing

/// Seeds and lengths that each layout is checked at.
private let draws: [(seed: UInt64, length: Int)] = (1...5).flatMap { seed in [2, 3, 7, 20].map { (seed, $0) } }

private func episode(_ task: some VectorTask, _ draw: (seed: UInt64, length: Int)) -> VectorEpisode {
    var generator = RandomGenerator(seed: testSeed(draw.seed))
    return task.episode(length: draw.length, using: &generator)
}

private func zeros(_ count: Int) -> [Float] { Array(repeating: 0, count: count) }

/// Each vector with these numbers after its own.
private func rows(_ vectors: [[Float]], then marks: [Float]) -> [[Float]] { vectors.map { $0 + marks } }

/// The rows of a source, followed by silence while the answer comes out.
private func expect(
    _ episode: VectorEpisode, source: [[Float]], answer: [[Float]], _ draw: (seed: UInt64, length: Int)
) {
    let silence = zeros(source[0].count)
    let targets = source.map { _ in [Float]?.none } + answer.map { $0 }
    #expect(episode.inputs == source + answer.map { _ in silence }, "\(draw)")
    #expect(episode.targets == targets, "\(draw)")
}

@Suite struct EpisodeTests {
    @Test func copyBits() {
        var task = CopyBits()
        task.width = 5
        #expect(task.inputSize == 6 && task.outputSize == 5)
        for draw in draws {
            let episode = episode(task, draw)
            let vectors = episode.inputs.prefix(draw.length).map { Array($0.prefix(5)) }
            expect(episode, source: rows(vectors, then: [0]) + [[0, 0, 0, 0, 0, 1]], answer: vectors, draw)
        }
    }

    @Test(arguments: [0, 1, 4, 20])
    func repeatCopy(fixedRepeats: Int) {
        var task = RepeatCopy()
        task.width = 3
        task.fixedRepeats = fixedRepeats
        #expect(task.inputSize == 5 && task.outputSize == 4)
        for draw in draws {
            let (length, episode) = (draw.length, episode(task, draw))
            let repeats = (episode.inputs.count - length - 2) / length
            #expect(fixedRepeats == 0 ? (1...10).contains(repeats) : repeats == fixedRepeats)
            let vectors = episode.inputs.prefix(length).map { Array($0.prefix(3)) }
            let mark: [Float] = [0, 0, 0, 1, task.normalised(repeats)]
            let copies: [[Float]] = (0..<repeats).flatMap { _ in rows(vectors, then: [0]) }
            expect(
                episode, source: rows(vectors, then: [0, 0]) + [mark], answer: copies + [[0, 0, 0, 1]], draw)
        }
    }

    /// Mean 0 and variance 1 over the range, whatever is asked for beyond it.
    @Test(arguments: [1...10, 1...2, 3...9, 5...5])
    func repeatsAreNormalised(range: ClosedRange<Int>) {
        var task = RepeatCopy()
        (task.minimumRepeats, task.maximumRepeats) = (range.lowerBound, range.upperBound)
        let values = range.map { Double(task.normalised($0)) }
        let count = Double(range.count)
        // Numbers below 3 in magnitude, rounded to Float; a few operations each.
        expectClose(
            [values.reduce(0, +) / count, values.reduce(0) { $0 + $1 * $1 } / count], [0, range.count > 1 ? 1 : 0],
            within: .rounding(4, of: 9), "mean and variance", "\(range)")
        let before = task.normalised(20)
        task.fixedRepeats = 20
        #expect(task.normalised(20) == before && before > task.normalised(range.upperBound))
    }

    @Test(arguments: [1, 3])
    func associativeRecall(itemLength: Int) throws {
        var task = AssociativeRecall()
        task.itemLength = itemLength
        #expect(task.inputSize == 8 && task.outputSize == 6 && task.shortestLength == 2)
        let (itemMark, queryMark) = (zeros(6) + [1, 0], zeros(6) + [0, 1])
        for draw in draws {
            let episode = episode(task, draw)
            let stride = itemLength + 1
            let items = (0..<draw.length).map { item in
                (1...itemLength).map { Array(episode.inputs[item * stride + $0].prefix(6)) }
            }
            let start = draw.length * stride + 1
            let asked = episode.inputs[start..<start + itemLength].map { Array($0.prefix(6)) }
            let answer = episode.targets.suffix(itemLength).compactMap { $0 }
            // With items of one vector, two may be equal; one of them is followed by the answer.
            let isNext = (0..<draw.length - 1).contains { items[$0] == asked && items[$0 + 1] == answer }
            #expect(isNext, "\(draw)")
            let list: [[Float]] = items.flatMap { [itemMark] + rows($0, then: [0, 0]) }
            let query: [[Float]] = [queryMark] + rows(asked, then: [0, 0]) + [queryMark]
            expect(episode, source: list + query, answer: answer, draw)
        }
    }

    /// Of so many vectors, and all sequences of them come before one comes again.
    @Test(arguments: [(vectors: 2, itemLength: 3), (3, 2), (5, 1), (64, 2)])
    func itemsOfFewVectors(_ sizes: (vectors: Int, itemLength: Int)) throws {
        var task = AssociativeRecall()
        (task.vectors, task.itemLength) = (sizes.vectors, sizes.itemLength)
        let different = (0..<sizes.itemLength).reduce(1) { count, _ in count * sizes.vectors }
        for draw in draws {
            let episode = episode(task, draw)
            let items = (0..<draw.length).map { item in
                (1...sizes.itemLength).map { Array(episode.inputs[item * (sizes.itemLength + 1) + $0].prefix(6)) }
            }
            #expect(Set(items.joined()).count <= sizes.vectors, "\(draw)")
            for start in stride(from: 0, to: items.count, by: different) {
                let round = items[start..<min(start + different, items.count)]
                #expect(Set(round).count == round.count, "\(draw)")
            }
        }
        let list = episode(task, (seed: 1, length: 400)).inputs.prefix(400 * (sizes.itemLength + 1))
        #expect(Set(list.filter { $0.suffix(2) == [0, 0] }).count == sizes.vectors)
    }

    @Test(arguments: [0.0, 0.5, 0.8, 1])
    func prioritySort(share: Double) {
        var task = PrioritySort()
        task.share = share
        #expect(task.inputSize == 10 && task.outputSize == 8)
        for draw in draws {
            let (length, episode) = (draw.length, episode(task, draw))
            let rows = episode.inputs.prefix(length)
            // An insertion sort, which keeps equal priorities in the order of the input.
            var sorted: [[Float]] = []
            for row in rows { sorted.insert(row, at: sorted.firstIndex { $0[9] < row[9] } ?? sorted.count) }
            let answer = sorted.prefix(task.sortedCount(length: length)).map { Array($0.prefix(8)) }
            #expect(rows.allSatisfy { $0[8] == 0 && abs($0[9]) <= 1 })
            expect(episode, source: rows + [zeros(8) + [1, 0]], answer: answer, draw)
        }
    }

    @Test func theShareOfASortIsRoundedToAtLeastOne() {
        var task = PrioritySort()
        #expect([1, 2, 10, 20, 25].map { task.sortedCount(length: $0) } == [1, 2, 8, 16, 20])
        task.share = 0
        #expect(task.sortedCount(length: 20) == 1)
    }

    @Test(arguments: [1, 2, 5])
    func nGrams(contextLength: Int) {
        var task = NGrams()
        task.contextLength = contextLength
        #expect(task.inputSize == 1 && task.outputSize == 1 && task.shortestLength == contextLength + 1)
        for seed in UInt64(1)...5 {
            let episode = episode(task, (seed, 200))
            #expect(episode.inputs.count == 199)
            #expect(episode.inputs.allSatisfy { $0 == [0] || $0 == [1] })
            for t in 0..<198 {
                // The bit after step t is what step t + 1 gets; it counts once the network has seen a full context.
                #expect(episode.targets[t] == (t + 1 < contextLength ? nil : episode.inputs[t + 1]))
            }
            #expect(episode.targets[198] == [0] || episode.targets[198] == [1])
            #expect(episode.targets.compactMap { $0 }.count == 200 - contextLength)
        }
    }

    /// Played again with a dictionary.
    @Test(arguments: [1, 2, 5, 64])
    func keyValue(keys: Int) throws {
        var task = KeyValue()
        task.keys = keys
        #expect(task.inputSize == 8 && task.outputSize == 6 && task.shortestLength == 2)
        for draw in draws {
            let episode = episode(task, draw)
            var store: [[Float]: [Float]] = [:]
            var gets = 0
            try #require(episode.inputs.count == 2 * draw.length)
            for step in stride(from: 0, to: 2 * draw.length, by: 2) {
                let key = Array(episode.inputs[step].prefix(6))
                #expect(episode.targets[step] == nil && Array(episode.inputs[step + 1].suffix(2)) == [0, 0])
                if Array(episode.inputs[step].suffix(2)) == [0, 1] {
                    #expect(episode.inputs[step + 1] == zeros(8))
                    #expect(store[key] != nil && episode.targets[step + 1] == store[key], "\(draw)")
                    gets += 1
                } else {
                    #expect(Array(episode.inputs[step].suffix(2)) == [1, 0] && episode.targets[step + 1] == nil)
                    store[key] = Array(episode.inputs[step + 1].prefix(6))
                }
            }
            #expect(store.count <= keys && gets > 0 && episode.targets.last != .some(nil))
            #expect(keys > 1 || store.count == 1)
        }
    }

    @Test(arguments: [3...3, 1...4])
    func allocation(vectors: ClosedRange<Int>) {
        var task = Allocation()
        (task.minimumVectors, task.maximumVectors) = (vectors.lowerBound, vectors.upperBound)
        #expect(task.inputSize == 7 && task.outputSize == 6)
        for draw in draws {
            let episode = episode(task, draw)
            // A queue, emptied after each end mark.
            var queue: [[Float]] = []
            var (sequences, isAnswer) = (0, false)
            for (input, target) in zip(episode.inputs, episode.targets) {
                if isAnswer {
                    #expect(input == zeros(7) && target == queue.removeFirst())
                    isAnswer = !queue.isEmpty
                } else if input[6] == 1 {
                    #expect(target == nil && input == zeros(6) + [1] && vectors.contains(queue.count))
                    sequences += 1
                    isAnswer = true
                } else {
                    #expect(target == nil)
                    queue.append(Array(input.prefix(6)))
                }
            }
            #expect(sequences == draw.length && queue.isEmpty, "\(draw)")
        }
    }

    @Test func theSourceAndItsAnswerMakeAnEpisode() {
        let whole = VectorEpisode(
            inputs: [[1, 0.5], [0, 1], [0, 0], [0, 0], [0, 0]], targets: [nil, nil, [1], [0], [1]])
        #expect(VectorEpisode(source: [[1, 0.5], [0, 1]], answer: [[1], [0], [1]]) == whole)
    }
}
