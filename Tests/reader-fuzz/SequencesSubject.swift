// Sequences in JSON lines and CSV: files to train and to evaluate on, and lines to answer.

import Foundation
import NeuralMemory
import NeuralMemoryTasks
import NeuralMemoryTraining

/// What `--data` may hold for sequences, through a file, and lines that `predict` and `data check` may read.
struct SequencesSubject: TextSubject {
    let name = "sequences"
    let seeds = [
        (1...9).map { "{\"inputs\": [\"a\", \"b\"], \"target\": \"c\($0 % 3)\"}\n" }.joined(),
        (1...9).map { "{\"inputs\": [\($0), -2.5, 3e1], \"targets\": [null, \($0 * 7), 0.125]}\n" }.joined(),
        (1...9).map { "{\"inputs\":[[1,\($0)],[0,1]],\"targets\":[[1,0],[0,1],[1,1]],\"id\":\($0)}\r\n" }.joined(),
        "\u{FEFF}{\"targets\": [\"\\u00fc\", \"e\u{301}\"], \"inputs\": [\"x\", \"\\ud83d\\ude00\"]}\n{}",
        "{\"inputs\": [1, 2, 2], \"target\": [1, 0, 1]}\n{\"inputs\": [2], \"target\": [0, 0, 0]}\n",
        "inputs,target\n" + (1...9).map { "a b,c\($0 % 3)\n" }.joined(),
        "\u{FEFF}id;targets;inputs\r\n" + (1...9).map { "x;null \($0 * 7) 0.125;\"\($0) -2.5 3e1\"\r\n" }.joined(),
        "inputs\ttargets\n" + (1...9).map { "1 \($0);0 1;\t\"1 0; 0 1; 1 1\"\n" }.joined()
    ].seeds
    let mutator = Mutator(words: [
        "\n", "\r\n", "\"inputs\": ", "\"targets\": ", "\"target\": ", "[", "]", "{", "}", "[]", "{}", "null", "true",
        ", ", ": ",
        "inputs", "targets", "target", ",", ";", "\t", " ", "null null", "1,5", "\"a \"\"b\"\"\"", "; ",
        "\"", "\"\"", "\\u0000", "\\ud800", "\u{FEFF}", "[[", "1e30", "-1e30", "1e31", "NaN", "[1, 0]", "\"a\"", "1"
    ])
    private let file = ScratchFile()

    /// Elements of a kind, by which lines are made that are JSON.
    private static let elements = [
        ["\"a\"", "\"b\"", "\"\\u00fc\""], ["1", "-2.5", "3e1", "0"], ["0", "1"], ["[1, 0]", "[0.5, 1e30]", "[-1, 1]"],
        ["[1]", "[0]"],
        ["null", "true", "\"\"", "[]", "{}", "1e31", "[[1]]", "[1, null]"]
    ]
    /// The same for cells of CSV.
    private static let words = [
        ["a", "b", "\u{fc}"], ["1", "-2.5", "3e1", "0"], ["0", "1"], ["1 0;", "0.5 1e30;", "-1 1;"], ["1;", "0;"],
        ["null", "NaN", ";", "\"\"", "\"", ",", "1e31", "1 null;", "1,5", "\r"]
    ]
    /// What is known of each of the seeds.
    private var known: [Sequences] = []

    init() throws {
        for seed in seeds.prefix(3) {
            try file.write(Data(seed))
            var task = Sequences()
            task.data = file.url.path
            try task.open(progress: { _ in })
            known.append(try JSONDecoder().decode(Sequences.self, from: JSONEncoder().encode(task)))
        }
    }

    /// Half of the inputs are lines of JSON or CSV that are alike but for a few elements, half are changed bytes.
    func input(_ generator: RandomGenerator) -> Data {
        var generator = generator
        guard generator.bernoulli(0.5) else {
            return Data(mutator.mutated(seeds[generator.integer(in: 0...seeds.count - 1)], seeds, &generator))
        }
        let kinds = (generator.integer(in: 0...4), generator.integer(in: 0...4))
        let form = generator.integer(in: 0...3)
        let isCSV = generator.bernoulli(0.5)
        func list(_ kind: Int, _ count: Int, _ generator: inout RandomGenerator) -> String {
            let elements = (0..<count).map { _ in
                let kinds = isCSV ? Self.words : Self.elements
                let pool = kinds[generator.bernoulli(0.01) ? generator.integer(in: 0...5) : kind]
                return pool[generator.integer(in: 0...pool.count - 1)]
            }
            return elements.joined(separator: isCSV ? " " : ", ")
        }
        let header = isCSV ? ["inputs,\(form == 0 ? "target" : "targets")"] : []
        let lines = (0...generator.integer(in: 0...12)).map { _ in
            let count = generator.integer(in: 1...4)
            let inputs = list(kinds.0, count, &generator)
            let targets = list(kinds.1, form == 0 ? 1 : form == 1 ? count : generator.integer(in: 1...4), &generator)
            if isCSV { return "\(inputs),\(targets)" }
            return "{\"inputs\": [\(inputs)], " + (form == 0 ? "\"target\": \(targets)}" : "\"targets\": [\(targets)]}")
        }
        return Data((header + lines).joined(separator: "\n").utf8)
    }

    /// All ways of reading are tried; the input's number of bytes decides whose error counts.
    func read(_ input: Data) throws {
        try file.write(input)
        var errors: [(any Error)?] = []
        func keep(_ body: () throws -> Void) {
            do {
                try body()
                errors.append(nil)
            } catch {
                errors.append(error)
            }
        }
        keep { try open(input.count) }
        for task in known {
            keep {
                var other = task
                try other.open(evaluating: file.url, progress: { _ in })
                _ = try other.notes(progress: { _ in })
            }
        }
        for task in known { keep { try ask(task) } }
        if let error = errors[input.count % errors.count] { throw error }
    }

    /// Has each line of the file answered by a network that knows the task; throws the last error.
    private func ask(_ task: Sequences) throws {
        let descriptor = try file.open()
        defer { close(descriptor) }
        var lines = LineReader(descriptor, limit: 1 << 16)
        var last: (any Error)?
        while let line = try lines.next() {
            guard case .text(let text) = line else { continue }
            do { _ = try task.question(text, targets: 2) } catch { last = error }
        }
        if let last { throw last }
    }

    /// Reads the file as one to train on; most often it says itself what it holds.
    private func open(_ number: Int) throws {
        var sequences = Sequences()
        sequences.data = file.url.path
        sequences.holdOut = 3
        sequences.maximumLength = 64
        switch number % 11 {
        case 0...2: sequences.alignment = SequenceAlignment.allCases[number % 11]
        case 3...5: sequences.targets = SequenceTargets.allCases[number % 11 - 3]
        case 6: sequences.inputs = .symbols
        default: break
        }
        try sequences.validate()
        _ = try SequenceCheck(file.url, for: sequences, progress: { _ in })
        try sequences.open(progress: { _ in })
        _ = try sequences.notes(progress: { _ in })
        _ = try sequences.trainingBatch(count: 2, after: 2, seed: 1)
        _ = try sequences.evaluationBatch([0, sequences.evaluationCount - 1])
    }
}
