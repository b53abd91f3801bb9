// A run that trains on a thread of its own, for programs that do other things meanwhile.

import Foundation
import NeuralMemory
import Synchronization

/// A run at work on a thread of its own, which gives its records as they come.
///
///     let run = BackgroundRun { try TrainingRun.start(configuration, at: folder) }
///     for try await record in run { print(record.step, record.loss) }
///     let outcome = try await run.outcome()
///
/// The run is made, trained and released on that thread, and only values leave it. Each record is given once, after its
/// checkpoint is saved; records wait for whoever is slow, and training does not. A task that is cancelled while it
/// waits stops the run, as `stop` does: the present step is finished and the run saved, then the folder is free again,
/// and then the loop ends. The run also stops when nobody holds the object any more.
public final class BackgroundRun: AsyncSequence, Sendable {
    private let channel = Channel()

    /// Begins at once, on as many threads as the caller has in `Runtime.threads`.
    ///
    /// - Parameters:
    ///   - observers: look on, on that thread.
    ///   - make: makes the run, by `TrainingRun.start` or `resume`, with any sinks.
    public init(
        observers: [any TrainingObserver & Sendable] = [], _ make: @escaping @Sendable () throws -> TrainingRun
    ) {
        let (channel, threads) = (channel, Runtime.threads)
        Thread.detachNewThread {
            Runtime.threads = threads
            // The run is released, and its folder free, when this returns.
            let end = Result {
                try make().run(observers: observers + [Forwarder(channel: channel)]) { channel.isStopping }
            }
            channel.finish(end)
        }
    }

    deinit { channel.stop() }

    /// Asks the run to finish its step, save and end; `outcome` waits for that.
    public func stop() { channel.stop() }

    /// Waits until the run has ended and its folder is free.
    ///
    /// Throws what the run threw. To cancel the task that waits stops the run.
    public func outcome() async throws -> TrainingRun.Outcome { try await waiting(for: \.end) }

    public struct AsyncIterator: AsyncIteratorProtocol {
        fileprivate let run: BackgroundRun

        /// The next record; `nil` at the end.
        ///
        /// Throws what the run threw, after its last record.
        public mutating func next() async throws -> MetricsRecord? {
            try await run.waiting { state -> Result<MetricsRecord?, any Error>? in
                if !state.records.isEmpty { return .success(state.records.removeFirst()) }
                return state.end.map { end in end.map { _ in nil } }
            }
        }
    }

    /// Iterators share the records: each record goes to one of them.
    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(run: self) }

    /// Waits until `take` finds a value.
    ///
    /// A task that is cancelled stops the run, and waits on for what that brings.
    private func waiting<Value: Sendable>(
        for take: @escaping @Sendable (inout Channel.State) -> Result<Value, any Error>?
    ) async throws -> Value {
        try await withTaskCancellationHandler {
            while true {
                let value = await withCheckedContinuation { channel.take(take, $0) }
                if let value { return try value.get() }
            }
        } onCancel: {
            channel.stop()
        }
    }
}

/// What the thread that trains and the tasks that wait share.
private final class Channel: Sendable {
    struct State: Sendable {
        /// Not yet given to anybody.
        var records: [MetricsRecord] = []
        var end: Result<TrainingRun.Outcome, any Error>?
        /// Wakes those who wait, to look again.
        fileprivate var waiting: [@Sendable () -> Void] = []
    }

    private let state = Mutex(State())
    private let stops = Atomic(false)

    var isStopping: Bool { stops.load(ordering: .relaxed) }
    func stop() { stops.store(true, ordering: .relaxed) }

    func add(_ record: MetricsRecord) { change { $0.records.append(record) } }
    func finish(_ end: Result<TrainingRun.Outcome, any Error>) { change { $0.end = end } }

    private func change(_ body: (inout State) -> Void) {
        let waiting = state.withLock { state in
            body(&state)
            defer { state.waiting = [] }
            return state.waiting
        }
        for wake in waiting { wake() }
    }

    /// Answers at once where there is a value, and else with `nil` at the next change.
    func take<Value: Sendable>(
        _ take: @Sendable (inout State) -> Value?, _ continuation: CheckedContinuation<Value?, Never>
    ) {
        let value = state.withLock { state in
            let value = take(&state)
            if value == nil { state.waiting.append { continuation.resume(returning: nil) } }
            return value
        }
        if let value { continuation.resume(returning: value) }
    }
}

/// Passes records on.
private struct Forwarder: TrainingObserver {
    let channel: Channel
    func didFinishInterval(_ record: MetricsRecord) { channel.add(record) }
}
