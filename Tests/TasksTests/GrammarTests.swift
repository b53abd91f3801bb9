// GrammarTests.swift: reading grammars, the errors on the way, and what is drawn from them.

import Foundation
import NeuralMemory
import NeuralMemoryTasks
import TestSupport
import Testing

/// A small grammar, with another text in place of one of its lines.
private func text(_ line: String = "", replacedBy other: String = "") -> String {
    let text = """
        start: A
        words:
          N: {source: n, target: m, count: 3}
        rules:
          A:
            - the <B> | la <B>
          B:
            - 3: <N> | <N>
            - 1: red <B> | <B> rouge
        """ + "\n"
    return line.isEmpty ? text : text.replacingOccurrences(of: line, with: other)
}

private func pairs(_ task: GrammarTask, _ count: Int, seed: UInt64 = 1) -> [(source: [String], target: [String])] {
    var generator = RandomGenerator(seed: testSeed(seed))
    return (0..<count).map { _ in
        let pair = task.pair(lengths: task.lengths, using: &generator)
        return (pair.source.map { task.vocabulary.source[$0] }, pair.target.map { task.vocabulary.target[$0] })
    }
}

/// Checks that a share of `count` independent draws fits a probability, to five standard deviations.
private func expect(_ hits: Int, of count: Int, hasProbability p: Double, _ what: String) {
    let bound = 5 * (p * (1 - p) * Double(count)).squareRoot()
    #expect(abs(Double(hits) - p * Double(count)) <= bound, "\(what): \(hits) of \(count), not \(p)\(seedNote)")
}

@Suite struct GrammarTests {
    private func error(_ text: String) -> TextSettingError? {
        do {
            _ = try Grammar(text: text, source: "my.yaml")
            return nil
        } catch {
            return error as? TextSettingError
        }
    }

    // MARK: Reading

    @Test func vocabulariesAreInTheOrderOfTheText() throws {
        let grammar = try Grammar(text: text(), source: "my.yaml")
        #expect(grammar.vocabulary.source == ["n1", "n2", "n3", "the", "red"])
        #expect(grammar.vocabulary.target == ["m1", "m2", "m3", "la", "rouge"])
        #expect(!grammar.vocabulary.isShared)
    }

    @Test func theTextIsKept() throws {
        let untidy = "\n\n" + text().replacingOccurrences(of: "\n", with: " \r\n") + "\n\n"
        let grammar = try Grammar(text: untidy, source: "my.yaml")
        #expect(grammar.text == text())
        let back = try JSONDecoder().decode(Grammar.self, from: JSONEncoder().encode(grammar))
        #expect(back == grammar && back.vocabulary == grammar.vocabulary)
    }

    @Test func shippedOnesAreThePapers() throws {
        #expect(try Grammar.names == ["gender", "svo-sov"])
        let order = try Grammar(setting: "svo-sov").vocabulary
        #expect(order.source.count == 3 * 33 + 1 && order.target.count == 3 * 33 + 1)
        let gender = try Grammar(setting: "gender").vocabulary
        #expect(gender.source.count == 4 * 25 + 4 && gender.target.count == 4 * 25 + 7)
    }

