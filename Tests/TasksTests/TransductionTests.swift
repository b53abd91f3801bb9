// TransductionTests.swift: what single transduction tasks ask for; the layout of their batches is tested with networks.

import NeuralMemory
import NeuralMemoryTasks
import TestSupport
import Testing

@Suite struct TransductionTests {
    @Test func bigramsAreFlipped() {
        let task = BigramFlip(symbols: 9, lengths: 2...8)
        #expect(task.target(of: [4, 7]) == [7, 4])
        #expect(task.target(of: [1, 2, 3, 4, 5, 6]) == [2, 1, 4, 3, 6, 5])
    }

    /// Every even length of the range, whether its ends are even or not, and as often as any other.
    @Test(arguments: [(8...15, 4), (7...14, 4), (9...16, 4), (8...8, 1), (9...10, 1)])
    func bigramsHaveEvenLengths(lengths: ClosedRange<Int>, kinds: Int) {
        let task = BigramFlip(symbols: 5, lengths: lengths)
        var generator = RandomGenerator(seed: testSeed(11))
        var counts: [Int: Int] = [:]
        for _ in 0..<4000 {
            let pair = task.pair(lengths: lengths, using: &generator)
            counts[pair.source.count, default: 0] += 1
            #expect(pair.target == task.target(of: pair.source))
        }
        #expect(Set(counts.keys) == Set(lengths.filter { $0 % 2 == 0 }) && counts.count == kinds)
        // Five standard deviations.
        let expected = 4000 / Double(kinds)
        for (length, count) in counts {
            #expect(abs(Double(count) - expected) <= 5 * expected.squareRoot(), "\(length)")
        }
    }

    @Test func lengthsWithoutAnEvenOneAreRefused() throws {
        let task = BigramFlip()
        let error = #expect(throws: ConfigurationError.self) { try task.requireLengths(65...65, "--length") }
        #expect(error?.field == "--length" && error?.description.contains("even") == true)
        try task.requireLengths(65...66, "--length")
        #expect(throws: ConfigurationError.self) { try task.requireLengths(1...64, "--length") }
    }
}
