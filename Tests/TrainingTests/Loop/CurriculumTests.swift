// CurriculumTests.swift: how the longest length grows, up to lengths of thousands.

import NeuralMemory
import NeuralMemoryTasks
import Testing

import NeuralMemoryTraining

@Suite struct CurriculumTests {
    private func lengths(
        _ configuration: CurriculumConfiguration, upTo longest: Int, losses: [Double]
    ) -> [Int] {
        var curriculum = Curriculum(configuration, lengths: 1...longest)
        return [curriculum.longest]
            + losses.map { loss in
                curriculum.note(loss: loss, configuration, lengths: 1...longest)
                return curriculum.longest
            }
    }

    private func configuration(increment: Int, factor: Double) -> CurriculumConfiguration {
        var configuration = CurriculumConfiguration()
        (configuration.start, configuration.increment, configuration.factor) = (3, increment, factor)
        (configuration.threshold, configuration.memory) = (0.1, 0.5)
        return configuration
    }

    @Test func itGrowsWhereTheRunningMeanIsBelowTheThreshold() {
        // Means: 0.4, 0.2, 0.1, which is not below, 0.05; then anew from the first loss after that.
        let losses = [0.4, 0.0, 0.0, 0.0, 0.05, 0.2]
        #expect(
            lengths(configuration(increment: 2, factor: 1), upTo: 100, losses: losses) == [3, 3, 3, 3, 5, 7, 7])
    }

    @Test func itStaysForSoManySteps() {
        var configuration = configuration(increment: 1, factor: 1)
        configuration.steps = 3
        // After the third and the sixth; then the mean is 0.5, 0.25, 0.125, 0.0625.
        let losses = [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.5, 0.0, 0.0, 0.0]
        #expect(lengths(configuration, upTo: 100, losses: losses) == [3, 3, 3, 4, 4, 4, 5, 5, 5, 5, 6])
    }

    @Test func itGrowsByTheLargerOfIncrementAndFactor() {
        let zeros = [Double](repeating: 0, count: 11)
        let doubled = lengths(configuration(increment: 1, factor: 2), upTo: 4000, losses: zeros)
        #expect(doubled == [3, 6, 12, 24, 48, 96, 192, 384, 768, 1536, 3072, 4000])
        let slow = lengths(configuration(increment: 2, factor: 1.5), upTo: 12, losses: Array(zeros.prefix(5)))
        #expect(slow == [3, 5, 7, 10, 12, 12])
        let largest = lengths(configuration(increment: 1, factor: 1000), upTo: largestSize, losses: zeros)
        #expect(largest.prefix(3) == [3, 3000, largestSize] && largest.last == largestSize)
    }

    /// A tiny network of each task, trained at a few lengths that double, and evaluated at thousands.
    @Test(arguments: ["copy-bits", "associative-recall"])
    func lengthsOfThousands(task: String) throws {
        let settings = [
            "task.kind=\(task)", "task.width=1", "task.maximumLength=3000", "network.memory.kind=none",
            "network.controller.units=2", "training.batchSize=1", "training.curriculum.start=1000",
            "training.curriculum.factor=2", "training.curriculum.threshold=99", "training.evaluation.lengths=[5000]",
            "training.evaluation.episodes=2", "training.steps=4"
        ]
        let overrides = try settings.map { try SettingOverride(assignment: $0) }
        let configuration = try RunConfiguration.resolve(preset: "fast/copy-bits-lstm", overrides: overrides)
        try configuration.validate()
        let trainer = try Trainer(configuration)
        var longest: [Int] = []
        while !trainer.isFinished {
            _ = try trainer.step()
            longest.append(trainer.state.curriculum.longest)
        }
        #expect(longest == [2000, 3000, 3000, 3000])
        let evaluation = Evaluation(task: configuration.task, seed: 1, episodes: 2)
        for set in try evaluation.sets([3000...3000, 5000...5000]) {
            let result = try evaluation.run(trainer.network, on: set)
            let perSequence = task == "copy-bits" ? set.lengths.upperBound : 3
            #expect(result.report.sequences == 2 && result.report.outputs == 2 * perSequence)
        }
    }
}
