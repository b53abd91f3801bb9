// What messages show of a user's texts: short, and nothing that a terminal obeys.

import NeuralMemory
import Testing

@Suite struct MessageTextTests {
    @Test func shortTextsStandAsTheyAre() {
        #expect("a b ü 👩‍👩‍👧 \"x\"".shown() == "a b ü 👩‍👩‍👧 \"x\"")
        #expect("".shown() == "")
        #expect(String(repeating: "a", count: 80).shown() == String(repeating: "a", count: 80))
    }

    @Test func longTextsAreCut() {
        #expect(String(repeating: "a", count: 81).shown() == String(repeating: "a", count: 80) + "… (81 characters)")
        #expect(String(repeating: "ü", count: 1_000_000).shown(atMost: 9) == "üüüü… (1000000 characters)")
        #expect("abcdef".shown(atMost: 0) == "… (6 characters)")
    }

    @Test func controlCharactersAreEscaped() {
        #expect("\u{1B}[2J\n\t\r\0\u{7F}\u{9B}".shown() == "\\u{1b}[2J\\n\\t\\r\\u{0}\\u{7f}\\u{9b}")
        #expect("a\u{202E}b\u{2028}\u{FEFF}".shown() == "a\\u{202e}b\\u{2028}\\u{feff}")
        // An escape is shown whole or not at all.
        #expect("ab\u{1B}".shown(atMost: 4) == "ab… (3 characters)")
    }

    @Test func pathsKeepTheirEnd() {
        #expect("/tmp/a b/ü.yaml".shownPath == "/tmp/a b/ü.yaml")
        let long = "/home/" + String(repeating: "x", count: 5000) + "\u{1B}/checkpoints/best.safetensors"
        let shown = long.shownPath
        #expect(shown.hasPrefix("/home/xxx") && shown.hasSuffix("?/checkpoints/best.safetensors"), "\(shown)")
        #expect(shown.utf8.count < 300)
    }

    @Test func listsAreCut() {
        #expect(["a", "b"].listed() == "a, b")
        #expect([String]().listed() == "")
        #expect((1...100).map(String.init).listed(atMost: 12) == "1, 2, 3, 4 and 96 more")
        let names = (0..<1000).map { "\($0)" + String(repeating: "\u{1B}", count: 1000) }
        #expect(names.listed().utf8.count < 450 && names.listed().hasSuffix(" more"))
    }

    @Test func messagesAreCut() {
        #expect("one\ntwo".asMessage == "one\ntwo")
        let long = String(repeating: "ü\n", count: 1000).asMessage
        #expect(long.utf8.count <= 1000 && long.hasSuffix("…") && long.hasPrefix("ü\nü\n"))
        #expect("a\u{1B}b".asMessage == "a\\u{1b}b")
    }
}
