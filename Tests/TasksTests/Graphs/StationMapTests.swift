// StationMapTests.swift: maps of a user's own, the errors in them, and what is asked about them.

import Foundation
import NeuralMemory
import NeuralMemoryTasks
import TestSupport
import Testing

/// Two lines that cross, and one of one direction in a ring.
private let cross = """
    # Two lines that cross.
    line,Red,both,North,Centre,South
    line,Blue,both,West,Centre,East

    line,Ring,one,North,East,South,West,North
    """ + "\n"

private func map(_ text: String) throws -> StationMap { try StationMap(text: text, source: "my.csv") }

private func error(_ text: String) -> TextSettingError? {
    do {
        _ = try map(text)
        return nil
    } catch {
        return error as? TextSettingError
    }
}

@Suite struct StationMapTests {
    @Test func linesLeadBothWaysOrOne() throws {
        let map = try map(cross)
        #expect(map.stations == ["North", "Centre", "South", "West", "East"])
        #expect(map.lines == ["Red", "Red back", "Blue", "Blue back", "Ring"])
        var task = GraphTraversal()
        task.map = map
        (task.minimumLength, task.maximumLength) = (5, 5)
        try task.validate()
        var generator = RandomGenerator(seed: testSeed(1))
        let question = task.question(nodes: 5, using: &generator)
        // Twice 2 and twice 2 of the lines that cross, and 4 of the ring.
        #expect(question.graph.edges.count == 12 && question.graph.nodes.count == 5)
        let picture = task.picture(using: &generator)
        for edge in [
            "North -Red-> Centre", "Centre -Red back-> North", "East -Blue back-> Centre", "West -Ring-> North",
            "North -Ring-> East"
        ] { #expect(picture.contains(edge), "\(picture)") }
        #expect(!picture.contains("East -Ring-> North"))
    }

    /// Labels are drawn for each episode, and a part is as large as asked for, in one piece.
    @Test func partsOfAMap() throws {
        var task = ShortestPath()
        task.map = try map(cross)
        var generator = RandomGenerator(seed: testSeed(2))
        var labels: Set<[Int]> = []
        for nodes in 2...5 {
            for _ in 0..<20 {
                let question = task.question(nodes: nodes, using: &generator)
                let graph = question.graph
                #expect(Set(graph.nodes).count == nodes)
                var reached: Set<Int> = [0]
                for _ in 0..<nodes {
                    for edge in graph.edges where !reached.isDisjoint(with: [edge.from, edge.to]) {
                        reached.formUnion([edge.from, edge.to])
                    }
                }
                #expect(reached.count == nodes)
                #expect(graph.edges.count + 1 + 10 + question.answer.count <= task.steps(length: nodes))
                labels.insert(graph.nodes)
            }
        }
        #expect(labels.count > 70)
    }

    /// Lines of one direction end somewhere, and walks with them.
    @Test func walksEndWhereNoEdgeLeaves() throws {
        var task = GraphTraversal()
        task.map = try map("line,Down,one,Top,Middle,Bottom\n")
        (task.minimumPath, task.maximumPath) = (3, 3)
        var generator = RandomGenerator(seed: testSeed(3))
        let walks = (0..<40).map { _ in task.question(nodes: 3, using: &generator).answer.count }
        #expect(Set(walks) == [1, 2])
    }

    @Test func partsThatNothingConnects() throws {
        var task = ShortestPath()
        task.map = try map("line,A,both,a1,a2\nline,B,both,b1,b2\n")
        var generator = RandomGenerator(seed: testSeed(4))
        for nodes in 2...4 {
            let question = task.question(nodes: nodes, using: &generator)
            #expect(question.graph.nodes.count == nodes && question.answer.count == 1)
        }
    }

    @Test func lengthsAreStationsOfTheMap() throws {
        var task = GraphTraversal()
        task.map = try map(cross)
        let error = #expect(throws: ConfigurationError.self) { try task.validate() }
        #expect(error?.description == "task.maximumLength is 10; it must be from 2 to 5, the stations of task.map")
        var generator = RandomGenerator(seed: 1)
        #expect(throws: ConfigurationError.self) { try task.batch(count: 1, lengths: 6...6, using: &generator) }
    }

    // MARK: Files

    /// A byte-order mark, other ends of lines, quotes, spaces and empty cells at the end change nothing.
    @Test func tablesOfOtherPrograms() throws {
        let plain = try map("station,A\nstation,B\nline,X,both,A,B\n")
        let other = try map("\u{FEFF}station,A,,\r\nstation,\"B\",,\r\n\r\nline, X,both,A ,B,,,\r\n,,,\r\n")
        #expect(other.stations == plain.stations && other.lines == plain.lines)
        #expect(try map("line,X,both,\"A, east\",\"the \"\"B\"\"\"").stations == ["A, east", "the \"B\""])
    }

    @Test func theTextIsKept() throws {
        let map = try map("\u{FEFF}" + cross.replacingOccurrences(of: "\n", with: " \r\n") + "\n\n")
        #expect(map.text == cross)
        let back = try JSONDecoder().decode(StationMap.self, from: JSONEncoder().encode(map))
        #expect(back == map && back.stations == map.stations)
        let short = try StationMap(text: "line,X,one,A,B", source: "my.csv")
        #expect(try StationMap(setting: short.text) == short)
    }

    @Test func settingsNameFiles() throws {
        let folder = try TemporaryFolder()
        let file = folder.file("my.csv")
        try Data(("\u{FEFF}" + cross).utf8).write(to: file)
        #expect(try StationMap(setting: file.path).text == cross)
        let missing = #expect(throws: ConfigurationError.self) { try StationMap(setting: "no.csv") }
        #expect(missing?.field == "task.map" && missing?.allowed.contains("a map file (cannot open") == true)
        for setting in ["", "/", "/dev/zero"] {
            #expect(throws: ConfigurationError.self, "\(setting)") { try StationMap(setting: setting) }
        }
        try Data([0xC3, 0x28]).write(to: file)
        let binary = #expect(throws: TextSettingError.self) { try StationMap(setting: file.path) }
        #expect(binary?.reason.contains("UTF-8") == true)
        // A million stations, which no text of a map has room for.
        try Data((0..<1_000_000).map { "station,\($0)\n" }.joined().utf8).write(to: file)
        let large = #expect(throws: ConfigurationError.self) { try StationMap(setting: file.path) }
        #expect(large?.allowed.contains("longer than 1048576 bytes") == true)
    }

    /// Line numbers count from the text's first line.
    @Test(arguments: [
        ("line,Red,both,North,Centre\nline,Blue,both,West\n", 2, "line 'Blue' has 1 station; it must have at least 2"),
        ("line,Red,both\n", 1, "line 'Red' has 0 stations"),
        ("station,A\nstation,B\nline,X,one,A,B\nline,Y,one,A,C\n", 4, "line 'Y' has a station 'C' that no row names"),
        ("line,X,both,A,B\n\n# again\nline,X,both,B,C\n", 4, "line 'X' is in line 1 already"),
        ("station,A\nstation,A\n", 2, "station 'A' is in line 1 already"),
        ("station,A\nstation,B\nstation,C\nline,X,one,A,B\n", 3, "station 'C' is on no line"),
        ("station,A,B\n", 1, "a row of a station has 3 cells; it must be station,NAME"),
        ("line,X,both,A,A\n", 1, "line 'X' has 'A' twice in a row"),
        ("line,X,one,A,B,C,B,D\n", 1, "line 'X' leads from 'B' to 'C' and to 'D'"),
        ("line,X,both,A,B,C,A,D\n", 1, "line 'X' leads from 'A' to 'B' and to 'D'"),
        ("line,X,sideways,A,B\n", 1, "line 'X' has 'sideways' after its name; it must be both or one"),
        ("line,X\n", 1, "line 'X' has no direction after its name"), ("line\n", 1, "a row is 'line'; it must be"),
        ("\nX: A, B\n", 2, "a row is 'X: A, B'; it must be station,NAME or line,NAME,both"),
        ("line,X,both,A,,B\n", 1, "cell 5 is empty"), ("line,X,both,\"A,B\n", 1, "cell 4 begins with"),
        ("line;X;both;A;B\r\n", 1, "a row is 'line;X;both;A;B'")
    ])
    func errorsNameTheLine(_ text: String, _ number: Int, _ part: String) {
        let error = error(text)
        #expect(error?.line == number && error?.reason.contains(part) == true, "\(error?.description ?? "no error")")
        #expect(error?.description.hasPrefix("my.csv, line \(number): ") == true && error?.field == "task.map")
    }

    @Test(arguments: ["", "\n", "# nothing\n\n", "\u{FEFF}", ",,,\n", "\r\n"])
    func mapsWithoutLines(_ text: String) {
        #expect(error(text)?.reason.hasPrefix("there is no line in it") == true)
    }

    /// Refused at the first one too many, whatever follows.
    @Test func moreThanLabelsCanTell() throws {
        let names = (0..<1001).map { "s\($0)" }
        let few = "line,X,both," + names.prefix(1000).joined(separator: ",")
        #expect(try map(few).stations.count == 1000)
        let many = error("line,Y,both,s0,s1\n" + few + "," + names[1000])
        #expect(many?.line == 2 && many?.reason.hasPrefix("station 's1000' is one more than 1000") == true)
        let row = error("line,X,both," + (0..<100_000).map { "\($0)" }.joined(separator: ","))
        #expect(row?.reason.hasPrefix("station '1000' is one more than 1000") == true)
        let listed = error((0..<20_000).map { "station,s\($0)\n" }.joined())
        #expect(listed?.line == 1001)
        let lines = (0..<501).map { "line,L\($0),both,A,B\n" }
        #expect(try map(lines.prefix(500).joined()).lines.count == 1000)
        #expect(error(lines.joined())?.reason.hasPrefix("line 'L500' is too many") == true)
        let long = error("line," + String(repeating: "x", count: 100_000) + ",both,A")
        #expect(long?.description.utf8.count ?? 0 < 400)
    }
}
