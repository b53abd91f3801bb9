// What tasks of text files have in common: how the files are opened, and known again.

import Foundation
import NeuralMemory

/// What a run keeps of its data, so that the network can be used without them, and the same data known again.
protocol FileFacts: Codable, Sendable, Equatable {
    /// 64-bit FNV-1a of the training file, and of the validation file where there is one.
    var checksums: [String] { get }
    /// Throws `ConfigurationError` for what no data can have told: a checkpoint may be anybody's work.
    func validate() throws
}

extension FileFacts {
    /// What `validate` checks of all facts.
    func requireChecksums() throws {
        guard 1...2 ~= checksums.count else {
            throw ConfigurationError(
                field: "task.facts.checksums", value: "a list of \(checksums.count)", allowed: "of 1 or 2 checksums")
        }
    }
}

/// Two files, or one file in two parts, open for reading.
protocol OpenedFiles: Sendable {
    associatedtype Facts: FileFacts
    var facts: Facts { get }
}

/// A task whose sequences are in text files.
///
/// It says how files are read.
protocol FileTask: DataTask {
    associatedtype Opened: OpenedFiles
    /// What messages call its data, as in "pairs".
    static var dataName: String { get }
    /// What a file must be, with an example of how it is named.
    static var fileForm: String { get }

    /// The file to train on.
    var data: String { get }
    /// A file to evaluate on; empty to hold out a part of `data`.
    var validation: String { get }
    /// Without a validation file a part of `data` is held out, one of so many; 0 holds out none.
    var holdOut: Int { get }

    /// Known from the data, while they are open or from a checkpoint.
    var facts: Opened.Facts? { get set }
    /// `nil` while the data are not open.
    var opened: Opened? { get set }

    /// Reads the data to train and to evaluate on.
    func read(_ file: URL, validation: URL?, progress: (String) -> Void) throws -> Opened
    /// Reads all of a file, to evaluate a network on that was trained on others.
    func read(evaluating file: URL, facts: Opened.Facts, progress: (String) -> Void) throws -> Opened
}

// MARK: Opening

extension FileTask {
    public var isOpen: Bool { opened != nil }

    /// What `validate` checks of all tasks of files.
    func requireFileSettings() throws {
        try require("task.holdOut", holdOut, in: 0...Int.max)
        guard holdOut != 1 else {
            throw ConfigurationError(field: "task.holdOut", value: 1, allowed: "0, or at least 2: 1 would hold out all")
        }
        try facts?.validate()
    }

    public mutating func open(progress: (String) -> Void) throws {
        guard !data.isEmpty else {
            throw ConfigurationError(field: "task.data", value: "empty", allowed: Self.fileForm)
        }
        let found = try read(
            URL(fileURLWithPath: data), validation: validation.isEmpty ? nil : URL(fileURLWithPath: validation),
            progress: progress)
        if let facts, facts != found.facts {
            let isTraining = facts.checksums.first != found.facts.checksums.first
            throw DataError(
                URL(fileURLWithPath: isTraining || validation.isEmpty ? data : validation),
                "the file is not the one that this run began with; put that one back (--data and --validation say where "
                    + "the files are), or start a new run")
        }
        facts = found.facts
        opened = found
    }

    public mutating func open(evaluating file: URL, progress: (String) -> Void) throws {
        guard let facts else {
            throw UsageError(
                "\(Self.self).open",
                "nothing is known of these \(Self.dataName) yet; take the task of a trained network")
        }
        opened = try read(evaluating: file, facts: facts, progress: progress)
    }

    func requireOpen(_ call: String) throws -> Opened {
        guard let opened else { throw UsageError("\(Self.self).\(call)", "the data are not open; call open first") }
        return opened
    }
}

// MARK: Settings

extension SettingDescription {
    /// Those of `validation` and `holdOut`.
    ///
    /// - Parameters:
    ///   - part: what of the data is held out, such as "every so many-th line".
    ///   - unit: what is counted.
    static func evaluationFiles(_ part: String, unit: String) -> [SettingDescription] {
        [
            SettingDescription("validation", "A file to evaluate on; empty to hold out a part of the data"),
            SettingDescription(
                "holdOut",
                "Without a validation file \(part) is held out: not trained on, but evaluated; 0 holds out none",
                unit: unit, in: 0...Int.max, note: "not 1")
        ]
    }

    /// Of tasks whose sequences are lines.
    static let evaluationLines = evaluationFiles("every so many-th line", unit: "lines")
}
