// From a grammar's text to its rules. Every error says where it stands.

import Foundation
import NeuralMemory
import Yams

extension Grammar {
    /// Reads a grammar's text.
    ///
    /// `source` is what messages call it. Throws `TextSettingError`.
    public init(text: String, source: String) throws {
        guard text.utf8.count <= YAMLText.largestFile else {
            throw TextSettingError(
                field: Self.field, source: source, line: nil,
                reason: "this is longer than \(YAMLText.largestFile) bytes")
        }
        var reader = GrammarReader(source: source)
        self = try reader.read(text).withShortestLengths(source: source)
    }
}

/// Numbers for words or names, in the order in which they come.
private struct Numbering {
    private(set) var names: [String] = []
    private var numbers: [String: Int] = [:]

    subscript(name: String) -> Int? { numbers[name] }

    mutating func number(_ name: String) -> Int {
        if let number = numbers[name] { return number }
        numbers[name] = names.count
        names.append(name)
        return names.count - 1
    }
}

/// Reads one grammar.
private struct GrammarReader {
    let source: String
    private var symbols = Numbering()
    private var words = (source: Numbering(), target: Numbering())
    /// Words that `words` has asked for.
    private var familyWords = 0
    private static let mostWords = 65_536

    init(source: String) { self.source = source }

    private func error(_ reason: String, at node: Node?) -> TextSettingError { error(reason, line: node?.mark?.line) }

    private func error(_ reason: String, line: Int?) -> TextSettingError {
        TextSettingError(field: Grammar.field, source: source, line: line, reason: reason)
    }

    // MARK: The whole

    mutating func read(_ text: String) throws -> Grammar {
        guard let root = try parse(text)?.mapping else {
            throw error("a grammar has the sections start, words (which may be left out) and rules", line: nil)
        }
        for (key, _) in root where !["start", "words", "rules"].contains(key.string) {
            let name = key.string?.shown() ?? "of this kind"
            throw error("there is no section \(name); there are start, words, rules", at: key)
        }
        let families = try section(root, "words", isOptional: true)
        let rules = try section(root, "rules", isOptional: false)
        for (key, _) in families + rules { try declare(key) }
        let read = try families.map { try readFamily($0) } + rules.map { try readRules($0) }
        guard let startNode = root["start"], let name = startNode.string else {
            throw error("start is missing; it names the nonterminal to begin with", line: nil)
        }
        guard let start = symbols[name] else { throw error("start is \(unknown(name))", at: startNode) }
        guard words.source.names.count <= Self.mostWords, words.target.names.count <= Self.mostWords else {
            throw tooManyWords(at: root["words"] ?? startNode)
        }
        return Grammar(
            text: Self.tidied(text),
            vocabulary: Vocabulary(source: words.source.names, target: words.target.names),
            symbols: zip(symbols.names, read).map { Grammar.Symbol(name: $0, rules: $1) }, start: start)
    }

    private func tooManyWords(at node: Node) -> TextSettingError {
        error("there are more than \(Self.mostWords) words", at: node)
    }

    private func parse(_ text: String) throws -> Node? {
        do {
            return try YAMLText.compose(text)
        } catch let fault as YAMLText.Fault {
            throw error(fault.reason, line: fault.line)
        }
    }

    /// Without white space at the ends of lines, and without empty lines at the start and the end: what a configuration
    /// file can show as it is.
    private static func tidied(_ text: String) -> String {
        let lines = text.replacingOccurrences(of: "\r\n", with: "\n").components(separatedBy: "\n")
        let trimmed = lines.map { line in
            var line = line[...]
            while line.last?.isWhitespace == true { line.removeLast() }
            return line
        }
        let body = trimmed.drop(while: \.isEmpty).reversed().drop(while: \.isEmpty).reversed()
        return body.joined(separator: "\n") + "\n"
    }

    private func section(_ root: Node.Mapping, _ name: String, isOptional: Bool) throws -> [(key: Node, value: Node)] {
        guard let node = root[name] else {
            if isOptional { return [] }
            throw error("the section \(name) is missing", line: nil)
        }
        guard let mapping = node.mapping, !mapping.isEmpty else {
            throw error("\(name) must be a section with a nonterminal on each line", at: node)
        }
        return Array(mapping)
    }

    private mutating func declare(_ key: Node) throws {
        let name = key.string ?? ""
        guard !name.isEmpty, !name.contains(where: { $0.isWhitespace || "<>:|".contains($0) }) else {
            throw error(
                "'\(name.shown())' cannot be a nonterminal: its name has no spaces and none of < > : |", at: key)
        }
        guard symbols[name] == nil else { throw error("\(name.shown()) is there twice", at: key) }
        _ = symbols.number(name)
    }

    private func unknown(_ name: String) -> String {
        "\(name.shown()), which is no nonterminal; there are \(symbols.names.listed())"
    }

    // MARK: Words

    /// `{source: si, target: so, count: 33}`: si1 → so1 to si33 → so33.
    private mutating func readFamily(_ entry: (key: Node, value: Node)) throws -> [Grammar.Rule] {
        let name = entry.key.string?.shown() ?? ""
        let wanted = "\(name) must be {source: WORD, target: WORD, count: NUMBER}"
        guard let mapping = entry.value.mapping, mapping.count == 3,
            let source = mapping["source"]?.string, let target = mapping["target"]?.string,
            let number = mapping["count"]
        else { throw error(wanted, at: entry.key) }
        guard let count = number.string.flatMap({ Int($0) }), 1...Self.mostWords ~= count else {
            throw error(
                "the count of \(name) is \(number.string?.shown() ?? "no number"); it must be from 1 to "
                    + "\(Self.mostWords)", at: number)
        }
        for word in [source, target] where !Self.isWord(word) {
            throw error("'\(word.shown())' cannot be a word: it has no spaces and none of < > |", at: entry.value)
        }
        // Before they are made: a short text can ask for very many.
        familyWords += count
        guard familyWords <= Self.mostWords else { throw tooManyWords(at: entry.key) }
        return (1...count).map { index in
            Grammar.Rule(
                weight: 1, source: [.word(words.source.number("\(source)\(index)"))],
                target: [.word(words.target.number("\(target)\(index)"))], children: [])
        }
    }

