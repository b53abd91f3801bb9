// BatchTests.swift: what all tasks share: batches padded at their end, repeatable draws, stated numbers of steps.

import NeuralMemory
import NeuralMemoryTasks
import TestSupport
import Testing

/// All registered tasks with their default settings.
///
/// The tasks of the package.
let taskKinds: Kinds = {
    var registry = Registry()
    registry.addTasks()
    return registry.tasks
}()

let allTasks: [any SequenceTask] = taskKinds.types.compactMap { $0.init() as? any SequenceTask }

extension Batch {
    /// All numbers of a batch.
    fileprivate var numbers: [[Float]] {
        let inputs: [Float]
        let targets: [Float]
        switch self.inputs {
        case .symbols(let symbols): inputs = symbols.map { Float($0) }
        case .vectors(let vectors): inputs = vectors
        }
        switch self.targets {
        case .symbols(let symbols): targets = symbols.map { Float($0) }
        case .bits(let bits): targets = bits
        case .numbers(let numbers): targets = numbers
        }
        return [inputs, targets, mask]
    }
}

@Suite struct BatchTests {
    @Test func everyTaskIsRegisteredAndValid() throws {
        #expect(allTasks.count == taskKinds.types.count && Set(taskKinds.names).count == allTasks.count)
        for kind in [
            "copy-bits", "repeat-copy", "associative-recall", "n-grams", "priority-sort", "key-value", "allocation",
            "graph-traversal", "shortest-path"
        ] {
            #expect(taskKinds.names.contains(kind))
        }
        for task in allTasks { try task.validate() }
    }

    @Test func theSameSeedGivesTheSameSequences() throws {
        for task in allTasks {
            func numbers(seed: UInt64) throws -> [[[Float]]] {
                var generator = RandomGenerator(seed: seed)
                return try (0..<2).map { _ in
                    try task.batch(count: 3, lengths: task.lengths, using: &generator).numbers
                }
            }
            let first = try numbers(seed: 1)
            #expect(try first == numbers(seed: 1), "\(task.kind)")
            #expect(try first != numbers(seed: 2) && first[0] != first[1], "\(task.kind)")
        }
    }

    /// The longest of many sequences of one length takes as many steps as stated, and none takes more.
    ///
    /// That all nodes of a random graph have the most edges is too rare.
    @Test func stepsAreAsStated() throws {
        for task in allTasks {
            for length in [task.shortestLength, 9, 24] where (try? task.requireLengths(length...length, "")) != nil {
                var generator = RandomGenerator(seed: testSeed(UInt64(length)))
                let batch = try task.batch(count: 100, lengths: length...length, using: &generator)
                let steps = task.steps(length: length)
                #expect(
                    task is any GraphTask ? batch.steps <= steps : batch.steps == steps,
                    "\(task.kind) of length \(length)")
            }
        }
    }

    /// Written out by hand: two episodes of copy, of lengths 1 and 2.
    @Test func aBatchByHand() throws {
        var task = CopyBits()
        task.width = 2
        let short = VectorEpisode(inputs: [[1, 0, 0], [0, 0, 1], [0, 0, 0]], targets: [nil, nil, [1, 0]])
        let long = VectorEpisode(
            inputs: [[0, 1, 0], [1, 1, 0], [0, 0, 1], [0, 0, 0], [0, 0, 0]],
            targets: [nil, nil, nil, [0, 1], [1, 1]])
        let batch = try task.batch([short, long])
        #expect(batch.steps == 5 && batch.count == 2)
        #expect(
            batch.numbers == [
                [1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
                [0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 1, 1],
                [0, 0, 0, 0, 1, 0, 0, 1, 0, 1]
            ])
    }

    /// A batch is the episodes that the same generator draws one by one, after each one's length.
    @Test func batchesAreEpisodes() throws {
        func check(_ task: some VectorTask) throws {
            var (one, other) = (RandomGenerator(seed: testSeed(5)), RandomGenerator(seed: testSeed(5)))
            let episodes = (0..<7).map { _ in
                task.episode(length: one.integer(in: 6...12), using: &one)
            }
            let batch = try task.batch(count: 7, lengths: 6...12, using: &other)
            #expect(try batch.numbers == task.batch(episodes).numbers && one == other, "\(task.kind)")
            #expect(Int(batch.mask.reduce(0, +)) == episodes.reduce(0) { $0 + $1.targets.compactMap { $0 }.count })
        }
        for case let task as any VectorTask in allTasks { try check(task) }
    }
}
