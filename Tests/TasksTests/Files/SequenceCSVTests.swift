// Sequences in CSV: they are those that the same lines of JSON are, and what is no CSV is refused.

import Foundation
import NeuralMemory
import NeuralMemoryTasks
import TestSupport
import Testing

@Suite struct SequenceCSVTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func file(_ text: String, _ name: String) throws -> String {
        try Data(text.utf8).write(to: folder.file(name))
        return folder.file(name).path
    }

    /// None are held out.
    private func sequences(
        _ text: String, _ name: String = "train.csv", _ change: (inout Sequences) -> Void = { _ in }
    ) throws -> Sequences {
        try Sequences.opened(text, at: folder.file(name), change)
    }

    /// What a network gets of a file; or why it is refused, without the file's name.
    private func outcome(_ text: String, _ change: (inout Sequences) -> Void = { _ in }) -> String {
        do {
            return try sequences(text, "train.csv", change).contents()
        } catch {
            return "\(error)".replacing(folder.file("train.csv").path, with: "FILE")
        }
    }

    /// Lines of CSV below their header, and the lines of JSON that say the same.
    private static let same: [(csv: String, json: String)] = [
        (
            "inputs,targets\nthe dog barks,DET NOUN VERB",
            #"{"inputs": ["the", "dog", "barks"], "targets": ["DET", "NOUN", "VERB"]}"#
        ),
        (
            "inputs,targets\n1 -2.5 3e1,0 -0 0.1",
            #"{"inputs": [1, -2.5, 3e1], "targets": [0, -0, 0.1]}"#
        ),
        (
            "targets,id,inputs\nnull x,7,a b\nx x,8,c b",
            #"{"inputs": ["a", "b"], "targets": [null, "x"]}\#n{"inputs": ["c", "b"], "targets": ["x", "x"]}"#
        ),
        (
            "inputs,target\na b a,not more\nb,\" more \"",
            #"{"inputs": ["a", "b", "a"], "target": "not more"}\#n{"inputs": ["b"], "target": "more"}"#
        ),
        (
            "inputs,target\n1 2; 3 4,5\n1 2;,-6",
            #"{"inputs": [[1, 2], [3, 4]], "target": 5}\#n{"inputs": [[1, 2]], "target": -6}"#
        ),
        (
            "inputs,target\n1,1 0 1\n1,0 0 1;",
            #"{"inputs": [1], "target": [1, 0, 1]}\#n{"inputs": [1], "target": [0, 0, 1]}"#
        ),
        (
            "inputs,targets\n1 0;0 1;1 1,null; 1;0 ;",
            #"{"inputs": [[1, 0], [0, 1], [1, 1]], "targets": [null, [1], [0]]}"#
        ),
        (
            "inputs,target\nx = 1 ; fi,a",
            #"{"inputs": ["x", "=", "1", ";", "fi"], "target": "a"}"#
        ),
        (
            "inputs,targets\n[ ( ) ],1 2 1 0",
            #"{"inputs": ["[", "(", ")", "]"], "targets": [1, 2, 1, 0]}"#
        ),
        (
            "inputs,target\n\"say \"\"hi\"\" , \\ nan\",\"a,\tb\"",
            #"{"inputs": ["say", "\"hi\"", ",", "\\", "nan"], "target": "a,\tb"}"#
        ),
        (
            "inputs;target\nü e\u{301} 語 😀;x",
            #"{"inputs": ["ü", "e\#u{301}", "語", "😀"], "target": "x"}"#
        ),
        (
            "inputs;targets\n\"1 2; 3 4\";\"1;2\"",
            #"{"inputs": [[1, 2], [3, 4]], "targets": [[1], [2]]}"#
        ),
        (
            "inputs\ttarget\n  a   b \tx , y",
            #"{"inputs": ["a", "b"], "target": "x , y"}"#
        ),
        (
            "\"inputs\", target ,,\na b,x,,",
            #"{"inputs": ["a", "b"], "target": "x"}"#
        ),
        (
            "\u{FEFF}inputs,target\r\na b,x\r\nb,y\r\n",
            #"{"inputs": ["a", "b"], "target": "x"}\#n{"inputs": ["b"], "target": "y"}"#
        )
    ]

    @Test(arguments: Self.same) func cellsAreWhatJSONSays(_ csv: String, _ json: String) {
        for alignment in [nil, SequenceAlignment.after] {
            let wanted = outcome(json) { $0.alignment = alignment }
            let isRefused = wanted.hasPrefix("FILE")
            #expect(isRefused == outcome(csv) { $0.alignment = alignment }.hasPrefix("FILE"))
            if !isRefused { #expect(outcome(csv) { $0.alignment = alignment } == wanted) }
        }
        #expect(!outcome(json).hasPrefix("FILE"))
    }

    @Test func settingsSayWhatWordsAre() {
        #expect(
            outcome("inputs,target\n1 2;3 01 NaN,7") { ($0.inputs, $0.targets) = (.symbols, .symbols) }
                == outcome(#"{"inputs": ["1","2;3","01","NaN"], "target": "7"}"#))
        #expect(
            outcome("inputs,targets\na b,1 0;1 1") { $0.targets = .bits }
                == outcome(#"{"inputs": ["a","b"], "targets": [[1,0],[1,1]]}"#) { $0.targets = .bits })
    }

    // MARK: What is refused

    private static let header = "inputs,targets\n"

    private static let refused: [(text: String, part: String)] = [
        // The header.
        ("", "FILE: the file has no lines; each must be a JSON object, or a line of CSV"),
        ("inputs,targets", "FILE: the file has a header and no lines below it"),
        ("inputs,targets\r\n", "FILE: the file has a header and no lines below it"),
        ("\u{FEFF}inputs,targets\n", "FILE: the file has a header and no lines below it"),
        (
            "hour,height\n1,2",
            "FILE, line 1: this is no JSON object, and it names no column \"inputs\"; read as CSV, its"
        ),
        ("hour,height\n1,2", "its columns are \"hour\", \"height\"; each line of a file must be an object such as {"),
        ("Inputs;Target\n1;2", "or the first line must name columns of CSV, \"inputs\" and \"targets\" or"),
        ("id\tinput\n1\t2", "its columns are \"id\", \"input\"; each"),
        ("sep=;\ninputs;target\n1;2", "its columns are \"sep=\", \"\"; each"),
        ("\ninputs,target\n1,2", "FILE, line 1: the line is empty; each line of a file must be an object"),
        ("1,2\n3,4", "FILE, line 1: this is no JSON object"),
        ("\u{1}a", "FILE, line 1: there is a control character, byte 1"),
        (
            "inputs,Target\n1,2",
            "FILE, line 1: there is no column \"targets\" and no \"target\"; the columns are \"inputs\", \"T"
        ),
        ("inputs\n1", "the columns are \"inputs\""),
        ("inputs,target,inputs\n1,2,3", "FILE, line 1: the column \"inputs\" is there twice"),
        ("target,inputs,target\n1,2,3", "FILE, line 1: the column \"target\" is there twice"),
        ("inputs,targets,target\n1,2,3", "FILE, line 1: there are columns \"targets\" and \"target\"; give one"),
        ("inputs,target,a;inputs;target\n1", "FILE, line 1: commas, semicolons and tabs stand between names"),
        ("\"inputs\",\"target\n1,2", "it names no column \"inputs\"; each line of a file must be"),
        (
            "inputs,target\r1,2\r",
            "FILE, line 1: there is a control character, byte 13; a line of CSV is text in UTF-8, and ends"
        ),
        // Lines.
        ("inputs,targets\n1,2\n1", "FILE, line 3: there are 1 cells, and 2 columns in the first line"),
        (
            "inputs,targets\n1,2,3",
            "FILE, line 2: there are 3 cells, and 2 columns in the first line; there must be a cell for"
        ),
        ("inputs,targets\n1,2,3", "there must be a cell for each, and one with a comma in it must be in quotes"),
        ("inputs;target\n1;2;3", "one with a semicolon in it must be in quotes"),
        ("inputs,targets\n1,2\n\n1,2", "FILE, line 3: the line is empty"),
        (
            "inputs,targets\n{\"inputs\": [1]}",
            "FILE, line 2: cell 1 (\"inputs\") begins with {\"inputs\": [1]} and has a quote within"
        ),
        ("{\"inputs\": [1], \"targets\": [2]}\n1,2", "FILE, line 2: this is no JSON"),
        (
            "inputs,targets\n\"1 2,3\n",
            "FILE, line 2: cell 1 (\"inputs\") begins with \"1 2,3 and has a quote that is not closed"
        ),
        (
            "inputs,targets\n1,\"2\n3\"\n",
            "FILE, line 2: cell 2 (\"targets\") begins with \"2 and has a quote that is not closed"
        ),
        ("inputs,targets\n1,\"2\n3\"\n", "no cell goes on in the next line"),
        ("inputs,targets\n1 \"2\",3", "cell 1 (\"inputs\") begins with 1 \"2\",3 and has a quote within"),
        ("inputs,targets\n\"1\" 2,3", "goes on after its closing quote; a quote within a cell is written twice"),
        ("inputs,targets\n1,2\u{1}", "FILE, line 2: there is a control character, byte 1"),
        // Cells.
        ("inputs,targets\n,1", "FILE, line 2: \"inputs\" has 0 elements; it must have at least one element"),
        ("inputs,targets\n1, ", "FILE, line 2: \"targets\" has 0 elements"),
        ("inputs,target\n1,", "FILE, line 2: \"target\" is \"\"; it must be a text that is not empty"),
        ("inputs,targets\n1,null", "FILE, line 2: no target is there"),
        ("inputs,target\n1,null", "FILE, line 2: no target is there"),
        (
            "inputs,targets\n1 null,1 2",
            "FILE, line 2: element 2 of \"inputs\" is null; it must be a text, a number, or a list"
        ),
        (
            "inputs,targets\n1,2\na,2",
            "FILE, line 3: an element of \"inputs\" is a text, and a number in line 2; all lines must be"
        ),
        ("inputs,targets\n1,2\na,2", "all lines must be alike (with task.inputs=symbols numbers are names)"),
        ("inputs,targets\n1,2\n1,x", "FILE, line 3: an element of \"targets\" is a text, and a number in line 2"),
        (
            "inputs,targets\n1 2;3 4,1 2\n1 2,1 2",
            "line 3: an element of \"inputs\" is a number, and a list of 2 numbers in line 2"
        ),
        ("inputs,targets\n1 2;3 4,1 2\n1 2,1 2", "(in CSV a semicolon ends a single vector)"),
        ("inputs,targets\n1 NaN,1 2", "FILE, line 2: \"inputs\" has NaN; a number must be written as -0.5 or 1e3 is"),
        ("inputs,targets\n1,-inf", "FILE, line 2: \"targets\" has -inf; a number must be"),
        ("inputs,targets\n1,2\n3,Infinity", "FILE, line 3: \"targets\" has Infinity; a number must be"),
        ("inputs,targets\n1 .5,1 2", "FILE, line 2: \"inputs\" has .5; a number must be"),
        ("inputs,targets\n\"1,5 2\",1 2", "FILE, line 2: \"inputs\" has 1,5; a number must be"),
        ("inputs,targets\n\"[1, 2]\",1 2", "FILE, line 2: \"inputs\" has [1,; a number must be"),
        ("inputs,targets\n1 1e31,1 2", "element 2 of \"inputs\" is 1e31; it must be of numbers from -1e+30 to 1e+30"),
        ("inputs,targets\n1 1e400,1 2", "element 2 of \"inputs\" is 1e400; it must be of numbers"),
        ("inputs,targets\n1 2;3,1 2", "element 2 of \"inputs\" is a number, and element 1 is a list of 2 numbers"),
        (
            "inputs,targets\n1 2;;3 4,1 2 3",
            "element 2 of \"inputs\" is []; it must be a text, a number, or a list of numbers"
        ),
        ("inputs,targets\n1;2,1 null; 2 3", "element 1 of \"targets\" is [1, null]; it must be of numbers"),
        ("inputs,target\n1,1 2;3 4", "\"target\" is [[1, 2], [3, 4]]; it must be")
    ]

    @Test(arguments: Self.refused)
    func whatCannotBeUsed(_ text: String, _ part: String) {
        let fault = outcome(text)
        #expect(fault.contains(part), "\(fault)")
        #expect(fault.utf8.count < 600)
    }

    @Test func whatSettingsRefuse() {
        #expect(outcome(Self.header + "1 2,0 0.5") { $0.targets = .bits }.contains("element 2 of \"targets\" is 0.5"))
        #expect(
            outcome(Self.header + "1 x 2,1 1 1") { $0.inputs = .numbers }.contains("element 2 of \"inputs\" is \"x\""))
        #expect(
            outcome(Self.header + "1 2;x 3,1 1") { $0.inputs = .numbers }.contains(
                "element 2 of \"inputs\" is [\"x\", 3]"))
        #expect(outcome(Self.header + "1 2,1 1") { $0.maximumLength = 1 }.contains("task.maximumLength allows 1"))
    }

    @Test func bytesThatAreNoTextAreRefused() throws {
        for bytes in [[0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80]] as [[UInt8]] {
            try (Data("inputs,target,note\na,x,".utf8) + bytes).write(to: folder.file("train.csv"))
            var task = Sequences()
            task.data = folder.file("train.csv").path
            let error = #expect(throws: DataError.self) { try task.open(progress: { _ in }) }
            #expect(error?.line == 2 && error!.reason == "this is not UTF-8; save the file as CSV in UTF-8")
        }
        let values = String(repeating: "1 ", count: 4_000_001)
        #expect(
            outcome(Self.header + values + "; 2,1") == "FILE, line 2: there are more than 4000000 elements and numbers")
    }

    // MARK: Places

    /// The header is no sequence, and lines have the numbers that an editor shows.
    @Test func linesKeepTheirNumbers() throws {
        let csv = Self.header + (1...20).map { "\($0) 0,\($0) 1\n" }.joined()
        let json = (1...20).map { "{\"inputs\": [\($0), 0], \"targets\": [\($0), 1]}\n" }.joined()
        let (first, second) = (
            try sequences(csv) { $0.holdOut = 5 }, try sequences(json, "train.jsonl") { $0.holdOut = 5 }
        )
        #expect(try (0..<4).map { try first.evaluationPlace($0)?.line } == [6, 11, 16, 21])
        #expect(try (0..<4).map { try second.evaluationPlace($0)?.line } == [5, 10, 15, 20])
        #expect(try "\(first.evaluationBatch([0, 1, 2, 3]))" == "\(second.evaluationBatch([0, 1, 2, 3]))")
        #expect(try first.notes(progress: { _ in }).contains { $0.contains("4 of 20") })
        // Where the file was changed meanwhile.
        try Data((Self.header + "x\n").utf8).write(to: folder.file("train.csv"))
        let error = #expect(throws: DataError.self) { try first.evaluationBatch([0]) }
        #expect(error?.reason == "the file was changed while it was in use")
    }

    /// Files to train and to evaluate on need not have one form.
    @Test func formsMayDiffer() throws {
        let json = #"{"inputs": ["a", "b"], "target": "x"}\#n{"inputs": ["b"], "target": "y"}"# + "\n"
        let csv = "target;inputs\nx;a b\ny;b\n"
        let (jsonFile, csvFile) = (try file(json, "test.jsonl"), try file(csv, "test.csv"))
        var batches: Set<String> = []
        for (text, name) in [(json, "train.jsonl"), (csv, "train.csv")] {
            for other in [jsonFile, csvFile] {
                var task = try sequences(text, name) { $0.validation = other }
                try batches.insert("\(task.evaluationBatch([0, 1]))")
                task = try JSONDecoder().decode(Sequences.self, from: JSONEncoder().encode(task))
                try task.open(evaluating: URL(fileURLWithPath: other), progress: { _ in })
                try batches.insert("\(task.evaluationBatch([0, 1]))")
            }
        }
        #expect(batches.count == 1)
        let bad = try file("inputs,target\n1,x\n", "bad.csv")
        var task = try sequences(csv)
        let error = #expect(throws: DataError.self) {
            try task.open(evaluating: URL(fileURLWithPath: bad), progress: { _ in })
        }
        #expect(error?.line == 2 && error!.file == bad && error!.reason.contains("was trained on a text for each"))
    }

    /// A line that is longer than the pieces in which a file is read, before and after others.
    @Test func longLines() throws {
        let inputs = (0..<9000).map { "\($0)" }.joined(separator: " ")
        let note = String(repeating: "n", count: 3 << 20)
        let text = "inputs,target,\(note)\n" + (0..<3).map { "\"\(inputs)\",\($0),\($0 == 1 ? note : "")\r\n" }.joined()
        let task = try sequences(text)
        #expect(task.lengths == 1...9000 && task.evaluationCount == 3)
        #expect(try task.evaluationBatch([2, 1]).steps == 9000 && task.evaluationPlace(2)?.line == 4)
    }

    // MARK: What is kept

    @Test func whatIsKeptGivesWhatTheFileGives() throws {
        for (start, name) in [("", "a.csv"), ("\u{FEFF}", "b.csv")] {
            let text =
                start + "inputs,target\r\n"
                + (0..<40).map { "\($0) 1,\($0 % 5 == 4 ? "only \($0)" : "all")\r\n" }.joined()
            var readings = 0
            func contents() throws -> String {
                var task = Sequences()
                task.data = try readings == 0 ? file(text, name) : folder.file(name).path
                task.cache = IndexCache(folder: folder.file("cache"), leastBytes: 0)
                try task.open { readings += $0.contains("reading") ? 1 : 0 }
                let places = try (0..<task.evaluationCount).map { "\(try task.evaluationPlace($0)?.line ?? 0)" }
                return "\(places) \(try task.notes { _ in }) \(try task.evaluationBatch([0, 1, 2, 3])) "
                    + "\(try (0..<9).map { try task.trainingBatch(count: 4, after: 4 * $0, seed: 3) })"
            }
            let first = try contents()
            let before = readings
            #expect(try contents() == first && before > 0 && readings == before)
        }
    }

    // MARK: A look at a file

    @Test func aCheckSaysWhichColumnsAreRead() throws {
        let good = try file("id;inputs;target;note\n1;a b;x;\n2;b;x;\n", "good.csv")
        let check = try SequenceCheck(URL(fileURLWithPath: good), for: Sequences()) { _ in }
        #expect(
            check.isUsable
                && check.text.hasPrefix(
                    "columns     inputs, target, with semicolons between them; not read: \"id\", \"note\"\n"
                        + "sequences   2\n"
                ))
        let bad = try file(Self.header + "1,2\n1,2,3\n1 2,x\n\"\n3,4\n", "bad.csv")
        let refused = try SequenceCheck(URL(fileURLWithPath: bad), for: Sequences()) { _ in }
        #expect(!refused.isUsable && refused.text.contains("sequences   2 of 5 lines"), "\(refused.text)")
        for part in [
            "problem     line 3: there are 3 cells", "problem     line 4: an element", "problem     line 5: cell 1"
        ] {
            #expect(refused.text.contains(part), "\(refused.text)")
        }
        let empty = try SequenceCheck(URL(fileURLWithPath: try file(Self.header, "empty.csv")), for: Sequences()) { _ in
        }
        #expect(!empty.isUsable && empty.text.contains("problem     the file has a header and no lines below it"))
        let error = #expect(throws: DataError.self) {
            try SequenceCheck(URL(fileURLWithPath: file("inputs,x\n1,2\n", "x.csv")), for: Sequences()) { _ in }
        }
        #expect(error?.line == 1)
    }
}
