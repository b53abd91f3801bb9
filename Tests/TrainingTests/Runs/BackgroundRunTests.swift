// Runs on a thread of their own: their records as an asynchronous sequence, and how they are stopped.

import Foundation
import NeuralMemory
import TestSupport
import Testing
import NeuralMemoryTraining

@Suite(.timeLimit(.minutes(5))) struct BackgroundRunTests {
    private let folder: TemporaryFolder
    private var url: URL { folder.file("run") }

    init() throws { folder = try TemporaryFolder() }

    /// A run that does not end by itself.
    private func endless() -> RunConfiguration {
        var configuration = smallConfiguration()
        configuration.training.steps = 1_000_000
        return configuration
    }

    /// The arrays after so many steps of a run that nobody stopped.
    private func arrays(afterSteps steps: Int) throws -> [SafetensorsEntry] {
        var configuration = smallConfiguration()
        configuration.training.steps = steps
        let whole = try TrainingRun.start(configuration, at: folder.file("whole"))
        _ = try whole.run()
        return try TrainingTests.arrays(of: whole.trainer)
    }

    /// Resumes the stopped run for some steps more.
    private func expectSameBitsAfterResuming() throws {
        let saved = try RunReader(url).latestCheckpoint()
        let step = try #require(saved).step + 3
        let steps = [SettingOverride(path: "training.steps", value: "\(step)", option: "")]
        let resumed = try TrainingRun.resume(at: url, overrides: steps)
        #expect(try resumed.run() == .completed)
        #expect(try TrainingTests.arrays(of: resumed.trainer) == arrays(afterSteps: step))
    }

    @Test func recordsComeInOrder() async throws {
        let url = url
        let run = BackgroundRun { try TrainingRun.start(smallConfiguration(), at: url) }
        var records: [MetricsRecord] = []
        for try await record in run {
            let saved = try RunReader(url).latestCheckpoint()
            #expect(try #require(saved).step >= record.step)
            records.append(record)
        }
        #expect(records.map(\.step) == [5, 10, 12])
        #expect(try await run.outcome() == .completed)
        #expect(try !RunReader(url).isTraining() && RunReader(url).records() == records)
        let entries = try Safetensors.read(from: url.appendingPathComponent("checkpoints/latest.safetensors")).entries
        #expect(try entries.sorted { $0.name < $1.name } == arrays(afterSteps: 12))
    }

    @Test func threadsAndObserversAreThoseGiven() async throws {
        struct ThreadObserver: TrainingObserver {
            let check: @Sendable (Int) -> Void
            func didStep(_ report: StepReport) { check(Runtime.threads) }
        }
        let url = url
        let before = Runtime.threads
        defer { Runtime.threads = before }
        Runtime.threads = 1
        await confirmation(expectedCount: 12) { stepped in
            let observer = ThreadObserver { threads in
                #expect(threads == 1)
                stepped()
            }
            let run = BackgroundRun(observers: [observer]) { try TrainingRun.start(smallConfiguration(), at: url) }
            _ = try? await run.outcome()
        }
    }

    @Test func aTaskThatIsCancelledStopsTheRun() async throws {
        let (url, configuration) = (url, endless())
        let run = BackgroundRun { try TrainingRun.start(configuration, at: url) }
        let task = Task {
            var steps: [Int] = []
            for try await record in run {
                steps.append(record.step)
                if steps.count == 2 { withUnsafeCurrentTask { $0?.cancel() } }
            }
            // When the loop ends, the folder is free.
            return (steps, try RunReader(url).isTraining())
        }
        let (steps, isTraining) = try await task.value
        #expect(steps.count >= 2 && steps == steps.indices.map { 5 * ($0 + 1) } && !isTraining)
        #expect(try await run.outcome() == .stopped)
        try expectSameBitsAfterResuming()
    }

    @Test func aRunIsStoppedByWord() async throws {
        let (url, configuration) = (url, endless())
        let run = BackgroundRun { try TrainingRun.start(configuration, at: url) }
        for try await record in run where record.step >= 10 { break }
        run.stop()
        #expect(try await run.outcome() == .stopped)
        #expect(try !RunReader(url).isTraining())
        try expectSameBitsAfterResuming()
    }

    @Test func aRunThatNobodyHoldsStops() async throws {
        let (url, configuration) = (url, endless())
        for try await _ in BackgroundRun({ try TrainingRun.start(configuration, at: url) }) { break }
        while try RunReader(url).isTraining() { try await Task.sleep(for: .milliseconds(1)) }
        try expectSameBitsAfterResuming()
    }

    @Test func errorsComeOut() async throws {
        let url = url
        try Data().write(to: url)
        let run = BackgroundRun { try TrainingRun.start(smallConfiguration(), at: url) }
        await #expect(throws: FileError.self) { for try await _ in run {} }
        await #expect(throws: FileError.self) { try await run.outcome() }
    }
}
