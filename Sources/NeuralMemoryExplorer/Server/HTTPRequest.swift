// A request of HTTP/1.1, as far as the explorer's page needs it.

/// A request that has come in whole.
struct HTTPRequest: Sendable, Equatable {
    enum Method: String, Sendable { case get = "GET", post = "POST" }

    let method: Method
    /// The path as it was sent, with nothing decoded: it is only ever compared with the paths that there are.
    let path: String
    /// What follows `?`, by name, percent-decoded; of a name that comes twice, the last value.
    let query: [String: String]
    /// By name in lower case.
    let headers: [String: String]
    let body: [UInt8]
}

extension HTTPRequest {
    /// The path and the query of a request's target.
    static func split(target: String) -> (path: String, query: [String: String]) {
        let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else { return (target, [:]) }
        var query: [String: String] = [:]
        for pair in parts[1].split(separator: "&") {
            let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = String(sides[0]).removingPercentEncoding,
                let value = (sides.count == 2 ? String(sides[1]) : "").removingPercentEncoding
            else { continue }
            query[name] = value
        }
        return (String(parts[0]), query)
    }
}
