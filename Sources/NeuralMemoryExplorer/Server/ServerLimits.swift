// How much of everything the server takes. Tests make it less.

/// What bounds the server's memory and time.
struct ServerLimits: Sendable {
    /// Connections at a time.
    ///
    /// Of those that have not sent their request yet, the oldest makes room for a new one; beyond that, new ones wait
    /// in the system's queue.
    var connections = 64
    /// Bytes of a request's first line and headers.
    var head = 16 << 10
    /// Bytes of a request's body.
    var body = 1 << 20
    /// From the connection to the end of the request.
    var requestTime = Duration.seconds(10)
    /// From the first byte of the response to its last.
    var writeTime = Duration.seconds(30)
    /// From the last byte of the response to when the other side has closed.
    var closingTime = Duration.seconds(1)
    /// Requests that are worked on, wait for that, or have an answer that is not wholly sent.
    var pending = 16
}
