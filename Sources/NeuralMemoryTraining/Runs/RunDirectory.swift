// The folder of a run: where its files are, who may write there, and what is refused. Not what the files hold.
//
//   config.yaml                      everything that decides the run
//   metrics.jsonl                    a line for each interval
//   sessions.jsonl                   a line for each session: program, machine, command line
//   checkpoints/latest.safetensors   the last one: what resuming goes on from
//   checkpoints/best.safetensors     the one with the best evaluation
//   checkpoints/step-N.safetensors   those of every so many steps, where they are asked for
//   tensorboard/                     the metrics as event files, where they are asked for
//   lock                             held while a process trains here; empty

import Foundation
import NeuralMemory

/// A run's folder, locked for this process for as long as the object lives.
public final class RunDirectory {
    /// The folder itself.
    public let url: URL
    private let lock: FolderLock

    /// `config.yaml`: everything that decides the run.
    public var configurationFile: URL { Self.configurationFile(in: url) }
    /// `metrics.jsonl`: a record for each interval.
    public var metricsFile: URL { Self.metricsFile(in: url) }
    /// `sessions.jsonl`: by which program, where and how the run was trained.
    public var sessionsFile: URL { Self.sessionsFile(in: url) }
    /// `checkpoints/latest.safetensors`: what resuming goes on from.
    public var latestCheckpoint: URL { Self.latestCheckpoint(in: url) }
    /// `checkpoints/best.safetensors`: the network with the best evaluation.
    public var bestCheckpoint: URL { Self.bestCheckpoint(in: url) }
    /// `checkpoints/step-N.safetensors`: one of those that `training.snapshots` asks for.
    public func snapshot(step: Int) -> URL { Self.snapshot(step: step, in: url) }

    /// `tensorboard`: event files.
    var tensorBoardFolder: URL { url.appendingPathComponent("tensorboard") }

    // The same of the run in any folder.
    static func configurationFile(in folder: URL) -> URL { folder.appendingPathComponent("config.yaml") }
    static func metricsFile(in folder: URL) -> URL { folder.appendingPathComponent("metrics.jsonl") }
    static func sessionsFile(in folder: URL) -> URL { folder.appendingPathComponent("sessions.jsonl") }
    static func latestCheckpoint(in folder: URL) -> URL { checkpoint("latest", in: folder) }
    static func bestCheckpoint(in folder: URL) -> URL { checkpoint("best", in: folder) }

    static func snapshot(step: Int, in folder: URL) -> URL { checkpoint("\(snapshotPrefix)\(step)", in: folder) }

    private static func checkpoint(_ name: String, in folder: URL) -> URL {
        checkpoints(in: folder).appendingPathComponent(name + ".safetensors")
    }

    private static func checkpoints(in folder: URL) -> URL { folder.appendingPathComponent("checkpoints") }

    private static let snapshotPrefix = "step-"

