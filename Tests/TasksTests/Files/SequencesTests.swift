// Sequences from files: what is read, what is refused and how, and what a network gets of them.

import Foundation
import NeuralMemory
import NeuralMemoryTasks
import TestSupport
import Testing

@Suite struct SequencesTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func write(_ text: String, _ name: String = "train.jsonl") throws -> String {
        try Data(text.utf8).write(to: folder.file(name))
        return folder.file(name).path
    }

    /// None are held out.
    private func sequences(_ text: String, _ change: (inout Sequences) -> Void = { _ in }) throws -> Sequences {
        var task = Sequences()
        task.data = try write(text)
        task.holdOut = 0
        change(&task)
        try task.validate()
        try task.open(progress: { _ in })
        return task
    }

    /// What is refused, without the file's name.
    private func fault(_ text: String, _ change: (inout Sequences) -> Void = { _ in }) -> String {
        do {
            _ = try sequences(text, change)
            return "nothing is refused"
        } catch {
            return "\(error)".replacing(folder.file("train.jsonl").path, with: "FILE")
        }
    }

    private func whole(_ task: Sequences) throws -> Batch {
        try task.evaluationBatch(Array(0..<task.evaluationCount))
    }

    // MARK: What a network gets

    @Test func alignedSymbols() throws {
        let task = try sequences(
            """
            {"inputs": ["b", "a", "b"], "targets": ["x", null, "y"]}
            {"inputs": ["a"], "targets": ["y"], "id": 7}
            """)
        #expect(task.signature == Signature(inputs: .symbols(3), outputs: .symbols(2)))
        #expect(task.inputNames == ["a", "b", "<unk>"] && task.outputNames == ["x", "y"])
        let batch = try whole(task)
        guard case .symbols(let inputs) = batch.inputs, case .symbols(let targets) = batch.targets else {
            Issue.record("no symbols")
            return
        }
        #expect(batch.steps == 3 && batch.count == 2 && inputs == [1, 0, 0, 0, 1, 0])
        #expect(batch.mask == [1, 1, 0, 0, 1, 0] && targets == [0, 1, 0, 0, 1, 0])
        #expect(try task.evaluationPlace(1)?.line == 2 && task.evaluationSteps(0) == 3)
    }

    @Test func oneTargetOfTheLastInput() throws {
        for text in ["\"target\": \"up\"", "\"targets\": [\"up\"]"] {
            let task = try sequences("{\"inputs\": [1, 2, 3], \(text)}\n{\"inputs\": [2], \(text)}\n") {
                $0.alignment = .last
                $0.standardize = false
            }
            let batch = try whole(task)
            #expect(task.signature == Signature(inputs: .vectors(1), outputs: .symbols(1)))
            #expect(batch.mask == [0, 1, 0, 0, 1, 0])
            guard case .vectors(let inputs) = batch.inputs else { continue }
            #expect(inputs == [1, 2, 2, 0, 3, 0])
        }
    }

    @Test func targetsAfterTheInputs() throws {
        let task = try sequences("{\"inputs\": [[1, 2]], \"targets\": [[1, 0], [0, 1]]}\n") {
            $0.standardize = false
            $0.targets = .bits
        }
        #expect(task.signature == Signature(inputs: .vectors(3), outputs: .bits(2)) && task.lengths == 1...3)
        let batch = try whole(task)
        guard case .vectors(let inputs) = batch.inputs, case .bits(let bits) = batch.targets else {
            Issue.record("no vectors and bits")
            return
        }
        #expect(inputs == [1, 2, 0, 0, 0, 1, 0, 0, 1] && bits == [0, 0, 1, 0, 0, 1] && batch.mask == [0, 1, 1])

        let symbols = try sequences("{\"inputs\": [\"a\", \"b\"], \"targets\": [\"x\"]}\n") { $0.alignment = .after }
        #expect(symbols.inputNames == ["a", "b", "<unk>", "<out>"])
        guard case .symbols(let numbers) = try whole(symbols).inputs else { return }
        #expect(numbers == [0, 1, 3])
    }

    @Test func symbolsThatWereNotTrainedOn() throws {
        var task = try sequences("{\"inputs\": [\"a\"], \"targets\": [\"x\"]}\n")
        let other = try write("{\"inputs\": [\"new\"], \"targets\": [\"y\"]}\n", "other.jsonl")
        try task.open(evaluating: URL(fileURLWithPath: other), progress: { _ in })
        let batch = try whole(task)
        guard case .symbols(let inputs) = batch.inputs, case .symbols(let targets) = batch.targets else { return }
        #expect(inputs == [1] && targets == [Batch.noSymbol])
        #expect(try task.notes(progress: { _ in }).filter { $0.contains("not trained on") }.count == 2)
    }

    /// The held-out lines decide nothing.
    @Test func numbersAreStandardisedByTheTrainingLines() throws {
        let lines = [(1, 10), (3, 10), (5, 10), (100, 999)].map {
            "{\"inputs\": [[\($0), 7]], \"targets\": [\($1 + $0)]}\n"
        }
        let task = try sequences(lines.joined()) { $0.holdOut = 4 }
        let (inputs, targets) = (try #require(task.inputScale), try #require(task.targetScale))
        let deviation = (8.0 / 3).squareRoot()
        #expect(inputs.means == [3, 7] && targets.means == [13] && inputs.deviations[1] == 1)
        #expect(abs(inputs.deviations[0] - deviation) < 1e-12 && abs(targets.deviations[0] - deviation) < 1e-12)
        let batch = try whole(task)
        guard case .vectors(let vectors) = batch.inputs, case .numbers(let numbers) = batch.targets else {
            Issue.record("no vectors and numbers")
            return
        }
        #expect(vectors == [Float(97 / deviation), 0])
        #expect(abs(targets.value(numbers[0], element: 0) - 1099) < 1e-3)
        // Found again in what a checkpoint has.
        let again = try JSONDecoder().decode(Sequences.self, from: JSONEncoder().encode(task))
        #expect(again.targetScale == targets && again.signature == task.signature && !again.isOpen)
    }

    /// What stands in the file as 0 is not shown as a number near 1e-10.
    @Test func zerosComeBackAsZeros() throws {
        let lines = [0, 0, 1].map { "{\"inputs\": [[\($0)]], \"targets\": [\($0)]}\n" }
        let scale = try #require(sequences(lines.joined()).inputScale)
        #expect(Double(scale.standardised(0, element: 0)) * scale.deviations[0] + scale.means[0] != 0)
        #expect(scale.value(scale.standardised(0, element: 0), element: 0) == 0)
        for value in [1, -4, 0.001, 1e6] {
            let again = scale.value(scale.standardised(value, element: 0), element: 0)
            #expect(abs(again - value) <= 1e-6 * max(1, abs(value)))
        }
    }

    /// Three of four targets are "x": each of two symbols has half of the weight in all.
    @Test func balancedTargetsCountAlike() throws {
        let lines = """
            {"inputs": ["a", "a"], "targets": ["x", null]}
            {"inputs": ["b", "a"], "targets": ["x", "y"]}
            {"inputs": ["a"], "targets": ["x"]}

            """
        let task = try sequences(lines) { $0.balance = true }
        var weights: [String: Float] = [:]
        let batch = try task.trainingBatch(count: 3, after: 0, seed: 1)
        guard case .symbols(let targets) = batch.targets else {
            Issue.record("no symbols")
            return
        }
        for (target, weight) in zip(targets, batch.mask) where weight > 0 {
            weights[task.outputNames[Int(target)], default: 0] += weight
        }
        #expect(weights == ["x": 2, "y": 2] && Set(batch.mask) == [0, Float(2.0 / 3), 2])
        #expect(try Set(whole(task).mask) == [0, 1])
        #expect(try Set(sequences(lines).trainingBatch(count: 3, after: 0, seed: 1).mask) == [0, 1])
        #expect(
            fault("{\"inputs\": [1], \"targets\": [2]}\n") { $0.balance = true }
                == "FILE: its targets are no symbols; set task.balance=false, or task.targets=symbols for numbers")
    }

    @Test func numbersAsNames() throws {
        let task = try sequences("{\"inputs\": [3, 12], \"target\": 0}\n") {
            $0.inputs = .symbols
            $0.targets = .symbols
        }
        #expect(task.inputNames == ["12", "3", "<unk>"] && task.outputNames == ["0"])
    }

    @Test func alignmentsThatAreFound() throws {
        func alignment(_ text: String) throws -> Int { try whole(sequences(text)).mask.count { $0 == 0 } }
        #expect(try alignment("{\"inputs\": [1, 2], \"targets\": [3, 4]}\n") == 0)
        #expect(try alignment("{\"inputs\": [1, 2], \"target\": 3}\n") == 1)
        #expect(try alignment("{\"inputs\": [1, 2], \"targets\": [3, 4, 5]}\n") == 2)
    }

    // MARK: What is refused

    @Test(arguments: [
        ("", "FILE: the file has no lines"), ("\n", "FILE, line 1: the line is empty"),
        ("[1]", "line 1: this is no JSON object"),
        ("{\"inputs\": [1], \"target\": 1}\n[1]", "line 2: this is no object"),
        ("{\"inputs\": [1]", "line 1: this is no JSON, at byte 14"),
        ("{\"inputs\": [NaN], \"target\": 1}", "JSON has no NaN and no infinities"),
        ("{\"target\": 1}", "there is no \"inputs\""),
        ("{\"inputs\": [1]}", "there is no \"targets\" and no \"target\""),
        ("{\"inputs\": [1], \"target\": 1, \"targets\": [1]}", "there are \"targets\" and \"target\""),
        ("{\"inputs\": 5, \"target\": 1}", "\"inputs\" is 5; it must be a list"),
        ("{\"inputs\": [], \"target\": 1}", "\"inputs\" has 0 elements; it must have at least one element"),
        ("{\"inputs\": [1, \"a\"], \"target\": 1}", "element 2 of \"inputs\" is a text, and element 1 is a number"),
        (
            "{\"inputs\": [[1, 2], [3]], \"target\": 1}",
            "element 2 of \"inputs\" is a number, and element 1 is a list of 2"
        ),
        ("{\"inputs\": [1, null], \"target\": 1}", "element 2 of \"inputs\" is null; it must be a text, a number"),
        ("{\"inputs\": [true], \"target\": 1}", "element 1 of \"inputs\" is true; it must be a text"),
        ("{\"inputs\": [1e400], \"target\": 1}", "element 1 of \"inputs\" is 1e400; it must be of numbers from -1e+30"),
        ("{\"inputs\": [\"\"], \"target\": 1}", "it must be a text that is not empty"),
        ("{\"inputs\": [1], \"target\": null}", "no target is there"),
        (
            "{\"inputs\": [1], \"target\": 1}\n{\"inputs\": [\"a\"], \"target\": 1}",
            "line 2: an element of \"inputs\" is a text"
        ),
        (
            "{\"inputs\": [1], \"target\": 1}\n{\"inputs\": [1], \"target\": [1, 2]}",
            "line 2: an element of \"targets\""
        ),
        (
            "{\"inputs\": [1], \"target\": 1}\n{\"inputs\": [1], \"targets\": [1]}",
            "line 2: there is \"targets\", and line 1"
        ),
        (
            "{\"inputs\": [1], \"targets\": [1]}\n{\"inputs\": [1, 2], \"targets\": [1]}",
            "line 1 has as many targets as inputs"
        ),
        (
            "{\"inputs\": [1, 2], \"targets\": [1]}",
            "it may be that of the last input, or come after it; set task.alignment"
        ),
        ("{\"inputs\": [1, 2], \"targets\": [1, null, 2]}", "a target of null, which only a target for each input")
    ])
    func whatCannotBeUsed(_ text: String, _ part: String) {
        let fault = fault(text)
        #expect(fault.contains(part), "\(fault)")
        #expect(fault.utf8.count < 500)
    }

    @Test func whatSettingsRefuse() {
        let equal = "{\"inputs\": [1, 2], \"targets\": [0, 0.5]}\n"
        #expect(fault(equal) { $0.targets = .bits }.contains("element 2 of \"targets\" is 0.5; it must be 0, 1"))
        #expect(
            fault(equal) { $0.alignment = .last }.contains(
                "there are 2 targets and 2 inputs, and task.alignment is last; there must be one target"))
        #expect(
            fault(equal) { $0.maximumLength = 1 }.contains("\"inputs\" has 2 elements; task.maximumLength allows 1"))
        #expect(fault(equal) { $0.holdOut = 1 }.contains("task.holdOut is 1"))
        let more = "{\"inputs\": [1], \"targets\": [1, 2]}\n"
        #expect(
            fault(more) { $0.alignment = .aligned }.contains(
                "there are 2 targets and 1 inputs, and task.alignment is aligned; there must be as many"))
        let one = "{\"inputs\": [1], \"target\": 1}\n"
        #expect(
            fault(one) { $0.alignment = .after }
                == "FILE, line 1: there is \"target\", and task.alignment is after; give \"targets\"")
        #expect(
            fault("{\"inputs\": [1], \"targets\": [1, null]}\n") { $0.alignment = .after }.hasSuffix(
                "a target is null, and task.alignment is after; none of these may be null"))
        let texts = "{\"inputs\": [\"a\"], \"targets\": [\"b\"]}\n"
        #expect(fault(texts) { $0.targets = .numbers }.contains("is \"b\"; it must be a number, or a list of numbers"))
        #expect(fault(texts) { $0.inputs = .numbers }.contains("element 1 of \"inputs\" is \"a\"; it must be a number"))
    }

    @Test func otherFilesMustBeAlike() throws {
        var task = try sequences("{\"inputs\": [[1, 2]], \"targets\": [1]}\n")
        let other = URL(fileURLWithPath: try write("{\"inputs\": [[1, 2, 3]], \"targets\": [1]}\n", "other.jsonl"))
        let error = #expect(throws: DataError.self) { try task.open(evaluating: other, progress: { _ in }) }
        #expect(error?.line == 1 && error!.reason.contains("was trained on a list of 2 numbers for each"))
        #expect(
            fault("{\"inputs\": [1], \"targets\": [1]}\n") { $0.validation = other.path }.contains(
                "other.jsonl, line 1"))
    }

    /// Nobody set `task.alignment`: it is the training file, or the network, that other files do not go with.
    @Test func otherFilesMustHaveTargetsInTheSameWay() throws {
        let other = URL(
            fileURLWithPath: try write("{\"inputs\": [1, 2], \"targets\": [1, 2, 3]}\n", "other.jsonl"))
        var task = try sequences("{\"inputs\": [1, 2], \"target\": 1}\n")
        let error = #expect(throws: DataError.self) { try task.open(evaluating: other, progress: { _ in }) }
        #expect(
            error?.reason
                == "there are 3 targets and 2 inputs, and the network was trained with one target, of the last "
                + "input; there must be one target")
        #expect(
            fault("{\"inputs\": [1, 2], \"targets\": [1, 2]}\n") { $0.validation = other.path }.hasSuffix(
                "there are 3 targets and 2 inputs, and train.jsonl has a target for each input; there must be as many"))
    }

    @Test func numbersInQuotesAreNoted() throws {
        let lines = (0..<8).map { "{\"inputs\": [\($0)], \"target\": \"\($0).5\"}\n" }
        let notes = try sequences(lines.joined()).notes(progress: { _ in })
        let note =
            "8 of 8 target symbols are there once; they are numbers, and each is a name of its own: without quotes, and "
            + "without task.targets=symbols, they are learned as numbers"
        #expect(notes.contains(note))
        let check = try SequenceCheck(folder.file("train.jsonl"), for: Sequences()) { _ in }
        #expect(check.isUsable && check.text.contains("note        \(note)\n"))
        let names = (0..<8).map { "{\"inputs\": [\($0)], \"target\": \"name \($0)\"}\n" }
        #expect(
            try sequences(names.joined()).notes(progress: { _ in }).contains(
                "8 of 8 target symbols are there once; of a name that is there once little can be learned"))
    }

    // MARK: A look at a file

    @Test func aCheckSaysWhatThereIs() throws {
        let good = try write("{\"inputs\": [1, 4], \"target\": \"a\"}\n{\"inputs\": [1], \"target\": \"a\"}\n")
        let check = try SequenceCheck(URL(fileURLWithPath: good), for: Sequences()) { _ in }
        #expect(check.isUsable)
        for part in [
            "sequences   2\n", "inputs      1-2 a sequence: numbers from 1 to 4, mean 2", "1 symbol (a)",
            "alignment   last"
        ] { #expect(check.text.contains(part), "\(check.text)") }
        let bad = try write(
            "{\"inputs\": [1, 4], \"target\": \"a\"}\n" + String(repeating: "no\n", count: 12), "bad.jsonl")
        let refused = try SequenceCheck(URL(fileURLWithPath: bad), for: Sequences()) { _ in }
        #expect(!refused.isUsable && refused.text.contains("sequences   1 of 13 lines"))
        #expect(
            refused.text.contains("problem     line 2: this is no JSON") && refused.text.contains("and 2 lines more"))
        // One error, and not one for each line.
        let noHeader = URL(fileURLWithPath: try write("id,input,target\n1,2,3\n4,5,6\n", "bad.csv"))
        let error = #expect(throws: DataError.self) { try SequenceCheck(noHeader, for: Sequences()) { _ in } }
        #expect(error?.line == 1 && error!.reason.contains("names no column \"inputs\""))
    }

    /// The number of a line says which file it is of.
    @Test func aFileToEvaluateOnMustBeAlike() throws {
        let validation = try write("{\"inputs\": [1], \"targets\": [2]}\n", "test.jsonl")
        let text = "{\"inputs\": [\"a\"], \"targets\": [2]}\n"
        #expect(throws: DataError.self) { try sequences(text) { $0.validation = validation } }
        let message = fault(text) { $0.validation = validation }
        #expect(
            message.hasSuffix(
                "an element of \"inputs\" is a number, and a text in line 1 of train.jsonl; all lines must be alike "
                    + "(with task.inputs=symbols numbers are names)"),
            "\(message)")
    }
}
