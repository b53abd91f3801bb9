// The server: one thread that waits for all sockets at once, and hands what takes time to workers.

import Foundation
import Synchronization

/// Answers requests of this machine's browser, until it is stopped.
final class HTTPServer: Sendable {
    /// What is done with a request.
    enum Answer: Sendable {
        case now(HTTPResponse)
        /// A worker gets what to call with the response, from any thread.
        case later(@Sendable (_ finish: @escaping @Sendable (HTTPResponse) -> Void) -> Void)
    }

    typealias Handler = @Sendable (HTTPRequest) -> Answer

    let port: UInt16
    private let mailbox: Mailbox

    /// Begins to listen, and answers on a thread of its own.
    ///
    /// Throws `ListeningError`.
    ///
    /// - Parameters:
    ///   - port: 0 for any that is free.
    ///   - limits: how much it takes.
    ///   - handler: called on the server's thread, so it must be quick.
    init(port: UInt16, limits: ServerLimits = ServerLimits(), _ handler: @escaping Handler) throws {
        let listener = try Listener(port: port)
        let mailbox = try Mailbox()
        self.port = listener.port
        self.mailbox = mailbox
        let thread = Thread { ServerLoop(listener, mailbox, limits, handler).run() }
        thread.name = "server"
        thread.start()
    }

    /// Closes all connections and the port, soon after.
    func stop() { mailbox.stop() }
}

/// What other threads leave for the server's thread, with a pipe that wakes it.
final class Mailbox: Sendable {
    struct Contents: Sendable {
        var responses: [(connection: Int, response: HTTPResponse)] = []
        var isStopped = false
    }

    private let contents = Mutex(Contents())
    private let ends: (read: Int32, write: Int32)

    init() throws {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw ListeningError(port: 0, code: errno) }
        self.ends = (ends[0], ends[1])
        for end in ends { _ = Listener.setUp(end) }
    }

    deinit {
        close(ends.read)
        close(ends.write)
    }

    /// Readable when there is something.
    var descriptor: Int32 { ends.read }

    func add(_ response: HTTPResponse, for connection: Int) {
        contents.withLock { $0.responses.append((connection, response)) }
        wake()
    }

    func stop() {
        contents.withLock { $0.isStopped = true }
        wake()
    }

    /// Where the pipe is full, the other end is awake soon anyway.
    private func wake() {
        var byte: UInt8 = 0
        _ = Foundation.write(ends.write, &byte, 1)
    }

    func take() -> Contents {
        var bytes = [UInt8](repeating: 0, count: 256)
        while Foundation.read(ends.read, &bytes, bytes.count) > 0 {}
        return contents.withLock { contents in
            defer { contents.responses = [] }
            return contents
        }
    }
}