    /// The steps of the snapshots that are there, ascending.
    ///
    /// Throws `FileError` where the folder cannot be read.
    static func snapshotSteps(in folder: URL) throws -> [Int] {
        let checkpoints = checkpoints(in: folder)
        guard try checkpoints.isThere(), isFolder(checkpoints) else { return [] }
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: checkpoints.path)
        } catch {
            throw FileError(checkpoints, failed: "read this folder")
        }
        return names.compactMap(snapshotStep).sorted()
    }

    /// The step in the name of a snapshot; `nil` for all other names.
    private static func snapshotStep(_ name: String) -> Int? {
        let digits = name.dropFirst(snapshotPrefix.count).prefix { $0.isNumber }
        guard let step = Int(digits), name == "\(snapshotPrefix)\(step).safetensors" else { return nil }
        return step
    }

    /// Makes a folder for a new run.
    ///
    /// Throws `FileError`, and writes nothing, where there is anything already but an empty folder.
    public static func create(at url: URL) throws -> RunDirectory {
        try makeFolder(url)
        try requireEmpty(url)
        let directory = try RunDirectory(locking: url)
        // Again: another process may have been as quick.
        try requireEmpty(url)
        try directory.prepare()
        return directory
    }

    /// Opens the folder of a run.
    ///
    /// Throws `FileError` where there is none, or another process trains there.
    public static func open(at url: URL) throws -> RunDirectory {
        guard isFolder(url) else { throw FileError(url, "there is no such folder") }
        guard try holdsRun(url) else {
            throw FileError(url, "this folder holds no run: it has neither config.yaml nor checkpoints")
        }
        let directory = try RunDirectory(locking: url)
        try directory.prepare()
        return directory
    }

    private init(locking url: URL) throws {
        self.url = url
        lock = try FolderLock(url)
    }

    private func prepare() throws {
        let checkpoints = Self.checkpoints(in: url)
        try Self.makeFolder(checkpoints)
        AtomicFile.removePartialFiles(in: url)
        AtomicFile.removePartialFiles(in: checkpoints)
    }

    /// Throws `FileError` where training would begin anew over what was trained before: where the last checkpoint is
    /// missing, and others or metrics are there.
    func requireNothingTrained(_ registry: Registry) throws {
        if try bestCheckpoint.isThere() {
            let step =
                (try? Checkpoint.read(from: bestCheckpoint, registry: registry)).map { " of step \($0.state.step)" }
                ?? ""
            throw FileError(
                latestCheckpoint,
                "this is missing, but best.safetensors\(step) is there; to go on from that, copy it to "
                    + "latest.safetensors; to begin anew, choose another folder")
        }
        if let step = try Self.snapshotSteps(in: url).last, step > 0 {
            throw FileError(
                latestCheckpoint,
                "this is missing, but \(snapshot(step: step).lastPathComponent) is there; to go on from that, copy it "
                    + "to latest.safetensors; to begin anew, choose another folder")
        }
        if let step = try JSONLinesFile.lastStep(in: metricsFile) {
            throw FileError(
                latestCheckpoint,
                "this is missing, but metrics.jsonl goes up to step \(step); put the checkpoint back, or begin anew in "
                    + "another folder: trainer train --config \(configurationFile.path)")
        }
    }

    // MARK: Finding checkpoints

    /// The checkpoint that a path means: the file itself, or, of a run's folder, the best one if there is one, else the
    /// last.
    ///
    /// Throws `FileError`.
    public static func locateCheckpoint(_ path: String) throws -> URL {
        let url = URL(fileURLWithPath: path)
        guard FileManager.default.fileExists(atPath: url.path) else {
            throw FileError(url, "there is no such run folder or checkpoint")
        }
        guard isFolder(url) else { return url }
        let candidates = [bestCheckpoint(in: url), latestCheckpoint(in: url)]
        guard let found = candidates.first(where: { FileManager.default.fileExists(atPath: $0.path) }) else {
            throw FileError(url, "this folder has no checkpoint: there is no checkpoints/latest.safetensors in it")
        }
        return found
    }

    /// A folder for a run that has no name yet: PREFIX-1, PREFIX-2, … below `folder`, the first that is not there.
    public static func unused(below folder: URL, prefix: String) -> URL {
        var number = 1
        while true {
            let url = folder.appendingPathComponent("\(prefix)-\(number)")
            if !FileManager.default.fileExists(atPath: url.path) { return url }
            number += 1
        }
    }

    // MARK: Folders

    static func isFolder(_ url: URL) -> Bool {
        var isFolder: ObjCBool = false
        return FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder) && isFolder.boolValue
    }

    /// Throws `FileError` where the system cannot say.
    static func holdsRun(_ url: URL) throws -> Bool {
        try [configurationFile(in: url), latestCheckpoint(in: url), bestCheckpoint(in: url)].contains {
            try $0.isThere()
        } || !snapshotSteps(in: url).isEmpty
    }

    /// A folder with nothing but a lock, files in the making and no checkpoints is empty: a process was killed, or
    /// could not write, before it began.
    static func requireEmpty(_ url: URL) throws {
        guard try !holdsRun(url) else {
            throw FileError(url, "this folder holds a run already; resume it, or choose another folder")
        }
        guard try !SeedDirectory.holdsSeeds(url) else {
            throw FileError(url, "this folder holds runs of several seeds already; resume it, or choose another folder")
        }
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: url.path)
        } catch {
            throw FileError(url, failed: "read this folder")
        }
        let saved = try? FileManager.default.contentsOfDirectory(atPath: checkpoints(in: url).path)
        let hasNoCheckpoints = saved?.allSatisfy(AtomicFile.isPartial) == true
        guard
            names.allSatisfy({ $0 == "lock" || AtomicFile.isPartial($0) || $0 == "checkpoints" && hasNoCheckpoints })
        else {
            throw FileError(url, "this folder is not empty; choose another, or an empty one")
        }
    }

    /// With all folders above it.
    static func makeFolder(_ url: URL) throws {
        let parent = url.deletingLastPathComponent()
        if mkdir(url.path, 0o777) == 0 { return try AtomicFile.synchronise(folder: parent) }
        if errno == ENOENT, url.pathComponents.count > 1 {
            try makeFolder(parent)
            if mkdir(url.path, 0o777) == 0 { return try AtomicFile.synchronise(folder: parent) }
        }
        guard errno == EEXIST else { throw FileError(url, failed: "make this folder") }
        guard isFolder(url) else { throw FileError(url, "this is there already, and is not a folder") }
    }
}
