// Pieces of messages: what users gave, cut to a length that a person reads, and without characters that a terminal
// obeys.

extension StringProtocol {
    /// This text as a message shows it: control characters escaped, and cut after about `limit` bytes with the number
    /// of characters that there are, as in `aaaa… (70,000 characters)`.
    package func shown(atMost limit: Int = 80) -> String {
        var text = ""
        for scalar in unicodeScalars {
            let piece = scalar.isSafeToShow ? String(scalar) : scalar.escaped
            guard text.utf8.count + piece.utf8.count <= limit else { return text + "… (\(count) characters)" }
            text += piece
        }
        return text
    }

    /// A path as a message shows it: one that is very long loses its middle, since its end tells more than its start.
    package var shownPath: String {
        let limit = 240
        guard utf8.count > limit else { return shown(atMost: 4 * limit) }
        let end = unicodeScalars.suffix(limit / 3).map { $0.isSafeToShow ? String($0) : "?" }.joined()
        return String(prefix(20)).shown(atMost: 40) + "…" + end
    }
}

extension Unicode.Scalar {
    /// Whether it stands for itself: no control character, and none that turns round what stands beside it.
    fileprivate var isSafeToShow: Bool {
        switch value {
        case 0..<0x20, 0x7F...0x9F, 0x200E...0x200F, 0x2028...0x202E, 0x2066...0x2069, 0xFEFF: false
        default: true
        }
    }

    fileprivate var escaped: String {
        switch self {
        case "\n": "\\n"
        case "\r": "\\r"
        case "\t": "\\t"
        default: "\\u{\(String(value, radix: 16))}"
        }
    }
}

extension Collection where Element: StringProtocol {
    /// Names in a list as a message shows it: as many as fit into about `limit` bytes, and how many more there are, as
    /// in `a, b, c and 71 more`.
    package func listed(separator: String = ", ", atMost limit: Int = 400) -> String {
        var text = ""
        for (index, name) in enumerated() {
            let piece = (index == 0 ? "" : separator) + name.shown()
            guard text.utf8.count + piece.utf8.count <= limit else { return text + " and \(count - index) more" }
            text += piece
        }
        return text
    }
}

/// The most bytes that a message has.
private let longestMessage = 1000

extension String {
    /// A whole message, which may have several lines: other control characters are escaped, and it is cut where its
    /// parts together are too long.
    package var asMessage: String {
        var text = ""
        for scalar in unicodeScalars {
            let piece = scalar.isSafeToShow || scalar == "\n" ? String(scalar) : scalar.escaped
            guard text.utf8.count + piece.utf8.count <= longestMessage - 3 else { return text + "…" }
            text += piece
        }
        return text
    }
}
