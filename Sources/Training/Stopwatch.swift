// How long things take.

/// Measures with a clock that changes of the date do not move.
package struct Stopwatch {
    private let clock = ContinuousClock()
    private var mark: ContinuousClock.Instant

    package init() { mark = clock.now }

    /// Seconds since it was made or last told a lap; never negative, even where the system's clock goes back.
    package var seconds: Double { seconds(to: clock.now) }

    /// The same, and begins the next lap.
    package mutating func lap() -> Double {
        let now = clock.now
        defer { mark = now }
        return seconds(to: now)
    }

    private func seconds(to now: ContinuousClock.Instant) -> Double { max(0, (now - mark) / .seconds(1)) }
}
