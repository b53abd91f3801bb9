// Shortest paths in a graph (Graves et al. 2016, "Graph experiments"), with the path as a target.

import NeuralMemory

/// The edges of a graph, then a start and a goal, then some steps to plan in; the edges of a shortest path are to come
/// out.
///
/// Of several shortest paths the target is one: that whose edges' labels, in the order of the path, come first. So
/// each question has one answer, and an output with another shortest path counts as wrong. A length counts the graph's
/// nodes. How many edges the path has is drawn first, all numbers equally likely, then a start and a goal that far
/// apart; where no two nodes are, it is the farthest below.
///
/// The paper rewards any shortest path, and feeds what a network chose back to it; here it is supervised, and nothing
/// is fed back. An episode of length 5:
///
///     input   702 -047-> 574  702 -080-> 698  698 -751-> 574  393 -388-> 698
///             698 -012-> 393  393 -211-> 574  702 -491-> 520  574 -350-> 698
///             520 -463-> 574  574 -610-> 520  698 -982-> 520
///     query   574 -?-> 698
///     target  574 -350-> 698
public struct ShortestPath: GraphTask {
    public static let kind = "shortest-path"
    public static let summary = "given the edges of a graph, a start and a goal, give the edges of a shortest path"

    public var map: StationMap?
    public var minimumDegree = 1
    public var maximumDegree = 3
    public var minimumPath = 1
    public var maximumPath = 4
    /// Steps without input between a question and its answer.
    public var planningSteps = 10
    public var minimumLength = 3
    public var maximumLength = 10

    public init() {}

    public func querySteps(path: Int) -> Int { 1 }

    public func question(
        about graph: LabelledGraph, path: ClosedRange<Int>, using generator: inout RandomGenerator
    ) -> GraphQuestion {
        let (start, goal) = ends(graph, apart: generator.integer(in: path), using: &generator)
        return GraphQuestion(
            graph: graph,
            query: [GraphQuestion.Triple(from: graph.nodes[start], edge: nil, to: graph.nodes[goal])],
            answer: graph.firstShortestPath(from: start, to: goal))
    }

    /// Two nodes so far apart, or as far below that as there are any.
    private func ends(
        _ graph: LabelledGraph, apart wanted: Int, using generator: inout RandomGenerator
    ) -> (start: Int, goal: Int) {
        var farthest = (distance: 0, start: 0, goals: [0])
        for start in generator.differentNumbers(graph.nodes.count, below: graph.nodes.count) {
            let distances = graph.distances(from: start)
            let distance = distances.reduce(0) { max($0, min($1 ?? 0, wanted)) }
            guard distance > farthest.distance else { continue }
            farthest = (distance, start, distances.indices.filter { distances[$0] == distance })
            if distance == wanted { break }
        }
        return (farthest.start, farthest.goals[generator.integer(in: 0...farthest.goals.count - 1)])
    }

    public func validateOwnSettings() throws {
        try require("task.planningSteps", planningSteps, in: 0...4096)
        try validateGraphSettings()
    }
}

extension ShortestPath {
    public static let settingDescriptions =
        [
            SettingDescription(
                "planningSteps", "Steps without input between a question and its answer", unit: "steps", in: 0...4096)
        ] + SettingDescription.graphs(path: "a path")
}

extension LabelledGraph {
    /// Of the shortest paths between two nodes, that whose labels come first; there must be a path.
    fileprivate func firstShortestPath(from start: Int, to goal: Int) -> [Edge] {
        let left = reversed.distances(from: goal)
        var path: [Edge] = []
        var node = start
        while node != goal {
            let next = outgoing[node].map { edges[$0] }.filter { edge in
                left[edge.to].map { $0 + 1 } == left[node]
            }.min { $0.label < $1.label }
            guard let next else { preconditionFailure("a node of a shortest path leads on") }
            path.append(next)
            node = next.to
        }
        return path
    }
}
