// Drawing symbols at random from what a network gives.

import Foundation
import NeuralMemory

/// Draws symbols by their probabilities.
public struct Sampler: Sendable {
    /// Logits are divided by it: below 1 likely symbols become likelier, and 0 always takes the likeliest.
    public let temperature: Double
    /// Only so many of the likeliest symbols are drawn; `nil` for all.
    public let most: Int?
    /// Symbols that are never drawn.
    public let excluded: Set<Int>
    private var generator: RandomGenerator

    /// The same seed draws the same symbols.
    ///
    /// Throws `UsageError` for a temperature below 0 or that is not finite, and for fewer than one symbol.
    public init(temperature: Double = 1, most: Int? = nil, excluding excluded: Set<Int> = [], seed: UInt64) throws {
        guard temperature >= 0, temperature.isFinite else {
            throw UsageError("Sampler", "temperature is \(temperature); it must be a number that is not below 0")
        }
        guard most.map({ $0 >= 1 }) ?? true else {
            throw UsageError("Sampler", "most is \(most ?? 0); it must be at least 1")
        }
        self.temperature = temperature
        self.most = most
        self.excluded = excluded
        generator = RandomGenerator(seed: seed, stream: 0)
    }

    /// Draws a symbol.
    ///
    /// Throws `UsageError` where no symbol is left, or a logit is not a number.
    ///
    /// - Parameter logits: one for each symbol, before the softmax.
    public mutating func draw(_ logits: [Float]) throws -> Int {
        let kept = logits.indices.filter { !excluded.contains($0) }
        guard !kept.isEmpty, logits.allSatisfy({ !$0.isNaN }) else {
            throw UsageError("Sampler.draw", "there is no symbol to draw: none is left, or a logit is NaN")
        }
        // Of equal ones the first: sorting need not be stable.
        let sorted = kept.sorted { (logits[$0], $1) > (logits[$1], $0) }
        let likeliest = sorted.prefix(temperature == 0 ? 1 : most ?? sorted.count)
        let largest = Double(logits[likeliest[0]])
        let weights = likeliest.map { temperature == 0 ? 1 : exp((Double(logits[$0]) - largest) / temperature) }
        var rest = generator.uniform() * weights.reduce(0, +)
        for (symbol, weight) in zip(likeliest, weights) {
            rest -= weight
            if rest < 0 { return symbol }
        }
        return likeliest[0]
    }
}
