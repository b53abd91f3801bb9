// DistributionTests.swift: the random parts of the tasks follow the laws that are stated. Each bound is five standard
// deviations.

import Foundation
import NeuralMemory
import NeuralMemoryTasks
import TestSupport
import Testing

/// Checks that a share of `count` independent draws fits a probability.
private func expect(_ hits: Int, of count: Int, hasProbability p: Double, _ what: String) {
    let bound = 5 * (p * (1 - p) * Double(count)).squareRoot()
    #expect(abs(Double(hits) - p * Double(count)) <= bound, "\(what): \(hits) of \(count), not \(p)\(seedNote)")
}

private func expectUniform(_ counts: [Int: Int], over range: ClosedRange<Int>, _ what: String) {
    let total = counts.values.reduce(0, +)
    #expect(Set(counts.keys) == Set(range), "\(what)")
    for (value, count) in counts {
        expect(count, of: total, hasProbability: 1 / Double(range.count), "\(what) \(value)")
    }
}

private func draw<Task: VectorTask>(
    _ task: Task, _ count: Int, length: Int? = nil, seed: UInt64 = 1
) -> [VectorEpisode] {
    var generator = RandomGenerator(seed: testSeed(seed))
    return (0..<count).map { _ in
        task.episode(length: length ?? generator.integer(in: task.lengths), using: &generator)
    }
}

@Suite struct DistributionTests {
    @Test func bitsAreEven() {
        let bits = draw(CopyBits(), 500, length: 10).flatMap { $0.inputs.prefix(10).flatMap { $0.prefix(8) } }
        expect(bits.filter { $0 == 1 }.count, of: bits.count, hasProbability: 0.5, "ones")
        #expect(bits.allSatisfy { $0 == 0 || $0 == 1 })
    }

    @Test func lengthsAndRepeatsAreUniform() throws {
        var generator = RandomGenerator(seed: testSeed(3))
        var lengths: [Int: Int] = [:]
        var repeats: [Int: Int] = [:]
        for _ in 0..<4000 {
            let batch = try RepeatCopy().batch(count: 1, lengths: 1...10, using: &generator)
            let length = try #require(batch.mask.firstIndex(of: 1)) - 1
            lengths[length, default: 0] += 1
            repeats[(batch.steps - length - 2) / length, default: 0] += 1
        }
        expectUniform(lengths, over: 1...10, "length")
        expectUniform(repeats, over: 1...10, "repeats")
    }

    @Test func everyItemButTheLastIsAskedFor() throws {
        var queries: [Int: Int] = [:]
        for episode in draw(AssociativeRecall(), 4000, length: 6) {
            // Only the query's vectors lie between two query marks, 25 rows from the start.
            let query = Array(episode.inputs[25..<28])
            let position = try #require((0..<6).first { Array(episode.inputs[$0 * 4 + 1..<$0 * 4 + 4]) == query })
            queries[position, default: 0] += 1
        }
        expectUniform(queries, over: 0...4, "query")
    }

    @Test func prioritiesAreUniform() {
        let priorities = draw(PrioritySort(), 500).flatMap { $0.inputs.prefix(20).map { $0[9] } }
        var counts: [Int: Int] = [:]
        for priority in priorities { counts[Int((Double(priority) * 5).rounded(.down)), default: 0] += 1 }
        expectUniform(counts, over: -5...4, "fifth of priority")
    }

    /// Beta(½, ½) is below p with probability 2/π · asin √p.
    @Test func probabilitiesFollowTheArcsineLaw() {
        var generator = RandomGenerator(seed: testSeed(7))
        let draws = (0..<20_000).map { _ in generator.arcsine() }
        #expect(draws.allSatisfy { (0...1).contains($0) })
        for p in [0.001, 0.1, 0.25, 0.5, 0.9, 0.999] {
            let below = draws.filter { $0 < p }.count
            expect(below, of: draws.count, hasProbability: 2 / Double.pi * asin(p.squareRoot()), "below \(p)")
        }
    }
}
