// What `trainer train` says when a run has ended, or had ended before: how, and what to try next.

import ArgumentParser
import Foundation
import NeuralMemory
import NeuralMemoryTasks
import NeuralMemoryTraining

extension Train {
    func report(_ outcome: TrainingRun.Outcome, _ trainer: Trainer, _ folder: String) throws {
        let step = trainer.state.step
        switch outcome {
        case .stopped:
            let next = isOneOfSeeds ? "" : " To go on: trainer train --resume \(folder)"
            print("Stopped at step \(step), and saved.\(next)")
            throw ExitStatus.stopped
        case .solved: print("Solved at step \(step), in \(decimals(trainer.state.seconds, 1)) s.")
        case .stalled:
            print(
                "Stopped early at step \(step), in \(decimals(trainer.state.seconds, 1)) s: the last "
                    + "\(trainer.state.evaluationsSinceBest) evaluations were no better than the best, which is kept.")
        case .completed, .outOfTime:
            let verdict = trainer.configuration.training.solved.isSet ? ", without being solved" : ""
            let limit = outcome == .outOfTime ? ", as many as training.seconds allows" : ""
            print("Done: \(step) steps in \(decimals(trainer.state.seconds, 1)) s\(limit)\(verdict).")
        }
        if !isOneOfSeeds { sayNext(trainer, folder) }
    }

    func sayFinished(_ trainer: Trainer, _ folder: String) {
        let step = trainer.state.step
        let how: String
        let more: String
        if trainer.isSolved {
            how = "it was solved at step \(step)"
            // A criterion that has to be met more often than there will be evaluations.
            more = "--set training.solved.evaluations=1000"
        } else if trainer.isStalled {
            how = "it stopped early at step \(step)"
            more = "--set training.evaluation.patience=null"
        } else if trainer.isOutOfTime {
            how = "its \(decimals(trainer.state.seconds, 1)) seconds are over"
            more = "--set training.seconds=\(decimals(2 * trainer.state.seconds, 0))"
        } else {
            how = "all its \(step) steps are done"
            more = "--steps \(2 * step)"
        }
        print("This run is finished: \(how). To train on: trainer train --resume \(folder) \(more)")
        sayNext(trainer, folder)
    }

    private func sayNext(_ trainer: Trainer, _ folder: String) {
        let program = Self.program
        print("The run is in \(folder). Look at what it does, step by step:")
        print("  \(program) inspect \(folder)")
        print("Next:")
        for command in ["report", "explore", "evaluate"] { print("  \(program) \(command) \(folder)") }
        if trainer.configuration.task is any TransductionTask { print("  \(program) predict \(folder)") }
        if trainer.configuration.task is TextTask { print("  \(program) sample \(folder)") }
        if trainer.configuration.training.tensorboard { print("  tensorboard --logdir \(folder)") }
    }

    /// The program as it was called, from the present folder where it is below that.
    private static var program: String {
        let called = CommandLine.arguments[0]
        let here = FileManager.default.currentDirectoryPath + "/"
        return called.hasPrefix(here) ? String(called.dropFirst(here.count)) : called
    }
}
