// Reading checkpoints of this and earlier versions. A file may be anybody's work: whatever its texts say is checked
// here, so that nothing after it meets a number that no run can have.

import Foundation
import NeuralMemory
import NeuralMemoryTasks

extension Checkpoint {
    static let format = "neuralmemory-checkpoint"
    /// The format of files that have no version; they count as version 1.
    private static let unversionedFormat = "neuralmemory-checkpoint-1"
    /// The version of what is in the texts.
    ///
    /// It goes up with each release that adds, renames or removes a field in a way that programs before it would
    /// misread. A field that a file lacks has its default.
    static let version = 2

    /// Reads a checkpoint and checks everything but that its arrays are those of its network, which `makeTrainer` and
    /// `makeNetwork` do.
    ///
    /// Throws `FileError`, `SafetensorsError` or `CheckpointError`.
    ///
    /// - `registry`: the kinds that its configuration may name.
    public static func read(from file: URL, registry: Registry = .standard) throws -> Checkpoint {
        try Checkpoint(try Safetensors.read(from: file), source: file.path, registry)
    }

    /// Reads the bytes of a checkpoint's file, which messages call `source`.
    ///
    /// Throws as `read(from:)` does.
    public static func read(_ bytes: Data, source: String, registry: Registry = .standard) throws -> Checkpoint {
        try Checkpoint(try Safetensors.read(bytes, source: source), source: source, registry)
    }

    /// The step that a checkpoint was made at, from its header alone: whether the rest is whole is not checked.
    ///
    /// Throws `FileError`, `SafetensorsError` or `CheckpointError`.
    static func step(of file: URL) throws -> Int {
        let metadata = try Safetensors.metadata(of: file)
        do {
            try requireVersion(metadata)
            guard let step = try fields("state", metadata)["step"]?.integer else {
                throw Fault("its state cannot be read: it has no step")
            }
            return step
        } catch let fault as Fault {
            throw CheckpointError(file: file.path, reason: fault.reason)
        }
    }

    /// The configuration of a checkpoint, from its header alone: whether the rest is whole is not checked.
    ///
    /// It has what is known of the run's data. Throws `FileError`, `SafetensorsError` or `CheckpointError`.
    package static func configuration(of file: URL, registry: Registry = .standard) throws -> RunConfiguration {
        let metadata = try Safetensors.metadata(of: file)
        do {
            try requireVersion(metadata)
            return try configuration(try fields("configuration", metadata), registry)
        } catch let fault as Fault {
            throw CheckpointError(file: file.path, reason: fault.reason)
        }
    }

    init(_ contents: Safetensors, source: String, _ registry: Registry) throws {
        func fail(_ reason: String) -> CheckpointError { CheckpointError(file: source, reason: reason) }
        do {
            try Self.requireVersion(contents.metadata)
            guard contents.metadata["checksum"] == contents.checksum else {
                throw Fault(
                    "this is damaged: its checksum is not that of its contents; if another program changed it on purpose, "
                        + "trainer seal gives it a new checksum")
            }
            let configuration = try Self.configuration(try Self.fields("configuration", contents.metadata), registry)
            let state = try Self.state(try Self.fields("state", contents.metadata), configuration)
            let optimizer = try Self.optimizer(contents.metadata, configuration.training.schedule, steps: state.step)
            try Self.requireFinite(contents.entries)
            self.init(configuration, state, optimizer, contents.entries, source: source)
        } catch let fault as Fault {
            throw fail(fault.reason)
        }
    }

    /// What is wrong with a checkpoint, without its name.
    private struct Fault: Error {
        let reason: String
        init(_ reason: String) { self.reason = reason }
    }

    // MARK: Texts

    private static func requireVersion(_ metadata: [String: String]) throws {
        guard let format = metadata["format"] else {
            throw Fault("this is a safetensors file, but not a checkpoint: its metadata have no format")
        }
        if format == unversionedFormat { return }
        guard format == Self.format else {
            throw Fault("this is of format \(format.shown()); this program reads \(Self.format)")
        }
        let text = metadata["version"] ?? "missing"
        guard let number = Int(text), number >= 1 else {
            throw Fault("its version is \(text.shown()); it must be a whole number from 1 to \(version)")
        }
        guard number <= version else {
            throw Fault(
                "this is a checkpoint of version \(number), and this program reads versions 1 to \(version): use a "
                    + "release of the program at least as new as the one that wrote it")
        }
    }

    /// The JSON of one of the texts.
    private static func fields(_ name: String, _ metadata: [String: String]) throws -> JSON {
        guard let text = metadata[name] else { throw Fault("this is damaged: its metadata have no \(name)") }
        return try explaining("its \(name) cannot be read") { try JSON(parsing: text) }
    }

    private static func configuration(_ fields: JSON, _ registry: Registry) throws -> RunConfiguration {
        let configuration = try explaining("its configuration cannot be read") {
            try RunConfiguration(stored: fields, registry: registry)
        }
        try explaining("its configuration cannot be used") { try configuration.validate() }
        return configuration
    }

