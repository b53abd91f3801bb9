// Reading YAML with limits. A few hundred bytes of aliases can stand for more values than any memory holds, so values
// are counted in the parser's events, before anything is made of them.

internal import CYaml
import Foundation
import Yams

/// Texts in YAML: configurations, options and grammars.
package enum YAMLText {
    /// What is wrong with a text, and in which line, counted from 1, where that is known.
    package struct Fault: Error {
        package let line: Int?
        package let reason: String
    }

    /// The most bytes of a file.
    package static let largestFile = 1 << 20
    /// The most values, with all that aliases stand for.
    static let mostValues = 1 << 18
    /// Of values in values; settings are five deep.
    package static let deepest = 64

    /// Reads the first document; `nil` where there is nothing but comments.
    ///
    /// Throws `Fault` for what is not YAML or more than the limits allow.
    package static func compose(_ text: String) throws -> Node? {
        try requireLimits(text)
        do {
            // Nobody asks for tags, and to resolve them is most of the work.
            return try Yams.compose(yaml: text, .basic)
        } catch let error as YamlError {
            throw fault(error)
        }
    }

    /// The text of a file that should hold YAML.
    ///
    /// Throws `Fault`.
    package static func text(_ bytes: Data) throws -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw Fault(line: nil, reason: "this is not text in UTF-8")
        }
        return text.hasPrefix("\u{FEFF}") ? String(text.unicodeScalars.dropFirst()) : text
    }

    private static func fault(_ error: YamlError) -> Fault {
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            Fault(line: mark.line, reason: "this is not YAML: \(problem)")
        case .reader(let problem, _, _, _): Fault(line: nil, reason: "this is not YAML: \(problem)")
        case .duplicatedKeysInMapping(let names, let context):
            Fault(line: context.mark.line, reason: "'\(names.first?.shown() ?? "")' is there twice in one section")
        default: Fault(line: nil, reason: "this is not YAML: \("\(error)".shown(atMost: 200))")
        }
    }

    // MARK: Limits

    /// Throws for more than the limits allow.
    ///
    /// What is not YAML passes: to say so is for the parser.
    private static func requireLimits(_ text: String) throws {
        var parser = yaml_parser_t()
        guard yaml_parser_initialize(&parser) == 1 else { return }
        defer { yaml_parser_delete(&parser) }
        yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING)
        var text = text
        try text.withUTF8 { bytes in
            yaml_parser_set_input_string(&parser, bytes.baseAddress, bytes.count)
            var counter = Counter()
            var event = yaml_event_t()
            while yaml_parser_parse(&parser, &event) == 1 {
                defer { yaml_event_delete(&event) }
                if event.type == YAML_STREAM_END_EVENT { return }
                try counter.count(event)
            }
        }
    }

    /// Counts values, and how deep they are, as if all aliases were written out.
    private struct Counter {
        private struct Extent {
            var values: Int
            var depth: Int
        }

        /// Sections and lists that are not at their end.
        private var open: [(anchor: String?, start: Int, depth: Int)] = []
        private var anchors: [String: Extent] = [:]
        private var values = 0

        mutating func count(_ event: yaml_event_t) throws {
            switch event.type {
            case YAML_ALIAS_EVENT:
                let extent = name(event.data.alias.anchor).flatMap { anchors[$0] }
                try add(extent ?? Extent(values: 1, depth: 0), event)
            case YAML_SCALAR_EVENT:
                try add(Extent(values: 1, depth: 0), event)
                if let name = name(event.data.scalar.anchor) { anchors[name] = Extent(values: 1, depth: 0) }
            case YAML_SEQUENCE_START_EVENT: try begin(name(event.data.sequence_start.anchor), event)
            case YAML_MAPPING_START_EVENT: try begin(name(event.data.mapping_start.anchor), event)
            case YAML_SEQUENCE_END_EVENT, YAML_MAPPING_END_EVENT: end()
            default: break
            }
        }

        private func name(_ anchor: UnsafePointer<yaml_char_t>?) -> String? { anchor.map { String(cString: $0) } }

        private mutating func add(_ extent: Extent, _ event: yaml_event_t) throws {
            let line = Int(event.start_mark.line) + 1
            values += extent.values
            guard values <= YAMLText.mostValues else {
                throw Fault(line: line, reason: "there are more than \(YAMLText.mostValues) values, with all aliases")
            }
            guard open.count + extent.depth <= YAMLText.deepest else {
                throw Fault(line: line, reason: "values are more than \(YAMLText.deepest) deep")
            }
            if let last = open.indices.last { open[last].depth = max(open[last].depth, extent.depth + 1) }
        }

        private mutating func begin(_ anchor: String?, _ event: yaml_event_t) throws {
            try add(Extent(values: 1, depth: 1), event)
            open.append((anchor, values - 1, 1))
        }

        private mutating func end() {
            guard let last = open.popLast() else { return }
            if let anchor = last.anchor { anchors[anchor] = Extent(values: values - last.start, depth: last.depth) }
            if let above = open.indices.last { open[above].depth = max(open[above].depth, last.depth + 1) }
        }
    }
}
