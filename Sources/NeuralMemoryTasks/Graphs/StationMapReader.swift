// Reading a map of stations and lines from rows of CSV.

import NeuralMemory

extension StationMap {
    /// Reads a map from its text.
    ///
    /// `source` is what messages call it. Throws `TextSettingError`.
    public init(text: String, source: String) throws {
        let reader = StationMapReader(source: source)
        let lines = text.drop { $0 == "\u{FEFF}" }.split(
            omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        self = try reader.map(lines.map(\.withoutTrailingSpace))
    }
}

/// Collects stations and lines of a map, row by row.
private struct StationMapReader {
    /// What messages call the text.
    let source: String

    /// A row, and where it stands.
    private struct Row {
        /// Counted from 1.
        let number: Int
        /// Without white space around them; the last one is not empty.
        let cells: [String]
    }

    /// What a row may be.
    private static let forms = "station,NAME or line,NAME,both,STATION,STATION,… (one in place of both: one direction)"

    private func error(_ row: Row?, _ reason: String) -> TextSettingError {
        TextSettingError(field: StationMap.field, source: source, line: row?.number, reason: reason)
    }

    func map(_ lines: [String]) throws -> StationMap {
        let rows = try lines.indices.compactMap { try row($0 + 1, lines[$0]) }
        var stations = Names()
        for row in rows where row.cells[0] == "station" {
            guard row.cells.count == 2 else {
                throw error(row, "a row of a station has \(row.cells.count) cells; it must be station,NAME")
            }
            if let first = stations.rows[row.cells[1]] {
                throw error(row, "station '\(row.cells[1].shown())' is in line \(first) already")
            }
            try add(row.cells[1], to: &stations, row)
        }
        let isListed = !rows.allSatisfy { $0.cells[0] != "station" }
        var names = Names()
        var tracks: [(row: Row, stations: [Int])] = []
        for row in rows where row.cells[0] == "line" {
            if let first = names.rows[row.cells[1]] {
                throw error(
                    row, "line '\(row.cells[1].shown())' is in line \(first) already; give a branch a name of its own")
            }
            names.add(row.cells[1], row.number)
            tracks.append((row, try track(row, &stations, isListed: isListed)))
        }
        guard !tracks.isEmpty else {
            throw error(nil, "there is no line in it; a row must be \(Self.forms)")
        }
        return try connected(tracks, stations, text: lines)
    }

    /// A row that says something; `nil` for one that is empty or a comment.
    private func row(_ number: Int, _ text: String) throws -> Row? {
        guard !text.isEmpty, !text.hasPrefix("#") else { return nil }
        let at = Row(number: number, cells: [])
        var cells: [String] = []
        do {
            try Array(text.utf8).withUnsafeBufferPointer { bytes in
                var scanner = CSVScanner(bytes, separator: UInt8(ascii: ","))
                var cell: [UInt8] = []
                while try scanner.next(into: &cell) {
                    cells.append(String(decoding: cell, as: UTF8.self).withoutSpace)
                }
            }
        } catch let fault as CSVFault {
            throw error(at, "cell \(cells.count + 1) \(fault.reason)")
        }
        // A table may have as many cells in each row as its longest one needs.
        while cells.last?.isEmpty == true { cells.removeLast() }
        guard let kind = cells.first else { return nil }
        guard kind == "station" || kind == "line", cells.count > 1 else {
            throw error(at, "a row is '\(text.shown())'; it must be \(Self.forms)")
        }
        if let empty = cells.firstIndex(of: "") {
            throw error(at, "cell \(empty + 1) is empty; a row must be \(Self.forms)")
        }
        return Row(number: number, cells: cells)
    }

