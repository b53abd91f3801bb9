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
final class Ranks {
    /// That of this program, once it has joined.
    nonisolated(unsafe) private(set) static var current: Ranks?
    /// Exit codes that are errors of all ranks alike, whenever they come.
    private static let commonCodes = [ExitStatus.stopped, ExitStatus.diverged]

    let group: MPIGroup
    /// Whether the ranks other than 0 still wait for a run to train.
    private var isBeginning = true
    /// Whether all ranks know that the program ends now.
    private var isAgreed = false

    var rank: Int { group.rank }
    var count: Int { group.count }

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
        let traits = traits
        let names = texts(name)
        for trait in traits {
            let values = texts(trait.value)
            guard let other = values.firstIndex(where: { $0 != values[0] }) else { continue }
            throw agreed(
                "Error: \(trait.name): \(names[other]) has \(values[other]), and \(names[0]) \(values[0]): "
                    + "\(trait.advice).", .validationFailure)
        }
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
    private func agreed(_ message: String, _ code: ExitCode) -> ExitCode {
        isAgreed = true
        if rank == 0 { complain(message) }
        return code
    }

    /// Gives the other ranks the run that they are to train, as a checkpoint's bytes; on rank 0.
    func offer(_ run: Data) {
        isBeginning = false
        _ = group.gather([0] + Array(run))
    }

    /// The run that rank 0 offers; on the others.
    ///
    /// Throws its exit code where rank 0 has none: it has said why.
    func accept() throws -> Data {
        isBeginning = false
        let bytes = group.gather([UInt8]())[0]
        guard bytes.count > 1 else {
            isAgreed = true
            throw ExitCode(Int32(bytes.first ?? 1))
        }
        return Data(bytes.dropFirst())
    }

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
    /// Where the other ranks do not know of it, they are ended too.
    func end(_ code: ExitCode) {
        if code.isSuccess || isAgreed || Self.commonCodes.contains(code) { return group.leave() }
        guard isBeginning, rank == 0 else {
            complain("\(name) ends the job.")
            group.abort(code: code.rawValue)
        }
        _ = group.gather([UInt8(truncatingIfNeeded: code.rawValue)])
        group.leave()
    }
}
