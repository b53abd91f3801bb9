// Grammars that are small and ask for much, and large ones whose reading must not take the square of their size: where
// it did, these tests would not end.

import Foundation
import NeuralMemory
import NeuralMemoryTasks
import TestSupport
import Testing

@Suite struct HostileGrammarTests {
    private func grammar(_ text: String) throws -> Grammar { try Grammar(text: text, source: "my.yaml") }

    private func reason(_ text: String) -> String {
        do {
            _ = try grammar(text)
            return "no error"
        } catch {
            #expect("\(error)".utf8.count < 1000)
            return "\(error)"
        }
    }

    /// Almost all draws go on for ever without getting longer.
    @Test func idleRules() throws {
        let unit = "start: A\nrules:\n  A: [1e9: <A> | <A>, w | w]\n"
        let silent = "start: A\nrules:\n  A: [1e9: <B> <A> | <B> <A>, w | w]\n  B: [\" | \"]\n"
        for text in [unit, silent] {
            for lengths in [1...64, 1...largestSize, largestSize...largestSize] {
                let error = #expect(throws: ConfigurationError.self) {
                    try GrammarTask(grammar(text), lengths: lengths).validate()
                }
                #expect(error?.field == "task.maximumLength" && error?.allowed.contains("often enough") == true)
            }
        }
        // Where it is seldom idle, there are pairs.
        let seldom = GrammarTask(try grammar("start: A\nrules:\n  A: [99: <A> | <A>, w | w]\n"), lengths: 1...4)
        try seldom.validate()
        var generator = RandomGenerator(seed: 1)
        #expect(seldom.pair(lengths: 1...4, using: &generator).source.count == 1)
    }

    @Test func manyWordsAreCountedBeforeTheyAreMade() {
        let families = (0..<20_000).map { "  F\($0): {source: s\($0)_, target: t, count: 65536}\n" }.joined()
        let many = reason("start: A\nwords:\n\(families)rules:\n  A: [a | b]\n")
        #expect(many.hasPrefix("my.yaml, line 4: there are more than 65536 words"), "\(many)")
        let large = (0..<40_000).map { "  - a\($0) b\($0) | c\n" }.joined()
        let words = reason("start: A\nrules:\n  A:\n\(large)")
        #expect(words.contains("there are more than 65536 words"), "\(words)")
    }

    /// Each nonterminal's length is known only after the next one's, in either order of the text.
    @Test func longChains() throws {
        let count = 20_000
        let down = (0..<count).map { "  A\($0): [x <A\($0 + 1)> | <A\($0 + 1)>]\n" }
        let last = "  A\(count): [y | y]\n"
        for rules in [down + [last], [last] + down.reversed()] {
            let task = GrammarTask(try grammar("start: A0\nrules:\n" + rules.joined()), lengths: 1...(count + 1))
            #expect(task.shortestLength == count + 1)
            var generator = RandomGenerator(seed: 1)
            let pair = task.pair(lengths: task.lengths, using: &generator)
            #expect(pair.source.count == count + 1 && pair.target.count == 1)
        }
        let endless = reason("start: A0\nrules:\n" + down.joined() + "  A\(count): [<A0> | <A0>]\n")
        #expect(endless.contains("A0 never ends"), "\(endless)")
    }

    @Test func longRules() throws {
        let labels = (0..<20_000).map { "<B:\($0)>" }
        let rule = labels.joined(separator: " ") + " | " + labels.reversed().joined(separator: " ")
        let text = "start: A\nrules:\n  A: [\"\(rule)\"]\n  B: [x | y]\n"
        let task = GrammarTask(try grammar(text), lengths: 1...20_000)
        #expect(task.shortestLength == 20_000)
        try task.validate()
        let twice = reason(text.replacingOccurrences(of: "<B:19999> |", with: "<B:0> |"))
        #expect(twice.contains("<B:0> stands twice on the source side"), "\(twice)")
        let alone = reason(text.replacingOccurrences(of: "<B:19999> |", with: "<B:x> |"))
        #expect(alone.contains("<B:x> stands on the source side alone"), "\(alone)")
        // Twenty thousand of twenty thousand, and so on: no length counts so far.
        let power = (0..<8).map { "  A\($0): [\"\(rule.replacingOccurrences(of: "B", with: "A\($0 + 1)"))\"]\n" }
        let large = reason("start: A6\nrules:\n" + power[6] + power[7] + "  A8: [x | y]\n")
        #expect(large.contains("all that comes of A6 has more than 1048576 words"), "\(large)")
        let part = try grammar(
            "start: A\nrules:\n  A: [<A6> | <A6>, x | y]\n" + power[6] + power[7] + "  A8: [x | y]\n")
        try GrammarTask(part, lengths: 1...largestSize).validate()
        // Without words, so that no length tells.
        let empty = try grammar(text.replacingOccurrences(of: "[x | y]", with: "[\" | \"]"))
        #expect(throws: ConfigurationError.self) { try GrammarTask(empty, lengths: 1...64).validate() }
    }

    /// The shortest lengths are those of the shortest derivation of each side, also where rules lead round in circles.
    @Test func shortestLengths() throws {
        let text = """
            start: A
            rules:
              A: [<A> <B> | <A> <B>, a a a <B> | a <B>, <C> | <C>]
              B: [<C> x | <C>, <A> | <A>]
              C: [y y | <B> z, <D:1> <D:2> | <D:2> <D:1>]
              D: [d | d d d, 0: d | d]
            """
        // C: y y alone has one side; D D is 2 on the source side and 6 on the target side.
        let fixed = text.replacingOccurrences(of: "y y | <B> z", with: "y y y | z z")
        let task = GrammarTask(try grammar(fixed), lengths: 1...64)
        #expect(task.shortestLength == 2)
    }

    @Test func drawsAreInProportionToTheWeights() throws {
        let rules = (1...200).map { "    - \($0): w\($0) | v\n" }.joined()
        let task = GrammarTask(try grammar("start: A\nrules:\n  A:\n" + rules), lengths: 1...1)
        var generator = RandomGenerator(seed: 5)
        var counts = [Int](repeating: 0, count: 201)
        let draws = 100_000
        for _ in 0..<draws {
            let word = task.vocabulary.source[task.pair(lengths: 1...1, using: &generator).source[0]]
            counts[try #require(Int(word.dropFirst()))] += 1
        }
        // The sum over rules of (found - expected)² / expected is that of 199 squared normal numbers: 199 ± 20, so that
        // 320 is six deviations off.
        let sum = Double(200 * 201 / 2)
        let distance = (1...200).reduce(0.0) { total, number in
            let expected = Double(draws * number) / sum
            return total + (Double(counts[number]) - expected) * (Double(counts[number]) - expected) / expected
        }
        #expect(distance < 320, "\(distance)")
    }

    @Test func textsThatAreNotShownWhole() {
        let long = String(repeating: "x", count: 200_000)
        for text in [
            "start: \(long)\nrules: {A: [a | b]}\n", "\(long): 1\n", "start: A\nrules: {A: [\(long)]}\n",
            "start: A\nrules: {A: [<\(long)> | b]}\n", "start: A\nrules: {A: [<\(long) | b]}\n",
            "start: A\nrules: {\(long): [a | <b>]}\n", "start: A\nrules: {A: [\(long): a | b]}\n",
            "start: A\nrules: {<\(long): [a | b]}\n", "start: A\nrules: {\(long): [<\(long)> | <\(long)>]}\n",
            "start: A\nwords: {\(long): {source: a}}\nrules: {A: [a | b]}\n",
            "start: A\nwords: {N: {source: a, target: b, count: \(long)}}\nrules: {A: [a | b]}\n",
            "start: A\nwords: {N: {source: \"\(long) x\", target: b, count: 1}}\nrules: {A: [a | b]}\n"
        ] { #expect(reason(text) != "no error") }
        let large = reason("start: A\nrules: {A: [a | b]}\n" + String(repeating: "#", count: 1 << 20))
        #expect(large.contains("longer than 1048576 bytes"), "\(large)")
        let many = (0..<20_000).map { "  A\($0): [a | b]\n" }.joined()
        let unknown = reason("start: B\nrules:\n" + many)
        #expect(unknown.contains("A0, A1") && unknown.contains("more"), "\(unknown)")
    }

    @Test func filesThatAreNoGrammars() throws {
        let folder = try TemporaryFolder()
        let pipe = folder.file("pipe").path
        #expect(mkfifo(pipe, 0o600) == 0)
        for (setting, part) in [(pipe, "a pipe"), (folder.url.path, "a folder"), ("/dev/zero", "a device")] {
            let error = #expect(throws: ConfigurationError.self) { try Grammar(setting: setting) }
            #expect(error?.description.contains(part) == true, "\(String(describing: error))")
        }
        let binary = folder.file("binary.yaml")
        try Data([0xC3, 0x28]).write(to: binary)
        let error = #expect(throws: TextSettingError.self) { try Grammar(setting: binary.path) }
        #expect(error?.reason.contains("UTF-8") == true)
    }
}
