// The server over real sockets: who is answered, and what it does with clients that are slow, many or hostile.

import Foundation
import Synchronization
import TestSupport
import Testing

@testable import NeuralMemoryExplorer

@Suite struct ServerTests {
    /// Answers `/` at once and `/slow` when the gate is opened.
    private final class Subject {
        let server: HTTPServer
        let gate = DispatchSemaphore(value: 0)
        /// How often the handler was called.
        let calls = Counter()
        private let queue = WorkQueue<Int>(name: "test") { 0 }

        var port: UInt16 { server.port }

        init(limits: ServerLimits = ServerLimits(), body: Data = Data("hello".utf8)) throws {
            server = try HTTPServer(port: 0, limits: limits) { [gate, calls, queue] request in
                calls.count.add(1, ordering: .relaxed)
                switch request.path {
                case "/": return .now(HTTPResponse(type: "text/plain", body: body))
                case "/echo": return .now(HTTPResponse(type: "text/plain", body: Data(request.body)))
                case "/slow":
                    return .later { finish in
                        queue.add { count in
                            gate.wait()
                            count += 1
                            finish(HTTPResponse(type: "text/plain", body: Data("\(count)".utf8)))
                        }
                    }
                default: return .now(HTTPResponse(.notFound, error: "there is nothing"))
                }
            }
        }

        deinit {
            server.stop()
            queue.stop()
            gate.signal()
        }
    }

    private final class Counter: Sendable { let count = Atomic(0) }

