// Takes the bytes of a request as they come, and refuses what is too large or not well formed.

import Foundation

/// Reads one request.
///
/// What it keeps is bounded: a head of `limits.head` bytes and a body of `limits.body`.
struct RequestParser {
    enum State: Equatable {
        /// The request is not whole yet.
        case incomplete
        case complete(HTTPRequest)
        /// No request that this server takes: to be answered with this, and closed.
        case refused(Refusal)
    }

    /// Why a request is not taken.
    struct Refusal: Error, Equatable {
        let status: HTTPStatus
        let reason: String

        init(_ status: HTTPStatus, _ reason: String) {
            self.status = status
            self.reason = reason
        }
    }

    private let limits: ServerLimits
    private var bytes: [UInt8] = []
    /// The head, once it is whole, and where the body begins in `bytes`.
    private var head: (fields: Head, end: Int)?

    init(limits: ServerLimits) { self.limits = limits }

    /// Takes the next bytes; of a request that is whole, or refused, no more may come.
    mutating func take(_ new: some Collection<UInt8>) -> State {
        let searched = max(0, bytes.count - 3)
        bytes += new
        do {
            if head == nil {
                guard let end = Self.endOfHead(bytes, from: searched) else {
                    guard bytes.count <= limits.head else { throw Self.headTooLarge(limits) }
                    return .incomplete
                }
                guard end <= limits.head else { throw Self.headTooLarge(limits) }
                head = (try Head(bytes[..<(end - 4)], limits), end)
            }
            guard let (fields, end) = head, bytes.count - end >= fields.bodyCount else { return .incomplete }
            return .complete(fields.request(body: Array(bytes[end..<end + fields.bodyCount])))
        } catch let refusal as Refusal {
            return .refused(refusal)
        } catch {
            return .refused(Refusal(.badRequest, "\(error)"))
        }
    }

    private static func headTooLarge(_ limits: ServerLimits) -> Refusal {
        Refusal(.headTooLarge, "the request's head is longer than \(limits.head) bytes")
    }

    /// The place after the empty line that ends a head.
    private static func endOfHead(_ bytes: [UInt8], from start: Int) -> Int? {
        guard bytes.count >= start + 4 else { return nil }
        return (start...bytes.count - 4).first { place in
            bytes[place] == 13 && bytes[place + 1] == 10 && bytes[place + 2] == 13 && bytes[place + 3] == 10
        }.map { $0 + 4 }
    }
}

/// The request line and the header fields.
private struct Head {
    private let method: HTTPRequest.Method
    private let target: String
    private let headers: [String: String]
    let bodyCount: Int

    func request(body: [UInt8]) -> HTTPRequest {
        let (path, query) = HTTPRequest.split(target: target)
        return HTTPRequest(method: method, path: path, query: query, headers: headers, body: body)
    }

    /// - Parameter bytes: without the empty line at the end.
    init(_ bytes: ArraySlice<UInt8>, _ limits: ServerLimits) throws {
        let text = String(decoding: bytes, as: UTF8.self)
        let lines = text.components(separatedBy: "\r\n")
        guard !text.unicodeScalars.contains(where: { $0.value < 32 && !["\t", "\r", "\n"].contains($0) }),
            !lines.contains(where: { $0.unicodeScalars.contains { $0 == "\r" || $0 == "\n" } })
        else { throw Self.malformed("control characters") }
        (method, target) = try Self.requestLine(lines[0])
        headers = try Self.fields(lines.dropFirst())
        guard headers["transfer-encoding"] == nil else {
            throw RequestParser.Refusal(.lengthRequired, "send the body with a Content-Length, in one piece")
        }
        bodyCount = try Self.count(headers["content-length"])
        guard bodyCount <= limits.body else {
            throw RequestParser.Refusal(.bodyTooLarge, "the request's body is longer than \(limits.body) bytes")
        }
    }

    private static func requestLine(_ line: String) throws -> (HTTPRequest.Method, String) {
        let words = line.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
        guard words.count == 3, words[2] == "HTTP/1.1" || words[2] == "HTTP/1.0", words[1].hasPrefix("/") else {
            throw malformed("no request line of HTTP/1.1")
        }
        guard let method = HTTPRequest.Method(rawValue: words[0]) else {
            throw RequestParser.Refusal(.methodNotAllowed, "only GET and POST are answered")
        }
        return (method, words[1])
    }

    private static func fields(_ lines: ArraySlice<String>) throws -> [String: String] {
        var fields: [String: String] = [:]
        for line in lines {
            guard let colon = line.firstIndex(of: ":"), colon > line.startIndex else { throw malformed("no header") }
            let name = line[..<colon].lowercased()
            // A space before the colon, or a line that goes on with the one before, can be read in two ways.
            guard name.utf8.allSatisfy({ $0 > 32 && $0 < 127 }) else { throw malformed("a header's name") }
            guard fields[name] == nil || !["host", "content-length", "origin", "content-type"].contains(name) else {
                throw malformed("two headers \(name)")
            }
            fields[name] = line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
        }
        return fields
    }

    /// The value of a Content-Length; 0 where there is none.
    private static func count(_ text: String?) throws -> Int {
        guard let text else { return 0 }
        // More digits than these are beyond all limits, and beyond Int.
        guard !text.isEmpty, text.utf8.allSatisfy({ 48...57 ~= $0 }) else { throw malformed("a Content-Length") }
        return Int(text) ?? .max
    }

    private static func malformed(_ what: String) -> RequestParser.Refusal {
        RequestParser.Refusal(.badRequest, "the request is not well formed: \(what)")
    }
}
