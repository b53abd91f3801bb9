// A share of runs, with how far the true rate may be from it.

/// How many of some runs succeeded.
public struct SuccessRate: Sendable, Equatable {
    /// Those that did.
    public let successes: Int
    /// All of them; at least one.
    public let count: Int

    /// So many of all.
    public init(_ successes: Int, of count: Int) { (self.successes, self.count) = (successes, count) }

    /// The interval in which the true rate lies with 95 % confidence, in 0…1 (Wilson 1927).
    public var interval: ClosedRange<Double> {
        let (z, n) = (1.959964, Double(count))
        let rate = Double(successes) / n
        let centre = rate + z * z / (2 * n)
        let spread = z * (rate * (1 - rate) / n + z * z / (4 * n * n)).squareRoot()
        let scale = 1 + z * z / n
        return max(0, (centre - spread) / scale)...min(1, (centre + spread) / scale)
    }
}
