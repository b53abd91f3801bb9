// Sinks and observers of a run: what they get, and what happens where one of them fails.

import Foundation
import NeuralMemory
import TestSupport
import Testing
import NeuralMemoryTraining

@Suite struct SinkTests {
    private let folder: TemporaryFolder
    private var run: URL { folder.file("run") }

    init() throws { folder = try TemporaryFolder() }

    /// Keeps records in memory, and can be full.
    private final class MemorySink: MetricsSink {
        struct Full: Error {}
        private(set) var records: [MetricsRecord] = []
        private(set) var rewinds: [Int] = []
        var capacity = Int.max

        func rewind(to step: Int) throws {
            guard capacity > 0 else { throw Full() }
            rewinds.append(step)
            records.removeAll { $0.step > step }
        }

        func append(_ record: MetricsRecord) throws {
            guard records.count < capacity else { throw Full() }
            records.append(record)
        }
    }

    /// A run that nobody looks on at.
    private func arraysOfABareRun() throws -> [SafetensorsEntry] {
        let bare = try TrainingRun.start(smallConfiguration(), at: folder.file("bare"))
        _ = try bare.run()
        return try arrays(of: bare.trainer)
    }

    @Test func twoSinksAndThreeObservers() throws {
        let (memory, copy) = (MemorySink(), JSONLinesFile(folder.file("copy.jsonl")))
        let observers = [ScriptedObserver(), ScriptedObserver(), ScriptedObserver()]
        var reports: [StepReport] = []
        observers[1].afterStep = { reports.append($0) }
        // At the time of its record an observer finds it everywhere, and the checkpoint saved.
        observers[2].afterStep = { report in
            #expect(observers[0].steps == report.step && memory.records == observers[0].records)
            #expect((try? RunReader(run).records()) == memory.records)
            #expect((try? RunReader(run).latestCheckpoint()?.step) == memory.records.last?.step ?? 0)
        }
        let training = try TrainingRun.start(smallConfiguration(), at: run, sinks: [memory, copy])
        #expect(try training.run(observers: observers) == .completed)
        #expect(memory.rewinds == [0] && memory.records.map(\.step) == [5, 10, 12])
        for observer in observers { #expect(observer.records == memory.records && observer.steps == 12) }
        #expect(
            try Data(contentsOf: folder.file("copy.jsonl")) == Data(contentsOf: training.directory.metricsFile))
        #expect(reports.map(\.step) == Array(1...12) && reports.map(\.sequences) == (1...12).map { 3 * $0 })
        #expect(reports.map { $0.interval?.sequences ?? 0 } == [3, 6, 9, 12, 0, 3, 6, 9, 12, 0, 3, 0])
        #expect(reports.last?.seconds == training.trainer.state.seconds)
        #expect(try arrays(of: training.trainer) == arraysOfABareRun())
    }

    /// The record is not saved as done: when the run is resumed, it comes again.
    @Test(arguments: [false, true])
    func aFullSinkStopsTheRunAndLacksNothingInTheEnd(_ isFirst: Bool) throws {
        let (full, other) = (MemorySink(), MemorySink())
        let sinks = isFirst ? [full, other] : [other, full]
        full.capacity = 1
        var training: TrainingRun? = try TrainingRun.start(smallConfiguration(), at: run, sinks: sinks)
        let observer = ScriptedObserver()
        #expect(throws: MemorySink.Full.self) { try training?.run(observer) }
        #expect(observer.records.map(\.step) == [5])
        training = nil
        #expect(try RunReader(run).latestCheckpoint()?.step == 5)
        full.capacity = .max
        training = try TrainingRun.resume(at: run, sinks: sinks)
        #expect(full.rewinds == [0, 5] && other.rewinds == [0, 5] && other.records.map(\.step) == [5])
        #expect(try training?.run() == .completed)
        #expect(full.records.map(\.step) == [5, 10, 12] && other.records == full.records)
        #expect(try RunReader(run).records() == full.records)
        #expect(try arrays(of: #require(training?.trainer)) == arraysOfABareRun())
    }

    @Test func aSinkThatCannotBeRewoundLeavesTheFolderAsItWas() throws {
        let full = MemorySink()
        full.capacity = 0
        #expect(throws: MemorySink.Full.self) {
            try TrainingRun.start(smallConfiguration(), at: run, sinks: [full])
        }
        _ = try TrainingRun.start(smallConfiguration(), at: run).run(ScriptedObserver(stopsAt: 6))
        let before = folder.names.map { try? Data(contentsOf: folder.file($0)) }
        #expect(throws: MemorySink.Full.self) { try TrainingRun.resume(at: run, sinks: [full]) }
        #expect(folder.names.map { try? Data(contentsOf: folder.file($0)) } == before)
    }

    @Test func aFileIsOpenedBeforeItIsAddedTo() throws {
        let observer = ScriptedObserver()
        _ = try TrainingRun.start(smallConfiguration(), at: run).run(observer)
        let file = JSONLinesFile(folder.file("metrics.jsonl"))
        let error = #expect(throws: UsageError.self) { try file.append(observer.records[0]) }
        #expect(error?.problem.contains("call rewind(to:) first") == true && folder.names.contains("run/config.yaml"))
        #expect(!FileManager.default.fileExists(atPath: folder.file("metrics.jsonl").path))
    }
}
