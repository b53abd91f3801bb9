// TaskUsageTests.swift: what a task cannot draw, and sequences that are not a task's, are refused with a message.

import Foundation
import NeuralMemory
import NeuralMemoryTasks
import TestSupport
import Testing

@Suite struct TaskUsageTests {
    @Test func batchesThatCannotBeDrawn() {
        for task in allTasks where task.drawsSequences {
            var generator = RandomGenerator(seed: 1)
            for count in [0, -1, Int.min] {
                expectUsageError("\(task.kind).batch: count is \(count); it must be at least 1") {
                    _ = try task.batch(count: count, lengths: task.lengths, using: &generator)
                }
            }
            for lengths in [0...0, -5...(-1), Int.min...Int.max] {
                #expect(throws: ConfigurationError.self, "\(task.kind), \(lengths)") {
                    _ = try task.batch(count: 1, lengths: lengths, using: &generator)
                }
            }
        }
    }

    @Test func episodesThatAreNotTheTasks() {
        var task = CopyBits()
        task.width = 2
        let good = VectorEpisode(inputs: [[1, 0, 0], [0, 0, 1]], targets: [nil, [1, 0]])
        #expect(throws: Never.self) { try task.batch([good]) }
        for bad in [
            VectorEpisode(inputs: [], targets: []), VectorEpisode(inputs: [[1, 0, 0]], targets: []),
            VectorEpisode(inputs: [[1, 0]], targets: [nil]), VectorEpisode(inputs: [[1, 0, 0]], targets: [[1]])
        ] {
            expectUsageError("copy-bits.batch: each episode must have as many inputs") {
                _ = try task.batch([good, bad])
            }
        }
        expectUsageError("at least one") { _ = try task.batch([]) }
    }

    @Test func wordsThatAreNotTheLanguages() {
        let task = Dyck(kinds: 1, lengths: 2...4)
        let good = LanguageWord(symbols: [0, 1], next: [[0, 1], [0]])
        #expect(throws: Never.self) { try task.batch([good]) }
        for bad in [
            LanguageWord(symbols: [], next: []), LanguageWord(symbols: [0], next: []),
            LanguageWord(symbols: [2], next: [[0]]), LanguageWord(symbols: [-1], next: [[0]]),
            LanguageWord(symbols: [0], next: [[2]]), LanguageWord(symbols: [0], next: [[-1]])
        ] {
            expectUsageError("dyck.batch: each word must have as many sets") { _ = try task.batch([good, bad]) }
        }
        expectUsageError("at least one") { _ = try task.batch([]) }
    }

    @Test func symbolsThatAVocabularyDoesNotHave() {
        let vocabulary = Vocabulary(source: ["x", "y"], target: ["p"])
        for (source, target, part) in [
            ([2], [0], "a source has symbol 2; the source's symbols are 0 to 1"), ([-1], [0], "a source has symbol -1"),
            ([0], [1], "a target has symbol 1; the target's symbols are 0 to 0"),
            ([0], [Int.min], "a target has symbol")
        ] {
            expectUsageError(part) { _ = try vocabulary.batch([Transduction(source: source, target: target)]) }
        }
        expectUsageError("there are no pairs") { _ = try vocabulary.batch([]) }
        let open = Vocabulary(source: ["x"], target: ["p"], takesUnknown: true)
        #expect(throws: Never.self) { try open.batch([Transduction(source: [-1], target: [-1])]) }
        expectUsageError("the source's symbols are -1 to 0") {
            _ = try open.batch([Transduction(source: [-2], target: [])])
        }
    }

    @Test func dataThatAreNotOpen() throws {
        var pairs = Pairs()
        expectUsageError("Pairs.open: nothing is known of these pairs yet") {
            try pairs.open(evaluating: URL(fileURLWithPath: "/nowhere"), progress: { _ in })
        }
        expectUsageError("Pairs.trainingBatch: the data are not open; call open first") {
            _ = try pairs.trainingBatch(count: 1, after: 0, seed: 1)
        }
        expectUsageError("Pairs.evaluationBatch: the data are not open") { _ = try pairs.evaluationBatch([0]) }
        expectUsageError("Pairs.evaluationSteps: the data are not open") { _ = try pairs.evaluationSteps(0) }
        expectUsageError("Pairs.notes: the data are not open") { _ = try pairs.notes(progress: { _ in }) }
        #expect(pairs.evaluationCount == 0)

        let folder = try TemporaryFolder()
        let file = folder.file("pairs.tsv")
        try Data((0..<20).map { "a\($0)\tb\n" }.joined().utf8).write(to: file)
        pairs.data = file.path
        try pairs.open(progress: { _ in })
        let count = pairs.evaluationCount
        for number in [-1, count, Int.max] {
            expectUsageError("Pairs.evaluationBatch: pair \(number) is asked for; there are \(count)") {
                _ = try pairs.evaluationBatch([0, number])
            }
            expectUsageError("Pairs.evaluationSteps: pair \(number)") { _ = try pairs.evaluationSteps(number) }
            expectUsageError("Pairs.evaluationPlace: pair \(number)") { _ = try pairs.evaluationPlace(number) }
        }
        for (size, done) in [(0, 0), (-1, 0), (1, -1)] {
            expectUsageError("Pairs.trainingBatch: count is \(size)") {
                _ = try pairs.trainingBatch(count: size, after: done, seed: 1)
            }
        }
        try pairs.open(evaluating: file, progress: { _ in })
        expectUsageError("opened to evaluate only") { _ = try pairs.trainingBatch(count: 1, after: 0, seed: 1) }
    }

    @Test func costsOfOtherBatches() throws {
        var generator = RandomGenerator(seed: 1)
        let batch = try Copy().batch(count: 2, using: &generator)
        expectUsageError("NGrams.optimalBits: the batch is not of bits") { _ = try NGrams().optimalBits(of: batch) }
        let wrong = try Batch(
            steps: 2, count: 1, inputs: .vectors([.nan, 7]), targets: .bits([0, 1]), mask: [1, 1])
        expectUsageError("NGrams.optimalBits: the batch is not of bits") { _ = try NGrams().optimalBits(of: wrong) }
    }
}
