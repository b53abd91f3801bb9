// TaskTests.swift: copy and reversal, as the batches that a network sees: `<s> source ||| target </s>`, time-major.

import NeuralMemory
import NeuralMemoryTasks
import TestSupport
import Testing
import NeuralMemoryTraining

@Suite struct TaskTests {
    /// One sequence of a batch, cut at its last output that counts.
    private struct Sequence {
        var inputs: [Int32]
        var targets: [Int32]
        var mask: [Float]

        init?(_ batch: Batch, _ b: Int) {
            let one = batch.sequence(b, steps: batch.length(of: b))
            guard case .symbols(let inputs) = one.inputs, case .symbols(let targets) = one.targets else { return nil }
            self.inputs = inputs
            self.targets = targets
            mask = one.mask
        }

        /// The source's length.
        var length: Int { (inputs.count - 2) / 2 }
    }

    @Test(arguments: [1...1, 1...9, 6...6, 3...20])
    func batchesAreLaidOutAsStated(_ lengths: ClosedRange<Int>) throws {
        for symbols in [1, 5, 128] {
            var generator = RandomGenerator(seed: testSeed(UInt64(symbols)))
            let copy = Copy(symbols: symbols, lengths: lengths)
            let reversal = Reversal(symbols: symbols, lengths: lengths)
            try check(copy, symbols, lengths, &generator) { $0 }
            try check(reversal, symbols, lengths, &generator) { $0.reversed() }
        }
    }

    private func check(
        _ task: any SequenceTask, _ symbols: Int, _ lengths: ClosedRange<Int>, _ generator: inout RandomGenerator,
        target: ([Int32]) -> [Int32]
    ) throws {
        #expect(task.signature == Signature(inputs: .symbols(symbols + 2), outputs: .symbols(symbols + 1)))
        #expect(task.lengths == lengths)
        let batch = try task.batch(count: 13, lengths: lengths, using: &generator)
        #expect(batch.count == 13)
        var longest = 0
        for b in 0..<batch.count {
            let sequence = try #require(Sequence(batch, b))
            let n = sequence.length
            #expect(lengths.contains(n) && sequence.inputs.count == 2 * n + 2)
            #expect(sequence.inputs[0] == Vocabulary.start && sequence.inputs[n + 1] == Vocabulary.separator)
            let source = Array(sequence.inputs[1...n])
            #expect(source.allSatisfy { (2..<Int32(symbols) + 2).contains($0) })
            // The target, one step later, is what the network reads on.
            #expect(Array(sequence.inputs[(n + 2)...]) == target(source))
            // Outputs are one less, since they have one mark where inputs have two.
            #expect(Array(sequence.targets[(n + 1)...]) == target(source).map { $0 - 1 } + [Vocabulary.end])
            #expect(sequence.mask == Array(repeating: 0, count: n + 1) + Array(repeating: 1, count: n + 1))
            longest = max(longest, sequence.inputs.count)
        }
        #expect(batch.steps == longest)
    }

    @Test func theSameGeneratorGivesTheSameBatch() throws {
        let task = Reversal(symbols: 20, lengths: 2...9)
        func inputs(seed: UInt64) throws -> [[Int32]] {
            var generator = RandomGenerator(seed: seed)
            return try (0..<3).map { _ in
                guard case .symbols(let ids) = try task.batch(count: 4, lengths: 2...9, using: &generator).inputs else {
                    return []
                }
                return ids
            }
        }
        #expect(try inputs(seed: 1) == inputs(seed: 1))
        #expect(try inputs(seed: 1) != inputs(seed: 2))
        #expect(try Set(inputs(seed: 1)).count == 3)
    }

    /// Each bound is five standard deviations.
    @Test func lengthsAndSymbolsAreUniform() throws {
        let (lengths, symbols, count) = (3...10, 6, 8000)
        var generator = RandomGenerator(seed: testSeed(31))
        let task = Copy(symbols: symbols, lengths: lengths)
        let batch = try task.batch(count: count, lengths: lengths, using: &generator)
        var byLength: [Int: Int] = [:]
        var bySymbol: [Int32: Int] = [:]
        for b in 0..<count {
            let sequence = try #require(Sequence(batch, b))
            byLength[sequence.length, default: 0] += 1
            for symbol in sequence.inputs[1...sequence.length] { bySymbol[symbol, default: 0] += 1 }
        }
        func checkUniform(_ counts: [some Hashable: Int], kinds: Int) {
            #expect(counts.count == kinds)
            let expected = Double(counts.values.reduce(0, +)) / Double(kinds)
            for (key, count) in counts { #expect(abs(Double(count) - expected) <= 5 * expected.squareRoot(), "\(key)") }
        }
        checkUniform(byLength, kinds: lengths.count)
        checkUniform(bySymbol, kinds: symbols)
    }

    @Test func separateVocabulariesDoNotMeet() throws {
        let vocabulary = Vocabulary(source: ["x", "y"], target: ["p", "q", "r"])
        #expect(vocabulary.signature == Signature(inputs: .symbols(7), outputs: .symbols(4)))
        let batch = try vocabulary.batch([
            Transduction(source: [1], target: [2, 0, 1]), Transduction(source: [0, 1], target: [])
        ])
        #expect(batch.steps == 6 && batch.count == 2)
        let first = try #require(Sequence(batch, 0))
        #expect(first.inputs == [0, 3, 1, 6, 4, 5] && first.targets == [0, 0, 3, 1, 2, 0])
        #expect(first.mask == [0, 0, 1, 1, 1, 1])
        let second = try #require(Sequence(batch, 1))
        #expect(second.inputs == [0, 2, 3, 1] && second.targets[3] == 0 && second.mask == [0, 0, 0, 1])
    }

    @Test func picturesShowInputsAboveTargets() {
        for kind in Registry.standard.tasks.types {
            guard let task = kind.init() as? any SequenceTask else { continue }
            var generator = RandomGenerator(seed: 1)
            let picture = task.picture(using: &generator)
            #expect(!picture.isEmpty && picture.split(separator: "\n").count <= 40, "\(kind.kind)")
        }
        var generator = RandomGenerator(seed: 1)
        let lines = Reversal(symbols: 8, lengths: 1...3).picture(using: &generator).split(separator: "\n")
        #expect(lines.count == 2 && lines[0].contains("<s>") && lines[0].contains("|||"))
        #expect(lines[1].contains("</s>") && lines[0].count >= lines[1].count - 4)
    }
}
