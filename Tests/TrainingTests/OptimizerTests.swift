// What a run makes of its optimiser: steps that are skipped, and state in checkpoints.

import Foundation
import NeuralMemory
import NeuralMemoryTasks
import TestSupport
import Testing
import NeuralMemoryTraining

@Suite struct OptimizerTests {
    private let folder: TemporaryFolder
    private var file: URL { folder.file("a.safetensors") }

    init() throws { folder = try TemporaryFolder() }

    private func trainer(_ change: (inout RunConfiguration) throws -> Void = { _ in }) throws -> Trainer {
        var configuration = smallConfiguration()
        configuration.training.steps = 100
        configuration.training.evaluation.interval = 100
        try change(&configuration)
        return try Trainer(configuration)
    }

    private func output(_ trainer: Trainer) throws -> Parameter {
        try #require(trainer.network.parameters.layout["output.weight"])
    }

    /// Makes weights so large that the gradients that go through them are of about 1e20.
    private func makeHuge(_ slice: Parameter, _ trainer: Trainer) throws {
        try trainer.network.parameters.setValues((0..<slice.count).map { $0 % 2 == 0 ? 1e20 : -1e20 }, of: slice)
    }

    /// Steps that are skipped, because their gradients are huge and not clipped.
    private func skip(_ count: Int, _ trainer: Trainer) throws {
        let slice = try output(trainer)
        let kept = try trainer.network.parameters.values(of: slice)
        try makeHuge(slice, trainer)
        let before = try arrays(of: trainer)
        for _ in 0..<count { _ = try trainer.step() }
        #expect(try arrays(of: trainer) == before)
        try trainer.network.parameters.setValues(kept, of: slice)
    }

    @Test func skippedStepsDoNotCountAsUpdates() throws {
        let trainer = try trainer {
            $0.training.clipping = GradientClipping()
            $0.training.optimizer = Adam(learningRate: 1e-3)
        }
        try skip(10, trainer)
        #expect(trainer.state.step == 10 && trainer.state.skipped == 10 && trainer.optimizer.updates == 0)
        let slice = try output(trainer)
        let before = try trainer.network.parameters.values(of: slice)
        _ = try trainer.step()
        #expect(trainer.state.skipped == 10 && trainer.optimizer.updates == 1)
        // The first update is the rate times g/(|g| + epsilon), whatever the gradient is.
        let moved = try zip(trainer.network.parameters.values(of: slice), before).map { abs($0 - $1) }.max() ?? 0
        #expect(abs(moved - 1e-3) <= 1e-5, "moved by \(moved)")
    }

    @Test func hugeGradientsAreUsedWhereTheyAreClipped() throws {
        let trainer = try trainer()
        try makeHuge(output(trainer), trainer)
        _ = try trainer.step()
        #expect(trainer.state.skipped == 0 && trainer.optimizer.updates == 1)
        #expect(trainer.state.normSum > Optimizer.largestNorm)
    }

    @Test func hugeGradientsInARowEndTheRun() throws {
        let trainer = try trainer { $0.training.clipping = GradientClipping() }
        try skip(10, trainer)
        try makeHuge(output(trainer), trainer)
        let error = #expect(throws: DivergenceError.self) { _ = try trainer.step() }
        #expect(error?.description == "update is not finite at step 11")
    }

    // MARK: In checkpoints

    @Test func theCountIsInTheCheckpoint() throws {
        let whole = try trainer { $0.training.clipping = GradientClipping() }
        try skip(4, whole)
        for _ in 0..<3 { _ = try whole.step() }
        try Checkpoint(whole).write(to: file)
        #expect(try Safetensors.read(from: file).metadata["optimizer"] == #"{"schedule":{},"updates":3}"#)
        let resumed = try Checkpoint.read(from: file).makeTrainer()
        #expect(resumed.state.step == 7 && resumed.optimizer.updates == 3)
        for _ in 0..<5 { _ = try (whole.step(), resumed.step()) }
        #expect(try arrays(of: resumed) == arrays(of: whole))
    }

    /// What a checkpoint of three steps comes to after a change that keeps the checksum right.
    private func reread(_ change: (inout Safetensors) throws -> Void) throws -> Trainer {
        let trainer = try trainer()
        for _ in 0..<3 { _ = try trainer.step() }
        try Checkpoint(trainer).write(to: file)
        var contents = try Safetensors.read(from: file)
        try change(&contents)
        contents.metadata["checksum"] = contents.checksum
        try Safetensors.write(contents.entries, metadata: contents.metadata, to: file)
        return try Checkpoint.read(from: file).makeTrainer()
    }

    @Test func filesWithoutACountCountSteps() throws {
        let trainer = try reread { $0.metadata["optimizer"] = nil }
        #expect(trainer.optimizer.updates == 3)
    }

    @Test func filesWithoutAScheduleHaveNoState() throws {
        let trainer = try reread { $0.metadata["optimizer"] = #"{"updates":2}"# }
        #expect(trainer.optimizer.updates == 2 && trainer.optimizer.scheduleState.isEmpty)
    }

    @Test func stateThatCannotBe() throws {
        for text in [
            #"{"updates":4}"#, #"{"updates":-1}"#, #"{"updates":1.5}"#, "{}", "", "3",
            #"{"updates":3,"schedule":{"reductions":1}}"#, #"{"updates":3,"schedule":[1]}"#,
            #"{"updates":3,"schedule":{"reductions":"1"}}"#, #"{"updates":3,"schedule":null}"#
        ] {
            let error = #expect(throws: CheckpointError.self, "\(text)") {
                _ = try reread { $0.metadata["optimizer"] = text }
            }
            #expect(error?.reason.contains("its optimizer") == true, "\(text): \(String(describing: error))")
        }
    }

    @Test func numbersThatAreNotFiniteAreRefused() throws {
        for name in ["optimizer/square/output.bias", "param/output.bias"] {
            for bad in [Float.nan, .infinity, -.infinity] {
                let error = #expect(throws: CheckpointError.self) {
                    _ = try reread { contents in
                        let index = try #require(contents.entries.firstIndex { $0.name == name })
                        var values = try #require(contents.entries[index].floats)
                        values[values.count - 1] = bad
                        contents.entries[index] = SafetensorsEntry(
                            name: name, shape: contents.entries[index].shape, values: values)
                    }
                }
                #expect(error?.reason.hasPrefix("\(name) holds a number that is not finite") == true)
            }
        }
    }

    @Test func stateThatIsNotFiniteEndsAnInterval() throws {
        let trainer = try trainer { $0.training.evaluation.interval = 2 }
        _ = try trainer.step()
        let square = try #require(trainer.optimizer.state.first { $0.name == "square" })
        square.values.pointer[try output(trainer).offset] = .infinity
        let error = #expect(throws: DivergenceError.self) { _ = try trainer.step() }
        #expect(error?.description == "square of output.weight is not finite at step 2")
    }
}
