// Confidence intervals of rates, against known figures and against how often they cover the truth.

import NeuralMemory
import Testing
import NeuralMemoryTraining

@Suite struct SuccessRateTests {
    /// Figures from the formula evaluated in exact fractions.
    @Test(arguments: [(0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (59, 60, 0.9114, 0.9971), (5, 10, 0.2366, 0.7634)])
    func intervalsAreWilsons(successes: Int, count: Int, least: Double, most: Double) {
        let interval = SuccessRate(successes, of: count).interval
        #expect(abs(interval.lowerBound - least) < 1e-4 && abs(interval.upperBound - most) < 1e-4, "\(interval)")
    }

    /// Wilson's intervals cover the true rate about as often as they say, for any rate.
    @Test(arguments: [0.5, 0.8, 0.95])
    func intervalsCoverTheTruth(rate: Double) {
        var generator = RandomGenerator(seed: 1)
        let trials = 4000
        let covered = (0..<trials).filter { _ in
            let successes = (0..<40).filter { _ in generator.bernoulli(rate) }.count
            return SuccessRate(successes, of: 40).interval.contains(rate)
        }.count
        #expect(0.92...0.98 ~= Double(covered) / Double(trials), "\(covered) of \(trials)")
    }
}
