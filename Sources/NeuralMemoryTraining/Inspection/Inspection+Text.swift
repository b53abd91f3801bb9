// An inspected episode as a table for people, and as JSON for programs.

import Foundation
import NeuralMemory
import NeuralMemoryTasks

extension Inspection {
    /// Whether the table shows a signal: gates and strengths that are one number, and weightings.
    public static func isInTable(_ signal: Signal) -> Bool {
        switch signal.role {
        case .gate, .strength: signal.axes.isEmpty
        case .weighting: signal.axes.count == 1
        default: false
        }
    }

    /// One line a step, with the `topK` largest weights of each weighting.
    public func table(topK: Int) -> String {
        let columns = recording.signals.indices.filter { Self.isInTable(recording.signals[$0]) }.sorted {
            (recording.signals[$0].axes.count, $0) < (recording.signals[$1].axes.count, $1)
        }
        let titles = columns.map { index -> (String, TextTable.Alignment) in
            let signal = recording.signals[index]
            let name = signal.name.hasSuffix(" weighting") ? String(signal.name.dropLast(10)) : signal.name
            return (name, signal.axes.isEmpty ? .right : .left)
        }
        var table = TextTable(
            [("step", .right), ("input", .left), ("target", .left), ("output", .left)] + titles)
        for (number, step) in steps.enumerated() {
            let cells = columns.map { index in
                let value = recording.sequences[0][number][index]
                return recording.signals[index].axes.isEmpty
                    ? String(format: "%.2f", value.numbers[0]) : largest(topK, of: value, recording.signals[index])
            }
            table.add(["\(number + 1)", step.input, step.target, step.output] + cells)
        }
        return table.text
    }

    /// The `topK` largest weights, largest first, without those below a thousandth: where they are, and how large.
    private func largest(_ topK: Int, of value: SignalValue, _ signal: Signal) -> String {
        value.numbers.enumerated().filter { $0.element >= 1e-3 }.sorted { $0.element > $1.element }.prefix(topK)
            .map { String(format: "%@:%.2f", label(value.indices?[$0.offset] ?? $0.offset, signal), $0.element) }
            .joined(separator: " ")
    }

    /// The number of a row; of an entry the step that pushed it, counted from 1 as papers do, with t or b for the end
    /// of a deque.
    func label(_ index: Int, _ signal: Signal) -> String {
        guard signal.axes == [.entries] else { return "\(index)" }
        guard index >= 0 else { return "earlier" }
        return "\(index / ends + 1)" + (ends == 1 ? "" : index % ends == 0 ? "t" : "b")
    }

    /// At how many ends entries are read.
    var ends: Int { max(1, recording.signals.filter { $0.role == .weighting && $0.axes == [.entries] }.count) }

    /// One line of JSON, without a newline: `{"task": …, "memory": …, "data": {"file": …, "line": …}, "signals":
    /// [{"name": …, "role": …, "axes": […], "head": …}], "steps": [{"step": 1, "input": …, "target": …, "output": …,
    /// "values": [{"numbers": […], "indices": […]}]}]}`.
    ///
    /// Values are in the order of the signals. A step without an output has null for both, a target that is not known
    /// is null, and so are numbers that are not finite. `data` is there for sequences of a user's data alone.
    public func json() throws -> String {
        try JSON.text(
            encoding: Document(
                task: task, memory: memory, data: place, signals: recording.signals,
                steps: steps.enumerated().map { number, step in
                    Document.Step(
                        step: number + 1, input: step.input, target: step.target.isEmpty ? nil : step.target,
                        output: step.output.isEmpty ? nil : step.output, values: recording.sequences[0][number])
                }))
    }

    private struct Document: Encodable {
        struct Step: Encodable {
            let step: Int
            let input: String
            let target: String?
            let output: String?
            let values: [SignalValue]

            private enum Key: String, CodingKey { case step, input, target, output, values }

            /// Target and output are there always, if as null.
            func encode(to encoder: any Encoder) throws {
                var container = encoder.container(keyedBy: Key.self)
                try container.encode(step, forKey: .step)
                try container.encode(input, forKey: .input)
                try container.encode(target, forKey: .target)
                try container.encode(output, forKey: .output)
                try container.encode(values, forKey: .values)
            }
        }

        let task: String
        let memory: String
        let data: DataPlace?
        let signals: [Signal]
        let steps: [Step]
    }
}
