// Runs on sequences from a user's file: each alignment is learned, resumed bit for bit, and printed as the data are.

import Foundation
import NeuralMemory
import NeuralMemoryTasks
import TestSupport
import Testing

import NeuralMemoryTraining

@Suite struct SequencesRunTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// 60 sequences of two or three numbers, whose targets are far from 0 and 1.
    private func configuration(_ alignment: SequenceAlignment) throws -> RunConfiguration {
        let lines = (0..<60).map { line -> String in
            let values = (0..<2 + line % 2).map { Double((7 * line + 5 * $0) % 11) }
            let inputs = values.map { "\($0)" }.joined(separator: ", ")
            let targets =
                switch alignment {
                case .aligned: "\"targets\": [\(values.map { "\(1000 + 20 * $0)" }.joined(separator: ", "))]"
                case .last: "\"target\": \"\(values[values.count - 1] > 5 ? "high" : "low")\""
                case .after: "\"targets\": [[\(values[0] > 5 ? 1 : 0), \(values[1] > 5 ? 1 : 0)]]"
                }
            return "{\"inputs\": [\(inputs)], \(targets)}\n"
        }
        let file = folder.file("\(alignment).jsonl")
        try Data(lines.joined().utf8).write(to: file)
        var task = Sequences()
        task.data = file.path
        task.alignment = alignment
        if alignment == .after { task.targets = .bits }
        var configuration = smallConfiguration()
        configuration.task = task
        configuration.network.controller = LSTM(units: 8)
        configuration.training.batchSize = 10
        configuration.training.steps = 300
        configuration.training.curriculum = CurriculumConfiguration()
        configuration.training.evaluation = EvaluationConfiguration()
        configuration.training.evaluation.interval = 150
        return configuration
    }

    @Test(arguments: SequenceAlignment.allCases) func theLossFalls(_ alignment: SequenceAlignment) throws {
        let run = try TrainingRun.start(configuration(alignment), at: folder.file("run"))
        let first = try run.trainer.evaluate()[0].report
        _ = try run.run(ScriptedObserver())
        let last = try run.trainer.evaluate()[0].report
        #expect(last.mean < first.mean / 2, "\(alignment): \(first.mean) to \(last.mean)")
        #expect((last.rmse == nil) == (alignment != .aligned))
    }

    @Test func aRunStoppedAtAnyStepEndsAsIfItWasNot() throws {
        var configuration = try configuration(.aligned)
        configuration.training.steps = 12
        configuration.training.evaluation.interval = 5
        let whole = try TrainingRun.start(configuration, at: folder.file("whole"))
        _ = try whole.run(ScriptedObserver())
        for step in [0, 5, 7] {
            let url = folder.file("stopped\(step)")
            do { _ = try TrainingRun.start(configuration, at: url).run(ScriptedObserver(stopsAt: step)) }
            let resumed = try TrainingRun.resume(at: url)
            _ = try resumed.run(ScriptedObserver())
            #expect(try arrays(of: resumed.trainer) == arrays(of: whole.trainer), "stopped at \(step)")
            #expect(timeless(resumed.trainer.state) == timeless(whole.trainer.state))
        }
    }

    /// What is printed is what the file has.
    @Test func standardisationIsUndone() throws {
        var configuration = try configuration(.aligned)
        try configuration.openData()
        let task = configuration.task
        let network = try Network(configuration.network, signature: task.signature, seed: 1)
        // Line 10 is the first that is held out.
        let episode = try Inspection(
            network, task: task, task.evaluationSets([1...1], count: 1, seed: 1)[0].sample(1).batch)
        for step in episode.steps {
            let (input, target) = (try #require(Double(step.input)), try #require(Double(step.target)))
            #expect(abs(target - (1000 + 20 * input)) < 0.1)
            // An untrained network is near the mean.
            #expect(abs(try #require(Double(step.output)) - 1100) < 300)
        }
    }

    /// One run is of JSON lines, the other one of CSV with what a spreadsheet puts there, stopped and resumed.
    @Test(arguments: SequenceAlignment.allCases) func formsOfAFileGiveTheSameBits(_ alignment: SequenceAlignment) throws
    {
        var configuration = try configuration(alignment)
        configuration.training.steps = 12
        configuration.training.evaluation.interval = 5
        let json = try TrainingRun.start(configuration, at: folder.file("json"))
        _ = try json.run(ScriptedObserver())
        var task = try #require(configuration.task as? Sequences)
        task.data = try writeCSV(of: task.data)
        configuration.task = task
        let url = folder.file("csv")
        do { _ = try TrainingRun.start(configuration, at: url).run(ScriptedObserver(stopsAt: 7)) }
        let csv = try TrainingRun.resume(at: url)
        _ = try csv.run(ScriptedObserver())
        #expect(try arrays(of: csv.trainer) == arrays(of: json.trainer))
        #expect(timeless(csv.trainer.state) == timeless(json.trainer.state))
    }

    /// The same lines as CSV.
    private func writeCSV(of file: String) throws -> String {
        let lines = try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n")
        let targets = lines[0].contains("\"targets\"") ? "targets" : "target"
        let cells = try lines.map { line -> String in
            let object = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
            return try "\(cell(#require(object["inputs"]))),\"\(cell(#require(object[targets])))\"\r\n"
        }
        try Data(("\u{FEFF}inputs,\(targets)\r\n" + cells.joined()).utf8).write(to: folder.file("same.csv"))
        return folder.file("same.csv").path
    }

    private func cell(_ value: Any) -> String {
        switch value {
        case let vectors as [[Any]]: vectors.map { cell($0) + ";" }.joined()
        case let elements as [Any]: elements.map(cell).joined(separator: " ")
        default: "\(value)"
        }
    }

    @Test func aCriterionMustBeOfTheOutputs() throws {
        var configuration = try configuration(.aligned)
        configuration.training.solved.coarse = 1
        let error = #expect(throws: ConfigurationError.self) {
            try TrainingRun.start(configuration, at: folder.file("run"))
        }
        #expect("\(error!)".contains("set training.solved.rmse"))
    }

    @Test func otherDataAreRefusedOnResuming() throws {
        let configuration = try configuration(.last)
        let url = folder.file("run")
        do { _ = try TrainingRun.start(configuration, at: url).run(ScriptedObserver(stopsAt: 2)) }
        let file = folder.file("last.jsonl")
        try (Data(contentsOf: file) + Data("{\"inputs\": [1], \"target\": \"low\"}\n".utf8)).write(to: file)
        let error = #expect(throws: DataError.self) { try TrainingRun.resume(at: url) }
        #expect(error!.reason.contains("not the one that this run began with"))
    }
}
