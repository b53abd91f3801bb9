// SVGContents.swift: what is in an SVG file, for tests.

import Foundation

#if canImport(FoundationXML)
    import FoundationXML
#endif

/// The elements and texts of an SVG file.
///
/// Reading one that is no well-formed XML throws.
struct SVGContents {
    struct Element {
        let name: String
        let attributes: [String: String]
    }

    let elements: [Element]
    /// The texts of `text` elements.
    let texts: [String]

    init(_ svg: String) throws {
        let reader = Reader()
        let parser = XMLParser(data: Data(svg.utf8))
        parser.delegate = reader
        guard parser.parse() else { throw parser.parserError ?? CocoaError(.fileReadCorruptFile) }
        elements = reader.elements
        texts = reader.texts
    }

    private final class Reader: NSObject, XMLParserDelegate {
        var elements: [Element] = []
        var texts: [String] = []
        private var isInText = false

        func parser(
            _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
            attributes: [String: String]
        ) {
            elements.append(Element(name: name, attributes: attributes))
            isInText = name == "text"
            if isInText { texts.append("") }
        }

        func parser(_ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?) {
            isInText = false
        }

        func parser(_ parser: XMLParser, foundCharacters text: String) {
            if isInText { texts[texts.count - 1] += text }
        }
    }
}
