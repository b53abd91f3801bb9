// Runs a network for the page, and says what came of it.

import Foundation
import NeuralMemory
import NeuralMemoryFigures
import NeuralMemoryTasks
import NeuralMemoryTraining

/// An inspected episode as the page gets it.
struct EpisodeAnswer: Encodable {
    let run: Int
    let checkpoint: String
    let step: Int
    let view: EpisodeView
    /// Symbols as somebody could type them; `nil` for vectors.
    let input: String?
    let vectors: [[Float]]?
    let length: Int?
    let seed: UInt64?
    /// Where the sequence stands in the data that the network was trained with.
    let place: String?
    /// The outputs that count, one after the other.
    let output: String
    /// Whether they are the targets; `nil` where these are not known, and of real numbers.
    let isRight: Bool?
    /// The sum of all strengths in memory after the last step; `nil` for memories without depth.
    let depth: Float?
}

/// Keeps networks, and runs them.
///
/// It is used by one thread.
struct EpisodeRunner {
    private let runs: [ExplorerRun]
    private var networks = NetworkCache()
    /// Tasks of runs with their data open; all checkpoints of a run have the same.
    private var opened: [Int: any SequenceTask] = [:]

    init(_ runs: [ExplorerRun]) { self.runs = runs }

    /// Answers a request; what is wrong with it becomes the answer.
    mutating func response(to request: EpisodeRequest) -> HTTPResponse {
        do {
            return try HTTPResponse(json: try answer(to: request))
        } catch let refusal as RequestParser.Refusal {
            return HTTPResponse(refusal)
        } catch {
            return HTTPResponse(.badRequest, error: "\(error)")
        }
    }

    mutating func answer(to request: EpisodeRequest) throws -> EpisodeAnswer {
        let moment = try moment(of: request)
        let (network, task) = try networks.network(of: moment.file)
        let sequence = try sequence(of: request, task, network)
        let extent = try Extent(network, steps: sequence.batch.steps)
        let inspection = try Inspection(
            network, task: task, sequence.batch, hasTarget: sequence.hasTarget, signals: extent.isWanted,
            thresholdOf: PageLinks.threshold)
        let notes = (sequence.notes + extent.notes).map { $0.prefix(1).uppercased() + $0.dropFirst() + "." }
        let view = EpisodeView(
            inspection, of: network, task: task, title: "\(runs[request.run].name), step \(moment.step)", notes: notes)
        return EpisodeAnswer(
            run: request.run, checkpoint: moment.name, step: moment.step, view: view,
            input: SequenceText.input(sequence.batch, task), vectors: SequenceText.vectors(sequence.batch),
            length: sequence.length, seed: sequence.seed, place: sequence.place,
            output: SequenceText.output(inspection, task),
            isRight: sequence.hasTarget && !inspection.areNumbers
                ? inspection.steps.allSatisfy { $0.target == $0.output } : nil,
            depth: inspection.recording.values("depth").last?.numbers.first)
    }

    /// Opens the data of the run where they are needed.
    private mutating func sequence(
        of request: EpisodeRequest, _ task: any SequenceTask, _ network: Network
    ) throws -> EpisodeSequence {
        guard !task.drawsSequences, request.input == nil else { return try request.sequence(of: task, network) }
        do {
            var task = opened[request.run] ?? task
            if opened[request.run] == nil { try task.open { _ in } }
            opened[request.run] = task
            return try request.sequence(of: task, network)
        } catch let error where error is FileError || error is DataError {
            // The file may come back.
            opened[request.run] = nil
            throw EpisodeRequest.refusal(
                "\(error). These are the data that the network was trained with; type a sequence")
        }
    }

    private func moment(of request: EpisodeRequest) throws -> ExplorerRun.Moment {
        guard runs.indices ~= request.run else {
            throw RequestParser.Refusal(.notFound, "there is no run \(request.run); load the page again")
        }
        let moments = try runs[request.run].moments()
        guard !moments.isEmpty else {
            throw RequestParser.Refusal(.notFound, "this run has no checkpoint yet; it will be shown when it has")
        }
        guard let name = request.checkpoint else {
            return moments.first { $0.name == "best" } ?? moments[0]
        }
        guard let moment = moments.first(where: { $0.name == name }) else {
            throw RequestParser.Refusal(.notFound, "this run has no checkpoint \(name.shown()); choose another")
        }
        return moment
    }
}

/// Which signals of an episode are recorded, so that an answer stays small enough for a browser.
private struct Extent {
    /// Bytes of an answer, about.
    private static let mostBytes = 32.0 * 1024 * 1024
    /// Bytes of the recording that it is made from.
    private static let mostRecorded = 512.0 * 1024 * 1024

    private let omitsContents: Bool

    /// Throws `RequestParser.Refusal` where the episode is too long for its network.
    init(_ network: Network, steps: Int) throws {
        // Few links are recorded.
        func isRecordedWhole(_ signal: Signal) -> Bool { PageLinks.threshold(signal) == nil }
        func fits(_ isWanted: (Signal) -> Bool) -> Bool {
            let bytes = network.signals.filter(isWanted).reduce(0.0) { $0 + Self.bytes($1, steps: Double(steps)) }
            return bytes <= Self.mostBytes
                && network.model.recordingBytes(steps: steps) { isWanted($0) && isRecordedWhole($0) }
                    <= Self.mostRecorded
        }
        omitsContents = !fits { _ in true }
        guard !omitsContents || fits({ $0.role != .contents }) else {
            throw EpisodeRequest.refusal(
                "\(steps) steps of this network are too many to be shown; take a shorter sequence")
        }
    }

    var notes: [String] {
        omitsContents
            ? ["the memory's contents are left out, since there are too many; a shorter sequence has them"] : []
    }

    func isWanted(_ signal: Signal) -> Bool { !(omitsContents && signal.role == .contents) }

    /// What a signal takes in an answer: 2 bytes a number, and a third more in base64.
    private static func bytes(_ signal: Signal, steps: Double) -> Double {
        if let links = PageLinks.bytes(signal) { return Double(links) * steps }
        let numbers = signal.axes.reduce(1.0) { product, axis in
            switch axis {
            case .rows(let count), .shifts(let count), .columns(let count): product * Double(count)
            // Vectors of entries come once; strengths of half as many entries as steps, with their indices.
            case .entries: signal.role == .contents ? product : product * 1.5 * steps
            }
        }
        return numbers * steps * 8 / 3
    }
}
