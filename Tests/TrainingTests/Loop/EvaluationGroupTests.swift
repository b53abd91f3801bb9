// Results by group: each sequence is in one, and together they are what all come to.

import Foundation
import NeuralMemory
import NeuralMemoryTasks
import TestSupport
import Testing
import NeuralMemoryTraining

@Suite struct EvaluationGroupTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// 40 sequences of 1 to 10 inputs, all of which are evaluated.
    private func task(_ line: (Int) -> String) throws -> Sequences {
        let lines = (0..<40).map { number in
            let inputs = (0...number % 10).map { "\((number * $0) % 4)" }.joined(separator: ", ")
            return "{\"inputs\": [\(inputs)], \(line(number))}\n"
        }
        try Data(lines.joined().utf8).write(to: folder.file("data.jsonl"))
        var task = Sequences()
        task.data = folder.file("data.jsonl").path
        task.holdOut = 0
        try task.open(progress: { _ in })
        return task
    }

    private func network(_ task: any SequenceTask) throws -> Network {
        try Network(
            NetworkConfiguration(controller: ElmanRNN(units: 5), memory: NoMemory()), signature: task.signature, seed: 1
        )
    }

    @Test func byLength() throws {
        let task = try task { "\"target\": \($0)" }
        let network = try network(task)
        let evaluation = Evaluation(task: task, seed: 1, episodes: nil)
        var progress: [Int] = []
        let groups = try evaluation.groups(network, by: .length) { progress.append($0) }
        #expect(groups.map(\.name) == ["1 step", "2 steps", "3-4 steps", "5-8 steps", "9-16 steps"])
        #expect(groups.map(\.result.report.sequences) == [4, 4, 8, 16, 8])
        #expect(progress.last == 40 && progress == progress.sorted())
        let total = try evaluation.run(network, on: task.evaluationSets([], count: nil, seed: 1)[0]).report
        let sum = groups.reduce(0) { $0 + $1.result.report.bits * Double($1.result.report.sequences) }
        #expect(abs(sum / 40 - total.bits) < 1e-4 * total.bits)
    }

    @Test func byLabel() throws {
        let task = try task { "\"target\": \"\($0 % 3 == 0 ? "fizz" : "-")\"" }
        let network = try network(task)
        let groups = try Evaluation(task: task, seed: 1, episodes: nil).groups(network, by: .label)
        #expect(groups.map(\.name) == ["-", "fizz"] && groups.map(\.result.report.sequences) == [26, 14])
        // An untrained network says nearly the same of all, so that it is right where that is the label.
        let right = groups.reduce(0) { $0 + $1.result.report.rightSequences }
        let total = try Evaluation(task: task, seed: 1, episodes: nil)
            .run(network, on: task.evaluationSets([], count: nil, seed: 1)[0]).report
        #expect(right == total.rightSequences)
        let some = try Evaluation(task: task, seed: 1, episodes: 10).groups(network, by: .label)
        #expect(some.reduce(0) { $0 + $1.result.report.sequences } == 10)
    }

    @Test func labelsThatWereNotTrainedOn() throws {
        var task = try task { "\"target\": \"\($0 % 2 == 0 ? "a" : "b")\"" }
        let network = try network(task)
        let file = folder.file("test.jsonl")
        try Data("{\"inputs\": [1], \"target\": \"c\"}\n{\"inputs\": [1], \"target\": \"b\"}\n".utf8).write(to: file)
        try task.open(evaluating: file, progress: { _ in })
        let groups = try Evaluation(task: task, seed: 1, episodes: nil).groups(network, by: .label)
        #expect(groups.map(\.name) == ["<unk>", "b"] && groups[0].result.report.rightSequences == 0)
    }

    @Test func whatHasNoGroups() throws {
        let numbers = try task { "\"target\": \($0)" }
        let evaluation = Evaluation(task: numbers, seed: 1, episodes: nil)
        let error = #expect(throws: UsageError.self) { try evaluation.groups(network(numbers), by: .label) }
        #expect(error?.problem.contains("group by length") == true)
        let drawn = Copy(symbols: 3, lengths: 1...4)
        #expect(throws: UsageError.self) {
            try Evaluation(task: drawn, seed: 1, episodes: nil).groups(network(drawn), by: .length)
        }
        var text = TextTask()
        text.data = folder.file("data.jsonl").path
        try text.open(progress: { _ in })
        let streams = #expect(throws: UsageError.self) {
            try Evaluation(task: text, seed: 1, episodes: nil).groups(network(text), by: .length)
        }
        #expect(streams?.problem.contains("go on from each other") == true)
    }

    @Test func areInTableAndJSON() throws {
        let task = try task { "\"target\": \"\($0 % 3 == 0 ? "fizz" : "-")\"" }
        let network = try network(task)
        let evaluation = Evaluation(task: task, seed: 1, episodes: nil)
        let summary = EvaluationSummary(
            checkpoint: "c", task: "sequences",
            results: [try evaluation.run(network, on: task.evaluationSets([], count: nil, seed: 1)[0])],
            groups: try evaluation.groups(network, by: .label))
        let lines = summary.table.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        #expect(lines.count == 7 && lines[0].hasPrefix("length") && lines[2].isEmpty && lines[3].hasPrefix("group"))
        #expect(lines[5].split(separator: " ").prefix(2) == ["fizz", "14"])
        #expect(summary.json.contains(#""groups": [{"group": "-", "episodes": 26, "coarse": "#), "\(summary.json)")
    }
}
