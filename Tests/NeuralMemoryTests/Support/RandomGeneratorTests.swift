// RandomGeneratorTests.swift: known values, distributions, and the way through a checkpoint.

import Foundation
import NeuralMemory
import TestSupport
import Testing

@Suite struct RandomGeneratorTests {
    /// xoshiro256** from the state 1, 2, 3, 4: the first numbers of its authors' program.
    @Test func knownValues() throws {
        var generator = try #require(RandomGenerator(state: [1, 2, 3, 4]))
        let expected: [UInt64] = [
            11520, 0, 1_509_978_240, 1_215_971_899_390_074_240, 1_216_172_134_540_287_360, 607_988_272_756_665_600,
            16_172_922_978_634_559_625, 8_476_171_486_693_032_832, 10_595_114_339_597_558_777,
            2_904_607_092_377_533_576
        ]
        for number in expected { #expect(generator.next() == number) }
    }

    /// SplitMix64 from 0 and 1234567.
    @Test func knownSeeds() {
        #expect(
            RandomGenerator(seed: 0).state == [
                0xE220_A839_7B1D_CDAF, 0x6E78_9E6A_A1B9_65F4, 0x06C4_5D18_8009_454F, 0xF88B_B8A8_724C_81EC
            ])
        #expect(
            RandomGenerator(seed: 1_234_567).state == [
                6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
                4_593_380_528_125_082_431
            ])
    }

    @Test func seedsAndStreamsDiffer() {
        var states: Set<[UInt64]> = []
        for seed in 0..<50 {
            for stream in 0..<20 {
                states.insert(RandomGenerator(seed: UInt64(seed), stream: UInt64(stream)).state)
            }
        }
        #expect(states.count == 1000)
        #expect(RandomGenerator(seed: 7, stream: 3) == RandomGenerator(seed: 7, stream: 3))
    }

    @Test func aRestoredStateGoesOn() throws {
        var generator = RandomGenerator(seed: testSeed(9))
        for _ in 0..<17 { _ = generator.normal() }
        var restored = try #require(RandomGenerator(state: generator.state))
        for _ in 0..<100 {
            #expect(restored.normal() == generator.normal())
            #expect(restored.integer(in: 1...1000) == generator.integer(in: 1...1000))
        }
        #expect(restored == generator)
    }

    @Test func statesThatCannotBeAreRefused() {
        for state: [UInt64] in [[], [1, 2, 3], [1, 2, 3, 4, 5], [0, 0, 0, 0]] {
            #expect(RandomGenerator(state: state) == nil, "\(state)")
        }
        #expect(RandomGenerator(state: [0, 0, 0, 1]) != nil)
    }

    // MARK: Distributions; each bound is at least five standard deviations of what it bounds

    private let draws = 40_000

    private func moments(_ draw: () -> Double) -> (mean: Double, variance: Double, numbers: [Double]) {
        let numbers = (0..<draws).map { _ in draw() }
        let mean = numbers.reduce(0, +) / Double(draws)
        let variance = numbers.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(draws)
        return (mean, variance, numbers)
    }

    @Test func uniform() {
        var generator = RandomGenerator(seed: testSeed(21))
        let unit = moments { generator.uniform() }
        #expect(unit.numbers.allSatisfy { 0 <= $0 && $0 < 1 })
        #expect(abs(unit.mean - 0.5) <= 0.0075 && abs(unit.variance - 1.0 / 12) <= 0.002)
        let range = moments { generator.uniform(-3, 5) }
        #expect(range.numbers.allSatisfy { -3 <= $0 && $0 < 5 })
        #expect(abs(range.mean - 1) <= 0.06)
    }

    @Test func normal() {
        var generator = RandomGenerator(seed: testSeed(22))
        let normal = moments { generator.normal() }
        #expect(normal.numbers.allSatisfy { $0.isFinite })
        #expect(abs(normal.mean) <= 0.025 && abs(normal.variance - 1) <= 0.036)
        let within = Double(normal.numbers.filter { abs($0) < 1 }.count) / Double(draws)
        #expect(abs(within - 0.6827) <= 0.012)
        let fourth = normal.numbers.reduce(0) { $0 + $1 * $1 * $1 * $1 } / Double(draws)
        #expect(abs(fourth - 3) <= 0.25)
    }

    @Test func integers() {
        var generator = RandomGenerator(seed: testSeed(23))
        for range in [0...0, 1...2, -3...3, 5...14] {
            var counts: [Int: Int] = [:]
            for _ in 0..<draws { counts[generator.integer(in: range), default: 0] += 1 }
            #expect(counts.keys.sorted() == Array(range))
            let expected = Double(draws) / Double(range.count)
            for (value, count) in counts {
                #expect(abs(Double(count) - expected) <= 5 * expected.squareRoot(), "\(value) in \(range)")
            }
        }
        // Wider than Int's largest number.
        for range in [Int.min...Int.max, Int.min...0, -1...Int.max, Int.min / 2 - 5...Int.max - 7] {
            let numbers = (0..<200).map { _ in generator.integer(in: range) }
            #expect(numbers.allSatisfy { range.contains($0) } && Set(numbers).count == 200, "\(range)")
        }
    }

    @Test func bernoulli() {
        var generator = RandomGenerator(seed: testSeed(24))
        for probability in [0, 0.1, 0.5, 1] {
            let share = moments { generator.bernoulli(probability) ? 1 : 0 }.mean
            #expect(abs(share - probability) <= 5 * (probability * (1 - probability) / Double(draws)).squareRoot())
        }
    }
}
