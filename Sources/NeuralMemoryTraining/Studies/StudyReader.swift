// Parts of a study's file: sections, lists, seeds, and settings written as paths.

import Foundation
import NeuralMemory
import NeuralMemoryTasks
import Yams

/// Settings of a study's file: a mapping of sections or paths to values, in the file's order.
struct Settings {
    private(set) var entries: [(path: Node, value: Node)] = []

    /// With others on top.
    func adding(_ others: [(path: Node, value: Node)]) -> Settings { Settings(entries: entries + others) }

    init(entries: [(path: Node, value: Node)] = []) { self.entries = entries }

    /// Takes an entry out that is no setting.
    mutating func remove(_ name: String) -> Node? {
        defer { entries.removeAll { $0.path.string == name } }
        return entries.last { $0.path.string == name }?.value
    }

    /// The preset to start from, which the last of several names.
    var preset: Node? { entries.last { $0.path.string == "extends" }?.value }

    /// As configurations, to be laid one over the other: those that choose a kind come first.
    ///
    /// Throws `SettingError` for a path that is too deep.
    func inOrder(_ source: SettingSource) throws -> [Node] {
        let settings = entries.filter { $0.path.string != "extends" }
        let isKind = { (entry: (path: Node, value: Node)) in entry.path.string?.hasSuffix(".kind") ?? false }
        return try (settings.filter(isKind) + settings.filter { !isKind($0) }).map { path, value in
            try source.node(at: path.string ?? path.shown(), value, path.mark)
        }
    }

    /// Where a setting stands that was written as a path.
    func mark(of path: String) -> Mark? { entries.last { $0.path.string == path }?.path.mark }
}

/// Reads parts of one file, and says where they stand.
struct StudyReader {
    private let source: SettingSource

    /// More values of one setting would be a slip.
    private static let mostValues = 100_000

    init(_ source: SettingSource) { self.source = source }

    func error(_ message: String, _ node: Node?) -> SettingError { source.error(message, at: node?.mark) }

    /// The parts of a whole file.
    func parts(of yaml: Data) throws -> [String: Node] {
        let root: Node?
        do {
            root = try source.parse(try YAMLText.text(yaml))
        } catch let fault as YAMLText.Fault {
            throw source.error(fault)
        }
        guard let root else { throw error("the file is empty; docs/STUDIES.md says what a study has", nil) }
        return try parts(of: root, "a study", among: ["base", "grid", "cells", "seeds", "search"])
    }

    /// The entries of a section in which no others than these can be.
    func parts(of node: Node, _ section: String, among known: [String]) throws -> [String: Node] {
        var parts: [String: Node] = [:]
        for (key, value) in try entries(node, section) {
            let name = key.string ?? key.shown()
            guard known.contains(name) else {
                let hint = nearest(to: name, among: known).map { "; did you mean \($0)?" } ?? ""
                throw error("\(section) has no part \(name.shown()); its parts are \(known.listed())\(hint)", key)
            }
            parts[name] = value
        }
        return parts
    }

    /// A section; at least one entry.
    func entries(_ node: Node, _ name: String) throws -> [(path: Node, value: Node)] {
        guard case .mapping(let mapping) = node else {
            throw error("\(name) is \(node.shown()); it must be a section with names and values", node)
        }
        guard !mapping.isEmpty else { throw error("\(name) is empty; give it entries, or leave it out", node) }
        return mapping.map { ($0.key, $0.value) }
    }

    func settings(_ node: Node, _ name: String) throws -> Settings {
        // A cell that is the base as it is.
        if case .mapping(let mapping) = node, mapping.isEmpty { return Settings() }
        if node.string == "" || node.tag.description == "tag:yaml.org,2002:null" { return Settings() }
        return Settings(entries: try entries(node, name))
    }

    /// The values of a setting: at least one.
    func list(_ node: Node, _ name: String) throws -> [Node] {
        guard case .sequence(let sequence) = node else {
            throw error("\(name) is \(node.shown()); it must be a list of values, as in [10, 32]", node)
        }
        guard !sequence.isEmpty else {
            throw error(
                "\(name) has no values, so there would be nothing to train; give it some, or leave it out", node)
        }
        guard sequence.count <= Self.mostValues else {
            throw error("\(name) has \(sequence.count) values; \(Self.mostValues) are the most", node)
        }
        return Array(sequence)
    }

    func text(_ node: Node, _ name: String) throws -> String {
        guard let text = node.string, !text.isEmpty else {
            throw error("\(name) is \(node.shown()); it must be a text", node)
        }
        return text
    }

    /// A whole number in a range.
    func integer(_ node: Node, _ name: String, in range: ClosedRange<Int>) throws -> Int {
        guard let value = node.string.flatMap({ Int($0) }), range ~= value else {
            throw error(
                "\(name) is \(node.shown()); it must be a whole number from \(range.lowerBound) to \(range.upperBound)",
                node)
        }
        return value
    }

    /// `1-10`, `5`, or a list of such.
    func seeds(_ node: Node, _ name: String) throws -> [UInt64] {
        let texts = node.sequence.map { $0.map { $0.string ?? $0.shown() } } ?? [node.string ?? node.shown()]
        do {
            return try SeedList(texts.joined(separator: ",").filter { $0 != " " }).seeds
        } catch let fault as SeedListError {
            throw error("\(name): \(fault)", node)
        }
    }

    // MARK: Names

    /// What a cell is called after one value: presets and kinds by themselves, other values with the setting's name.
    static func label(_ path: Node, _ value: Node) -> String {
        let (path, text) = (path.string ?? path.shown(), value.string ?? value.shown())
        let name = path.split(separator: ".").last.map(String.init) ?? path
        return name == "extends" || name == "kind" ? text : "\(name)=\(text)"
    }

    /// A name that a folder can have anywhere.
    static func fileName(_ name: String) -> String {
        let allowed = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-=,+")
        let text = String(name.map { allowed.contains($0) ? $0 : "-" }.prefix(150))
        return text.hasPrefix(".") ? "-" + text.dropFirst() : text
    }
}
