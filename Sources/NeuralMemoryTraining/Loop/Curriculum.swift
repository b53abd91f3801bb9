// The curriculum: which lengths are trained at now.

import NeuralMemory

/// The longest length at present, and the running error that decides when it grows.
public struct Curriculum: Codable, Sendable, Equatable {
    /// The longest length at present.
    public private(set) var longest: Int
    /// The running mean of the loss since the longest length last grew; `nil` before the first batch.
    public private(set) var runningLoss: Double?
    /// How many batches that is the mean of.
    public private(set) var batches = 0

    /// Begins at `start`, or at all lengths where that is 0.
    ///
    /// `lengths` are those that the run trains at in the end.
    public init(_ configuration: CurriculumConfiguration, lengths: ClosedRange<Int>) {
        longest = configuration.start.map { min(max($0, lengths.lowerBound), lengths.upperBound) } ?? lengths.upperBound
    }

    /// The lengths to draw from.
    public func lengths(within lengths: ClosedRange<Int>) -> ClosedRange<Int> { lengths.lowerBound...longest }

    /// Takes in one batch's mean loss.
    public mutating func note(loss: Double, _ configuration: CurriculumConfiguration, lengths: ClosedRange<Int>) {
        guard longest < lengths.upperBound else { return }
        let mean = runningLoss.map { configuration.memory * $0 + (1 - configuration.memory) * loss } ?? loss
        runningLoss = mean
        batches += 1
        guard batches >= configuration.steps, mean < configuration.threshold else { return }
        let multiple = Int(min(Double(longest) * configuration.factor, Double(lengths.upperBound)))
        longest = min(max(longest + configuration.increment, multiple), lengths.upperBound)
        runningLoss = nil
        batches = 0
    }
}
