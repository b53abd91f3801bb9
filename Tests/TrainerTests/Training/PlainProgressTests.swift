// What is printed of long intervals where output goes to a file.

import NeuralMemoryTasks
import NeuralMemoryTraining
import Testing
import trainer

@Suite struct PlainProgressTests {
    /// The lines after each of these times, in seconds of training.
    private func lines(at times: [Double], isTerminal: Bool = false) throws -> [String] {
        var configuration = RunConfiguration()
        configuration.task = Reversal(symbols: 3, lengths: 1...4)
        configuration.training.steps = 1000
        let trainer = try Trainer(configuration)
        var lines: [String] = []
        let progress = PlainProgress(trainer, isTerminal: isTerminal) { lines.append($0) }
        for (index, time) in times.enumerated() {
            _ = try trainer.step()
            var state = trainer.state
            state.step = index + 1
            state.seconds = time
            progress.didStep(StepReport(state))
        }
        return lines
    }

    @Test func aLineNowAndThen() throws {
        let pause = PlainProgress.pause
        let lines = try lines(at: [1, pause - 1, pause + 1, pause + 2, 2 * pause + 2, 200 * pause])
        #expect(lines.map { $0.prefix { $0 != " " } } == ["step", "step", "step"])
        #expect(lines[0].hasPrefix("step 3/1000  loss ") && lines[0].hasSuffix("  0:21"), "\(lines)")
        #expect(lines[1].hasPrefix("step 5/1000  loss ") && lines[2].hasSuffix("  1:06:40"), "\(lines)")
    }

    @Test func noneOnATerminal() throws {
        #expect(try lines(at: [1, 1000], isTerminal: true).isEmpty)
    }
}
