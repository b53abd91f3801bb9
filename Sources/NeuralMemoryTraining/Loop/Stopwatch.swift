// How long things take.

/// Seconds by a clock, never negative, even where the clock goes back.
package struct Stopwatch<C: Clock> where C.Duration == Duration {
    private let clock: C
    private var mark: C.Instant

    package init(_ clock: C) {
        self.clock = clock
        mark = clock.now
    }

    /// Since it was made, or since the last lap.
    package var seconds: Double { seconds(to: clock.now) }

    /// The same, and begins the next lap.
    package mutating func lap() -> Double {
        let now = clock.now
        defer { mark = now }
        return seconds(to: now)
    }

    private func seconds(to now: C.Instant) -> Double { max(0, mark.duration(to: now) / .seconds(1)) }
}

extension Stopwatch where C == ContinuousClock {
    /// By the clock that changes of the date do not move.
    package init() { self.init(ContinuousClock()) }
}
