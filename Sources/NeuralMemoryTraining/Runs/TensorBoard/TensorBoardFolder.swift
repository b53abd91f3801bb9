// A run's records as event files, which TensorBoard shows.

import Foundation
import NeuralMemory
import NeuralMemoryTasks

/// A sink that writes the figures of each record into event files of TensorBoard.
///
/// Tags are `train/loss` and so on, and for each evaluation `evaluation/1-20/coarse` and so on, with the names that
/// metrics.jsonl has; `gradients/NAME` are histograms. Figures that are `nil` are left out.
///
/// Each session has a file of its own, `events.out.tfevents.000001` and so on, which TensorBoard reads in this order.
/// The file begins by saying at which step the session starts: TensorBoard then forgets what it has read of that step
/// and later ones, which are done again.
public final class TensorBoardFolder: MetricsSink {
    private let url: URL
    /// Whether records come with histograms of the gradients, as `training.gradientHistograms` asks for.
    public let wantsGradients: Bool
    /// Seconds since 1970.
    private let now: () -> Double
    /// The step that the session starts from; `nil` before `rewind`.
    private var start: Int?
    /// −1 before the session's file is opened.
    private var descriptor: Int32 = -1
    private var file: URL

    /// Makes nothing yet: `rewind` makes the folder, and the first record its file.
    ///
    /// - Parameters:
    ///   - url: the folder for the event files.
    ///   - histograms: whether there are also histograms of the gradients, by parameter.
    public convenience init(_ url: URL, histograms: Bool = false) {
        self.init(url, histograms: histograms) { Date().timeIntervalSince1970 }
    }

    package init(_ url: URL, histograms: Bool, now: @escaping () -> Double) {
        self.url = url
        self.now = now
        wantsGradients = histograms
        file = url
    }

    deinit { closeFile() }

    private func closeFile() {
        if descriptor >= 0 { close(descriptor) }
        descriptor = -1
    }

    /// Begins a session after a step; files of earlier ones stay as they are.
    ///
    /// Throws `FileError` where the folder cannot be made.
    public func rewind(to step: Int) throws {
        closeFile()
        try RunDirectory.makeFolder(url)
        start = step
    }

    /// Adds an event without histograms.
    ///
    /// Throws as `append(_:gradients:)` does.
    public func append(_ record: MetricsRecord) throws { try append(record, gradients: []) }

    /// Adds an event; it is on the disk on return.
    ///
    /// Throws `FileError`, or `UsageError` before `rewind`.
    public func append(_ record: MetricsRecord, gradients: [GradientHistogram]) throws {
        guard let start else {
            throw UsageError("TensorBoardFolder.append", "no session has begun; call rewind(to:) first")
        }
        var events: [TensorBoardEvent.Content] = []
        if descriptor < 0 {
            try openFile()
            events = [.version, .sessionStart(step: start + 1)]
        }
        events.append(.summary(step: record.step, figures: record.taggedFigures, histograms: gradients))
        let bytes = events.reduce(into: Data()) { bytes, content in
            bytes += EventRecord.framed(TensorBoardEvent(wallTime: now(), content).encoded)
        }
        try writeAll(bytes, to: descriptor, named: file)
        // Not all files can: EINVAL says so.
        guard fsync(descriptor) == 0 || errno == EINVAL else { throw FileError(file, failed: "write") }
    }

    private static let prefix = "events.out.tfevents."

    /// The number is higher than those of all files that are there.
    private func openFile() throws {
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: url.path)
        } catch {
            throw FileError(url, failed: "read this folder")
        }
        let last = names.compactMap { $0.hasPrefix(Self.prefix) ? Int($0.dropFirst(Self.prefix.count)) : nil }.max()
        file = url.appendingPathComponent(Self.prefix + String(format: "%06d", (last ?? 0) + 1))
        descriptor = open(file.path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw FileError(file, failed: "open") }
        try AtomicFile.synchronise(folder: url)
    }
}

extension MetricsRecord {
    /// All numbers but the step, with TensorBoard's names for them.
    ///
    /// Of evaluations at the same lengths, the first counts.
    package var taggedFigures: [(tag: String, value: Double)] {
        var tagged = figures.map { ("train/\($0)", $1) }
        var lengths: Set<ClosedRange<Int>> = []
        for evaluation in evaluations where lengths.insert(evaluation.lengths).inserted {
            let episodes = ("episodes", JSON(evaluation.episodes))
            tagged += ([episodes] + evaluation.figures).map { ("evaluation/\(evaluation.lengths.label)/\($0)", $1) }
        }
        return tagged.compactMap { tag, value in value.number.map { (tag, $0) } }
    }
}
