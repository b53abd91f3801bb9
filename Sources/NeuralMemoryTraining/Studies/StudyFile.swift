// The file of a study, in YAML: what is trained, in which combinations, with which seeds. docs/STUDIES.md describes it.

import Foundation
import NeuralMemory
import NeuralMemoryTasks
import Yams

/// A grid of configurations, each to be trained with several seeds.
///
///     base:
///       extends: fast/reversal-stack
///     grid:
///       network.memory.kind: [stack, deque]
///       training.batchSize: [10, 32]
///     seeds: 1-10
public struct StudyFile {
    /// The text that it was read from.
    public let contents: Data
    /// The configurations with names of their own; one without a name where the file has none.
    private let named: [Named]
    /// What varies in every combination.
    private let grid: [Dimension]
    /// What all cells start from.
    private let base: Settings
    /// How settings are looked for before a cell is trained; `nil` where all are given.
    public let search: StudySearch?
    private let source: SettingSource
    private let registry: Registry

    /// An entry of `cells`.
    private struct Named {
        let name: String?
        let settings: Settings
        let seeds: [UInt64]
    }

    /// An entry of `grid`: a setting, and the values that it takes.
    private struct Dimension {
        let path: Node
        let values: [Node]
    }

    /// Reads a file.
    ///
    /// Throws `SettingError` with the line of what cannot be used. Settings are looked at by `cells`.
    public init(contentsOf file: URL, registry: Registry = .standard) throws {
        let source = SettingSource(name: file.path, isOption: false)
        do {
            try self.init(try FileReader.contents(of: file, atMost: YAMLText.largestFile), source, registry)
        } catch let error as FileError {
            throw source.error(error.reason, at: nil)
        }
    }

    /// Reads the bytes of a file; `source` is what messages call it.
    package init(yaml: Data, source: String, registry: Registry = .standard) throws {
        try self.init(yaml, SettingSource(name: source, isOption: false), registry)
    }

    private init(_ yaml: Data, _ source: SettingSource, _ registry: Registry) throws {
        (contents, self.source, self.registry) = (yaml, source, registry)
        let reader = StudyReader(source)
        let parts = try reader.parts(of: yaml)
        base = try parts["base"].map { try reader.settings($0, "base") } ?? Settings()
        let seeds = try parts["seeds"].map { try reader.seeds($0, "seeds") }
        named = try Self.named(parts["cells"], seeds, reader)
        grid =
            try parts["grid"].map { try reader.entries($0, "grid") }?.map { path, values in
                Dimension(path: path, values: try reader.list(values, "grid, \(path.shown())"))
            } ?? []
        search = try parts["search"].map { try StudySearch($0, reader) }
        if let search, let shared = Set(search.seeds).intersection(named.flatMap(\.seeds)).min() {
            throw reader.error(
                "seed \(shared) is among the seeds of the study and those of its search; a setting that was chosen for a "
                    + "seed says nothing about others, so take other seeds for one of them", parts["search"])
        }
    }

    private static func named(_ cells: Node?, _ seeds: [UInt64]?, _ reader: StudyReader) throws -> [Named] {
        guard let cells else {
            guard let seeds else { throw reader.error("seeds are missing, as in seeds: 1-10", nil) }
            return [Named(name: nil, settings: Settings(), seeds: seeds)]
        }
        return try reader.entries(cells, "cells").map { key, node in
            let name = try reader.text(key, "the name of a cell")
            var settings = try reader.settings(node, name)
            let own = try settings.remove("seeds").map { try reader.seeds($0, "\(name), seeds") }
            guard let seeds = own ?? seeds else {
                throw reader.error("cell \(name.shown()) has no seeds, and the study has none either", key)
            }
            return Named(name: name, settings: settings, seeds: seeds)
        }
    }

    // MARK: What it comes to

    /// More cells than these cannot be.
    private static let mostCells = 1_000_000

    /// How many combinations the grid has.
    private var combinationCount: Int { grid.reduce(1) { Self.product($0, $1.values.count) } }

    /// How many cells there are.
    public var cellCount: Int { Self.product(combinationCount, named.count) }

    /// How many runs there are at most, those of the search included.
    public var runCount: Int {
        let own = named.reduce(0) { $0 + $1.seeds.count }
        return Self.product(combinationCount, own + named.count * (search?.runCount ?? 0))
    }

    /// Numbers beyond the largest count as that.
    private static func product(_ first: Int, _ second: Int) -> Int {
        let (product, overflows) = first.multipliedReportingOverflow(by: second)
        return overflows ? .max : product
    }

    /// All configurations, in the order of the file; in the grid the last setting varies first.
    ///
    /// Throws `SettingError` for a setting that there is not or whose value it cannot have, for two cells of the same
    /// name, and for more than a million cells.
    public func cells() throws -> [StudyCell] {
        guard cellCount <= Self.mostCells else {
            throw source.error("there are \(cellCount) cells; \(Self.mostCells) are the most", at: nil)
        }
        var taken: Set<String> = []
        return try named.flatMap { named in
            try combinations().map { combination in
                let labels = combination.map { StudyReader.label($0.path, $0.value) }
                let name = ([named.name] + labels).compactMap { $0 }.joined(separator: ",")
                let cell = StudyCell(
                    name: name.isEmpty ? "all" : StudyReader.fileName(name), seeds: named.seeds,
                    configuration: try configuration(named.settings.adding(combination)), search: search)
                guard taken.insert(cell.name).inserted else {
                    throw source.error(
                        "two cells are called \(cell.name.shown()); give them other names, under cells", at: nil)
                }
                return cell
            }
        }
    }

    private func combinations() -> [[(path: Node, value: Node)]] {
        grid.reduce([[]]) { combinations, dimension in
            combinations.flatMap { combination in
                dimension.values.map { combination + [(dimension.path, $0)] }
            }
        }
    }

    /// What all cells have in common, with a cell's own settings on top.
    private func configuration(_ own: Settings) throws -> RunConfiguration {
        var tree = try ConfigurationTree(extending: own.preset ?? base.preset, source, registry)
        for node in try base.inOrder(source) + own.inOrder(source) { try tree.overlay(node, from: source) }
        do {
            let configuration = try tree.configuration(registry)
            try configuration.validate()
            try search?.validate(for: configuration, source)
            return configuration
        } catch let error as any SettingFault {
            throw source.error(error.description, at: own.mark(of: error.field) ?? base.mark(of: error.field))
        }
    }
}

/// One configuration of a study, which several seeds are trained with.
public struct StudyCell: Sendable {
    /// Also the name of its folder.
    public let name: String
    /// None of them twice.
    public let seeds: [UInt64]
    /// Where there is a search, what that starts from.
    public let configuration: RunConfiguration
    let search: StudySearch?
}
