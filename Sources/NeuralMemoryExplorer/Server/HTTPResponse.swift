// A response of HTTP/1.1, with the headers that keep a page to itself.

import Foundation

/// The statuses that the server gives.
enum HTTPStatus: Int, Sendable {
    case ok = 200
    case badRequest = 400
    case forbidden = 403
    case notFound = 404
    case methodNotAllowed = 405
    case lengthRequired = 411
    case bodyTooLarge = 413
    case wrongType = 415
    case headTooLarge = 431
    case failed = 500
    case busy = 503

    fileprivate var phrase: String {
        switch self {
        case .ok: "OK"
        case .badRequest: "Bad Request"
        case .forbidden: "Forbidden"
        case .notFound: "Not Found"
        case .methodNotAllowed: "Method Not Allowed"
        case .lengthRequired: "Length Required"
        case .bodyTooLarge: "Content Too Large"
        case .wrongType: "Unsupported Media Type"
        case .headTooLarge: "Request Header Fields Too Large"
        case .failed: "Internal Server Error"
        case .busy: "Service Unavailable"
        }
    }
}

/// An answer to a request.
struct HTTPResponse: Sendable, Equatable {
    let status: HTTPStatus
    let type: String
    let body: Data

    init(_ status: HTTPStatus = .ok, type: String, body: Data) {
        self.status = status
        self.type = type
        self.body = body
    }

    /// A value as JSON.
    init(_ status: HTTPStatus = .ok, json: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        self.init(status, type: Self.json, body: try encoder.encode(json))
    }

    /// `{"error": …}`, a whole sentence that says what to do.
    init(_ status: HTTPStatus, error: String) {
        var sentence = error.prefix(1).uppercased() + error.dropFirst()
        if !sentence.hasSuffix(".") { sentence += "." }
        // A dictionary of texts can always be written.
        let body = (try? JSONEncoder().encode(["error": sentence])) ?? Data()
        self.init(status, type: Self.json, body: body)
    }

    init(_ refusal: RequestParser.Refusal) { self.init(refusal.status, error: refusal.reason) }

    private static let json = "application/json; charset=utf-8"

    /// The response's first line, its headers and its body.
    ///
    /// The page may load scripts and styles, and ask for data, from this server alone; pictures that it makes itself
    /// are `blob:` and `data:`. Nobody may show it in a frame.
    var bytes: Data {
        let head = """
            HTTP/1.1 \(status.rawValue) \(status.phrase)\r
            Content-Type: \(type)\r
            Content-Length: \(body.count)\r
            Connection: close\r
            Cache-Control: no-store\r
            X-Content-Type-Options: nosniff\r
            Referrer-Policy: no-referrer\r
            Cross-Origin-Resource-Policy: same-origin\r
            Cross-Origin-Opener-Policy: same-origin\r
            Content-Security-Policy: \(Self.policy)\r
            \r

            """
        return Data(head.utf8) + body
    }

    private static let policy =
        "default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; object-src 'none'; "
        + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
}
