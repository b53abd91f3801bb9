// LanguageTests.swift: words of formal languages, and the sets of what may come next, against literal definitions.

import NeuralMemory
import NeuralMemoryTasks
import TestSupport
import Testing

/// Whether a word of brackets can still be completed; opening brackets are 0..<kinds, closing ones follow.
private func isPrefix(_ word: [Int], kinds: Int) -> Bool {
    var open: [Int] = []
    for symbol in word {
        if symbol < kinds {
            open.append(symbol)
        } else if open.popLast() != symbol - kinds {
            return false
        }
    }
    return true
}

private func depth(_ word: some Sequence<Int>, kinds: Int) -> Int {
    word.reduce(0) { $0 + ($1 < kinds ? 1 : -1) }
}

@Suite struct LanguageTests {
    @Test(arguments: [1, 2, 3, 6])
    func bracketsAreBalanced(kinds: Int) {
        let task = Dyck(kinds: kinds, lengths: 2...50)
        #expect(task.signature == Signature(inputs: .symbols(2 * kinds), outputs: .bits(2 * kinds)))
        #expect(Set(task.symbolNames).count == 2 * kinds)
        var generator = RandomGenerator(seed: testSeed(4))
        for length in [2, 4, 10, 50, 50, 50] {
            let word = task.word(length: length, using: &generator)
            #expect(word.symbols.count == length && depth(word.symbols, kinds: kinds) == 0)
            for step in 0..<length {
                let prefix = Array(word.symbols[...step])
                let allowed = (0..<2 * kinds).filter { isPrefix(prefix + [$0], kinds: kinds) }
                #expect(word.next[step] == Set(allowed), "\(prefix)")
            }
        }
    }

    /// The 14 ways to nest 8 brackets, each as often as any other, to five standard deviations.
    @Test func allNestingsAreEquallyLikely() {
        let task = Dyck(kinds: 2, lengths: 8...8)
        var generator = RandomGenerator(seed: testSeed(9))
        var nestings: [[Bool]: Int] = [:]
        var square = 0
        for _ in 0..<7000 {
            let word = task.word(length: 8, using: &generator).symbols
            nestings[word.map { $0 < 2 }, default: 0] += 1
            square += word.filter { $0 == 1 }.count
        }
        #expect(nestings.count == 14)
        for (nesting, count) in nestings { #expect(abs(count - 500) <= 108, "\(nesting)") }
        #expect(abs(square - 14_000) <= 420)
    }

    /// The documentation's √(πn/2).
    @Test func longWordsAreDeep() {
        var generator = RandomGenerator(seed: testSeed(2))
        let words = 2000
        let depths = (0..<words).map { _ in
            let word = Dyck().word(length: 500, using: &generator).symbols
            var depth = 0
            return word.map { symbol in
                depth += symbol < 2 ? 1 : -1
                return depth
            }.max() ?? 0
        }
        // √(π 500 / 2) − 3/2 + O(1/√n) (de Bruijn, Knuth & Rice 1972) is 26.5 + 1 for the root's level; a depth's
        // standard deviation is 7.6, so 1 is six of the mean's.
        let mean = Double(depths.reduce(0, +)) / Double(words)
        #expect(abs(mean - 27.0) < 1.5, "\(mean)\(seedNote)")
    }

    @Test func countingWords() {
        var generator = RandomGenerator(seed: 1)
        let two = AnBn().word(length: 3, using: &generator)
        #expect(two.symbols == [0, 0, 0, 1, 1, 1])
        #expect(two.next == [[0, 1], [0, 1], [0, 1], [1], [1], [2]])
        let three = AnBnCn().word(length: 2, using: &generator)
        #expect(three.symbols == [0, 0, 1, 1, 2, 2])
        #expect(three.next == [[0, 1], [0, 1], [1], [2], [2], [3]])
        #expect(AnBnCn().signature == Signature(inputs: .symbols(3), outputs: .bits(4)))
        #expect(AnBn().steps(length: 7) == 14 && AnBnCn().steps(length: 7) == 21)
    }

    /// Written out by hand: (), and a alone.
    @Test func aBatchByHand() throws {
        let task = Dyck(kinds: 1, lengths: 2...4)
        let words = [
            LanguageWord(symbols: [0, 1], next: [[0, 1], [0]]),
            LanguageWord(symbols: [0, 0, 1, 1], next: [[0, 1], [0, 1], [0, 1], [0]])
        ]
        let batch = try task.batch(words)
        #expect(batch.steps == 4 && batch.count == 2 && batch.mask == [1, 1, 1, 1, 0, 1, 0, 1])
        guard case .symbols(let inputs) = batch.inputs, case .bits(let targets) = batch.targets else {
            Issue.record("inputs must be symbols, targets bits")
            return
        }
        #expect(inputs == [0, 0, 1, 0, 0, 1, 0, 1])
        #expect(targets == [1, 1, 1, 1, 1, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1, 0])
    }

    @Test func pictures() {
        var generator = RandomGenerator(seed: 1)
        var task = AnBn()
        (task.minimumLength, task.maximumLength) = (2, 2)
        #expect(
            task.picture(using: &generator).split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
                == [
                    ["input", "a", "a", "b", "b"], ["target", "a", "#", "#", "·", "·"],
                    ["target", "b", "#", "#", "#", "·"],
                    ["target", "end", "·", "·", "·", "#"]
                ])
        let lines = Dyck(kinds: 3, lengths: 2...50).picture(using: &generator).split(separator: "\n")
        #expect(lines.count == 7 && lines[1].hasPrefix("target  ( ") && Set(lines.map(\.count)).count == 1)
    }
}
