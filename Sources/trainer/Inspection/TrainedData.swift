// The data that a trained network is shown or evaluated on: a file that the user names, or what was held out while it was
// trained.

import ArgumentParser
import Foundation
import NeuralMemory
import NeuralMemoryTasks

/// Opens the data to evaluate a trained network on.
///
/// - `file`: the value of `--data`, whose pairs are all taken; where it is not given, those that were held out in training.
/// - `instead`: what the command offers where the data of the training cannot be used, as the end of a sentence.
///
/// Throws `FileError` or `DataError` about that file, and `TrainingDataError` about the training's own data.
func openHeldOut(
    _ task: any DataTask, file: String?, instead: String = "--data FILE takes others"
) throws -> any DataTask {
    var task = task
    let status = StatusLine()
    defer { status.erase() }
    if let file {
        try task.open(evaluating: URL(fileURLWithPath: file), progress: status.show)
        return task
    }
    do {
        try task.open(progress: status.show)
    } catch let error where error is FileError || error is DataError {
        throw TrainingDataError(reason: "\(error)", instead: instead)
    }
    return task
}

/// The data that a network was trained with are gone, or are others now.
struct TrainingDataError: Error, CustomStringConvertible {
    let reason: String
    /// What the command offers, as the end of a sentence.
    let instead: String

    var description: String { "\(reason). These are the data that the network was trained with; \(instead)" }
}

/// Throws a `ValidationError` where `--data` is given for a task that draws its sequences.
func refuseData(_ data: String?) throws {
    guard let data else { return }
    throw ValidationError("--data \(data.shownPath) is for networks trained on data of your own; leave it out.")
}
