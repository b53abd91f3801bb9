// A thread that works through requests one by one, with what only it may touch.

import Foundation
import Synchronization

/// Jobs that one thread does in turn, with a state that never leaves it.
///
/// How many may wait is for the server to bound.
final class WorkQueue<State>: Sendable {
    typealias Job = @Sendable (inout State) -> Void

    private let jobs = Mutex<[Job]>([])
    private let isStopped = Atomic(false)
    private let count = DispatchSemaphore(value: 0)

    /// Starts the thread, which first makes its state.
    init(name: String, _ make: @escaping @Sendable () -> State) {
        // The thread keeps the queue until it is stopped.
        let thread = Thread { [self] in
            var state = make()
            while let job = next() { job(&state) }
        }
        thread.name = name
        thread.start()
    }

    func add(_ job: @escaping Job) {
        jobs.withLock { $0.append(job) }
        count.signal()
    }

    /// Ends the thread after its present job; what waits is dropped.
    func stop() {
        isStopped.store(true, ordering: .relaxed)
        count.signal()
    }

    private func next() -> Job? {
        count.wait()
        guard !isStopped.load(ordering: .relaxed) else { return nil }
        return jobs.withLock { $0.removeFirst() }
    }
}
