// The loop of the server's thread: waits for all sockets at once, and moves each connection on.

import Foundation

/// All connections, and what they wait for.
final class ServerLoop {
    private let listener: Listener
    private let mailbox: Mailbox
    private let limits: ServerLimits
    private let policy: RequestPolicy
    private let handler: HTTPServer.Handler
    /// By numbers that go up, so that the oldest is the least.
    private var connections: [Int: Connection] = [:]
    private var nextNumber = 0
    /// Connections with a request that a worker has, or had, whose answer is not wholly sent.
    private var pending: Set<Int> = []
    /// No new connection is taken before, since the system has no descriptors left.
    private var pausedUntil: ContinuousClock.Instant?

    init(_ listener: Listener, _ mailbox: Mailbox, _ limits: ServerLimits, _ handler: @escaping HTTPServer.Handler) {
        self.listener = listener
        self.mailbox = mailbox
        self.limits = limits
        self.handler = handler
        policy = RequestPolicy(port: listener.port)
    }

    func run() {
        while true {
            let ready = wait()
            let mail = mailbox.take()
            if mail.isStopped { return }
            for (number, response) in mail.responses { deliver(response, to: number) }
            for number in ready.sorted() { serve(number) }
            dropLate()
            accept()
            removeClosed()
        }
    }

    // MARK: Waiting

    /// Whether a new connection could be taken.
    private var hasRoom: Bool {
        if let pausedUntil, pausedUntil > .now { return false }
        return connections.count < limits.connections || connections.values.contains(where: \.isReading)
    }

    /// Waits until a socket is ready or a deadline is over; the numbers of the connections that are ready.
    private func wait() -> [Int] {
        let numbers = Array(connections.keys)
        var sockets = numbers.compactMap { connections[$0] }
            .map { pollfd(fd: $0.descriptor, events: $0.events, revents: 0) }
        sockets.append(pollfd(fd: mailbox.descriptor, events: Int16(POLLIN), revents: 0))
        if hasRoom { sockets.append(pollfd(fd: listener.descriptor, events: Int16(POLLIN), revents: 0)) }
        poll(&sockets, nfds_t(sockets.count), timeout)
        return zip(numbers, sockets).filter { $1.revents != 0 }.map(\.0)
    }

    /// Milliseconds to the first deadline; −1 where there is none.
    private var timeout: Int32 {
        let deadlines = connections.values.compactMap(\.deadline) + [pausedUntil].compactMap { $0 }
        guard let first = deadlines.min() else { return -1 }
        let (seconds, attoseconds) = (first - .now).components
        return Int32(max(0, min(60_000, seconds * 1000 + attoseconds / 1_000_000_000_000_000 + 1)))
    }

    // MARK: Moving connections on

    private func serve(_ number: Int) {
        guard let connection = connections[number] else { return }
        switch connection.phase {
        case .reading, .closing: read(number, connection)
        case .writing:
            connection.write()
            release(number, connection)
        // Nothing was waited for, so the other side is gone.
        case .waiting, .closed: connection.drop()
        }
    }

    private func read(_ number: Int, _ connection: Connection) {
        switch connection.read() {
        case nil: return
        case .failure(let refusal)?: connection.answer(HTTPResponse(refusal))
        case .success(let request)?:
            if let refusal = policy.refusal(of: request) { return connection.answer(HTTPResponse(refusal)) }
            answer(request, number, connection)
        }
    }

    private func answer(_ request: HTTPRequest, _ number: Int, _ connection: Connection) {
        switch handler(request) {
        case .now(let response): connection.answer(response)
        case .later(let begin):
            guard pending.count < limits.pending else {
                return connection.answer(
                    HTTPResponse(.busy, error: "\(pending.count) requests are being worked on; try again in a moment"))
            }
            pending.insert(number)
            connection.wait()
            begin { [mailbox] response in mailbox.add(response, for: number) }
        }
    }

    /// A connection that was closed meanwhile kept its place among the pending, since a worker was busy for it.
    private func deliver(_ response: HTTPResponse, to number: Int) {
        guard let connection = connections[number] else {
            pending.remove(number)
            return
        }
        connection.answer(response)
        release(number, connection)
    }

    /// Gives the place among the pending free, once the answer is sent.
    private func release(_ number: Int, _ connection: Connection) {
        if connection.isDone { pending.remove(number) }
    }

    private func dropLate() {
        let now = ContinuousClock.now
        for connection in connections.values where connection.deadline.map({ $0 <= now }) ?? false { connection.drop() }
    }

    private func removeClosed() {
        for (number, connection) in connections where connection.isClosed { remove(number, connection) }
    }

    private func remove(_ number: Int, _ connection: Connection) {
        connections[number] = nil
        // What a worker is still busy for keeps its place until that is done.
        if connection.hasAnswer { pending.remove(number) }
    }

    // MARK: New connections

    /// So many at a time, so that others get their turn.
    private static let mostAtOnce = 32

    private func accept() {
        for _ in 0..<Self.mostAtOnce {
            guard hasRoom else { return }
            pausedUntil = nil
            let descriptor = Foundation.accept(listener.descriptor, nil, nil)
            guard descriptor >= 0 else {
                if errno == EINTR || errno == ECONNABORTED { continue }
                // The system has no descriptors left: looking again at once would keep a processor busy.
                if errno != EAGAIN && errno != EWOULDBLOCK { pausedUntil = .now + .milliseconds(100) }
                return
            }
            makeRoom()
            let connection = Connection(descriptor, limits)
            guard Listener.setUp(descriptor) else { continue }
            connections[nextNumber] = connection
            nextNumber += 1
            // Most requests have come by now.
            read(nextNumber - 1, connection)
        }
    }

    /// Closes the oldest connection that has not sent its request, where there are as many as there may be.
    private func makeRoom() {
        removeClosed()
        guard connections.count >= limits.connections else { return }
        let oldest = connections.filter { $1.isReading }.min { $0.key < $1.key }
        if let (number, connection) = oldest { remove(number, connection) }
    }
}
