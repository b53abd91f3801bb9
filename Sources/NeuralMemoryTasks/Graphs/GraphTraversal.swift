// Walks through a graph (Graves et al. 2016, "Graph experiments").

import NeuralMemory

/// The edges of a graph, then a start and the labels of the edges to take from there; the edges that are walked are to
/// come out.
///
/// The first step of the question has the label of the start and that of the first edge, each further step the label of
/// an edge alone. A length counts the graph's nodes. A walk begins at any node and takes any of the edges that leave
/// the node it has come to, all equally likely; on a map with lines of one direction it ends early where no edge leaves
/// a station. An episode of length 5:
///
///     input   702 -047-> 574  702 -080-> 698  698 -751-> 574  393 -388-> 698
///             698 -012-> 393  393 -211-> 574  702 -491-> 520  574 -350-> 698
///             520 -463-> 574  574 -610-> 520  698 -982-> 520
///     query   702 -080-> ?  ? -751-> ?  ? -350-> ?
///     target  702 -080-> 698  698 -751-> 574  574 -350-> 698
public struct GraphTraversal: GraphTask {
    public static let kind = "graph-traversal"
    public static let summary = "given the edges of a graph, a start and the labels of edges, give the edges walked"

    public var map: StationMap?
    public var minimumDegree = 1
    public var maximumDegree = 3
    public var minimumPath = 1
    public var maximumPath = 5
    public var minimumLength = 3
    public var maximumLength = 10

    public init() {}

    public func querySteps(path: Int) -> Int { path }

    public func question(
        about graph: LabelledGraph, path: ClosedRange<Int>, using generator: inout RandomGenerator
    ) -> GraphQuestion {
        let starts = graph.nodes.indices.filter { !graph.outgoing[$0].isEmpty }
        var node = starts[generator.integer(in: 0...starts.count - 1)]
        let length = generator.integer(in: path)
        var walk: [LabelledGraph.Edge] = []
        while walk.count < length, !graph.outgoing[node].isEmpty {
            let edges = graph.outgoing[node]
            walk.append(graph.edges[edges[generator.integer(in: 0...edges.count - 1)]])
            node = walk[walk.count - 1].to
        }
        var query = walk.map { GraphQuestion.Triple(from: nil, edge: $0.label, to: nil) }
        query[0].from = graph.nodes[walk[0].from]
        return GraphQuestion(graph: graph, query: query, answer: walk)
    }
}

extension GraphTraversal {
    public static let settingDescriptions = SettingDescription.graphs(path: "a walk")
}
