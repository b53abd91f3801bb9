// A synchronous grammar: rules that write a source and its target at the same time (Wu 1997's inversion transduction
// grammars are such). This file has what a grammar is and where it comes from; reading and drawing are files of their
// own.

import Foundation
import NeuralMemory

/// Rules for pairs of sequences.
///
/// docs/data/GRAMMARS.md describes how they are written.
///
/// What a configuration and a checkpoint hold is the grammar's whole text, so that a run does not depend on a file.
public struct Grammar: Sendable {
    /// One thing of a rule's side.
    enum Item {
        /// The number of a word of that side's vocabulary.
        case word(Int)
        /// The number of one of the rule's nonterminals.
        case child(Int)
    }

    /// Lengths of the two sides, or lower bounds of them.
    struct Lengths: Equatable {
        var source: Int
        var target: Int
    }

    struct Rule {
        var weight: Double
        var source: [Item]
        var target: [Item]
        /// The symbols of the nonterminals, each of which stands once on each side.
        var children: [Int]
        /// The shortest that comes of it.
        var shortest = Lengths(source: 0, target: 0)
    }

    /// A nonterminal with its rules.
    struct Symbol {
        let name: String
        var rules: [Rule]
        /// The shortest that comes of it, each side for itself.
        var shortest = Lengths(source: 0, target: 0)
    }

    /// The YAML text, without white space at the ends of lines and of the text.
    public let text: String
    /// Words in the order in which they stand in the text.
    public let vocabulary: Vocabulary
    let symbols: [Symbol]
    let start: Int
    /// The symbols' rules, as drawing wants them.
    let table: RuleTable

    init(text: String, vocabulary: Vocabulary, symbols: [Symbol], start: Int) {
        self.text = text
        self.vocabulary = vocabulary
        self.symbols = symbols
        self.start = start
        table = RuleTable(symbols)
    }
}

extension Grammar: Equatable {
    public static func == (one: Grammar, other: Grammar) -> Bool { one.text == other.text }
}

// MARK: Where it comes from

extension Grammar {
    /// The setting that holds a grammar.
    static let field = "task.grammar"
    private static var folder: URL {
        get throws { try ResourceFolder.url("Grammars", of: "NeuralMemoryTasks") }
    }

    /// The names of the grammars that ship with the package, in alphabetical order.
    ///
    /// Throws `FileError` where their folder is missing.
    public static var names: [String] {
        get throws {
            let folder = try folder
            guard let files = try? FileManager.default.contentsOfDirectory(atPath: folder.path) else {
                throw FileError(folder, failed: "read this folder")
            }
            return files.filter { $0.hasSuffix(".yaml") }.map { String($0.dropLast(5)) }.sorted()
        }
    }

    /// The grammar that a setting means: a shipped one by its name, one in a file by the file's path, or one written
    /// out, which is any text of more than one line.
    ///
    /// Throws `ConfigurationError` where there is no such file, and `TextSettingError` where it holds no grammar that can
    /// be used.
    public init(setting: String) throws {
        if setting.contains("\n") {
            try self.init(text: setting, source: Self.field)
        } else if try Self.names.contains(setting) {
            try self.init(contentsOf: try Self.folder.appendingPathComponent(setting + ".yaml"), setting: setting)
        } else {
            try self.init(contentsOf: URL(fileURLWithPath: setting), setting: setting)
        }
    }

    private init(contentsOf file: URL, setting: String) throws {
        let text: String
        do {
            text = try YAMLText.text(try FileReader.contents(of: file, atMost: YAMLText.largestFile))
        } catch let error as FileError {
            throw ConfigurationError(
                field: Self.field, value: setting,
                allowed: "one of \(try Self.names.listed()), or the path of a grammar file (\(error.reason))")
        } catch let fault as YAMLText.Fault {
            throw TextSettingError(field: Self.field, source: setting, line: nil, reason: fault.reason)
        }
        try self.init(text: text, source: setting)
    }
}

extension Grammar: TextSetting {
    public var settingText: String { text }

    /// Reads what `init(setting:)` takes.
    public init(from decoder: any Decoder) throws {
        try self.init(setting: decoder.singleValueContainer().decode(String.self))
    }

    /// Writes the text.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}
