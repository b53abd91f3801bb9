// The folder of a study: what is trained in it, what is done, and what comes next. It starts no process itself.
//
//   study.yaml               the study's file; written before anything else
//   cells/NAME/              a cell's runs, as SeedDirectory describes
//   search/NAME/sample-N/    the same of a sample of its search
//   runs.csv, summary.json   what the runs came to
//   lock                     held while a process sees to it; empty

import Foundation
import NeuralMemory

/// A study in its folder, locked for this process for as long as the object lives.
public final class StudyDirectory {
    /// The folder that holds the study.
    public let url: URL
    private let progress: [CellProgress]
    private let lock: FolderLock

    /// A run that a study wants to be trained.
    public struct Run: Sendable {
        /// The cell's name and the seed, for a person.
        public let label: String
        /// Where `SeedDirectory.openRun` finds what to train.
        public let folder: URL
        let cell: Int
        /// A sample of the search; `nil` for the study's own runs.
        let sample: Int?
        let seed: UInt64
    }

    /// How many runs the study has: at most, where a search leaves out some that were finished before.
    public let runCount: Int

    /// Opens a study's folder: a new or empty one, or that of the same study, which then goes on.
    ///
    /// Throws `FileError`, also for the folder of another study, or what `StudyFile.cells` throws.
    public static func open(at url: URL, _ file: StudyFile) throws -> StudyDirectory {
        let cells = try file.cells()
        let known = studyFile(in: url)
        if try known.isThere() {
            guard try FileReader.contents(of: known, atMost: 1 << 24) == file.contents else {
                throw FileError(
                    url, "this folder holds another study (its study.yaml differs from the file); take another --output"
                )
            }
            return try StudyDirectory(url, file, cells)
        }
        try RunDirectory.makeFolder(url)
        try RunDirectory.requireEmpty(url)
        let directory = try StudyDirectory(url, file, cells)
        // Again: another process may have been as quick.
        try RunDirectory.requireEmpty(url)
        try AtomicFile.write([file.contents], to: known)
        return directory
    }

    /// The file of the study in a folder.
    public static func studyFile(in url: URL) -> URL { url.appendingPathComponent("study.yaml") }

    private init(_ url: URL, _ file: StudyFile, _ cells: [StudyCell]) throws {
        self.url = url
        runCount = file.runCount
        progress = cells.enumerated().map { CellProgress($1, number: $0, in: url) }
        lock = try FolderLock(url)
        AtomicFile.removePartialFiles(in: url)
    }

    /// How many runs have ended, and are not to go on.
    public var endedCount: Int { progress.reduce(0) { $0 + $1.endedCount } }

    /// The run to be begun or gone on with now; `nil` where none can be before others have ended, and at the end.
    ///
    /// Throws as `SeedDirectory.create` and `resume` do.
    public func next() throws -> Run? {
        for cell in progress {
            if let run = try cell.next() { return run }
        }
        return nil
    }

    /// Notes how a run that `next` gave has ended, and says what it came to.
    public func end(_ run: Run, _ ending: SeedResult.Ending) -> SeedResult { progress[run.cell].end(run, ending) }

    /// What all runs came to so far.
    public var summary: StudySummary { StudySummary(cells: progress.map(\.summary)) }

    /// Writes runs.csv and summary.json.
    ///
    /// Throws `FileError`.
    public func write(_ summary: StudySummary) throws {
        try AtomicFile.write([Data(summary.csv.utf8)], to: url.appendingPathComponent("runs.csv"))
        try AtomicFile.write([Data((summary.json + "\n").utf8)], to: url.appendingPathComponent("summary.json"))
    }

    /// The most runs that there is memory for side by side, at least one.
    ///
    /// Throws `FileError`.
    public func runsThatFit() throws -> Int {
        let largest = try progress.map { try $0.cell.configuration.trainingBytes() }.max() ?? 1
        return AvailableMemory.forAll.count(of: largest)
    }
}
