// OptimalCostTests.swift: the best predictor of n-grams, by hand, on average and against worse ones.

import Foundation
import NeuralMemory
import ReferenceKernels
import NeuralMemoryTasks
import TestSupport
import Testing

/// Bits as an episode of n-grams.
private func episode(_ bits: [Float], contextLength: Int) -> VectorEpisode {
    VectorEpisode(
        inputs: bits.dropLast().map { [$0] },
        targets: (1..<bits.count).map { $0 < contextLength ? nil : [bits[$0]] })
}

/// What the best predictor pays, which tasks of n-grams know.
private func bestCost(_ task: NGrams, _ batch: Batch) throws -> Double { try #require(try task.optimalBits(of: batch)) }

@Suite struct OptimalCostTests {
    @Test func aSequenceByHand() throws {
        var task = NGrams()
        task.contextLength = 1
        // After 0: 1 at 1/2, then 1 at 3/4. After 1: 0 at 1/2, then 1 at 1/4.
        let first = episode([0, 1, 0, 1, 1], contextLength: 1)
        let costs = 1 + log2(4.0 / 3) + 1 + 2
        let few = ErrorBound.rounding(20, of: 10, .double)
        expectClose(
            [try bestCost(task, task.batch([first]))], [costs], within: few, "bits", "contexts of one bit")
        // A shorter neighbour is padded, and counts for itself.
        let second = episode([1, 1, 1], contextLength: 1)
        expectClose(
            [try bestCost(task, task.batch([first, second]))], [costs + 1 + log2(4.0 / 3)], within: few, "bits",
            "both")
        // With contexts of two bits: 01→0, 10→1, 01→1, none of them seen before but the last.
        task.contextLength = 2
        let costsOfPairs = try bestCost(task, task.batch([episode([0, 1, 0, 1, 1], contextLength: 2)]))
        expectClose([costsOfPairs], [4], within: few, "bits", "contexts of two bits")
    }

    /// 400,000 draws of another program gave 128.2 on average, with a standard deviation of 36.
    @Test func theMeanOfTheDefaultLength() throws {
        var generator = RandomGenerator(seed: testSeed(11))
        let batch = try NGrams().batch(count: 8000, lengths: 200...200, using: &generator)
        let mean = try bestCost(NGrams(), batch) / Double(batch.count)
        #expect(abs(mean - 128.2) <= 5 * 36 / 8000.0.squareRoot(), "\(mean)")
    }

    /// The exact mean of short sequences, a sum over all of them: the best predictor's cost of a sequence is what its
    /// probability is.
    @Test func theMeanOfShortSequencesIsTheirEntropy() throws {
        var task = NGrams()
        task.contextLength = 1
        let length = 8
        var (mean, square) = (0.0, 0.0)
        for number in 0..<1 << length {
            let bits = (0..<length).map { Float(number >> $0 & 1) }
            let cost = try bestCost(task, task.batch([episode(bits, contextLength: 1)]))
            mean += exp2(-1 - cost) * cost
            square += exp2(-1 - cost) * cost * cost
        }
        var generator = RandomGenerator(seed: testSeed(13))
        let count = 40_000
        let drawn = try bestCost(task, task.batch(count: count, lengths: length...length, using: &generator))
        let deviation = ((square - mean * mean) / Double(count)).squareRoot()
        #expect(abs(drawn / Double(count) - mean) <= 5 * deviation, "\(drawn / Double(count)), not \(mean)")
    }

    /// On average no other weight of the prior does better.
    @Test func noOtherPriorIsBetter() throws {
        var generator = RandomGenerator(seed: testSeed(12))
        let task = NGrams()
        let batch = try task.batch(count: 1000, lengths: 200...200, using: &generator)
        guard case .vectors(let inputs) = batch.inputs, case .bits(let targets) = batch.targets else { return }
        func bits(weight: Double) -> Double {
            var total = 0.0
            for b in 0..<batch.count {
                var seen: [[Float]: (ones: Double, all: Double)] = [:]
                let column = stride(from: b, to: inputs.count, by: batch.count)
                let (read, wanted) = (column.map { inputs[$0] }, column.map { targets[$0] })
                for t in 4..<batch.steps {
                    let context = Array(read[t - 4...t])
                    let (ones, all) = seen[context] ?? (0, 0)
                    let p = (ones + weight) / (all + 2 * weight)
                    total -= log2(wanted[t] == 1 ? p : 1 - p)
                    seen[context] = (ones + Double(wanted[t]), all + 1)
                }
            }
            return total
        }
        let best = try bestCost(task, batch)
        // Sums of 195,000 costs.
        expectClose([bits(weight: 0.5)], [best], within: .rounding(200_000, of: best, .double), "bits", "weight 0.5")
        #expect(bits(weight: 0.35) > best && bits(weight: 0.7) > best)
    }
}
