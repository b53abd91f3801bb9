// What a network gives at each step of a stream, as lines of text or of JSON.

import NeuralMemory
import NeuralMemoryTasks

/// Writes the outputs of a stream, step by step.
package struct StepWriter {
    /// How steps are laid out.
    package enum Form {
        /// A word for each step, on lines that end where those of the input do.
        case words
        /// A line for each step.
        case lines
        /// A line for each step: {"step": n, "output": …, "probabilities": …, "raw": […]}.
        case json
    }

    private let outputs: OutputWords
    private let form: Form
    /// Steps written, with those before this writer began.
    package private(set) var steps: Int
    /// Whether the output is at the start of a line.
    private var isFirst = true

    /// - `steps`: how many came before.
    package init(_ outputs: OutputWords, _ form: Form, after steps: Int = 0) {
        self.outputs = outputs
        self.form = form
        self.steps = steps
    }

    /// The text of the next step.
    package mutating func text(_ outputs: [Float]) -> String {
        steps += 1
        switch form {
        case .words:
            defer { isFirst = false }
            return (isFirst ? "" : " ") + self.outputs.text(outputs[...], separator: ",")
        case .lines: return self.outputs.text(outputs[...], separator: " ") + "\n"
        case .json:
            var members = [("step", JSON(steps)), ("output", self.outputs.value(outputs[...]))]
            members += self.outputs.probabilities(outputs[...]).map { [("probabilities", $0)] } ?? []
            return JSON(members + [("raw", .array(outputs.map { JSON($0) }))]).text + "\n"
        }
    }

    /// What stands where the input has a line end.
    package mutating func lineEnd() -> String {
        isFirst = true
        return form == .words ? "\n" : ""
    }
}
