// A task: the target is the source with its first symbol at the end.

import NeuralMemory
import NeuralMemoryTasks

/// Settings of the task.
struct Rotation: RandomSymbolTask {
    static let kind = "rotation"
    static let summary = "move the first symbol to the end"

    var symbols = 4
    var minimumLength = 1
    var maximumLength = 3
    var separateVocabularies = false

    func target(of source: [Int]) -> [Int] { Array(source.dropFirst() + source.prefix(1)) }
}
