// Runs on a text: streams that are carried over, saved and resumed, and what such a network writes.

import Foundation
import NeuralMemory
import NeuralMemoryTasks
import TestSupport
import Testing

import NeuralMemoryTraining

@Suite struct TextRunTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// Two lines over and over: what comes next is nearly always known.
    private func configuration(_ memory: any MemoryKind = NeuralStack(width: 3)) throws -> RunConfiguration {
        let file = folder.file("text.txt")
        try Data(String(repeating: "abcd efgh\nhgfe dcba\n", count: 80).utf8).write(to: file)
        var task = TextTask()
        task.data = file.path
        task.length = 8
        var configuration = smallConfiguration()
        configuration.task = task
        configuration.network.controller = LSTM(units: 10)
        configuration.network.memory = memory
        configuration.training.batchSize = 4
        configuration.training.steps = 14
        configuration.training.carry = true
        configuration.training.curriculum = CurriculumConfiguration()
        configuration.training.evaluation = EvaluationConfiguration()
        configuration.training.evaluation.interval = 5
        return configuration
    }

    private static let memories: [any MemoryKind] = [
        NeuralStack(width: 3), NeuralQueue(width: 2), NeuralDeque(width: 2), TuringMemory(rows: 6, columns: 3),
        NoMemory()
    ]

    @Test func theLossFalls() throws {
        var configuration = try configuration()
        configuration.training.steps = 400
        configuration.training.optimizer = Adam(learningRate: 0.01)
        let run = try TrainingRun.start(configuration, at: folder.file("run"))
        let first = try run.trainer.evaluate()[0]
        _ = try run.run(ScriptedObserver())
        let last = try run.trainer.evaluate()[0]
        let (before, after) = (first.bitsPerSymbol ?? 0, last.bitsPerSymbol ?? .infinity)
        #expect(before > 2.5 && after < 0.6 * before, "\(before) to \(after)")
        #expect(last.perplexity == exp2(last.bitsPerSymbol ?? 0) && last.report.coarse < 1)
        let record = try #require(RunReader(folder.file("run")).records().last?.evaluations.first)
        #expect(record.bitsPerSymbol == last.bitsPerSymbol && record.coarse == nil)
        // Symbols are known from the checkpoint, not from the settings.
        let read = try #require(try RunReader(folder.file("run")).configuration())
        #expect(try read.parameterCount() == run.trainer.network.parameters.layout.count)
    }

    /// Streams are in the checkpoint: stopped at any step, within an epoch and at its end, a run ends as if it was not.
    @Test func aRunStoppedAtAnyStepEndsAsIfItWasNot() throws {
        for (number, memory) in Self.memories.enumerated() {
            let configuration = try configuration(memory)
            let whole = try TrainingRun.start(configuration, at: folder.file("whole\(number)"))
            _ = try whole.run(ScriptedObserver())
            let carried = whole.trainer.carried
            #expect(carried.count == 4)
            for stop in [1, 7, 11] {
                let url = folder.file("stopped\(number)-\(stop)")
                var stopped: TrainingRun? = try TrainingRun.start(configuration, at: url)
                #expect(try stopped?.run(ScriptedObserver(stopsAt: stop)) == .stopped)
                stopped = nil
                let resumed = try TrainingRun.resume(at: url)
                _ = try resumed.run(ScriptedObserver())
                #expect(try arrays(of: resumed.trainer) == arrays(of: whole.trainer), "\(memory), stopped at \(stop)")
                #expect(resumed.trainer.carried == carried, "\(memory), stopped at \(stop)")
            }
        }
    }

    /// Training uses what is carried, and begins anew at the beginning of the text.
    @Test func streamsAreCarried() throws {
        var configuration = try configuration()
        let carrying = try Trainer(configuration)
        configuration.training.carry = false
        let plain = try Trainer(configuration)
        var losses: [(Double, Double)] = []
        for _ in 0..<3 {
            let before = (carrying.state.interval?.nats ?? 0, plain.state.interval?.nats ?? 0)
            _ = (try carrying.step(), try plain.step())
            let after = (carrying.state.interval?.nats ?? 0, plain.state.interval?.nats ?? 0)
            losses.append((after.0 - before.0, after.1 - before.1))
        }
        #expect(losses[0].0 == losses[0].1 && losses[1].0 != losses[1].1)
        #expect(plain.carried.isEmpty && carrying.carried.count == 4)
        let steps = carrying.carried[0].arrays["stack/steps"]
        #expect(steps == [24])
        // 360 symbols a stream, 44 stretches: the 45th step begins at the text's beginning.
        while carrying.state.step < 45 { _ = try carrying.step() }
        #expect(carrying.carried[0].arrays["stack/steps"] == [8])
    }

    /// The memory of a stack that is never emptied does not grow with the stream.
    @Test func aStackCarriesOverOnlySoMuch() throws {
        var configuration = try configuration()
        configuration.training.carriedEntries = 5
        let trainer = try Trainer(configuration)
        for _ in 0..<20 {
            _ = try trainer.step()
            #expect(trainer.carried.allSatisfy { $0.arrays["stack/strengths"]?.count ?? 0 <= 5 })
        }
        #expect(trainer.carried.contains { $0.arrays["stack/strengths"]?.count == 5 })
        #expect(trainer.carried[0].arrays["stack/values"]?.count == 15)
    }

    @Test func otherTasksHaveNoStreams() throws {
        var configuration = smallConfiguration()
        configuration.training.carry = true
        #expect(throws: ConfigurationError.self) { try configuration.validate() }
        let message = configurationMessage { try configuration.validate() }
        #expect(message.contains("training.carry") && message.contains("do not go on in the next batch"), "\(message)")
    }

    private func configurationMessage(_ body: () throws -> Void) -> String {
        do {
            try body()
            return "no error"
        } catch { return "\(error)" }
    }

    /// A text that is too short leaves no folder.
    @Test func aTextThatIsTooShortStartsNothing() throws {
        var configuration = try configuration()
        configuration.training.batchSize = 1000
        #expect(throws: DataError.self) { _ = try TrainingRun.start(configuration, at: folder.file("short")) }
        #expect(!FileManager.default.fileExists(atPath: folder.file("short").path))
    }

    /// Arrays of streams that cannot be this run's.
    @Test func damagedStreamsAreRefused() throws {
        let trainer = try Trainer(try configuration())
        for _ in 0..<2 { _ = try trainer.step() }
        let file = folder.file("checkpoint.safetensors")
        try Checkpoint(trainer).write(to: file)
        let whole = try Safetensors.read(from: file)
        func message(_ change: (inout [SafetensorsEntry]) -> Void) throws -> String {
            var contents = whole
            change(&contents.entries)
            contents.metadata["checksum"] = contents.checksum
            try Safetensors.write(contents.entries, metadata: contents.metadata, to: file)
            return configurationMessage { _ = try Checkpoint.read(from: file).makeTrainer() }
        }
        #expect(try message { _ in } == "no error")
        #expect(try message { $0.removeAll { $0.name.hasPrefix("carried/") } } == "no error")
        #expect(try message { $0.removeAll { $0.name.hasPrefix("carried/3/") } }.contains("the state of 3 streams"))
        #expect(try message { $0.removeAll { $0.name == "carried/2/controller.layer0.c" } }.contains("there is no"))
        let extra = SafetensorsEntry(name: "carried/4/x", shape: [1], values: [Float(1)])
        #expect(try message { $0.append(extra) }.contains("carried/4/x is no array of a stream"))
        let unknown = SafetensorsEntry(name: "carried/1/x", shape: [1], values: [Float(1)])
        #expect(try message { $0.append(unknown) }.contains("the state of its streams cannot be used"))
        let bad = SafetensorsEntry(
            name: "carried/0/controller.layer0.h", shape: [10], values: [Float](repeating: .nan, count: 10))
        #expect(
            try message { entries in entries = entries.map { $0.name == bad.name ? bad : $0 } }.contains("not finite"))
    }

    // MARK: Sampling

    @Test func samplesFollowTheProbabilities() throws {
        var sampler = try Sampler(seed: caseSeed(780))
        let logits = [0.1, 0.2, 0.3, 0.4].map { Float(log($0)) }
        var counts = [0, 0, 0, 0]
        for _ in 0..<20_000 { counts[try sampler.draw(logits)] += 1 }
        // Five deviations of a binomial share.
        for (symbol, share) in [0.1, 0.2, 0.3, 0.4].enumerated() {
            let deviation = (20_000 * share * (1 - share)).squareRoot()
            #expect(abs(Double(counts[symbol]) - 20_000 * share) < 5 * deviation, "\(counts)")
        }
        var cold = try Sampler(temperature: 0, seed: 1)
        #expect(try (0..<20).allSatisfy { _ in try cold.draw(logits) == 3 })
        var few = try Sampler(temperature: 50, most: 2, excluding: [3], seed: 1)
        #expect(try Set((0..<200).map { _ in try few.draw(logits) }) == [1, 2])
        var (one, other) = (try Sampler(seed: 9), try Sampler(seed: 9))
        #expect(try (0..<50).allSatisfy { _ in try one.draw(logits) == other.draw(logits) })
        var none = try Sampler(excluding: [0, 1, 2, 3], seed: 1)
        #expect(throws: UsageError.self) { _ = try none.draw(logits) }
        #expect(throws: UsageError.self) { _ = try one.draw([1, .nan]) }
        #expect(throws: UsageError.self) { _ = try Sampler(temperature: -1, seed: 1) }
        #expect(throws: UsageError.self) { _ = try Sampler(most: 0, seed: 1) }
    }
}
