// LearnedSeeds.swift: what tests of learning may ask: that a sound majority of seeds learns, not that one does.

import Testing

/// Records an issue unless at least `needed` of the seeds solve a problem, five of them unless told otherwise.
///
/// Every seed is varied by NEURALMEMORY_TEST_SEED. Stops as soon as the answer is known.
///
/// - `solves`: Whether a seed solves the problem. Text says what it came to where it does not.
package func expectMostSeedsSolve(
    _ needed: Int = 4, of seeds: ClosedRange<UInt64> = 1...5, at location: SourceLocation = #_sourceLocation,
    _ solves: (_ seed: UInt64) throws -> Learned
) rethrows {
    let allowed = seeds.count - needed
    var solved = 0
    var failures: [String] = []
    for seed in seeds where solved < needed && failures.count <= allowed {
        switch try solves(testSeed(seed)) {
        case .solved: solved += 1
        case .notSolved(let text): failures.append("seed \(testSeed(seed)): \(text)")
        }
    }
    if solved < needed {
        Issue.record(
            "\(failures.count) seeds did not learn, of at most \(allowed)\(seedNote): \(failures.joined(separator: "; "))",
            sourceLocation: location)
    }
}

/// What one seed came to.
package enum Learned {
    case solved
    case notSolved(String)

    /// Solved if so; else with a text that says what it came to.
    package init(_ isSolved: Bool, _ text: @autoclosure () -> String) {
        self = isSolved ? .solved : .notSolved(text())
    }
}

/// None of the seeds gave what a test needs.
package struct NoSeedLearned: Error, CustomStringConvertible {
    let seeds: ClosedRange<UInt64>

    package var description: String { "no seed of \(seeds) learned what the test starts from\(seedNote)" }
}

/// What the first seed gives that gives something: a trained network for tests of other things than learning, for
/// example.
package func firstLearned<Value>(
    of seeds: ClosedRange<UInt64> = 1...5, _ make: (_ seed: UInt64) throws -> Value?
) throws -> Value {
    for seed in seeds { if let value = try make(testSeed(seed)) { return value } }
    throw NoSeedLearned(seeds: seeds)
}
