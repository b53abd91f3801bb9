// The socket that waits for connections from this machine.

import Foundation
import NeuralMemory

/// Why the server could not begin to listen.
package struct ListeningError: Error, CustomStringConvertible, Equatable {
    /// A whole sentence without a full stop.
    package let description: String

    init(port: UInt16, code: Int32) {
        description =
            switch code {
            case EADDRINUSE:
                "port \(port) is in use by another program; leave out --port to have a free one chosen, or give another"
            case EACCES:
                "port \(port) is for the system's own programs; leave out --port to have a free one chosen"
            default: "cannot listen on port \(port): \(String(cString: strerror(code)))"
            }
    }
}

/// Listens on 127.0.0.1, which other machines cannot reach.
final class Listener: Sendable {
    let descriptor: Int32
    let port: UInt16

    /// Throws `ListeningError`.
    ///
    /// - Parameter port: 0 for any that is free.
    init(port: UInt16) throws {
        let opened = Self.makeSocket()
        guard opened >= 0 else { throw ListeningError(port: port, code: errno) }
        guard Self.setUp(opened), Self.bind(opened, port), listen(opened, 1024) == 0, let bound = Self.port(of: opened)
        else {
            let error = ListeningError(port: port, code: errno)
            close(opened)
            throw error
        }
        descriptor = opened
        self.port = bound
    }

    deinit { close(descriptor) }

    private static func makeSocket() -> Int32 {
        #if canImport(Glibc) || canImport(Musl)
            socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        #else
            socket(AF_INET, SOCK_STREAM, 0)
        #endif
    }

    /// Makes a descriptor one that never blocks and that no child inherits.
    static func setUp(_ descriptor: Int32) -> Bool {
        fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK) == 0
            && fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0
    }

    private static func bind(_ descriptor: Int32, _ port: UInt16) -> Bool {
        // Connections of a server that has just ended do not keep the port; a server that listens does.
        var yes: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        return withSocketAddress(&address) {
            Foundation.bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
        }
    }

    private static func port(of descriptor: Int32) -> UInt16? {
        var address = sockaddr_in()
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        guard withSocketAddress(&address, { getsockname(descriptor, $0, &size) == 0 }) else { return nil }
        return UInt16(bigEndian: address.sin_port)
    }

    private static func withSocketAddress<Value>(
        _ address: inout sockaddr_in, _ body: (UnsafeMutablePointer<sockaddr>) -> Value
    ) -> Value {
        withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1, body)
        }
    }
}
