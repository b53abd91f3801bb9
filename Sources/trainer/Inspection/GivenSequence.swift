// A sequence that a user writes on the command line.

import ArgumentParser
import NeuralMemory
import NeuralMemoryTasks
import NeuralMemoryTraining

extension GivenSequence {
    /// Reads the value of an option; `nil` where the task has no symbols.
    ///
    /// Warns where the network's answer is cut. Throws a `ValidationError` that says what cannot be read of which
    /// option.
    init?(_ text: String, for task: any SequenceTask, _ network: Network, option: String = "--input") throws {
        do {
            try self.init(text, for: task, network, named: option)
        } catch let error as GivenSequenceError {
            throw ValidationError("\(error).")
        }
        if let note { complain("Warning: \(note).") }
    }
}
