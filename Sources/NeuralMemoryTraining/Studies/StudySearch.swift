// How a study looks for settings: random values, of which fewer and fewer go on to more and more seeds.

import Foundation
import NeuralMemory
import NeuralMemoryTasks
import Yams

/// Random search with successive halving over seeds (Jamieson and Talwalkar 2016, with seeds as the budget).
///
/// Samples are drawn at random and all trained with the first seeds. The better third of them goes on to three times as
/// many seeds, and so on, until one is left; it is trained with the study's own seeds, which are none of the search's.
public struct StudySearch: Sendable {
    /// How many random choices of settings there are.
    public let samples: Int
    /// Decides the samples.
    public let seed: UInt64
    /// Those of the last round; earlier rounds have the first ones of them.
    public let seeds: [UInt64]
    private let ranges: [Range]

    /// A setting, and what it may be.
    fileprivate struct Range: Sendable {
        enum Values: Sendable {
            /// Texts of YAML, each as likely as any other.
            case list([String])
            case numbers(from: Double, to: Double, isLogarithmic: Bool)
        }
        let path: String
        let values: Values
        let line: Int?
    }

    /// Of three samples one goes on.
    private static let factor = 3

    /// Reads the part `search` of a study's file.
    ///
    /// Throws `SettingError`.
    init(_ node: Node, _ reader: StudyReader) throws {
        let parts = try reader.parts(of: node, "search", among: ["samples", "seed", "seeds", "ranges"])
        func required(_ name: String, _ example: String) throws -> Node {
            guard let part = parts[name] else { throw reader.error("search has no \(name), as in \(example)", node) }
            return part
        }
        samples = try reader.integer(required("samples", "samples: 27"), "search, samples", in: 2...10_000)
        seed = try parts["seed"].map { UInt64(try reader.integer($0, "search, seed", in: 0...Int.max)) } ?? 1
        seeds = try reader.seeds(required("seeds", "seeds: 1-9"), "search, seeds")
        let example = "ranges: {training.batchSize: [10, 32]}"
        ranges = try reader.entries(required("ranges", example), "search, ranges").map { path, value in
            Range(
                path: path.string ?? path.shown(), values: try Self.values(value, "search, \(path.shown())", reader),
                line: path.mark?.line)
        }
    }

    private static func values(_ node: Node, _ name: String, _ reader: StudyReader) throws -> Range.Values {
        guard node.mapping != nil else { return .list(try reader.list(node, name).map { try $0.flowText }) }
        let parts = try reader.parts(of: node, name, among: ["from", "to", "scale"])
        guard let from = parts["from"]?.float, let to = parts["to"]?.float, from.isFinite, to.isFinite, from < to
        else {
            throw reader.error("\(name) must be a list of values, or numbers, as in {from: 0.001, to: 0.01}", node)
        }
        let scale = parts["scale"]?.string ?? "linear"
        guard ["linear", "logarithmic"].contains(scale) else {
            throw reader.error("\(name), scale is \(scale.shown()); it must be linear or logarithmic", node)
        }
        guard scale == "linear" || from > 0 else {
            throw reader.error("\(name) is from \(from), and a logarithmic scale has positive numbers only", node)
        }
        return .numbers(from: from, to: to, isLogarithmic: scale == "logarithmic")
    }

    // MARK: Rounds

    /// A round of the search: how many samples are left, and how many of the seeds they are trained with.
    public struct Round: Sendable, Equatable {
        /// At least two.
        public let samples: Int
        /// At least one.
        public let seeds: Int
    }

    /// The rounds, down to one sample.
    public var rounds: [Round] {
        var counts = [samples]
        while let last = counts.last, last > Self.factor { counts.append((last + Self.factor - 1) / Self.factor) }
        var budget = seeds.count
        var rounds: [Round] = []
        for count in counts.reversed() {
            rounds.insert(Round(samples: count, seeds: budget), at: 0)
            budget = max(1, budget / Self.factor)
        }
        return rounds
    }

    /// How many runs a search has.
    var runCount: Int {
        var (runs, earlier) = (0, 0)
        for round in rounds {
            runs += round.samples * (round.seeds - earlier)
            earlier = round.seeds
        }
        return runs
    }

    // MARK: Samples

    /// What the sample of a number, from 1, lays over a cell's configuration.
    ///
    /// A sample does not depend on how many there are.
    func overrides(ofSample number: Int, for configuration: RunConfiguration) -> [SettingOverride] {
        var generator = RandomGenerator(seed: seed, stream: UInt64(number))
        let tree = ConfigurationTree(configuration)
        return ranges.map { range in
            let value = range.value(isWhole: range.isWhole(in: tree), using: &generator)
            return SettingOverride(path: range.path, value: value, option: "\(range.path)=\(value)")
        }
    }

    /// A cell's configuration with those settings.
    ///
    /// Throws `SettingError` for a value that the setting cannot have.
    func sample(_ number: Int, of configuration: RunConfiguration) throws -> RunConfiguration {
        try configuration.applying(overrides(ofSample: number, for: configuration))
    }

    /// Throws `SettingError` where a range has values that its setting cannot have.
    func validate(for configuration: RunConfiguration, _ source: SettingSource) throws {
        let tree = ConfigurationTree(configuration)
        for range in ranges {
            for value in range.extremes(isWhole: range.isWhole(in: tree)) {
                do {
                    let override = SettingOverride(path: range.path, value: value, option: range.path)
                    _ = try configuration.applying([override])
                } catch let error as SettingError {
                    throw SettingError(
                        source: source.name, isOption: false, line: range.line,
                        message: "search, \(range.path): \(error.message)")
                }
            }
        }
    }
}

extension StudySearch.Range {
    /// Whether the setting is a whole number.
    fileprivate func isWhole(in tree: ConfigurationTree) -> Bool {
        switch tree.setting(at: path) {
        case .integer, .unsigned: true
        case .optional(_, let type): if case .integer = type.example { true } else { false }
        default: false
        }
    }

    /// One value at random, as YAML.
    fileprivate func value(isWhole: Bool, using generator: inout RandomGenerator) -> String {
        switch values {
        case .list(let texts): texts[generator.integer(in: 0...texts.count - 1)]
        case .numbers(let from, let to, let isLogarithmic):
            text(
                isLogarithmic
                    ? exp(generator.uniform(log(from), log(to))) : generator.uniform(from, to), isWhole: isWhole)
        }
    }

    /// All values of a list, or the ends of a range.
    fileprivate func extremes(isWhole: Bool) -> [String] {
        switch values {
        case .list(let texts): texts
        case .numbers(let from, let to, _): [text(from, isWhole: isWhole), text(to, isWhole: isWhole)]
        }
    }

    /// In three digits, so that a person can type what was found.
    private func text(_ number: Double, isWhole: Bool) -> String {
        String(format: isWhole ? "%.0f" : "%.3g", number)
    }
}

extension Node {
    /// A value on one line, as YAML.
    fileprivate var flowText: String {
        get throws {
            let text = try Yams.serialize(node: self).trimmingCharacters(in: .whitespacesAndNewlines)
            return scalar.map { $0.style == .any || $0.style == .plain ? $0.string : $0.string.quotedForJSON } ?? text
        }
    }
}
