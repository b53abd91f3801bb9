// How far a run has got, from the header of its last checkpoint.

import NeuralMemory
import NeuralMemoryTasks

extension RunReader {
    /// What was trained up to the last checkpoint, however large that is; `nil` before there is one.
    ///
    /// Throws `FileError`, `SafetensorsError` or `CheckpointError`.
    package func latestState() throws -> TrainingState? {
        guard let latest = try latestCheckpoint() else { return nil }
        guard let text = try Safetensors.metadata(of: latest.file)["state"],
            let fields = try? JSON(parsing: text),
            let state = try? fields.completed(from: TrainingState.empty).decoded(TrainingState.self)
        else { throw CheckpointError(file: latest.file.path, reason: "this is damaged: its state cannot be read") }
        return state
    }
}