    /// The numbers of a line's stations.
    private func track(_ row: Row, _ stations: inout Names, isListed: Bool) throws -> [Int] {
        let name = row.cells[1].shown()
        guard row.cells.count > 2, ["both", "one"].contains(row.cells[2]) else {
            let found = row.cells.count > 2 ? "'\(row.cells[2].shown())'" : "no direction"
            throw error(row, "line '\(name)' has \(found) after its name; it must be both or one")
        }
        let stops = row.cells.dropFirst(3)
        guard stops.count > 1 else {
            throw error(
                row, "line '\(name)' has \(stops.count) station\(stops.count == 1 ? "" : "s"); it must have at least 2")
        }
        return try stops.map { stop in
            if let known = stations.numbers[stop] { return known }
            guard !isListed else {
                throw error(
                    row,
                    "line '\(name)' has a station '\(stop.shown())' that no row names; it must be in a row "
                        + "station,NAME, or there must be no such rows")
            }
            return try add(stop, to: &stations, row)
        }
    }

    @discardableResult private func add(_ name: String, to stations: inout Names, _ row: Row) throws -> Int {
        guard stations.list.count < LabelledGraph.labels else {
            throw error(
                row,
                "station '\(name.shown())' is one more than \(LabelledGraph.labels); there must not be more, since "
                    + "labels have three digits")
        }
        return stations.add(name, row.number)
    }

    /// The map, where each line leads to one station from each.
    private func connected(
        _ tracks: [(row: Row, stations: [Int])], _ stations: Names, text: [String]
    ) throws -> StationMap {
        var lines: [String] = []
        var connections: [StationMap.Connection] = []
        for (row, track) in tracks {
            let isBoth = row.cells[2] == "both"
            guard lines.count + (isBoth ? 2 : 1) <= LabelledGraph.labels else {
                throw error(
                    row,
                    "line '\(row.cells[1].shown())' is too many; lines must not need more than \(LabelledGraph.labels) "
                        + "labels, of which those of both directions need two")
            }
            for isBack in isBoth ? [false, true] : [false] {
                let stops = isBack ? track.reversed() : track
                connections += try self.connections(stops, line: lines.count, stations, row)
                lines.append(row.cells[1] + (isBack ? " back" : ""))
            }
        }
        let served = Set(connections.flatMap { [$0.from, $0.to] })
        if let lonely = stations.list.indices.first(where: { !served.contains($0) }) {
            let name = stations.list[lonely]
            let row = stations.rows[name].map { Row(number: $0, cells: []) }
            throw error(row, "station '\(name.shown())' is on no line; it must be on one")
        }
        return StationMap(
            text: text.joined(separator: "\n").withoutTrailingSpace + "\n", stations: stations.list, lines: lines,
            connections: connections)
    }

    /// The connections of a line in one direction.
    private func connections(
        _ stops: [Int], line: Int, _ stations: Names, _ row: Row
    ) throws -> [StationMap.Connection] {
        let name = row.cells[1].shown()
        var next: [Int: Int] = [:]
        return try zip(stops, stops.dropFirst()).map { from, to in
            let station = stations.list[from].shown()
            guard from != to else {
                throw error(row, "line '\(name)' has '\(station)' twice in a row; each must lead to another one")
            }
            if let other = next[from] {
                throw error(
                    row,
                    "line '\(name)' leads from '\(station)' to '\(stations.list[other].shown())' and to "
                        + "'\(stations.list[to].shown())'; it must lead to one: make two lines of it")
            }
            next[from] = to
            return StationMap.Connection(from: from, to: to, line: line)
        }
    }
}

/// Names in the order in which they come, with their numbers and the rows where they are first.
private struct Names {
    private(set) var list: [String] = []
    private(set) var numbers: [String: Int] = [:]
    private(set) var rows: [String: Int] = [:]

    /// A name that is new; returns its number.
    @discardableResult mutating func add(_ name: String, _ row: Int) -> Int {
        numbers[name] = list.count
        rows[name] = row
        list.append(name)
        return list.count - 1
    }
}

extension StringProtocol {
    fileprivate var withoutTrailingSpace: String {
        var rest = self[...]
        while rest.last?.isWhitespace == true { rest = rest.dropLast() }
        return String(rest)
    }

    fileprivate var withoutSpace: String { drop(while: \.isWhitespace).withoutTrailingSpace }
}