    private static func state(_ fields: JSON, _ configuration: RunConfiguration) throws -> TrainingState {
        let state = try explaining("its state cannot be read") {
            try fields.renaming(TrainingState.formerNames).completed(from: TrainingState.empty)
                .decoded(TrainingState.self)
        }
        try explaining("its state cannot be that of a run") { try state.validate(configuration) }
        return state
    }

    /// Files of version 1 have no count of updates; they took each step for one.
    private static func optimizer(
        _ metadata: [String: String], _ schedule: any LearningRateScheduleKind, steps: Int
    ) throws -> OptimizerState {
        guard metadata["optimizer"] != nil else { return OptimizerState(updates: steps) }
        let fields = try fields("optimizer", metadata)
        let optimizer = try explaining("its optimizer cannot be read") {
            try fields.completed(from: OptimizerState(updates: -1)).decoded(OptimizerState.self)
        }
        try explaining("its optimizer cannot be that of a run of \(steps) steps") {
            try require("updates", optimizer.updates, in: 0...steps)
            let names = type(of: schedule).stateNames
            for (name, value) in optimizer.schedule.sorted(by: { $0.key < $1.key }) where !names.contains(name) {
                throw ConfigurationError(
                    field: "schedule.\(name)", value: value,
                    allowed: "left out: schedule \(schedule.kind) keeps \(names.isEmpty ? "nothing" : names.listed())")
            }
        }
        return optimizer
    }

    /// Errors of reading and of settings as faults that begin with `what`.
    private static func explaining<Value>(_ what: String, _ body: () throws -> Value) throws -> Value {
        do {
            return try body()
        } catch let error as DecodingError {
            throw Fault("\(what): \(error.reason.shown(atMost: 200))")
        } catch let error as SettingError {
            throw Fault("\(what): \(error.message)")
        } catch {
            throw Fault("\(what): \(error)")
        }
    }

    // MARK: Arrays

    /// Throws for the first array with a NaN or an infinity, in alphabetical order, parameters first.
    private static func requireFinite(_ entries: [SafetensorsEntry]) throws {
        let bad = entries.filter(\.hasNonFinite).map(\.name).sorted()
        guard let first = bad.first(where: { $0.hasPrefix("param/") }) ?? bad.first else { return }
        let others = bad.count > 1 ? ", as \(bad.count == 2 ? "does 1 other array" : "do \(bad.count - 1) others")" : ""
        throw Fault(
            "\(first.shown()) holds a number that is not finite (NaN or infinite)\(others): the training has diverged; take "
                + "an earlier checkpoint")
    }
}

// MARK: State

extension TrainingState {
    /// Larger counts are nobody's, and could overflow: numbers in JSON are exact up to here.
    private static let mostCounted = 1 << 53

    /// What fields were called in files of earlier versions.
    static let formerNames = ["bestBits": "bestCost"]

    /// Which fields there are, and the defaults of those that a file may leave out.
    ///
    /// Where no default would be right, this has what `validate` refuses.
    static var empty: TrainingState {
        TrainingState(
            generator: [], curriculum: Curriculum(CurriculumConfiguration(), lengths: 0...0),
            interval: LossReport.empty, lossLevels: LossLevels(-1))
    }

    /// Throws `ConfigurationError` unless these numbers can have come from a run; a hand-made file may hold anything.
    fileprivate func validate(_ configuration: RunConfiguration) throws {
        for (name, count) in [
            ("step", step), ("sequences", sequences), ("skipped", skipped), ("skippedInARow", skippedInARow),
            ("solvedEvaluations", solvedEvaluations), ("evaluationsSinceBest", evaluationsSinceBest),
            ("restarts", restarts), ("rewinds", rewinds)
        ] { try require(name, count, in: 0...Self.mostCounted) }
        try require("restartStep", restartStep, in: 0...step)
        try require("metStep", metStep, in: 0...step)
        for (name, number) in [("normSum", normSum), ("seconds", seconds)] {
            try require(name, number, in: 0...Double.greatestFiniteMagnitude)
        }
        if let lossLevels {
            try require("lossLevels.recent", lossLevels.recent, in: 0...Double.greatestFiniteMagnitude)
            try require("lossLevels.usual", lossLevels.usual, in: 0...Double.greatestFiniteMagnitude)
            try require("lossLevels.batches", lossLevels.batches, in: 1...Self.mostCounted)
        }
        guard RandomGenerator(state: generator) != nil else {
            throw ConfigurationError(
                field: "generator", value: "\(generator.prefix(8))", allowed: "four numbers that are not all 0")
        }
        let lengths = configuration.task.lengths
        try require("curriculum.longest", curriculum.longest, in: lengths)
        try require("curriculum.batches", curriculum.batches, in: 0...Self.mostCounted)
        guard let interval else { return }
        try require("interval.sequences", interval.sequences, in: 1...Self.mostCounted)
        try require("interval.rightSequences", interval.rightSequences, in: 0...interval.sequences)
        try require("interval.rightPrefixes", interval.rightPrefixes, in: 0...Double(interval.sequences))
        try require("interval.outputs", interval.outputs, in: 0...Self.mostCounted)
        try require("interval.wrongOutputs", interval.wrongOutputs, in: 0...Self.mostCounted)
        try require("interval.absoluteError", interval.absoluteError, in: 0...Double.greatestFiniteMagnitude)
    }
}
