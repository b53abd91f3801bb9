// The processes that a launcher such as mpirun started together: how they begin, and how they end.

import ArgumentParser
import Foundation
import NeuralMemory
import NeuralMemoryMPI
import NeuralMemoryTraining

/// This process among several.
///
/// Rank 0 alone reads options, writes files and speaks. An error that all ranks know of ends them all with its exit code; one
/// that a single rank meets later, while the others wait for it, is said with its rank, and ends the job.
package final class Ranks {
    /// That of this program, once it has joined.
    nonisolated(unsafe) private(set) static var current: Ranks?
    /// Exit codes that are errors of all ranks alike, whenever they come.
    private static let commonCodes = [ExitStatus.stopped, ExitStatus.diverged]

    let group: MPIGroup
    /// What the others do that rank 0 knows of.
    private var others = Others.waiting
    /// Whether all ranks know that the program ends now.
    private var isAgreed = false

    var rank: Int { group.rank }
    var count: Int { group.count }

    /// What ranks other than 0 do.
    enum Others {
        /// They wait for an offer.
        case waiting
        /// They compute along with rank 0.
        case computing
        /// They train runs of their own, and wait for messages.
        case takingRuns
    }

    /// What rank 0 has for the others.
    enum Offer: UInt8 {
        /// A run, each batch of which all share: the bytes of its checkpoint.
        case run = 1
        /// Runs, of which each rank trains one at a time: what `SharedFolder` says.
        case runs
        /// A network to evaluate: the bytes of a checkpoint.
        case network
    }

    private init(_ group: MPIGroup) { self.group = group }

    /// Joins the processes that were started together; `nil` where this one was started alone.
    ///
    /// Threads are then shared out among the ranks of a machine, unless the launcher or somebody else did that. Throws what
    /// `MPIGroup.join` does, and where ranks differ in what must be alike.
    static func join(_ threads: ThreadOption) throws -> Ranks? {
        guard let group = try MPIGroup.join() else { return nil }
        let ranks = Ranks(group)
        current = ranks
        let isShared = Runtime.processors == ProcessInfo.processInfo.processorCount
        if threads.threads == nil, isShared, ProcessInfo.processInfo.environment["OMP_NUM_THREADS"] == nil {
            Runtime.threads = max(1, Runtime.processors / MPIGroup.countHere)
        }
        try ranks.requireAlike()
        ranks.warnOfUnwatched()
        return ranks
    }

    /// Joins the others and leaves them, before this program ends for something that each finds before it joins.
    ///
    /// The launcher ends all ranks once one has failed, and rank 0 must have said why.
    static func meet() { (try? MPIGroup.join())?.leave() }

    /// "rank 2 (host node-3)".
    private var name: String { "rank \(rank) (host \(MPIGroup.host))" }

    // MARK: Beginning

    /// What must be the same for all ranks, and what to do where it is not.
    private var traits: [(name: String, value: String, advice: String)] {
        [
            ("version", BuildInformation.summary, "install the same program everywhere"),
            ("program file", Self.programChecksum, "install the same program everywhere"),
            ("arguments", RunSession.quoted(Array(CommandLine.arguments.dropFirst())), "start all ranks alike"),
            (
                "vector instructions", Runtime.level.rawValue,
                "results would differ in their last digits; choose those that all processors have: "
                    + "mpirun -x NEURALMEMORY_ISA=avx2"
            ),
            (
                "threads and matrix product", "\(Runtime.usesOpenMP), \(Runtime.usesOneDNN)",
                "install the same program everywhere"
            )
        ]
    }

    private static var programChecksum: String {
        guard let path = Bundle.main.executablePath, let bytes = FileManager.default.contents(atPath: path) else {
            return "unreadable"
        }
        var hash = FNV1a()
        hash.add(bytes)
        return hash.digits
    }

    /// Throws, on all ranks, where one differs from rank 0.
    private func requireAlike() throws {
        for trait in traits { try requireAlike(trait.name, trait.value, trait.advice) }
    }

    /// Throws, on all ranks, where one has another value than rank 0.
    func requireAlike(_ trait: String, _ value: String, _ advice: String) throws {
        let (names, values) = (texts(name), texts(value))
        guard let other = values.firstIndex(where: { $0 != values[0] }) else { return }
        throw agreed(
            "Error: \(trait): \(names[other]) has \(values[other]), and \(names[0]) \(values[0]): \(advice).",
            .validationFailure)
    }

    /// Says which ranks would be waited for for ever if their machines were lost.
    private func warnOfUnwatched() {
        let watched = group.gather(group.isWatched)
        let unwatched = zip(texts(name), watched).filter { !$0.1 }.map(\.0)
        guard rank == 0, !unwatched.isEmpty else { return }
        complain(
            "Warning: \(unwatched.joined(separator: ", ")) cannot connect with \(name) by TCP, besides MPI: if a machine is "
                + "lost, this job waits for it for ever. A firewall may be the cause.")
    }

    /// Lets all ranks say where the run is, if one of them is lost; `folder` is rank 0's.
    func advise(_ folder: String) {
        let folder = texts(folder)[0]
        group.advise(
            "The run is saved up to its last checkpoint; start as many ranks as you like, or one process, with: trainer train "
                + "--resume \(folder)")
    }

    /// The texts of all ranks.
    private func texts(_ own: String) -> [String] {
        group.gather(Array(own.utf8)).map { String(decoding: $0, as: UTF8.self) }
    }

    /// Says what all ranks know, once, and gives the error that each throws.
    func agreed(_ message: String, _ code: ExitCode) -> ExitCode {
        isAgreed = true
        if rank == 0 { complain(message) }
        return code
    }

    /// Gives the other ranks something to do; on rank 0.
    func offer(_ offer: Offer, _ bytes: Data) {
        others = .computing
        _ = group.gather([offer.rawValue] + Array(bytes))
    }

    /// What rank 0 offers; on the others.
    ///
    /// Throws its exit code where rank 0 ends without an offer: it has said why.
    func accept() throws -> (offer: Offer, bytes: Data) {
        let bytes = group.gather([UInt8]())[0]
        guard bytes.count > 1, let offer = Offer(rawValue: bytes[0]) else {
            isAgreed = true
            throw ExitCode(Int32(bytes.first ?? 1))
        }
        return (offer, Data(bytes.dropFirst()))
    }

    /// Notes what the others do from now on; on rank 0.
    func note(_ others: Others) { self.others = others }

    /// Waits until each rank has done its part of the preparations.
    ///
    /// Throws on all ranks where one could not: rank 0 says which, and why.
    func prepare<Value>(_ body: () throws -> Value) throws -> Value {
        let result = Result(catching: body)
        var failure = ""
        if case .failure(let error) = result { failure = "\(error)" }
        let (names, failures) = (texts(name), texts(failure))
        for (name, failure) in zip(names, failures) where !failure.isEmpty {
            throw agreed("Error: \(name): \(failure).", .failure)
        }
        return try result.get()
    }

    // MARK: Ending

    /// Ends this process's part in the group, before the program exits with a code.
    ///
    /// Those that wait are told. Where they compute and do not know of it, they are ended too.
    func end(_ code: ExitCode) {
        defer { group.leave() }
        if isAgreed { return }
        if rank == 0 {
            switch others {
            case .waiting:
                _ = group.gather([UInt8(truncatingIfNeeded: code.rawValue)])
                return
            case .takingRuns: return tellAll(.leave)
            case .computing: break
            }
        }
        if code.isSuccess || Self.commonCodes.contains(code) { return }
        complain("\(name) ends the job.")
        group.abort(code: code.rawValue)
    }
}
