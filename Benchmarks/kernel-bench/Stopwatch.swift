// Timing. Machines are shared and clocks vary, so the sides of a ratio run in turns, and medians are reported.

enum Stopwatch {
    /// Something to time.
    struct Side {
        /// Called before each run, not timed.
        var reset: (() -> Void)?
        var run: () -> Void
    }

    /// How long all samples of one benchmark may take together, in seconds, but for the least number of them.
    private static let budget = 0.25
    /// A sample repeats its side until it takes this long: the clock's own cost then does not count.
    private static let sampleSeconds = 0.001

    #if DEBUG
        private static let fewestSamples = 1
    #else
        private static let fewestSamples = 3
    #endif
    private static let mostSamples = 101

    /// Runs all sides in turns; seconds per run of each.
    static func interleaved(_ sides: [Side], budget: Double = budget) -> [Samples] {
        let repetitions = sides.map { side in max(1, Int(sampleSeconds / max(seconds(of: side, 1), 1e-9))) }
        var samples = sides.map { _ in Samples() }
        let start = ContinuousClock.now
        for round in 0..<mostSamples {
            if round >= fewestSamples && Self.seconds(since: start) > budget { break }
            for index in sides.indices {
                samples[index].seconds.append(seconds(of: sides[index], repetitions[index]))
            }
        }
        return samples
    }

    /// Seconds per run.
    private static func seconds(of side: Side, _ repetitions: Int) -> Double {
        guard let reset = side.reset else {
            let start = ContinuousClock.now
            for _ in 0..<repetitions { side.run() }
            return seconds(since: start) / Double(repetitions)
        }
        var total = 0.0
        for _ in 0..<repetitions {
            reset()
            total += seconds { side.run() }
        }
        return total / Double(repetitions)
    }

    /// How long one call takes.
    static func seconds(_ body: () -> Void) -> Double {
        let start = ContinuousClock.now
        body()
        return seconds(since: start)
    }

    private static func seconds(since start: ContinuousClock.Instant) -> Double {
        let (seconds, attoseconds) = (ContinuousClock.now - start).components
        return Double(seconds) + Double(attoseconds) * 1e-18
    }
}

/// Repeated measurements of one thing.
struct Samples {
    var seconds: [Double] = []

    var median: Double {
        let sorted = seconds.sorted()
        let middle = sorted.count / 2
        return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    }

    var fastest: Double { seconds.min() ?? .nan }
    var slowest: Double { seconds.max() ?? .nan }
}
