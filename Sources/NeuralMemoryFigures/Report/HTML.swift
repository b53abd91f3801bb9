// HTML whose interpolated texts are escaped, so that what comes from users cannot be markup.

import NeuralMemory

/// A piece of HTML.
///
/// A literal is markup, and what is interpolated is text: `"<td>\(name)</td>"`.
struct HTML: Sendable, ExpressibleByStringInterpolation {
    let markup: String

    init(stringLiteral value: String) { markup = value }
    init(stringInterpolation interpolation: Interpolation) { markup = interpolation.markup }
    /// Markup that is known to be such.
    init(markup: String) { self.markup = markup }

    struct Interpolation: StringInterpolationProtocol {
        fileprivate var markup = ""

        init(literalCapacity: Int, interpolationCount: Int) { markup.reserveCapacity(2 * literalCapacity) }
        mutating func appendLiteral(_ literal: String) { markup += literal }
        mutating func appendInterpolation(_ text: String) { markup += HTML.escaped(text) }
        mutating func appendInterpolation(_ number: Int) { markup += "\(number)" }
        mutating func appendInterpolation(_ html: HTML) { markup += html.markup }
        mutating func appendInterpolation(_ parts: [HTML]) { for part in parts { markup += part.markup } }
        /// A text of a user: control characters are shown, what is very long is cut, and a text that runs from right to
        /// left does not reach its neighbours.
        mutating func appendInterpolation(user text: String) {
            markup += "<bdi>" + HTML.escaped(text.shown(atMost: 2000)) + "</bdi>"
        }
    }

    /// Text as HTML writes it, in elements and in quoted attributes.
    static func escaped(_ text: String) -> String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count)
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "&"): bytes += "&amp;".utf8
            case UInt8(ascii: "<"): bytes += "&lt;".utf8
            case UInt8(ascii: ">"): bytes += "&gt;".utf8
            case UInt8(ascii: "\""): bytes += "&quot;".utf8
            case UInt8(ascii: "'"): bytes += "&#39;".utf8
            default: bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension HTML {
    /// A table with a heading for each column; columns from the second on are numbers where `hasNumbers` says so.
    static func table(_ titles: [HTML], _ rows: [[HTML]], hasNumbers: Bool = false, name: String) -> HTML {
        func kind(_ column: Int) -> HTML { hasNumbers && column > 0 ? " class=\"number\"" : "" }
        let head = titles.enumerated().map { HTML("<th scope=\"col\"\(kind($0.offset))>\($0.element)</th>") }
        let body = rows.map { row in
            HTML("<tr>\(row.enumerated().map { HTML("<td\(kind($0.offset))>\($0.element)</td>") })</tr>\n")
        }
        return """
            <div class="wide" tabindex="0" role="region" aria-label="\(name)"><table>
            <thead><tr>\(head)</tr></thead>
            <tbody>
            \(body)</tbody></table></div>

            """
    }
}