    /// Line numbers count from the text's first line.
    @Test(arguments: [
        ("the <B> | la <B>", "the <Bee> | la <B>", 6, "<Bee> means Bee, which is no nonterminal; there are N, A, B"),
        ("the <B> | la <B>", "the <B> | la", 6, "<B> stands on the source side alone"),
        ("the <B> | la <B>", "the | la <B>", 6, "<B> stands on the target side alone"),
        ("the <B> | la <B>", "<B> <B> | <B> <B>", 6, "<B> stands twice on the source side"),
        ("the <B> | la <B>", "<B:1> | <B:1> <B:1>", 6, "<B:1> stands twice on the target side"),
        ("the <B> | la <B>", "<B:1> the | <B:2> la", 6, "<B:1> stands on the source side alone"),
        ("the <B> | la <B>", "the <B> la <B>", 6, "one | between"),
        ("the <B> | la <B>", "a | b | c", 6, "one | between"),
        ("the <B> | la <B>", "the <B | la <B", 6, "'<B' is neither a word"),
        ("the <B> | la <B>", "[the, la]", 6, "SOURCE | TARGET"), ("3: <N>", "-3: <N>", 8, "weight -3"),
        ("3: <N>", "1/0: <N>", 8, "weight 1/0"), ("3: <N>", "nan: <N>", 8, "weight nan"),
        ("3: <N>", "much: <N>", 8, "weight much"), ("count: 3", "count: 0", 3, "count of N is 0"),
        ("count: 3", "count: many", 3, "count of N is many"), (", count: 3", "", 3, "N must be {source"),
        ("source: n", "source: n o", 3, "'n o' cannot be a word"), ("start: A", "start: C", 1, "start is C"),
        ("start: A", "begin: A", 1, "no section begin"), ("  B:\n", "  N:\n", 7, "N is there twice"),
        ("  B:\n", "  <B>:\n", 7, "cannot be a nonterminal"),
        ("    - the <B> | la <B>\n", "    the <B>\n", 5, "A must be a list of rules")
    ])
    func errorsNameTheLine(_ line: String, _ other: String, _ number: Int, _ part: String) {
        let error = error(text(line, replacedBy: other))
        #expect(error?.line == number && error?.reason.contains(part) == true, "\(error?.description ?? "no error")")
        #expect(error?.description.hasPrefix("my.yaml, line \(number): ") == true)
    }

    @Test func errorsOfTheWhole() {
        for (text, part) in [
            ("", "sections start"), ("- a\n- b\n", "sections start"), ("rules: {A: [a | b]}\n", "start is missing"),
            ("start: A\n", "rules is missing"), ("start: A\nrules: {}\n", "rules must be"),
            ("start: A\nrules:\n  A:\n    - 0: a | b\n    - 0: c | d\n", "weights of A add up to 0"),
            ("start: A\nrules:\n  A: [a <A> | b <A>]\n", "A never ends"),
            ("start: A\nrules:\n  A: [<B> | <B>]\n  B:\n    - <A> | <A>\n    - 0: a | a\n", "A never ends"),
            ("start: A\nrules:\n  A: [a | b]\n  B: [<B> | <B>]\n", "B never ends")
        ] {
            #expect(error(text)?.reason.contains(part) == true, "\(text): \(error(text)?.description ?? "no error")")
        }
        let broken = error("start: A\nrules:\n  A: [a | b\nmore: ]\n")
        #expect(broken?.reason.hasPrefix("this is not YAML") == true && (broken?.line ?? 0) >= 3)
    }

    @Test func filesThatAreNotThere() throws {
        let error = #expect(throws: ConfigurationError.self) { try Grammar(setting: "svo-sof") }
        #expect(error?.field == "task.grammar" && error?.value == "svo-sof")
        #expect(error?.allowed.contains("gender, svo-sov") == true)
        #expect(throws: (any Error).self) { try Grammar(setting: "/") }
    }

    // MARK: Drawing

    @Test func bothSidesComeFromOneDerivation() throws {
        let task = GrammarTask(try Grammar(text: text(), source: ""), lengths: 2...6)
        for (source, target) in pairs(task, 500) {
            #expect(source.count == target.count && task.lengths.contains(source.count))
            #expect(source.first == "the" && target.first == "la")
            #expect(source.dropFirst().dropLast().allSatisfy { $0 == "red" })
            #expect(target.dropFirst(2).allSatisfy { $0 == "rouge" })
            #expect(target[1] == source.last?.replacingOccurrences(of: "n", with: "m"))
        }
    }

    /// Of the lengths 2 and 3: <B> ends at once with 3/4, or after one more with 3/16.
    @Test func rulesAreDrawnByTheirWeights() throws {
        let task = GrammarTask(try Grammar(text: text(), source: ""), lengths: 2...3)
        let drawn = pairs(task, 5000)
        expect(drawn.filter { $0.source.count == 2 }.count, of: 5000, hasProbability: 0.8, "length 2")
        for noun in ["n1", "n2", "n3"] {
            expect(drawn.filter { $0.source.last == noun }.count, of: 5000, hasProbability: 1 / 3.0, noun)
        }
        let fractions = try Grammar(
            text: text("3: <N>", replacedBy: "0.3: <N>").replacing("1: red", with: "1/10: red"), source: "")
        let same = pairs(GrammarTask(fractions, lengths: 2...3), 5000)
        expect(same.filter { $0.source.count == 2 }.count, of: 5000, hasProbability: 0.8, "length 2 by fractions")
    }

