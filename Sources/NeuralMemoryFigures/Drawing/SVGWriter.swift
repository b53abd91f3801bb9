// Writes the elements of an SVG drawing: numbers short, text escaped.

import Foundation
import NeuralMemory

/// What an attribute's value can be.
protocol SVGAttribute {
    /// The value as it stands in the file.
    var svgText: String { get }
}

extension String: SVGAttribute {
    /// Escaped.
    var svgText: String { SVGWriter.escaped(self) }
}

extension Int: SVGAttribute {
    var svgText: String { String(self) }
}

extension Double: SVGAttribute {
    /// At most two decimals, without zeros at the end.
    var svgText: String {
        guard isFinite, abs(self) < 1e12 else { return "0" }
        let hundredths = Int((self * 100).rounded())
        let (whole, rest) = abs(hundredths).quotientAndRemainder(dividingBy: 100)
        let sign = hundredths < 0 ? "-" : ""
        if rest == 0 { return "\(sign)\(whole)" }
        return rest % 10 == 0 ? "\(sign)\(whole).\(rest / 10)" : "\(sign)\(whole).\(rest < 10 ? "0" : "")\(rest)"
    }
}

/// Elements in the order in which they are drawn.
struct SVGWriter {
    /// The elements so far.
    private(set) var markup = ""
    /// The classes that elements have, with which the style sheet is made.
    private(set) var classes: Set<String> = []

    /// An element without contents.
    mutating func element(_ name: String, _ attributes: KeyValuePairs<String, any SVGAttribute>) {
        open(name, attributes, end: "/>\n")
    }

    /// A group of elements.
    mutating func group(
        _ attributes: KeyValuePairs<String, any SVGAttribute>, _ draw: (inout SVGWriter) -> Void
    ) {
        open("g", attributes, end: ">\n")
        draw(&self)
        markup += "</g>\n"
    }

    /// Where a text begins, ends, or has its middle.
    enum Anchor: String { case start, middle, end }

    /// One line of text; `y` is its baseline.
    ///
    /// - Parameters:
    ///   - text: anything; characters that turn text round stay inside.
    ///   - kind: classes of the style sheet.
    ///   - turned: degrees clockwise about its point.
    ///   - hint: what is shown when the mouse rests on it.
    mutating func text(
        _ text: String, x: Double, y: Double, _ kind: String = "", _ anchor: Anchor = .start, turned: Double = 0,
        hint: String? = nil
    ) {
        markup += "<text x=\"\(x.svgText)\" y=\"\(y.svgText)\""
        if !kind.isEmpty {
            markup += " class=\"\(kind)\""
            use(kind)
        }
        if anchor != .start { markup += " text-anchor=\"\(anchor.rawValue)\"" }
        if turned != 0 { markup += " transform=\"rotate(\(turned.svgText) \(x.svgText) \(y.svgText))\"" }
        markup += ">\(Self.escaped(text))"
        if let hint { markup += "<title>\(Self.escaped(hint))</title>" }
        markup += "</text>\n"
    }

    private mutating func use(_ kinds: String) {
        for kind in kinds.split(separator: " ") { classes.insert(String(kind)) }
    }

    private mutating func open(
        _ name: String, _ attributes: KeyValuePairs<String, any SVGAttribute>, end: String
    ) {
        markup += "<\(name)"
        for (key, value) in attributes {
            let text = value.svgText
            markup += " \(key)=\"\(text)\""
            if key == "class" { use(text) }
        }
        markup += end
    }

    /// Text as XML writes it; characters that XML 1.0 does not have become the replacement character.
    static func escaped(_ text: String) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            case "'": escaped += "&#39;"
            case "\t", "\n", "\r": escaped += " "
            default:
                let isAllowed = scalar.value >= 0x20 && scalar.value != 0xFFFE && scalar.value != 0xFFFF
                escaped.unicodeScalars.append(isAllowed ? scalar : "\u{FFFD}")
            }
        }
        return escaped
    }
}

/// How wide texts are, and what is cut of them.
enum TextMeasure {
    /// About the width of a text in a sans-serif font of this size; wide scripts take a square for each character.
    static func width(_ text: String, size: Double) -> Double {
        size
            * text.unicodeScalars.reduce(0) { width, scalar in
                switch scalar.value {
                case 0x300..<0x370, 0x200B...0x200F: width
                case 0x1100...: width + 1
                default: width + ("iljtf.,:;|!'() ".unicodeScalars.contains(scalar) ? 0.32 : 0.6)
                }
            }
    }

    /// A user's text as a label: control characters are shown as such, and what is longer loses its end.
    static func label(_ text: String, atMost count: Int) -> String {
        let cut = text.count > count ? text.prefix(count - 1) + "…" : Substring(text)
        return cut.shown(atMost: 8 * count)
    }
}
