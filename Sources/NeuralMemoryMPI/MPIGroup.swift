// The ranks of an MPI job, as a process group.

import CMPI
import Foundation
import NeuralMemory

/// The processes that a launcher such as `mpirun` or `srun` started together.
///
/// A program joins once, before it computes. All of it is called from one thread.
public final class MPIGroup: ProcessGroup {
    /// MPI cannot be used.
    public struct Unusable: Error, CustomStringConvertible {
        /// What to do about it, as a whole sentence.
        public let description: String
    }

    public let rank: Int
    public let count: Int

    /// Whether this program was built with MPI.
    public static var isBuilt: Bool { cm_is_built() != 0 }

    /// How many processes a launcher started together; 1 where there is none.
    public static var launchedCount: Int { Int(cm_launched()) }
    /// The number of this process among them, which is known before it joins.
    public static var launchedRank: Int { Int(cm_launched_rank()) }

    /// How many of the processes are on this machine, this one included; 1 where that is not known.
    public static var countHere: Int { Int(cm_launched_here()) }

    /// The group of this process; `nil` where no launcher started several.
    ///
    /// A thread watches from now on that the other processes are alive. Where one is killed or its machine cut off, it is
    /// named on standard error within 20 seconds, and all end: MPI alone would wait for ever.
    ///
    /// Throws `Unusable` where one did, and this program was built without MPI, or MPI does not start.
    public static func join() throws -> MPIGroup? {
        guard launchedCount > 1 else { return nil }
        guard isBuilt else {
            throw Unusable(
                description:
                    "\(launchedCount) processes were started together, and this program was built without MPI: install "
                    + "it (make deps-mpi) and build again, or start one process")
        }
        guard cm_join() == 0 else {
            throw Unusable(description: "MPI does not start; what it printed says why")
        }
        return MPIGroup()
    }

    private init() {
        rank = Int(cm_rank())
        count = Int(cm_count())
    }

    /// The name of the machine that this process is on.
    public static var host: String {
        var name = [CChar](repeating: 0, count: 256)
        cm_host(&name, Int32(name.count))
        return name.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
    }

    public func gather(_ own: UnsafeRawBufferPointer, counts: [Int], into all: UnsafeMutableRawPointer) {
        counts.map(Int64.init).withUnsafeBufferPointer { cm_gather(own.baseAddress, $0.baseAddress, all) }
    }

    public func exchange(
        _ numbers: UnsafePointer<Float>, counts sent: [Int], into target: UnsafeMutablePointer<Float>,
        counts received: [Int]
    ) {
        sent.map(Int64.init).withUnsafeBufferPointer { sent in
            received.map(Int64.init).withUnsafeBufferPointer { received in
                cm_exchange(numbers, sent.baseAddress, target, received.baseAddress)
            }
        }
    }

    /// Whether the loss of this process's machine would be noticed: not where it reaches rank 0 by MPI alone.
    public var isWatched: Bool { cm_is_watched() != 0 }

    /// Says what the user can do where a process is lost, as a sentence for the end of the message.
    public func advise(_ text: String) { cm_advise(text) }

    /// Leaves the group, which all do together; the last thing that a program does with it.
    public func leave() { cm_leave() }

    /// Ends the processes of all ranks.
    ///
    /// The launcher exits with this code, or another one that is not 0.
    public func abort(code: Int32) -> Never {
        fflush(nil)
        cm_abort(code)
        exit(code)
    }

    // MARK: Messages

    /// Sends a message to one rank.
    public func send(_ message: Data, to rank: Int) {
        message.withUnsafeBytes { cm_send($0.baseAddress, Int64($0.count), Int32(rank)) }
    }

    /// The next message that is here, and who sent it; `nil` where none is.
    ///
    /// Does not wait.
    public func receive() -> (message: Data, rank: Int)? {
        var sender: Int32 = 0
        let size = cm_waiting(&sender)
        guard size >= 0 else { return nil }
        var message = Data(count: Int(size))
        message.withUnsafeMutableBytes { cm_receive($0.baseAddress, size, sender) }
        return (message, Int(sender))
    }
}
