// Sequences to evaluate on, as values: those that a task draws, and those of somebody's data.

import NeuralMemory

/// Sequences to evaluate on: the same ones each time, in batches.
public protocol EvaluationSet: Sendable {
    /// The lengths that its sequences have; results are named after them.
    var lengths: ClosedRange<Int> { get }

    /// How many sequences there are.
    var count: Int { get }

    /// Whether the sequences of each batch go on where those of the batch before ended; `false` by default.
    var isStream: Bool { get }

    /// Gives all sequences to `body`, batch by batch. Throws what `body` throws; `UsageError` and `ConfigurationError`
    /// where there are no such sequences; `DataError` and `FileError` where data cannot be read any more.
    ///
    /// - Parameters:
    ///   - batchSize: how many sequences of so many steps go into a batch.
    ///   - body: gets each batch once.
    func forEachBatch(_ batchSize: (_ steps: Int) -> Int, _ body: (Batch) throws -> Void) throws

    /// The most sequences that `sample` can give.
    var largestSample: Int { get }

    /// The most steps of a sequence of `sample(count)`. Throws as that does.
    func steps(ofSample count: Int) throws -> Int

    /// Some sequences to look at one by one; the set's seed decides which. Throws as `forEachBatch` does, and
    /// `UsageError` for a count below 1 or above `largestSample`.
    func sample(_ count: Int) throws -> SequenceSample
}

extension EvaluationSet {
    public var isStream: Bool { false }
}

/// Some sequences of a set.
public struct SequenceSample: Sendable {
    /// Inputs and targets of the sequences.
    public let batch: Batch
    /// Where each sequence of the batch stands in somebody's data; empty where they are drawn.
    public let places: [DataPlace]
}

/// Sequences that a task draws.
public struct DrawnSequences: EvaluationSet {
    private let task: any SequenceTask
    public let lengths: ClosedRange<Int>
    public let count: Int
    private let seed: UInt64

    /// Sequences of a task, drawn when they are asked for.
    ///
    /// - Parameters:
    ///   - task: draws the sequences.
    ///   - lengths: of the sequences; the task says what they count.
    ///   - count: how many there are; 1000 unless given.
    ///   - seed: decides the sequences; they come from another stream of random numbers than those to train on.
    public init(_ task: any SequenceTask, lengths: ClosedRange<Int>, count: Int? = nil, seed: UInt64) {
        self.task = task
        self.lengths = lengths
        self.count = count ?? 1000
        self.seed = seed
    }

    /// Drawing one sequence after the other gives the same ones as drawing them together.
    private var generator: RandomGenerator { RandomGenerator(seed: seed, stream: 2 + UInt64(lengths.upperBound)) }

    public func forEachBatch(_ batchSize: (_ steps: Int) -> Int, _ body: (Batch) throws -> Void) throws {
        try task.requireLengths(lengths, "lengths")
        var generator = generator
        let most = batchSize(task.steps(length: lengths.upperBound))
        for start in stride(from: 0, to: count, by: most) {
            try body(task.batch(count: min(most, count - start), lengths: lengths, using: &generator))
        }
    }

    public var largestSample: Int { .max }

    public func steps(ofSample count: Int) throws -> Int { task.steps(length: lengths.upperBound) }

    /// The first ones.
    public func sample(_ count: Int) throws -> SequenceSample {
        try task.requireLengths(lengths, "lengths")
        var generator = generator
        return SequenceSample(batch: try task.batch(count: count, lengths: lengths, using: &generator), places: [])
    }
}

/// Sequences of somebody's data.
public struct DataSequences: EvaluationSet {
    let task: any DataTask
    public let count: Int
    private let seed: UInt64
    /// The numbers of those that there are to evaluate on; `nil` for all that the task has.
    private let pool: [Int]?

    /// - Parameters:
    ///   - task: must be open.
    ///   - count: so many sequences, spread evenly over what the task has to evaluate on; all where it has fewer, or
    ///     where no number is given.
    ///   - seed: decides the sequences of samples.
    public init(_ task: any DataTask, count: Int? = nil, seed: UInt64) {
        self.task = task
        self.count = max(0, min(count ?? .max, task.evaluationCount))
        self.seed = seed
        pool = nil
    }

    /// Some of these sequences, by their numbers in the task.
    func part(_ numbers: [Int]) -> DataSequences { DataSequences(task, numbers, seed) }

    private init(_ task: any DataTask, _ numbers: [Int], _ seed: UInt64) {
        self.task = task
        self.seed = seed
        count = numbers.count
        pool = numbers
    }

    /// The numbers in the task, spread evenly over what there is.
    var numbers: [Int] { (0..<count).map { number($0 * largestSample / count) } }

    private func number(_ index: Int) -> Int { pool?[index] ?? index }

    public var lengths: ClosedRange<Int> { task.lengths }

    public func forEachBatch(_ batchSize: (_ steps: Int) -> Int, _ body: (Batch) throws -> Void) throws {
        for numbers in try batches(batchSize) { try body(task.evaluationBatch(numbers)) }
    }

    /// The numbers of the sequences, in batches of similar numbers of steps.
    private func batches(_ batchSize: (_ steps: Int) -> Int) throws -> [[Int]] {
        let numbers = numbers
        let steps = try numbers.map(task.evaluationSteps)
        var batches: [[Int]] = []
        var (longest, most) = (0, 0)
        for index in numbers.indices.sorted(by: { (steps[$0], $0) < (steps[$1], $1) }) {
            let size = (batches.last?.count ?? 0) + 1
            if steps[index] != longest {
                longest = steps[index]
                most = batchSize(longest)
            }
            if size == 1 || size > most {
                batches.append([numbers[index]])
            } else {
                batches[batches.count - 1].append(numbers[index])
            }
        }
        return batches
    }

    public var largestSample: Int { pool?.count ?? task.evaluationCount }

    public func steps(ofSample count: Int) throws -> Int {
        try sampled(count).map(task.evaluationSteps).max() ?? 0
    }

    /// Spread evenly over all that there are to evaluate on, from a place that the seed decides; none comes twice.
    public func sample(_ count: Int) throws -> SequenceSample {
        let numbers = try sampled(count)
        return SequenceSample(
            batch: try task.evaluationBatch(numbers), places: try numbers.compactMap(task.evaluationPlace))
    }

    private func sampled(_ count: Int) throws -> [Int] {
        let all = largestSample
        guard 1...max(1, all) ~= count, all > 0 else {
            throw UsageError("DataSequences.sample", "count is \(count); there are \(all) sequences to evaluate on")
        }
        var generator = RandomGenerator(seed: seed, stream: 6)
        let first = generator.integer(in: 0...all - 1)
        return (0..<count).map { number((first + $0 * all / count) % all) }
    }
}
