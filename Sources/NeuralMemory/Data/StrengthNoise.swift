// Noise on the strengths of a memory while it is trained.

/// Normal noise that a training episode adds to a memory's strengths before their sigmoids.
///
/// A sigmoid that must give nearly the same strength whatever the noise is has to be near 0 or 1. So noise makes
/// pushes and pops sharp, and errors of their sums small in long sequences. Salakhutdinov & Hinton 2009, "Semantic
/// hashing", made codes binary in this way. Gradients are those of the strengths as they came out.
public struct StrengthNoise: Sendable, Equatable {
    /// The standard deviation, at least 0.
    public var deviation: Double
    /// Decides the noise, together with `number`.
    public var seed: UInt64
    /// Which of the batches of a seed this is, such as the number of a training step.
    public var number: Int
    /// The number in the batch of the first sequence of its part that an episode runs; 0 for a whole batch.
    public var firstSequence = 0

    /// Noise of this deviation for one batch.
    public init(deviation: Double, seed: UInt64, number: Int) {
        self.deviation = deviation
        self.seed = seed
        self.number = number
    }

    /// The streams of a seed that batches take for noise begin here.
    private static let stream: UInt64 = 1 << 42

    /// The noise of some of the batch's sequences; that of a sequence does not depend on which others there are.
    package func sources(_ sequences: Range<Int>) -> [Source] {
        var generator = RandomGenerator(seed: seed, stream: Self.stream &+ UInt64(truncatingIfNeeded: number))
        let key = generator.next()
        return sequences.map {
            Source(
                deviation: Float(deviation), generator: RandomGenerator(seed: key, stream: UInt64(firstSequence + $0)))
        }
    }

    /// The noise of one sequence, step by step.
    package struct Source {
        let deviation: Float
        var generator: RandomGenerator

        /// Adds noise to the first `columns` numbers of a row.
        package mutating func add(to row: UnsafeMutablePointer<Float>, columns: Int) {
            for column in 0..<columns { row[column] += deviation * Float(generator.normal()) }
        }
    }
}
