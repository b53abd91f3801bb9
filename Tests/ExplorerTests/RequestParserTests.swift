// What the server takes for a request.

import Testing

@testable import NeuralMemoryExplorer

@Suite struct RequestParserTests {
    private func parse(_ text: String, limits: ServerLimits = ServerLimits()) -> RequestParser.State {
        var parser = RequestParser(limits: limits)
        return parser.take(Array(text.utf8))
    }

    private func status(_ text: String, limits: ServerLimits = ServerLimits()) -> HTTPStatus? {
        if case .refused(let refusal) = parse(text, limits: limits) { refusal.status } else { nil }
    }

    private let post =
        "POST /api/episode?a=1&b=x%20y HTTP/1.1\r\nHost: h\r\nX-Name:  a: b \r\nContent-Length: 5\r\n\r\nhello"

    @Test func aWholeRequest() throws {
        let expected = HTTPRequest(
            method: .post, path: "/api/episode", query: ["a": "1", "b": "x y"],
            headers: ["host": "h", "x-name": "a: b", "content-length": "5"], body: Array("hello".utf8))
        #expect(parse(post) == .complete(expected))
        // In pieces of any size it is the same.
        for size in [1, 2, 3, 7, 50] {
            var parser = RequestParser(limits: ServerLimits())
            let bytes = Array(post.utf8)
            for start in stride(from: 0, to: bytes.count, by: size) {
                let state = parser.take(bytes[start..<min(start + size, bytes.count)])
                #expect(state == (start + size >= bytes.count ? .complete(expected) : .incomplete), "\(size) \(start)")
            }
        }
    }

    @Test func aPathIsNotDecoded() throws {
        guard case .complete(let request) = parse("GET /%2e%2e/../a%2Fb?x HTTP/1.1\r\n\r\n") else {
            return #expect(Bool(false))
        }
        #expect(request.path == "/%2e%2e/../a%2Fb" && request.query == ["x": ""] && request.body.isEmpty)
    }

    @Test(
        arguments: [
            "\r\n\r\n", "GET\r\n\r\n", "GET / \r\n\r\n", "GET  / HTTP/1.1\r\n\r\n", "GET x HTTP/1.1\r\n\r\n",
            "GET http://a/ HTTP/1.1\r\n\r\n", "GET / HTTP/2\r\n\r\n", "GET / HTTP/1.1\r\nNo colon\r\n\r\n",
            "GET / HTTP/1.1\r\nA : b\r\n\r\n", "GET / HTTP/1.1\r\nA: b\r\n c\r\n\r\n", "GET / HTTP/1.1\r\n: b\r\n\r\n",
            "GET / HTTP/1.1\r\nA: b\nB: c\r\n\r\n", "GET / HTTP/1.1\r\nA: \u{0}\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
            "GET / HTTP/1.1\r\nContent-Length: +1\r\n\r\n", "GET / HTTP/1.1\r\nContent-Length:\r\n\r\n",
            "GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"
        ])
    func malformed(_ text: String) { #expect(status(text) == .badRequest) }

    @Test func otherRefusals() {
        #expect(status("DELETE / HTTP/1.1\r\n\r\n") == .methodNotAllowed)
        #expect(status("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n") == .lengthRequired)
        for count in ["1048577", "99999999999999999999999999"] {
            #expect(status("POST / HTTP/1.1\r\nContent-Length: \(count)\r\n\r\n") == .bodyTooLarge)
        }
        #expect(parse("POST / HTTP/1.1\r\nContent-Length: 1048576\r\n\r\n") == .incomplete)
    }

    /// A head is refused before it is kept, whether it ends or not.
    @Test func largeHeads() {
        var limits = ServerLimits()
        limits.head = 100
        let line = "GET / HTTP/1.1\r\nA: "
        let rest = 100 - line.utf8.count - 4
        #expect(status(line + String(repeating: "x", count: rest) + "\r\n\r\n", limits: limits) == nil)
        #expect(status(line + String(repeating: "x", count: rest + 1) + "\r\n\r\n", limits: limits) == .headTooLarge)
        #expect(status(String(repeating: "x", count: 101), limits: limits) == .headTooLarge)
        #expect(parse(String(repeating: "x", count: 100), limits: limits) == .incomplete)
    }

    @Test func bytesThatAreNoText() {
        var parser = RequestParser(limits: ServerLimits())
        let state = parser.take([0xFF, 0xFE, 0x00, 13, 10, 13, 10])
        if case .refused(let refusal) = state { #expect(refusal.status == .badRequest) } else { #expect(Bool(false)) }
    }
}
