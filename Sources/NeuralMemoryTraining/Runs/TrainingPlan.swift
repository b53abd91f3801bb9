// What a run would be: checked as when it begins, without making its network or its folder.

import Foundation
import NeuralMemory
import NeuralMemoryTasks

/// A run that could begin.
public struct TrainingPlan: Sendable {
    /// With what was found out about the data of its task.
    public let configuration: RunConfiguration
    /// How many numbers are trained.
    public let parameterCount: Int
    /// What training takes at most, in bytes.
    public let bytes: Double

    /// Checks settings, data and memory.
    ///
    /// Opens the task's data where they are not open. Throws as `TrainingRun.start` does, but for what only its folder
    /// can be to blame for.
    ///
    /// - Parameters:
    ///   - configuration: decides the run.
    ///   - progress: is told what is being read, where that takes time.
    public init(_ configuration: RunConfiguration, progress: (String) -> Void = { _ in }) throws {
        var configuration = configuration
        try configuration.requireRegistered()
        try configuration.validate()
        try configuration.openData(progress: progress)
        try configuration.validateForOutputs()
        try configuration.requireMemory()
        let layout = try NetworkModel(configuration.network, signature: configuration.task.signature).layout
        _ = try configuration.training.frozen(in: layout)
        parameterCount = layout.count
        bytes = try configuration.trainingBytes()
        self.configuration = configuration
    }

    /// Throws `FileError` where no run could begin in this folder: it holds something, or cannot be made.
    public func requireFolder(_ url: URL) throws {
        if FileManager.default.fileExists(atPath: url.path) {
            guard RunDirectory.isFolder(url) else { throw FileError(url, "this is there already, and is not a folder") }
            return try RunDirectory.requireEmpty(url)
        }
        var parent = url.standardizedFileURL.deletingLastPathComponent()
        while !FileManager.default.fileExists(atPath: parent.path) { parent = parent.deletingLastPathComponent() }
        guard RunDirectory.isFolder(parent), FileManager.default.isWritableFile(atPath: parent.path) else {
            throw FileError(
                url, "this folder cannot be made: \(parent.path.shown()) is no folder that can be written in")
        }
    }
}
