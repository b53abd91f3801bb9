// Who may ask: the page that this server gave out, and nobody else.

/// Refuses requests that did not come from the server's own page.
///
/// Any page on the web can make a browser send requests to 127.0.0.1, and can let its own name point there. The first
/// shows in `Origin` and `Sec-Fetch-Site`, the second in `Host`.
struct RequestPolicy: Sendable {
    private let hosts: Set<String>
    private let origins: Set<String>

    init(port: UInt16) {
        let names = ["127.0.0.1", "localhost"]
        hosts = Set(names.map { "\($0):\(port)" } + (port == 80 ? names : []))
        origins = Set(hosts.map { "http://\($0)" })
    }

    /// Why a request is refused; `nil` where it is not.
    func refusal(of request: HTTPRequest) -> RequestParser.Refusal? {
        guard let host = request.headers["host"], hosts.contains(host.lowercased()) else {
            return .init(.forbidden, "this server answers for 127.0.0.1 alone; open the address that it printed")
        }
        if let origin = request.headers["origin"], !origins.contains(origin.lowercased()) {
            return .init(.forbidden, "this comes from another page; open the address that the server printed")
        }
        if let site = request.headers["sec-fetch-site"], site != "same-origin", site != "none" {
            return .init(
                .forbidden, "this comes from another page; type the address that the server printed into the browser")
        }
        guard request.method == .post else { return nil }
        let type = request.headers["content-type"]?.split(separator: ";").first.map { $0.lowercased() }
        guard type == "application/json" else {
            return .init(.wrongType, "send the body as JSON, with the header Content-Type: application/json")
        }
        return nil
    }
}
