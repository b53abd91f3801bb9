// Times are never negative, whatever the clock does.

import Testing
import NeuralMemoryTraining

@Suite struct StopwatchTests {
    /// Tells the times that it is given, one after the other.
    private final class ScriptedClock: Clock {
        struct Instant: InstantProtocol {
            var seconds: Double
            func advanced(by duration: Duration) -> Instant { Instant(seconds: seconds + duration / .seconds(1)) }
            func duration(to other: Instant) -> Duration { .seconds(other.seconds - seconds) }
            static func < (left: Instant, right: Instant) -> Bool { left.seconds < right.seconds }
        }

        private nonisolated(unsafe) var times: [Double]
        let minimumResolution = Duration.zero

        init(_ times: [Double]) { self.times = times }

        var now: Instant { Instant(seconds: times.removeFirst()) }
        func sleep(until deadline: Instant, tolerance: Duration?) async throws {}
    }

    @Test func lapsAreNeverNegative() {
        var stopwatch = Stopwatch(ScriptedClock([10, 12, 5, 5.5, 4]))
        #expect(stopwatch.lap() == 2)
        #expect(stopwatch.lap() == 0)
        #expect(stopwatch.seconds == 0.5)
        #expect(stopwatch.seconds == 0)
    }
}
