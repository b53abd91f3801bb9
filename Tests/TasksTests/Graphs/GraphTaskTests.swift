// GraphTaskTests.swift: walks and shortest paths, found again here from the numbers of the episodes alone.

import NeuralMemory
import NeuralMemoryTasks
import TestSupport
import Testing

/// What an episode says in words of numbers: read from its bits.
private struct ReadEpisode {
    /// A label that is left out is `nil`.
    typealias Triple = [Int?]

    var edges: [Triple] = []
    var query: [Triple] = []
    var silentSteps = 0
    var answer: [Triple] = []

    init(_ episode: VectorEpisode) throws {
        for (input, target) in zip(episode.inputs, episode.targets) {
            try #require(input.count == 92)
            let triple = try Self.triple(Array(input.prefix(90)))
            switch (input[90], input[91]) {
            case (0, 0) where triple == [nil, nil, nil]: silentSteps += 1
            case (0, 0): edges.append(triple)
            case (1, 0): query.append(triple)
            default:
                #expect(input[90] == 0 && input[91] == 1 && triple == [nil, nil, nil])
                answer.append(try Self.triple(try #require(target)))
            }
            #expect((target != nil) == (input[91] == 1))
        }
    }

    /// Nine groups of ten bits, of which each has a 1, or none of the three of a label.
    private static func triple(_ bits: [Float]) throws -> Triple {
        try (0..<3).map { label in
            let digits = (0..<3).map { Array(bits[30 * label + 10 * $0..<30 * label + 10 * $0 + 10]) }
            if digits.allSatisfy({ $0.allSatisfy { $0 == 0 } }) { return nil }
            return try digits.reduce(0) { number, digit in
                #expect(digit.filter { $0 == 1 }.count == 1 && digit.filter { $0 == 0 }.count == 9)
                return try 10 * number + #require(digit.firstIndex(of: 1))
            }
        }
    }

    /// The edges that leave a node.
    func leaving(_ node: Int?) -> [Triple] { edges.filter { $0[0] == node } }

    /// All paths of so many edges, by going every way.
    func paths(from start: Int?, to goal: Int?, edges count: Int) -> [[Triple]] {
        if count == 0 { return start == goal ? [[]] : [] }
        return leaving(start).flatMap { edge in paths(from: edge[2], to: goal, edges: count - 1).map { [edge] + $0 } }
    }
}

private func episodes(_ task: some GraphTask, nodes: Int, _ count: Int) throws -> [ReadEpisode] {
    var generator = RandomGenerator(seed: testSeed(UInt64(nodes)))
    return try (0..<count).map { _ in try ReadEpisode(task.episode(length: nodes, using: &generator)) }
}

@Suite struct GraphTaskTests {
    @Test(arguments: [2, 3, 6, 20])
    func aTraversalIsTheWalkThatItsLabelsGive(nodes: Int) throws {
        for episode in try episodes(GraphTraversal(), nodes: nodes, 30) {
            var walk: [ReadEpisode.Triple] = []
            var node = episode.query[0][0]
            #expect(node != nil && episode.query.dropFirst().allSatisfy { $0[0] == nil })
            for step in episode.query {
                #expect(step[1] != nil && step[2] == nil)
                let edges = episode.leaving(node).filter { $0[1] == step[1] }
                try #require(edges.count == 1)
                walk.append(edges[0])
                node = edges[0][2]
            }
            #expect(episode.answer == walk && episode.silentSteps == 0)
            #expect(1...min(5, nodes) ~= walk.count)
        }
    }

    @Test(arguments: [2, 3, 6, 20])
    func aShortestPathIsTheFirstOfThoseThatAreShortest(nodes: Int) throws {
        var task = ShortestPath()
        task.planningSteps = 3
        task.maximumDegree = 4
        for episode in try episodes(task, nodes: nodes, 30) {
            try #require(episode.query.count == 1 && episode.query[0][1] == nil && episode.silentSteps == 3)
            let (start, goal) = (episode.query[0][0], episode.query[0][2])
            #expect(start != nil && goal != nil && start != goal)
            let shortest = (1...4).lazy.map { episode.paths(from: start, to: goal, edges: $0) }.first { !$0.isEmpty }
            func labels(_ path: [ReadEpisode.Triple]) -> [Int] { path.map { $0[1] ?? -1 } }
            let first = try #require(shortest).min { labels($0).lexicographicallyPrecedes(labels($1)) }
            #expect(episode.answer == first)
        }
    }

    /// Labels are different where they must be, and nodes have as many edges as is said.
    @Test func randomGraphs() throws {
        var task = GraphTraversal()
        (task.minimumDegree, task.maximumDegree) = (2, 4)
        var degrees: Set<Int> = []
        for nodes in [2, 3, 4, 5, 40] {
            for episode in try episodes(task, nodes: nodes, 10) {
                let labels = Set(episode.edges.map { $0[0] })
                #expect(labels.count == nodes && labels.isSuperset(of: episode.edges.map { $0[2] }))
                for node in labels {
                    let leaving = episode.leaving(node)
                    #expect(Set(leaving.map { $0[1] }).count == leaving.count)
                    #expect(Set(leaving.map { $0[2] }).count == leaving.count && leaving.allSatisfy { $0[2] != node })
                    #expect(min(2, nodes - 1)...min(4, nodes - 1) ~= leaving.count)
                    degrees.insert(leaving.count)
                }
            }
        }
        #expect(degrees == [1, 2, 3, 4])
    }

    /// With one number of edges for all nodes and paths, every episode has the steps that are stated.
    @Test func stepsAreAsStated() throws {
        var traversal = GraphTraversal()
        (traversal.minimumDegree, traversal.maximumDegree, traversal.minimumPath) = (3, 3, 5)
        var shortest = ShortestPath()
        (shortest.minimumDegree, shortest.maximumDegree, shortest.maximumPath) = (3, 3, 1)
        for length in [2, 4, 12] {
            var generator = RandomGenerator(seed: testSeed(3))
            let batches = try [traversal as any SequenceTask, shortest].map {
                try $0.batch(count: 4, lengths: length...length, using: &generator)
            }
            #expect(batches.map(\.steps) == [traversal.steps(length: length), shortest.steps(length: length)])
            #expect(batches[0].steps == length * min(3, length - 1) + 2 * min(5, length))
            #expect(batches[1].steps == length * min(3, length - 1) + 1 + 10 + 1)
        }
    }

    /// Paths have the numbers of edges that are asked for, all equally often where there are such paths.
    @Test func pathsAreAsLongAsAskedFor() throws {
        var task = ShortestPath()
        (task.minimumDegree, task.minimumPath, task.maximumPath) = (2, 2, 3)
        var counts: [Int: Int] = [:]
        for episode in try episodes(task, nodes: 20, 400) { counts[episode.answer.count, default: 0] += 1 }
        // 200 of 400 is expected of each; five standard deviations are 50.
        #expect(Set(counts.keys) == [2, 3] && counts.values.allSatisfy { abs($0 - 200) <= 50 }, "\(counts)\(seedNote)")
        // Of two nodes none is two edges from the other.
        (task.minimumPath, task.maximumPath) = (2, 4)
        #expect(try episodes(task, nodes: 2, 5).allSatisfy { $0.answer.count == 1 })
    }

    /// A thousand nodes are the most that labels can tell apart.
    @Test func theLargestGraph() throws {
        var task = ShortestPath()
        (task.maximumLength, task.maximumPath) = (1000, 5)
        try task.validate()
        var generator = RandomGenerator(seed: testSeed(1))
        let question = task.question(nodes: 1000, using: &generator)
        #expect(Set(question.graph.nodes) == Set(0..<1000) && question.answer.last != nil)
        #expect(throws: ConfigurationError.self) { try task.batch(count: 1, lengths: 3...1001, using: &generator) }
    }

    @Test(arguments: [
        ("minimumDegree", "0"), ("maximumDegree", "1000"), ("maximumDegree", "1"), ("minimumPath", "0"),
        ("maximumPath", "2"), ("minimumLength", "1"), ("maximumLength", "1001"), ("planningSteps", "-1")
    ])
    func settingsOutOfRange(_ field: String, _ value: String) throws {
        var task = ShortestPath()
        (task.minimumDegree, task.minimumPath) = (2, 3)
        let number = try #require(Int(value))
        switch field {
        case "minimumDegree": task.minimumDegree = number
        case "maximumDegree": task.maximumDegree = number
        case "minimumPath": task.minimumPath = number
        case "maximumPath": task.maximumPath = number
        case "minimumLength": task.minimumLength = number
        case "maximumLength": task.maximumLength = number
        default: task.planningSteps = number
        }
        let error = #expect(throws: ConfigurationError.self) { try task.validate() }
        #expect(error?.field == "task." + field && error?.value == value)
    }
}
