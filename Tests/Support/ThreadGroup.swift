// A process group of threads: what several processes do together, tested in one.

import Foundation
import NeuralMemory

/// One of several threads that act as the processes of a group.
package final class ThreadGroup: ProcessGroup {
    /// What the threads share: a barrier, and what each of them gives.
    private final class Board: @unchecked Sendable {
        private let condition = NSCondition()
        private let count: Int
        private var arrived = 0
        private var round = 0
        /// Of each thread: the bytes that it gives, and how many go to each of the others.
        var given: [(bytes: UnsafeRawBufferPointer, counts: [Int])]

        init(_ count: Int) {
            self.count = count
            given = Array(repeating: (UnsafeRawBufferPointer(start: nil, count: 0), []), count: count)
        }

        func put(_ bytes: UnsafeRawBufferPointer, _ counts: [Int], rank: Int) {
            condition.withLock { given[rank] = (bytes, counts) }
            wait()
        }

        func wait() {
            condition.withLock {
                let own = round
                arrived += 1
                if arrived == count {
                    arrived = 0
                    round += 1
                    condition.broadcast()
                }
                while round == own { condition.wait() }
            }
        }
    }

    package let rank: Int
    package let count: Int
    private let board: Board

    private init(_ rank: Int, _ count: Int, _ board: Board) {
        self.rank = rank
        self.count = count
        self.board = board
    }

    /// What `body` gives in each of so many threads, in the order of their ranks.
    ///
    /// If one throws, all must, or the others wait for ever.
    package static func run<Value: Sendable>(
        _ count: Int, _ body: @escaping @Sendable (ThreadGroup) throws -> Value
    ) throws -> [Value] {
        let board = Board(count)
        let results = Results<Value>(count)
        let threads = (0..<count).map { rank in
            let thread = Thread {
                results.set(rank, Result { try body(ThreadGroup(rank, count, board)) })
            }
            thread.stackSize = 8 << 20
            return thread
        }
        threads.forEach { $0.start() }
        return try results.wait().map { try $0.get() }
    }

    private final class Results<Value: Sendable>: @unchecked Sendable {
        private let condition = NSCondition()
        private var values: [Result<Value, any Error>?]

        init(_ count: Int) { values = Array(repeating: nil, count: count) }

        func set(_ rank: Int, _ value: Result<Value, any Error>) {
            condition.withLock {
                values[rank] = value
                condition.signal()
            }
        }

        func wait() -> [Result<Value, any Error>] {
            condition.withLock {
                while values.contains(where: { $0 == nil }) { condition.wait() }
                return values.compactMap { $0 }
            }
        }
    }

    package func gather(_ own: UnsafeRawBufferPointer, counts: [Int], into all: UnsafeMutableRawPointer) {
        precondition(own.count == counts[rank], "a process gives as many bytes as it says")
        board.put(own, counts, rank: rank)
        precondition(board.given.allSatisfy { $0.counts == counts }, "all know how many bytes each process gives")
        var target = all
        for (bytes, _) in board.given {
            if let start = bytes.baseAddress { target.copyMemory(from: start, byteCount: bytes.count) }
            target += bytes.count
        }
        board.wait()
    }

    package func exchange(
        _ numbers: UnsafePointer<Float>, counts sent: [Int], into target: UnsafeMutablePointer<Float>,
        counts received: [Int]
    ) {
        let bytes = UnsafeRawBufferPointer(start: numbers, count: 4 * sent.reduce(0, +))
        board.put(bytes, sent, rank: rank)
        var target = target
        for (other, given) in board.given.enumerated() {
            let start = given.counts[..<rank].reduce(0, +)
            precondition(given.counts[rank] == received[other], "both sides know how many numbers are sent")
            let source = given.bytes.bindMemory(to: Float.self).baseAddress.map { $0 + start }
            if let source { target.update(from: source, count: received[other]) }
            target += received[other]
        }
        board.wait()
    }
}
