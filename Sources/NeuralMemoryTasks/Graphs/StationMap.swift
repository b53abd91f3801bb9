// A map that a user gives: stations and lines between them. This file has what a map is, where it comes from, and the
// parts of it that questions are about; reading is a file of its own.

import Foundation
import NeuralMemory

/// Stations, and lines that go from one to the next.
///
/// docs/data/GRAPHS.md describes how they are written.
///
/// What a configuration and a checkpoint hold is the map's whole text, so that a run does not depend on a file.
public struct StationMap: Sendable {
    /// From a station to the next one of a line.
    struct Connection: Equatable {
        /// The number of a station.
        let from: Int
        /// The number of a station.
        let to: Int
        /// The number of a name of `lines`.
        let line: Int
    }

    /// The text, without white space at the ends of lines, with one line feed at its end.
    public let text: String
    /// The names of the stations, in the order in which they come in the text.
    public let stations: [String]
    /// The names of the lines; one that is travelled in both directions is there twice, the second time with `back`
    /// after its name.
    public let lines: [String]
    let connections: [Connection]
    /// The stations that are next to each one, in either direction; each once, in order.
    private let neighbours: [[Int]]
    /// The most connections that leave one station.
    private let mostOutgoing: Int

    init(text: String, stations: [String], lines: [String], connections: [Connection]) {
        self.text = text
        self.stations = stations
        self.lines = lines
        self.connections = connections
        var neighbours: [Set<Int>] = Array(repeating: [], count: stations.count)
        var outgoing = [Int](repeating: 0, count: stations.count)
        for connection in connections {
            neighbours[connection.from].insert(connection.to)
            neighbours[connection.to].insert(connection.from)
            outgoing[connection.from] += 1
        }
        self.neighbours = neighbours.map { $0.sorted() }
        mostOutgoing = outgoing.max() ?? 0
    }
}

extension StationMap: Equatable {
    public static func == (one: StationMap, other: StationMap) -> Bool { one.text == other.text }
}

// MARK: Parts to ask about

extension StationMap {
    /// No part of so many stations has more connections.
    func edgeBound(stations count: Int) -> Int { min(connections.count, count * mostOutgoing) }

    /// A part of so many stations, with all connections between them, and labels drawn anew.
    ///
    /// It grows from a random station, by one of those that are next to it at a time; where there are none, by any. The
    /// connections come in random order.
    func part(stations count: Int, using generator: inout RandomGenerator) -> LabelledGraph {
        let chosen = grown(count, using: &generator)
        var places = [Int?](repeating: nil, count: stations.count)
        for (place, station) in chosen.enumerated() { places[station] = place }
        let nodes = generator.differentNumbers(count, below: LabelledGraph.labels)
        let labels = generator.differentNumbers(lines.count, below: LabelledGraph.labels)
        var edges = connections.compactMap { connection -> LabelledGraph.Edge? in
            guard let from = places[connection.from], let to = places[connection.to] else { return nil }
            return LabelledGraph.Edge(from: from, to: to, label: labels[connection.line])
        }
        edges.shuffleInPlace(using: &generator)
        return LabelledGraph(
            nodes: nodes, edges: edges,
            nodeNames: Dictionary(uniqueKeysWithValues: zip(nodes, chosen.map { stations[$0] })),
            edgeNames: Dictionary(uniqueKeysWithValues: zip(labels, lines)))
    }

    /// The numbers of the stations of a part.
    private func grown(_ count: Int, using generator: inout RandomGenerator) -> [Int] {
        var isTaken = [Bool](repeating: false, count: stations.count)
        var (chosen, border): ([Int], [Int]) = ([], [])
        func take(_ station: Int) {
            isTaken[station] = true
            chosen.append(station)
        }
        while chosen.count < count {
            border.removeAll { isTaken[$0] }
            let choices = border.isEmpty ? stations.indices.filter { !isTaken[$0] } : border
            take(choices[generator.integer(in: 0...choices.count - 1)])
            border += neighbours[chosen[chosen.count - 1]].filter { !isTaken[$0] && !border.contains($0) }
        }
        return chosen
    }
}

// MARK: Where it comes from

extension StationMap {
    /// The setting that holds a map.
    static let field = "task.map"
    /// The most bytes of a file.
    private static let largestFile = 1 << 20

    /// The map that a setting means: one in a file by the file's path, or one written out, which is any text with a
    /// line feed.
    ///
    /// Throws `ConfigurationError` where there is no such file, and `TextSettingError` where it holds no map that can
    /// be used.
    public init(setting: String) throws {
        guard !setting.contains(where: \.isNewline) else {
            try self.init(text: setting, source: Self.field)
            return
        }
        let bytes: Data
        do {
            bytes = try FileReader.contents(of: URL(fileURLWithPath: setting), atMost: Self.largestFile)
        } catch let error as FileError {
            throw ConfigurationError(
                field: Self.field, value: setting,
                allowed: "the path of a map file (\(error.reason)), or null for none")
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw TextSettingError(
                field: Self.field, source: setting, line: nil, reason: "this is not text in UTF-8")
        }
        try self.init(text: text, source: setting)
    }
}

extension StationMap: TextSetting {
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
