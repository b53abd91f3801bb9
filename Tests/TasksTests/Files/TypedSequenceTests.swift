// Sequences that somebody types for a trained network: they are those that the same lines of a file are.

import Foundation
import NeuralMemory
import NeuralMemoryTasks
import TestSupport
import Testing

@Suite struct TypedSequenceTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// As a checkpoint has it: what is known of the data, and not the data.
    private func trained(_ lines: [String], _ change: (inout Sequences) -> Void = { _ in }) throws -> Sequences {
        let task = try Sequences.opened(lines.map { $0 + "\n" }.joined(), at: folder.file("train.jsonl"), change)
        return try JSONDecoder().decode(Sequences.self, from: JSONEncoder().encode(task))
    }

    private func fault(_ task: Sequences, _ text: String) -> String {
        do {
            _ = try task.typed(text)
            return "nothing is refused"
        } catch {
            return (error as? LineFault)?.reason ?? "\(error)"
        }
    }

    /// Lines that a network is trained on, a text, and the line that says the same.
    private static let same: [(lines: [String], text: String, line: String)] = [
        (
            [#"{"inputs": ["a", "b"], "targets": ["x", "y"]}"#], "b  a b\tx null y",
            #"{"inputs": ["b", "a", "b"], "targets": ["x", null, "y"]}"#
        ),
        (
            [#"{"inputs": ["a", "b"], "target": "not more"}"#], "b a\tnot more",
            #"{"inputs": ["b", "a"], "target": "not more"}"#
        ),
        (
            [#"{"inputs": ["1", "2"], "target": "3"}"#], "2 1 1\t3", #"{"inputs": ["2", "1", "1"], "target": "3"}"#
        ),
        (
            [#"{"inputs": [[1, 2], [3, 5]], "targets": [0, 1]}"#], "3 4; -1 2e1\t7 null",
            #"{"inputs": [[3, 4], [-1, 20]], "targets": [7, null]}"#
        ),
        (
            [#"{"inputs": [1, 2], "targets": [[0, 1], [2, 3], [4, 5]]}"#], "6\t1 2; 3 4",
            #"{"inputs": [6], "targets": [[1, 2], [3, 4]]}"#
        )
    ]

    @Test(arguments: Self.same) func aTextIsTheLineOfAFile(_ lines: [String], _ text: String, _ line: String) throws {
        var task = try trained(lines)
        try Data(line.utf8).write(to: folder.file("test.jsonl"))
        try task.open(evaluating: folder.file("test.jsonl"), progress: { _ in })
        let expected = try task.evaluationBatch([0])
        for text in [text, line] {
            let typed = try task.typed(text)
            #expect(typed.hasTarget && typed.unknown.isEmpty)
            #expect("\(typed.batch)" == "\(expected)", "\(text)")
        }
    }

    /// Outputs count where a file would have targets.
    @Test func withoutTargets() throws {
        let aligned = try trained([#"{"inputs": ["a", "b"], "targets": ["x", "y"]}"#])
        let last = try trained([#"{"inputs": ["a", "b"], "target": "x"}"#])
        let after = try trained([#"{"inputs": [1, 2], "targets": [1, 2, 3]}"#])
        for (task, text, mask) in [
            (aligned, "a b a", [1, 1, 1]), (aligned, #"{"inputs": ["a"]}"#, [1]), (aligned, "a b\tnull null", [1, 1]),
            (last, "a b a", [0, 0, 1]), (last, #"{"inputs": ["a", "b"], "target": null}"#, [0, 1]),
            (after, "5 6\tnull null", [0, 0, 1, 1]), (after, #"{"inputs": [5], "targets": [null]}"#, [0, 1])
        ] as [(Sequences, String, [Float])] {
            let typed = try task.typed(text)
            #expect(!typed.hasTarget && typed.batch.mask == mask && typed.batch.count == 1, "\(text)")
        }
        #expect(fault(after, "5 6").hasSuffix("give a null for each of them, after a tab"))
        #expect(fault(after, #"{"inputs": [5]}"#).hasSuffix("give \"targets\", a list with a null for each"))
    }

    @Test func unknownSymbolsAreNamed() throws {
        let task = try trained([#"{"inputs": ["a", "b"], "targets": ["x", "y"]}"#])
        let typed = try task.typed("a q b r")
        guard case .symbols(let numbers) = typed.batch.inputs else { return }
        #expect(numbers == [0, 2, 1, 2] && typed.unknown == ["q", "r"])
    }

    @Test func whatIsRefused() throws {
        let symbols = try trained([#"{"inputs": ["a", "b"], "targets": ["x", "y"]}"#])
        let vectors = try trained([#"{"inputs": [[1, 2], [3, 4]], "target": 1}"#])
        for (task, text, part) in [
            (symbols, "", "\"inputs\" has 0 elements"), (symbols, "a\tx\ty", "there are 2 tabs"),
            (symbols, "a\tx y", "there are 2 targets and 1 inputs, and the network was trained with a target for each"),
            (symbols, #"{"inputs": [1]}"#, "an element of \"inputs\" is a number; the network was trained on a text"),
            (symbols, #"{"inputs": ["a"], "targets": [1]}"#, "an element of \"targets\" is a number; the network"),
            (symbols, #"{"inputs": ["a"], "target": "x"}"#, "there is \"target\", and the network was trained with"),
            (symbols, #"{"inputs": ["a"]"#, "this is no JSON"), (symbols, "a\nb", "a control character, byte 10"),
            (vectors, "1 2", "an element of \"inputs\" is a number; the network was trained on a list of 2 numbers"),
            (vectors, "1 2; 3", "element 2 of \"inputs\" is a number, and element 1 is a list"),
            (vectors, "1 x;", "element 1 of \"inputs\" is [1, \"x\"]; it must be"),
            (vectors, "1 NaN;", "it must be of numbers"), (vectors, "1 1e39;", "it must be of numbers"),
            (vectors, "1 2;\ta", "an element of \"targets\" is a text; the network was trained on a number")
        ] {
            let fault = fault(task, text)
            #expect(fault.contains(part), "\(text): \(fault)")
        }
        expectUsageError("the data are not known") { _ = try Sequences().typed("a") }
    }

    @Test func namesThatCanBeTyped() throws {
        #expect(try trained([#"{"inputs": ["b", "a"], "target": "x"}"#]).typedNames == ["a", "b"])
        #expect(try trained([#"{"inputs": ["b a", "a"], "target": "x"}"#]).typedNames == nil)
        #expect(try trained([#"{"inputs": [1], "target": "x"}"#]).typedNames == nil)
    }
}
