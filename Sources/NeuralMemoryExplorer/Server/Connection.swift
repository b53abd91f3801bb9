// One connection: a request comes in, a response goes out, and it is closed.

import Foundation

/// A socket and how far its one request has got.
///
/// Only the server's thread uses it.
final class Connection {
    enum Phase {
        /// The request comes in.
        case reading
        /// A worker makes the response.
        case waiting
        /// The response goes out, from this place on.
        case writing(Data, from: Int)
        /// All is sent. Until the other side closes, what it still sends is dropped: closing earlier could make its
        /// system drop the response.
        case closing
        case closed
    }

    let descriptor: Int32
    private(set) var phase = Phase.reading
    /// When it is closed if it gets no further; `nil` while a worker has it.
    private(set) var deadline: ContinuousClock.Instant?
    private let limits: ServerLimits
    private var parser: RequestParser
    /// Bytes that came after the request.
    private var dropped = 0

    init(_ descriptor: Int32, _ limits: ServerLimits) {
        self.descriptor = descriptor
        self.limits = limits
        parser = RequestParser(limits: limits)
        deadline = .now + limits.requestTime
    }

    deinit { close(descriptor) }

    /// What to wait for.
    var events: Int16 {
        switch phase {
        case .reading, .closing: Int16(POLLIN)
        case .writing: Int16(POLLOUT)
        case .waiting, .closed: 0
        }
    }

    /// Whether no worker is busy for it any more, if one ever was.
    private(set) var hasAnswer = true

    var isReading: Bool { if case .reading = phase { true } else { false } }
    /// Whether the answer is sent.
    var isDone: Bool { if case .closing = phase { true } else { isClosed } }
    var isClosed: Bool { if case .closed = phase { true } else { false } }

    /// Reads what has come; the request where it is whole, or why it is refused.
    func read() -> Result<HTTPRequest, RequestParser.Refusal>? {
        var buffer = [UInt8](repeating: 0, count: 1 << 14)
        // A client that sends faster than this reads must not keep the others waiting.
        for _ in 0..<16 where !isClosed {
            let got = recv(descriptor, &buffer, buffer.count, 0)
            if got < 0 && errno == EINTR { continue }
            if got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK) { return nil }
            guard got > 0 else {
                phase = .closed
                return nil
            }
            guard isReading else {
                dropped += got
                if dropped > limits.body { phase = .closed }
                continue
            }
            switch parser.take(buffer[..<got]) {
            case .incomplete: continue
            case .complete(let request): return .success(request)
            case .refused(let refusal): return .failure(refusal)
            }
        }
        return nil
    }

    /// A worker takes over.
    func wait() {
        phase = .waiting
        deadline = nil
        hasAnswer = false
    }

    /// Begins to send the response.
    func answer(_ response: HTTPResponse) {
        hasAnswer = true
        phase = .writing(response.bytes, from: 0)
        deadline = .now + limits.writeTime
        write()
    }

    /// Sends as much as the system takes.
    func write() {
        guard case .writing(let data, var place) = phase else { return }
        while place < data.count {
            let sent = data.withUnsafeBytes {
                send(descriptor, $0.baseAddress! + place, data.count - place, Self.flags)
            }
            if sent < 0 && errno == EINTR { continue }
            if sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK) {
                phase = .writing(data, from: place)
                return
            }
            guard sent > 0 else {
                phase = .closed
                return
            }
            place += sent
        }
        shutdown(descriptor, Int32(SHUT_WR))
        phase = .closing
        deadline = .now + limits.closingTime
    }

    /// No signal where the other side is gone.
    private static var flags: Int32 {
        #if canImport(Darwin)
            0
        #else
            Int32(MSG_NOSIGNAL)
        #endif
    }

    func drop() { phase = .closed }
}
