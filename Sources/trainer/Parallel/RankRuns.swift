// Runs on other ranks, seen from rank 0: it gives each a run at a time, and hears what comes of it.

import Foundation
import NeuralMemory
import NeuralMemoryMPI
import NeuralMemoryTraining

/// A message from rank 0.
enum RunOrder: Codable {
    /// To train the run in this folder. Messages call it `label`; what it prints is passed on, or its errors alone.
    case train(folder: String, label: String, passesOutput: Bool)
    /// The run at work is to save and end.
    case stop
    /// There are no more runs.
    case leave
}

/// A message to rank 0.
enum RunNews: Codable {
    /// The run at work has printed a line, which is whole.
    case printed(Data, isError: Bool)
    /// The run at work has ended.
    case ended(SeedResult.Ending)
    /// A signal asked this rank to stop.
    case askedToStop
}

extension MPIGroup {
    func send(_ message: some Encodable, to rank: Int) {
        guard let bytes = try? JSONEncoder().encode(message) else { preconditionFailure("messages can be encoded") }
        send(bytes, to: rank)
    }

    /// The next message that is here; all ranks run the same program, so that it is of the type that the sender had.
    func receive<Message: Decodable>(_ type: Message.Type) -> (message: Message, rank: Int)? {
        guard let (bytes, rank) = receive() else { return nil }
        guard let message = try? JSONDecoder().decode(type, from: bytes) else {
            preconditionFailure("messages can be decoded")
        }
        return (message, rank)
    }
}

/// The ranks that take runs from this one, rank 0.
final class RankRuns {
    /// A run on another rank.
    final class Run: RunAtWork {
        fileprivate(set) var ending: SeedResult.Ending?
        private let tellToStop: () -> Void

        fileprivate init(tellToStop: @escaping () -> Void) { self.tellToStop = tellToStop }

        func stop() { tellToStop() }
    }

    /// Milliseconds between two looks at messages: so few that no rank waits long for its next run, and so many that looking
    /// takes no time.
    static let pause: Int32 = 20

    private let group: MPIGroup
    private var running: [Int: Run] = [:]
    /// Whether a signal asked any of them to stop.
    private(set) var isAskedToStop = false

    fileprivate init(_ group: MPIGroup) { self.group = group }

    /// Their numbers.
    var ranks: Range<Int> { 1..<group.count }

    /// Has a rank train the run in a folder.
    func start(in folder: URL, label: String, passesOutput: Bool, on rank: Int) -> Run {
        group.send(RunOrder.train(folder: folder.path, label: label, passesOutput: passesOutput), to: rank)
        let run = Run { [group] in group.send(RunOrder.stop, to: rank) }
        running[rank] = run
        return run
    }

    /// Takes the messages that are here.
    func listen() {
        while let (news, rank) = group.receive(RunNews.self) {
            switch news {
            case .printed(let line, let isError): RunProcess.write(line, isError)
            case .ended(let ending): running.removeValue(forKey: rank)?.ending = ending
            case .askedToStop: isAskedToStop = true
            }
        }
    }
}

extension Ranks {
    /// Has the other ranks take runs in a folder from now on, until this program ends; on rank 0.
    ///
    /// Throws, on all ranks, where one does not see the folder.
    func share(_ folder: URL) throws -> RankRuns {
        let shared = try SharedFolder(marking: folder)
        defer { shared.unmark() }
        offer(.runs, shared.bytes)
        try prepare {}
        note(.takingRuns)
        return RankRuns(group)
    }

    /// Tells the other ranks something.
    func tellAll(_ order: RunOrder) {
        for rank in 1..<count { group.send(order, to: rank) }
    }
}
