// The sequences that a trained network is shown or evaluated on: drawn at the lengths of `--length`, or data. Data are
// a file that the user names, or what was held out while the network was trained.

import ArgumentParser
import Foundation
import NeuralMemory
import NeuralMemoryTasks

/// Opens the data to evaluate a trained network on, where its task has data.
///
/// - `file`: the value of `--data`, whose pairs are all taken; where it is not given, those that were held out in
///   training.
/// - `instead`: what the command offers where the data of the training cannot be used, as the end of a sentence.
///
/// Throws `FileError` or `DataError` about that file, `TrainingDataError` about the training's own data, and a
/// `ValidationError` where a file is given for a task that draws its sequences.
func openHeldOut(
    _ task: any SequenceTask, file: String?, instead: String = "--data FILE takes others"
) throws -> any SequenceTask {
    var task = task
    let status = StatusLine()
    defer { status.erase() }
    if let file {
        guard !task.drawsSequences else {
            throw ValidationError(
                "--data \(file.shownPath) is for networks trained on data of your own; leave it out.")
        }
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

/// Throws a `ValidationError` unless the task draws sequences of these lengths, which `--length` asks for.
///
/// - Parameter instead: what to do where the task has data, as a sentence without a full stop.
func requireLengths(
    _ lengths: ClosedRange<Int>, of task: any SequenceTask, instead: String = "Leave it out"
) throws {
    guard task.drawsSequences else {
        throw ValidationError(
            "--length \(lengths.label) is for tasks that draw sequences; this network was trained on data. \(instead).")
    }
    do {
        try task.requireLengths(lengths, "--length")
    } catch let error as ConfigurationError {
        throw ValidationError("\(error).")
    }
}

/// `--length` as a number that could be smaller, where the task draws sequences.
func lengthOption(_ length: Int, _ task: any SequenceTask) -> [(name: String, value: Int)] {
    task.drawsSequences ? [("--length", length)] : []
}
