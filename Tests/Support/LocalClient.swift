// A connection to a server on this machine, with what a browser would not send.

import Foundation

/// A socket that sends what it is told, and reads until the other side closes.
package final class LocalClient {
    /// What a server sent.
    package struct Response {
        package let status: Int
        package let head: String
        package let body: Data

        /// The body as an object of JSON.
        package var object: [String: Any] { (try? JSONSerialization.jsonObject(with: body)) as? [String: Any] ?? [:] }
        package var error: String { object["error"] as? String ?? "" }
    }

    package let descriptor: Int32

    /// Connects; waits for the system if its queue is full.
    package init(port: UInt16) {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isConnected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, size) == 0 }
        }
        precondition(isConnected, "no connection: \(String(cString: strerror(errno)))")
        // Nothing in a test takes so long; it ends what would hang.
        var patience = timeval(tv_sec: 60, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit { close(descriptor) }

    /// Sends bytes; false where the other side has closed.
    @discardableResult
    package func send(_ text: some StringProtocol) -> Bool { send(Array(text.utf8)) }

    @discardableResult
    package func send(_ bytes: [UInt8]) -> Bool {
        var place = 0
        while place < bytes.count {
            let sent = bytes.withUnsafeBytes {
                Foundation.send(descriptor, $0.baseAddress! + place, bytes.count - place, Int32(MSG_NOSIGNAL))
            }
            guard sent > 0 else { return false }
            place += sent
        }
        return true
    }

    /// All that comes until the other side closes; `nil` where it does not within the time that a test has.
    package func readToEnd() -> Data? {
        var data = Data()
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let got = recv(descriptor, &buffer, buffer.count, 0)
            if got == 0 || got < 0 && errno == ECONNRESET { return data }
            guard got > 0 else { return nil }
            data.append(contentsOf: buffer[..<got])
        }
    }

    /// The response; status 0 where there is none.
    package func response() -> Response {
        let data = readToEnd() ?? Data()
        guard let end = data.range(of: Data("\r\n\r\n".utf8)) else { return Response(status: 0, head: "", body: data) }
        let head = String(decoding: data[..<end.lowerBound], as: UTF8.self)
        let status = head.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        return Response(status: status, head: head, body: Data(data[end.upperBound...]))
    }

    /// Sends a whole text and reads the response.
    package static func exchange(_ text: String, port: UInt16) -> Response {
        let client = LocalClient(port: port)
        client.send(text)
        return client.response()
    }

    package static func get(_ path: String, port: UInt16, headers: [String] = []) -> Response {
        let lines = ["GET \(path) HTTP/1.1", "Host: 127.0.0.1:\(port)"] + headers
        return exchange(lines.joined(separator: "\r\n") + "\r\n\r\n", port: port)
    }

    package static func post(
        _ path: String, _ body: String, port: UInt16, headers: [String] = ["Content-Type: application/json"]
    ) -> Response {
        let lines =
            ["POST \(path) HTTP/1.1", "Host: 127.0.0.1:\(port)", "Content-Length: \(body.utf8.count)"] + headers
        return exchange(lines.joined(separator: "\r\n") + "\r\n\r\n" + body, port: port)
    }
}
