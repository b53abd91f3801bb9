// Gradients that overflow while the loss is finite: such steps change nothing, and too many of them end a run.

import Foundation
import NeuralMemory
import Testing
import NeuralMemoryTraining

@Suite struct OverflowTests {
    /// Scales weights so that inputs are as before, and dL/d(embedding) is beyond the largest float: the loss is about
    /// 1e20, and goes back through weights of 1e25.
    private func overflowing(_ trainer: Trainer) throws {
        let parameters = trainer.network.parameters
        let embedding = try #require(parameters.layout.parameters.first { $0.name == "embedding.weight" })
        let controller = try #require(parameters.layout.parameters.first { $0.name == "controller.layer0.weight" })
        let output = try #require(parameters.layout.parameters.first { $0.name == "output.weight" })
        func change(_ slice: Parameter, _ change: (_ index: Int, _ value: Float) -> Float) throws {
            try parameters.setValues(parameters.values(of: slice).enumerated().map(change), of: slice)
        }
        try change(embedding) { $1 * 1e-25 }
        let inputRows = embedding.shape[1] * controller.shape[1]
        try change(controller) { $0 < inputRows ? $1 * 1e25 : $1 }
        try change(output) { index, _ in index % 2 == 0 ? 1e20 : -1e20 }
    }

    private func restore(_ trainer: Trainer, _ values: [[Float]]) throws {
        for (slice, value) in zip(trainer.network.parameters.layout.parameters, values) {
            try trainer.network.parameters.setValues(value, of: slice)
        }
    }

    private func values(_ trainer: Trainer) throws -> [[Float]] {
        try trainer.network.parameters.layout.parameters.map { try trainer.network.parameters.values(of: $0) }
    }

    @Test func aStepWhoseGradientOverflowsChangesNothing() throws {
        let trainer = try Trainer(smallConfiguration())
        _ = try trainer.step()
        let good = try values(trainer)
        try overflowing(trainer)
        let before = try values(trainer)
        _ = try trainer.step()
        #expect(try values(trainer) == before)
        #expect(trainer.state.skipped == 1 && trainer.state.skippedInARow == 1 && trainer.state.step == 2)
        try restore(trainer, good)
        _ = try trainer.step()
        #expect(try values(trainer) != good)
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
