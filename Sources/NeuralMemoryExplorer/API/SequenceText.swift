// Sequences as texts that people read and type.

import NeuralMemory
import NeuralMemoryTasks
import NeuralMemoryTraining

/// The inputs and outputs of one sequence.
enum SequenceText {
    /// What somebody could type for a batch of one sequence; `nil` for vectors, and for symbols without names.
    static func input(_ batch: Batch, _ task: any SequenceTask) -> String? {
        guard case .symbols(let symbols) = batch.inputs, let names = task.names?.inputs else { return nil }
        switch task {
        case let task as any TransductionTask:
            let source = symbols.dropFirst().prefix { $0 != Vocabulary.separator }
            return source.map { names[Int($0)] }.joined(separator: separator(task))
        case is any LanguageTask: return symbols.map { names[Int($0)] }.joined(separator: " ")
        case let task as Sequences where task.typedNames != nil:
            // With targets after the inputs, the last number stands where they are wanted.
            let wanted = task.knownAlignment == .after ? symbols.filter { Int($0) == names.count - 1 } : []
            let inputs = symbols.dropLast(wanted.count).map { names[Int($0)] }.joined(separator: " ")
            return inputs + (wanted.isEmpty ? "" : "\t" + wanted.map { _ in "null" }.joined(separator: " "))
        default: return nil
        }
    }

    /// A vector for each step; `nil` for symbols.
    static func vectors(_ batch: Batch) -> [[Float]]? {
        guard case .vectors(let numbers) = batch.inputs else { return nil }
        let size = numbers.count / batch.steps
        return (0..<batch.steps).map { Array(numbers[$0 * size..<($0 + 1) * size]) }
    }

    /// The outputs that count, without the end mark.
    static func output(_ inspection: Inspection, _ task: any SequenceTask) -> String {
        var outputs = inspection.steps.map(\.output).filter { !$0.isEmpty }
        guard let task = task as? any TransductionTask else { return outputs.joined(separator: " ") }
        if outputs.last == task.outputNames[Int(Vocabulary.end)] { outputs.removeLast() }
        return outputs.joined(separator: separator(task))
    }

    private static func separator(_ task: any TransductionTask) -> String { task.symbolReader.characters ? "" : " " }
}