    @Test func answers() throws {
        let subject = try Subject()
        let response = LocalClient.get("/", port: subject.port)
        #expect(response.status == 200 && response.body == Data("hello".utf8))
        for header in [
            "Content-Length: 5", "X-Content-Type-Options: nosniff", "Cache-Control: no-store",
            "Content-Security-Policy: default-src 'self';"
        ] { #expect(response.head.contains("\r\n\(header)"), "\(response.head)") }
        let localhost = LocalClient.exchange(
            "GET / HTTP/1.1\r\nhost: LOCALHOST:\(subject.port)\r\n\r\n", port: subject.port)
        #expect(localhost.status == 200)
        let large = String(repeating: "x", count: 1 << 20)
        #expect(LocalClient.post("/echo", large, port: subject.port).body == Data(large.utf8))
    }

    @Test func onlyThisMachineCanConnect() throws {
        let subject = try Subject()
        var address = sockaddr_in()
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let client = LocalClient(port: subject.port)
        _ = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getpeername(client.descriptor, $0, &size) }
        }
        #expect(address.sin_addr.s_addr == in_addr_t(0x7F00_0001).bigEndian)
        // Listening on all addresses would take this one too.
        let other = try Listener(port: 0)
        #expect(other.port != subject.port)
        #expect(throws: ListeningError.self) { try Listener(port: subject.port) }
    }

    @Test func foreignPagesAreRefused() throws {
        let subject = try Subject()
        let port = subject.port
        for host in [
            "", "Host: evil.example\r\n", "Host: 127.0.0.1\r\n", "Host: 127.0.0.1:\(port).evil.example\r\n",
            "Host: 127.0.0.1:\(port == 1 ? 2 : port - 1)\r\n", "Host: [::1]:\(port)\r\n", "Host: 0.0.0.0:\(port)\r\n"
        ] {
            let response = LocalClient.exchange("GET / HTTP/1.1\r\n\(host)\r\n", port: port)
            #expect(response.status == 403 && response.error.contains("127.0.0.1"), "\(host)")
        }
        for header in [
            "Origin: https://evil.example", "Origin: null", "Origin: http://127.0.0.1",
            "Origin: https://127.0.0.1:\(port)",
            "Sec-Fetch-Site: cross-site", "Sec-Fetch-Site: same-site"
        ] { #expect(LocalClient.get("/", port: port, headers: [header]).status == 403, "\(header)") }
        for header in [
            "Origin: http://127.0.0.1:\(port)", "Origin: http://localhost:\(port)", "Sec-Fetch-Site: same-origin",
            "Sec-Fetch-Site: none"
        ] { #expect(LocalClient.get("/", port: port, headers: [header]).status == 200, "\(header)") }
        // What a form of another page can send without asking.
        for type in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"] {
            #expect(
                LocalClient.post("/echo", "{}", port: port, headers: ["Content-Type: \(type)"]).status == 415, "\(type)"
            )
        }
        #expect(LocalClient.post("/echo", "{}", port: port, headers: []).status == 415)
        let json = ["Content-Type: application/json; charset=utf-8"]
        #expect(LocalClient.post("/echo", "{}", port: port, headers: json).status == 200)
        #expect(subject.calls.count.load(ordering: .relaxed) == 5, "no refused request gets to the handler")
    }

    @Test func hugeRequests() throws {
        let subject = try Subject()
        let head = LocalClient(port: subject.port)
        head.send("GET / HTTP/1.1\r\nHost: x\r\nA: ")
        let piece = [UInt8](repeating: 120, count: 1 << 16)
        // Until the server closes; a server without a limit would take it all.
        let taken = (0..<1000).prefix { _ in head.send(piece) }.count
        #expect(taken < 1000)
        let body = LocalClient(port: subject.port)
        body.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2000000000\r\n\r\n")
        #expect(body.response().status == 413)
        #expect(LocalClient.get("/", port: subject.port).status == 200)
    }

    @Test func slowClientsAreDropped() throws {
        var limits = ServerLimits()
        limits.requestTime = .milliseconds(50)
        limits.writeTime = .milliseconds(50)
        limits.closingTime = .milliseconds(50)
        let subject = try Subject(limits: limits, body: Data(count: 64 << 20))
        let silent = LocalClient(port: subject.port)
        let slow = LocalClient(port: subject.port)
        slow.send("GET / HTT")
        let deaf = LocalClient(port: subject.port)
        deaf.send("GET / HTTP/1.1\r\nHost: 127.0.0.1:\(subject.port)\r\n\r\n")
        #expect(silent.readToEnd() == Data() && slow.readToEnd() == Data())
        // Nothing is read of this one's answer until the others are dropped, and longer.
        usleep(200_000)
        #expect(try #require(deaf.readToEnd()).count < 64 << 20)
    }

    @Test func aThousandConnections() throws {
        let subject = try Subject()
        let clients = (0..<1000).map { _ in LocalClient(port: subject.port) }
        for client in clients.prefix(500) { client.send("GET / HTTP/1.1\r\n") }
        #expect(LocalClient.get("/", port: subject.port).status == 200)
        // Those that were dropped for others have been told.
        #expect(clients[0].readToEnd() == Data())
        for client in clients.suffix(10) {
            client.send("GET / HTTP/1.1\r\nHost: 127.0.0.1:\(subject.port)\r\n\r\n")
            #expect(client.response().status == 200)
        }
    }

    @Test func slowWorkIsBoundedAndKeepsNobodyWaiting() throws {
        var limits = ServerLimits()
        limits.pending = 3
        let subject = try Subject(limits: limits)
        let request = "GET /slow HTTP/1.1\r\nHost: 127.0.0.1:\(subject.port)\r\n\r\n"
        let clients = (1...3).map { number in
            let client = LocalClient(port: subject.port)
            client.send(request)
            #expect(LocalClient.get("/", port: subject.port).status == 200)
            // In turn: of two requests that come at once, the server may have read the later one first.
            while subject.calls.count.load(ordering: .relaxed) < 2 * number { usleep(1000) }
            return client
        }
        let refused = LocalClient.exchange(request, port: subject.port)
        #expect(refused.status == 503 && refused.error.contains("try again"))
        for _ in 0..<4 { subject.gate.signal() }
        #expect(clients.map { $0.response().body } == ["1", "2", "3"].map { Data($0.utf8) })
        #expect(LocalClient.exchange(request, port: subject.port).body == Data("4".utf8))
    }

    @Test func aClientThatLeavesWhileItsAnswerIsMade() throws {
        var limits = ServerLimits()
        limits.pending = 1
        let subject = try Subject(limits: limits)
        let request = "GET /slow HTTP/1.1\r\nHost: 127.0.0.1:\(subject.port)\r\n\r\n"
        var client: LocalClient? = LocalClient(port: subject.port)
        client?.send(request)
        #expect(LocalClient.get("/", port: subject.port).status == 200)
        client = nil
        subject.gate.signal()
        subject.gate.signal()
        // Its place becomes free when the worker is done with it.
        var status = 503
        while status == 503 { status = LocalClient.exchange(request, port: subject.port).status }
        #expect(status == 200)
    }

    @Test func aServerThatIsStoppedClosesItsPort() throws {
        let subject = try Subject()
        let client = LocalClient(port: subject.port)
        subject.server.stop()
        #expect(client.readToEnd() == Data())
        while (try? Listener(port: subject.port)) == nil { usleep(1000) }
    }
}
