// Lines of sequences are read straight from their bytes, or as JSON where that cannot be: both give the same.

import Foundation
import NeuralMemory
import NeuralMemoryTasks
import TestSupport
import Testing

@Suite struct SequenceReadingTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func sequences(_ text: String, _ change: (inout Sequences) -> Void = { _ in }) throws -> Sequences {
        try Sequences.opened(text, at: folder.file("train.jsonl"), change)
    }

    /// What a network gets of a file, or that it is refused.
    private func outcome(_ text: String, _ change: (inout Sequences) -> Void = { _ in }) -> String {
        do {
            return try sequences(text, change).contents()
        } catch {
            return "refused"
        }
    }

    /// A name with an escape is too rare for the fast reader, which leaves the whole line to the other one.
    private func readAsJSON(_ line: String) -> String {
        guard let end = line.lastIndex(of: "}") else { return line }
        return line[..<end] + #", "\u0078": 0"# + line[end...]
    }

    private let lines = [
        #"{"inputs": ["a", "b"], "targets": ["x", null]}"#, #"{"inputs":["a","b"],"targets":[null,"x"]}"#,
        #" { "targets" : [ [ 1 , 2.5 ] , null ] , "inputs" : [ -0 , 1e3 ] } "#,
        #"{"inputs": [1, 2, 3], "target": 0.1, "id": 7, "from": {"file": "a", "at": [1, [2, {}], []]}}"#,
        #"{"inputs": [1, 2], "targets": [null, null, [3, 4], [5, 6], null]}"#,
        #"{"inputs": [[0, 1], [1, 0]], "targets": [0, 1]}"#, #"{"inputs": [[1], 2], "target": [1]}"#,
        #"{"inputs": ["\u00e9\ud83d\ude00\n\"\\\/\b\f\r\t", "é"], "target": "\u0000"}"#,
        #"{"inputs": ["e\#u{301}", "\#u{e9}", "K", "\#u{212A}", "語"], "target": "y"}"#,
        #"{"inputs": ["a"], "target": "x", "true": true, "false": false, "null": null, "text": "\u00e9"}"#,
        // These are refused, or left to the other reader.
        #"{"inputs": [1], "target": 1, "id": 1, "id": 2}"#, #"{"inputs": [1], "inputs": [1], "target": 1}"#,
        #"{"inputs": [1], "target": 1, "targets": [1]}"#, #"{"inputs": [1], "target": 1, "target": 1}"#,
        #"{"inputs": [01], "target": 1}"#, #"{"inputs": [1.], "target": 1}"#, #"{"inputs": [.5], "target": 1}"#,
        #"{"inputs": [1e], "target": 1}"#, #"{"inputs": [+1], "target": 1}"#, #"{"inputs": [--1], "target": 1}"#,
        #"{"inputs": [1e+], "target": 1}"#, #"{"inputs": [0x1], "target": 1}"#, #"{"inputs": [1,], "target": 1}"#,
        #"{"inputs": [,1], "target": 1}"#, #"{"inputs": [1 2], "target": 1}"#, #"{"inputs": [1]], "target": 1}"#,
        #"{"inputs": [1], "target": 1}}"#, #"{"inputs": [1], "target": 1} 1"#, #"{"inputs": [1], "target": 1"#,
        #"{"inputs": [1], "target": 1,}"#, #"{"inputs" [1], "target": 1}"#, #"{inputs: [1], "target": 1}"#,
        #"{"inputs": [[]], "target": 1}"#, #"{"inputs": [], "target": 1}"#, #"{"inputs": [[[1]]], "target": 1}"#,
        #"{"inputs": [[1, "a"]], "target": 1}"#, #"{"inputs": [[1, null]], "target": 1}"#,
        #"{"inputs": [null], "target": 1}"#, #"{"inputs": [nul], "target": 1}"#, #"{"inputs": [{}], "target": 1}"#,
        #"{"inputs": [true], "target": 1}"#, #"{"inputs": ["a", 1], "target": 1}"#, #"{"inputs": [""], "target": 1}"#,
        #"{"inputs": ["a\"], "target": 1}"#, #"{"inputs": ["\x"], "target": 1}"#,
        #"{"inputs": ["\ud800"], "target": 1}"#,
        #"{"inputs": ["\u00g0"], "target": 1}"#, "{\"inputs\": [\"a\tb\"], \"target\": 1}",
        #"{"inputs": [1e31], "target": 1}"#, #"{"inputs": [1e400], "target": 1}"#, #"{"inputs": [1], "target": null}"#,
        #"{"inputs": [1], "target": 1, "more": [1, }"#, #"{"inputs": [1], "target": 1, "more": "\q"}"#,
        #"{"inputs": [1], "target": 1, "more": tru}"#, #"{"inputs": [1], "target": 1, "more": {"a": 1, "a": 2}}"#,
        #"{"inputs": [1], "targets": 1}"#, #"{"inputs": 1, "target": 1}"#, #"{"target": 1}"#, "{}", "[]", "1", " "
    ]

    @Test func bothWaysOfReadingALineAgree() {
        let settings: [(inout Sequences) -> Void] = [
            { _ in }, { $0.inputs = .symbols }, { $0.inputs = .numbers }, { $0.targets = .symbols },
            { $0.targets = .numbers }, { $0.targets = .bits }, { $0.alignment = .after }, { $0.maximumLength = 2 }
        ]
        var taken = 0
        for line in lines {
            for change in settings {
                let direct = outcome(line, change)
                #expect(direct == outcome(readAsJSON(line), change), "\(line)")
                taken += direct == "refused" ? 0 : 1
            }
        }
        #expect(taken > 30)
        let deep = String(repeating: "[", count: 70) + String(repeating: "]", count: 70)
        #expect(outcome("{\"inputs\": [1], \"target\": 1, \"deep\": \(deep)}") == "refused")
    }

    /// Cut off, or with another character, at every place.
    @Test func bothWaysOfReadingADamagedLineAgree() {
        for line in lines.prefix(5) {
            for place in line.indices {
                for other in ["", "\""] {
                    let damaged = String(line[..<place] + other + line[place...].dropFirst())
                    #expect(outcome(damaged) == outcome(readAsJSON(damaged)), "\(damaged)")
                }
            }
        }
    }

    @Test func bytesThatAreNoTextAreRefused() throws {
        for bad in [[0xFF], [0xC3], [0xED, 0xA0, 0x80], [0xC0, 0x80]] as [[UInt8]] {
            for name in ["inputs", "more"] {
                let rest = name == "inputs" ? "" : "\"inputs\": [1], "
                var bytes = Data("{\(rest)\"target\": 1, \"\(name)\": [\"a".utf8)
                bytes += bad
                bytes += Data("\"]}\n".utf8)
                try bytes.write(to: folder.file("bad.jsonl"))
                var task = Sequences()
                task.data = folder.file("bad.jsonl").path
                let error = #expect(throws: DataError.self) { try task.open(progress: { _ in }) }
                #expect(error?.reason.contains("is not UTF-8") == true)
            }
        }
    }

    /// Texts that `String` takes for equal are one symbol, whatever their bytes are.
    @Test func symbolsOfDifferentBytesThatAreEqual() throws {
        let task = try sequences("{\"inputs\": [\"e\u{301}\", \"\u{e9}\", \"\\u00e9\", \"e\"], \"target\": \"x\"}\n")
        #expect(task.inputNames == ["e", "e\u{301}", "<unk>"])
        guard case .symbols(let numbers) = try task.evaluationBatch([0]).inputs else { return }
        #expect(numbers == [1, 1, 1, 0])
    }

    /// The mean of one number is that number.
    @Test func numbersAreTheNearestDoubles() throws {
        var generator = RandomGenerator(seed: 5)
        func digits(_ count: Int) -> String {
            (0..<count).map { _ in String(generator.integer(in: 0...9)) }.joined()
        }
        var numbers = [
            "0", "-0", "0.0", "9007199254740993", "9007199254740993.0", "4503599627370497.5", "4503599627370496.5",
            "9007199254740992", "9007199254740991e1", "1e22", "1e23", "18446744073709551615", "18446744073709551616",
            "0.1", "0.3", "1e-30", "5e-324", "1e-400", "0e400", "123456789012345678e-19", "9999999999999999999e-19",
            "1.7976931348623157e-10", "0.000000000000000000000000000001", "1000000000000000000000000000000"
        ]
        for _ in 0..<3000 {
            let whole = "\(generator.integer(in: 1...9))" + digits(generator.integer(in: 0...20))
            let part = digits(generator.integer(in: 1...25))
            numbers.append(whole)
            numbers.append("-0." + part)
            numbers.append("\(generator.integer(in: 0...999)).\(part)")
            numbers.append("\(generator.integer(in: 0...9)).\(part)e\(generator.integer(in: -40...20))")
            numbers.append("\(whole)E-\(generator.integer(in: 0...40))")
            // As programs write them: the fewest digits that are enough.
            numbers.append("\(generator.normal())")
            numbers.append("\(exp(40 * generator.normal()).truncatingRemainder(dividingBy: 1e30))")
            // Halfway between two doubles.
            numbers.append("\(1 << 53 + 2 * generator.integer(in: 0...1 << 51) + 1)")
            numbers.append("\((1 << 52) + generator.integer(in: 0...1 << 50)).5")
        }
        let task = try sequences("{\"inputs\": [[\(numbers.joined(separator: ", "))]], \"target\": 1}\n")
        let means = try #require(task.inputScale?.means)
        #expect(means.count == numbers.count)
        for (mean, number) in zip(means, numbers) { #expect(mean == Double(number), "\(number)") }
    }

    /// More symbols than the table of bytes begins with, of all lengths.
    @Test func manySymbols() throws {
        let names = (0..<3000).map { String(repeating: "ab\($0)", count: 1 + $0 % 9) }
        let lines = names.map { "{\"inputs\": [\"\($0)\", \"\(String($0.reversed()))\"], \"target\": \"x\"}\n" }
        let task = try sequences(lines.joined())
        let symbols = Set(names + names.map { String($0.reversed()) })
        #expect(Set(task.inputNames.dropLast()) == symbols && task.inputNames.count == symbols.count + 1)
        for line in [0, 1, 7, 1234, 2999] {
            guard case .symbols(let numbers) = try task.evaluationBatch([line]).inputs else { continue }
            #expect(numbers.map { task.inputNames[Int($0)] } == [names[line], String(names[line].reversed())])
        }
    }

    /// Some have symbols that only later lines train.
    @Test func sequencesWithUnknownSymbolsAreCounted() throws {
        let symbols = ["a", "late", "b", "never", "late", "never", "a", "a"]
        let lines = symbols.map { "{\"inputs\": [\"\($0)\"], \"target\": \"\($0 == "never" ? "z" : "y")\"}\n" }
        let notes = try sequences(lines.joined()) { $0.holdOut = 2 }.notes(progress: { _ in })
        #expect(notes.contains { $0.hasPrefix("2 of 4 sequences to evaluate on have inputs") }, "\(notes)")
        #expect(notes.contains { $0.hasPrefix("2 of 4 sequences to evaluate on have targets") }, "\(notes)")
        try Data(lines.joined().utf8).write(to: folder.file("test.jsonl"))
        let other = try sequences(lines[0] + lines[1]) { $0.validation = folder.file("test.jsonl").path }
        #expect(try other.notes(progress: { _ in }).contains { $0.hasPrefix("3 of 8 sequences to evaluate on have i") })
    }
}