    private static func isWord(_ text: String) -> Bool {
        !text.isEmpty && !text.contains { $0.isWhitespace || "<>|".contains($0) }
    }

    // MARK: Rules

    /// The rules of one nonterminal, a list.
    private mutating func readRules(_ entry: (key: Node, value: Node)) throws -> [Grammar.Rule] {
        let name = entry.key.string?.shown() ?? ""
        guard let nodes = entry.value.sequence, !nodes.isEmpty else {
            throw error("\(name) must be a list of rules, each on a line of its own after \"- \"", at: entry.key)
        }
        let rules = try nodes.map { try readRule($0) }
        guard rules.contains(where: { $0.weight > 0 }) else {
            throw error("the weights of \(name) add up to 0; one at least must be above", at: entry.key)
        }
        return rules
    }

    /// `SOURCE | TARGET`, or `WEIGHT: SOURCE | TARGET`.
    private mutating func readRule(_ node: Node) throws -> Grammar.Rule {
        var weight = 1.0
        var body = node
        if let mapping = node.mapping, mapping.count == 1, let entry = mapping.first {
            weight = try readWeight(entry.key)
            body = entry.value
        }
        guard let text = body.scalar?.string else {
            throw error("a rule is SOURCE | TARGET, or WEIGHT: SOURCE | TARGET", at: node)
        }
        let sides = text.split(whereSeparator: \.isWhitespace).split(separator: "|", omittingEmptySubsequences: false)
        guard sides.count == 2 else {
            throw error("a rule has a source and a target, with one | between them: \(text.shown())", at: body)
        }
        return try rule(weight, Array(sides[0]), Array(sides[1]), at: body)
    }

    private func readWeight(_ node: Node) throws -> Double {
        let text = node.string ?? ""
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map { Double($0) }
        let weight: Double? =
            switch parts.count {
            case 1: parts[0]
            case 2: parts[0].flatMap { numerator in parts[1].map { numerator / $0 } }
            default: nil
            }
        guard let weight, weight.isFinite, weight >= 0 else {
            throw error("the weight \(text.shown()) must be a number of at least 0, such as 3, 0.2 or 1/5", at: node)
        }
        return weight
    }

    /// A rule from the words of its sides.
    ///
    /// Each of its nonterminals stands once on each side, under one label.
    private mutating func rule(
        _ weight: Double, _ source: [Substring], _ target: [Substring], at node: Node
    ) throws -> Grammar.Rule {
        let left = try source.map { try token($0, at: node) }
        let right = try target.map { try token($0, at: node) }
        let (labels, others) = (left.compactMap(\.label), right.compactMap(\.label))
        try requireLabels(labels, "source", alsoIn: others, at: node)
        try requireLabels(others, "target", alsoIn: labels, at: node)
        let places = Dictionary(uniqueKeysWithValues: zip(labels, labels.indices))
        return Grammar.Rule(
            weight: weight, source: left.map { $0.item(places) { words.source.number($0) } },
            target: right.map { $0.item(places) { words.target.number($0) } }, children: left.compactMap(\.symbol))
    }

    /// Throws for the first label of a side that stands there twice, or not on the other side.
    private func requireLabels(_ labels: [String], _ side: String, alsoIn others: [String], at node: Node) throws {
        let counts = Dictionary(labels.map { ($0, 1) }, uniquingKeysWith: +)
        if let twice = labels.first(where: { counts[$0] != 1 })?.shown() {
            throw error(
                "<\(twice)> stands twice on the \(side) side; tell the two apart, as in <\(twice):1> <\(twice):2>",
                at: node)
        }
        let others = Set(others)
        if let alone = labels.first(where: { !others.contains($0) }) {
            throw error(
                "<\(alone.shown())> stands on the \(side) side alone; each nonterminal stands once on each side",
                at: node)
        }
    }

    /// `<NAME>`, `<NAME:LABEL>`, or a word.
    private func token(_ text: Substring, at node: Node) throws -> Token {
        guard text.hasPrefix("<"), text.hasSuffix(">"), text.count > 2 else {
            guard Self.isWord(String(text)) else {
                throw error(
                    "'\(text.shown())' is neither a word, which has none of < > |, nor a nonterminal like <S>",
                    at: node)
            }
            return .word(String(text))
        }
        let label = text.dropFirst().dropLast()
        let name = String(label.prefix { $0 != ":" })
        guard let symbol = symbols[name] else { throw error("<\(label.shown())> means \(unknown(name))", at: node) }
        return .nonterminal(label: String(label), symbol: symbol)
    }
}

/// A part of a rule's side, as it is written.
private enum Token {
    case word(String)
    case nonterminal(label: String, symbol: Int)

    var label: String? { if case .nonterminal(let label, _) = self { label } else { nil } }
    var symbol: Int? { if case .nonterminal(_, let symbol) = self { symbol } else { nil } }

    /// `places` of the rule's nonterminals, by their labels; `number` numbers words.
    func item(_ places: [String: Int], _ number: (String) -> Int) -> Grammar.Item {
        switch self {
        case .word(let word): .word(number(word))
        case .nonterminal(let label, _): .child(places[label] ?? 0)
        }
    }
}