    @Test func bothSidesMustFit() throws {
        let uneven = "start: A\nrules:\n  A:\n    - x <A> | y y <A>\n    - x | y y\n"
        let task = GrammarTask(try Grammar(text: uneven, source: ""), lengths: 2...8)
        try task.validate()
        let lengths = Set(pairs(task, 2000).map(\.source.count))
        #expect(lengths == [2, 3, 4])
        #expect(task.shortestLength == 2 && task.steps(length: 8) >= 4 + 8 + 2)
    }

    /// In a derivation of svo-sov all words but verbs keep their order, each noun phrase is translated word for word,
    /// and the main verb goes to the end.
    @Test func verbsMoveToTheEnd() throws {
        func translated(_ word: String) -> String {
            word == "rpi" ? "rpo" : String(word.prefix(1)) + "o" + word.dropFirst(2)
        }
        let task = GrammarTask()
        for (source, target) in pairs(task, 300) {
            #expect(task.lengths.contains(source.count) && source.count == target.count)
            #expect(source.map(translated).sorted() == target.sorted())
            // The target's last word is the source's first verb that ends a subject outside of any clause.
            let verb = try #require(target.last)
            let index = try #require(source.firstIndex { translated($0) == verb && $0.hasPrefix("vi") })
            #expect(verb.hasPrefix("vo") && index > 0)
        }
        let simple = GrammarTask(task.grammar, lengths: 3...3)
        for (source, target) in pairs(simple, 50) {
            #expect(source.map { String($0.prefix(2)) } == ["si", "vi", "oi"])
            #expect(target == [source[0], source[2], source[1]].map(translated))
        }
    }

    @Test func articlesTakeTheGender() throws {
        let task = GrammarTask(try Grammar(setting: "gender"), lengths: 5...40)
        let articles = ["the m": "der", "the f": "die", "the n": "das", "a m": "ein", "a f": "eine", "a n": "ein"]
        var sizes: Set<Int> = []
        for (source, target) in pairs(task, 500) {
            #expect(source.count == target.count && task.lengths.contains(source.count))
            sizes.insert(source.count)
            for (index, word) in source.enumerated() where word == "the" || word == "a" {
                #expect(target[index] == articles["\(word) \(source[index + 1].prefix(1))"])
            }
            for (word, other) in zip(source, target) where word.last?.isNumber == true {
                #expect(other == word.replacingOccurrences(of: "e", with: "g"))
            }
        }
        // Long sentences are rare: of the 36 lengths 500 sentences have about 22.
        #expect(sizes.count > 10)
    }

    @Test func lengthsThatDoNotComeAreRefused() throws {
        let even = "start: A\nrules:\n  A:\n    - a b <A> | c d <A>\n    - a b | c d\n"
        let task = GrammarTask(try Grammar(text: even, source: ""), lengths: 2...9)
        try task.validate()
        for lengths in [5...5, 1...1, 200...300] {
            let error = #expect(throws: ConfigurationError.self) { try task.requireLengths(lengths, "--length") }
            #expect(error?.field == "--length")
        }
        try task.requireLengths(5...6, "--length")
        // Nothing but rules that add no words, most of the time.
        let idle = "start: A\nrules:\n  A:\n    - 1e9: <A> | <A>\n    - a | b\n"
        #expect(throws: ConfigurationError.self) {
            try GrammarTask(Grammar(text: idle, source: ""), lengths: 1...4).validate()
        }
    }

    /// A derivation as deep as its sequence is long.
    @Test func deepDerivations() throws {
        let deep = "start: A\nrules:\n  A:\n    - 1e6: a <A> | <A> b\n    - a | b\n"
        var generator = RandomGenerator(seed: 1)
        let task = GrammarTask(try Grammar(text: deep, source: ""), lengths: 1...2_000_000)
        let pair = task.pair(lengths: 100_000...largestSize, using: &generator)
        #expect(pair.source.count >= 100_000 && pair.target.count == pair.source.count)
    }
}
