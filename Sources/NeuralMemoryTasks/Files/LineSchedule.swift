// Which lines make up which training batch: shuffled passes over the data, with sequences of similar length together.

import NeuralMemory

/// The order of training.
///
/// It depends on the seed and the number of sequences done alone, so that a resumed run goes on as if it had never
/// stopped.
///
/// Each pass (epoch) takes every sequence once, in a new random order. The order is cut into pools of some batches; within
/// a pool, sequences are put together by their number of steps, because a batch takes as long as its longest; the
/// pool's batches then come in random order. A pass takes 4 bytes of memory a sequence. The order of very many sequences,
/// which would take seconds to shuffle, is a permutation that takes neither time nor memory.
///
/// Not for several threads at once, although Sendable: a run is one thread.
final class LineSchedule: @unchecked Sendable {
    /// Of each sequence.
    private let steps: [UInt32]
    /// The last ones made: computed anew they would be the same.
    private var epoch: (key: [UInt64], order: Order) = ([], .listed([]))
    private var pool: (key: [UInt64], batches: [[Int]]) = ([], [])

    private enum Order {
        case listed([UInt32])
        case computed(KeyedPermutation)
    }

    private static let batchesInPool = 16
    private static let mostListed = 1 << 22
    /// Where the streams of random numbers begin; those of restarts, which draw parameters, begin where epochs' do.
    private static let (epochStream, poolStream) = (UInt64(1) << 40, UInt64(2) << 40)

    init(steps: [UInt32]) { self.steps = steps }

    /// The numbers of those in the batch after so many sequences, which must be whole batches of `count`.
    func batch(count: Int, after done: Int, seed: UInt64) -> [Int] {
        let batches = max(1, min(Self.batchesInPool, steps.count / count))
        let number = done / count
        let key = [seed, UInt64(count), UInt64(number / batches)]
        if pool.key != key { pool = (key, makePool(number / batches, batches, count, seed)) }
        return pool.batches[number % batches]
    }

    private func makePool(_ pool: Int, _ batches: Int, _ count: Int, _ seed: UInt64) -> [[Int]] {
        let first = pool * batches * count
        let drawn = (first..<first + batches * count).map { number(at: $0, seed) }
        // By their place among those drawn where steps are equal: sorting need not be stable.
        let sorted = drawn.indices.sorted { (steps[drawn[$0]], $0) < (steps[drawn[$1]], $1) }.map { drawn[$0] }
        var cut = stride(from: 0, to: sorted.count, by: count).map { Array(sorted[$0..<$0 + count]) }
        var generator = RandomGenerator(seed: seed, stream: Self.poolStream + UInt64(pool))
        cut.shuffleInPlace(using: &generator)
        return cut
    }

    /// The sequence at a place in the endless sequence of passes.
    private func number(at place: Int, _ seed: UInt64) -> Int {
        let number = UInt64(place / steps.count)
        if epoch.key != [seed, number] {
            var generator = RandomGenerator(seed: seed, stream: Self.epochStream + number)
            epoch = ([seed, number], order(using: &generator))
        }
        switch epoch.order {
        case .listed(let order): return Int(order[place % steps.count])
        case .computed(let order): return order[place % steps.count]
        }
    }

    private func order(using generator: inout RandomGenerator) -> Order {
        guard steps.count <= Self.mostListed else {
            return .computed(KeyedPermutation(count: steps.count, using: &generator))
        }
        var order = (0..<UInt32(steps.count)).map { $0 }
        order.shuffleInPlace(using: &generator)
        return .listed(order)
    }
}

extension Array {
    /// Fisher and Yates's shuffle, by our own generator alone: the standard library's may change.
    mutating func shuffleInPlace(using generator: inout RandomGenerator) {
        for last in indices.dropFirst().reversed() { swapAt(last, generator.integer(in: 0...last)) }
    }
}
