// Gradients that overflow while the loss is finite: such steps change nothing, and too many of them end a run.

import Foundation
import NeuralMemory
import Testing
import Training

@Suite struct OverflowTests {
    /// Scales weights so that inputs are as before, and dL/d(embedding) is beyond the largest float: the loss is about 1e20,
    /// and goes back through weights of 1e25.
    private func overflowing(_ trainer: Trainer) throws {
        let parameters = trainer.network.parameters
        let embedding = try #require(parameters.slices.first { $0.name == "embedding.weight" })
        let controller = try #require(parameters.slices.first { $0.name == "controller.layer0.weight" })
        let output = try #require(parameters.slices.first { $0.name == "output.weight" })
        parameters[embedding] = parameters[embedding].map { $0 * 1e-25 }
        let inputRows = embedding.shape[1] * controller.shape[1]
        parameters[controller] = parameters[controller].enumerated().map { $0 < inputRows ? $1 * 1e25 : $1 }
        parameters[output] = parameters[output].indices.map { $0 % 2 == 0 ? 1e20 : -1e20 }
    }

    private func restore(_ trainer: Trainer, _ values: [[Float]]) {
        for (slice, value) in zip(trainer.network.parameters.slices, values) {
            trainer.network.parameters[slice] = value
        }
    }

    private func values(_ trainer: Trainer) -> [[Float]] {
        trainer.network.parameters.slices.map { trainer.network.parameters[$0] }
    }

    @Test func aStepWhoseGradientOverflowsChangesNothing() throws {
        let trainer = try Trainer(smallConfiguration())
        _ = try trainer.step()
        let good = values(trainer)
        try overflowing(trainer)
        let before = values(trainer)
        _ = try trainer.step()
        #expect(values(trainer) == before)
        #expect(trainer.state.skipped == 1 && trainer.state.skippedInARow == 1 && trainer.state.step == 2)
        restore(trainer, good)
        _ = try trainer.step()
        #expect(values(trainer) != good)
        #expect(trainer.state.skipped == 1 && trainer.state.skippedInARow == 0)
        _ = try trainer.step()
        let report = try #require(try trainer.step())
        #expect(report.skipped == 1 && report.gradientNorm.isFinite && trainer.state.skipped == 0)
    }

    @Test func tooManyInARowEndTheRun() throws {
        var configuration = smallConfiguration()
        configuration.training.evaluation.interval = 100
        configuration.training.steps = 100
        let trainer = try Trainer(configuration)
        try overflowing(trainer)
        for _ in 1...10 { _ = try trainer.step() }
        let error = #expect(throws: DivergenceError.self) { _ = try trainer.step() }
        #expect(error?.step == 11 && error?.tensor.hasPrefix("gradient of ") == true)
    }
}
