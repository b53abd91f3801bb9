// Sequences of a text, opened, and what a network gets of them.

import Foundation
import NeuralMemoryTasks

extension Sequences {
    /// Writes the text to a file and opens it; none are held out unless `change` says so.
    static func opened(
        _ text: String, at file: URL, _ change: (inout Sequences) -> Void = { _ in }
    ) throws -> Sequences {
        try Data(text.utf8).write(to: file)
        var task = Sequences()
        task.data = file.path
        task.holdOut = 0
        change(&task)
        try task.open(progress: { _ in })
        return task
    }

    /// What a network gets, and what is known of the data but for the checksum.
    func contents() throws -> String {
        let batch = try evaluationBatch(Array(0..<evaluationCount))
        let scales = [inputScale, targetScale].map { $0.map { "\($0)" } ?? "" }
        return "\(names?.inputs ?? []) \(outputNames) \(signature) \(scales) \(batch)"
    }
}
