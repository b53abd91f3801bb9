// What tasks of questions about a graph have in common: the graph is described edge by edge, then comes the question,
// and then edges are the answer (Graves et al. 2016, Methods).

import NeuralMemory

/// A question about a graph, and its answer.
public struct GraphQuestion: Sendable, Equatable {
    /// What one step says of an edge: labels, of which each may be left out.
    public struct Triple: Sendable, Equatable {
        /// The label of the node that it leaves.
        public var from: Int?
        /// Its own label.
        public var edge: Int?
        /// The label of the node that it leads to.
        public var to: Int?
    }

    /// What the question is about.
    public let graph: LabelledGraph
    /// One triple a step.
    public let query: [Triple]
    /// The edges that are to come out, in this order.
    public let answer: [LabelledGraph.Edge]
}

/// A task of questions about a graph: a random one, new in each episode, or a part of a map.
///
/// A length counts the graph's nodes.
///
/// An input is a triple (from, edge, to) of labels, each of three digits, each digit as one of ten: 90 numbers, all 0
/// for a label that is left out. Two marks follow: `query` in the steps of the question, and `answer` in those in which
/// the triples of the answer are to come out.
public protocol GraphTask: VectorTask {
    /// Stations and lines to ask about, in place of random graphs.
    var map: StationMap? { get }
    /// The fewest edges that leave a node of a random graph, from 1.
    var minimumDegree: Int { get }
    /// The most edges that leave a node of a random graph.
    var maximumDegree: Int { get }
    /// The fewest edges of an answer, from 1.
    var minimumPath: Int { get }
    /// The most edges of an answer.
    var maximumPath: Int { get }
    /// Steps without input between a question and its answer.
    var planningSteps: Int { get }
    /// The steps of the longest question whose answer has so many edges.
    func querySteps(path: Int) -> Int
    /// Draws a question about a graph with at least one edge.
    func question(
        about graph: LabelledGraph, path: ClosedRange<Int>, using generator: inout RandomGenerator
    ) -> GraphQuestion
}

extension GraphTask {
    public static var inputMarks: [String] { ["query", "answer"] }
    /// Three labels of three digits of ten.
    public var width: Int { 90 }
    /// Nine digits, each of which is one of ten.
    public var signature: Signature { Signature(inputs: .vectors(inputSize), outputs: .choices(9, of: 10)) }
    public var planningSteps: Int { 0 }
    public var shortestLength: Int { 2 }

    public func steps(length: Int) -> Int {
        let edges = map?.edgeBound(stations: length) ?? length * min(maximumDegree, length - 1)
        let path = path(nodes: length).upperBound
        return edges + querySteps(path: path) + planningSteps + path
    }

    /// How many edges an answer may have: never more than there are nodes.
    private func path(nodes: Int) -> ClosedRange<Int> { min(minimumPath, nodes)...min(maximumPath, nodes) }

    /// A graph of so many nodes, and a question about it.
    public func question(nodes: Int, using generator: inout RandomGenerator) -> GraphQuestion {
        let graph =
            map?.part(stations: nodes, using: &generator)
            ?? LabelledGraph(nodes: nodes, degrees: minimumDegree...maximumDegree, using: &generator)
        return question(about: graph, path: path(nodes: nodes), using: &generator)
    }

    public func episode(length: Int, using generator: inout RandomGenerator) -> VectorEpisode {
        episode(question(nodes: length, using: &generator))
    }

    /// The steps of a question.
    public func episode(_ question: GraphQuestion) -> VectorEpisode {
        let graph = question.graph
        let inputs =
            graph.edges.map { graph.triple($0).bits + [0, 0] } + question.query.map { $0.bits + [1, 0] }
            + Array(repeating: mark(0, 0), count: planningSteps)
        return VectorEpisode(
            inputs: inputs + question.answer.map { _ in mark(0, 1) },
            targets: inputs.map { _ in nil } + question.answer.map { graph.triple($0).bits })
    }

    public func requireLengths(_ lengths: ClosedRange<Int>, _ setting: String) throws {
        for length in [lengths.lowerBound, lengths.upperBound] { try requireNodes(length, setting) }
    }

    private func requireNodes(_ count: Int, _ setting: String) throws {
        guard let map else { return try require(setting, count, in: 2...LabelledGraph.labels) }
        guard 2...map.stations.count ~= count else {
            throw ConfigurationError(
                field: setting, value: count, allowed: "from 2 to \(map.stations.count), the stations of task.map")
        }
    }

    public func validateOwnSettings() throws { try validateGraphSettings() }

    func validateGraphSettings() throws {
        try require("task.minimumDegree", minimumDegree, in: 1...LabelledGraph.labels - 1)
        try require("task.maximumDegree", maximumDegree, in: minimumDegree...LabelledGraph.labels - 1)
        try require("task.minimumPath", minimumPath, in: 1...LabelledGraph.labels)
        try require("task.maximumPath", maximumPath, in: minimumPath...LabelledGraph.labels)
        try requireNodes(minimumLength, "task.minimumLength")
        try requireNodes(maximumLength, "task.maximumLength")
    }

    // MARK: For people to read

    /// The edges, the question and its answer in words: labels, or the names of a map.
    public func picture(using generator: inout RandomGenerator) -> String {
        let length = min(max(5, lengths.lowerBound), lengths.upperBound)
        if let tooLarge = pictureTooLarge(length: length) { return tooLarge }
        let question = question(nodes: length, using: &generator)
        let graph = question.graph
        let edges = question.graph.edges.map { graph.text(graph.triple($0)) }
        let shown = edges.prefix(Self.mostShown).map { $0 } + (edges.count > Self.mostShown ? ["…"] : [])
        return [
            Self.lines("input   ", shown), Self.lines("query   ", question.query.map(graph.text)),
            Self.lines("target  ", question.answer.map { graph.text(graph.triple($0)) })
        ].joined(separator: "\n")
    }

    /// A picture shows so many edges of a graph.
    private static var mostShown: Int { 24 }

    /// Texts side by side in lines of up to 72 characters, below each other beside a title.
    private static func lines(_ title: String, _ texts: [String]) -> String {
        var lines = [title]
        for text in texts {
            if lines[lines.count - 1].count + text.count > 72, lines[lines.count - 1].count > title.count {
                lines.append(String(repeating: " ", count: title.count))
            }
            lines[lines.count - 1] += (lines[lines.count - 1].count > title.count ? "  " : "") + text
        }
        return lines.joined(separator: "\n")
    }
}

extension GraphQuestion.Triple {
    /// As a step has it.
    var bits: [Float] {
        [from, edge, to].flatMap { label in
            var bits = [Float](repeating: 0, count: 30)
            guard let label else { return bits }
            let digits = [label / 100, label / 10 % 10, label % 10]
            for (place, digit) in digits.enumerated() { bits[10 * place + digit] = 1 }
            return bits
        }
    }
}

extension LabelledGraph {
    /// The labels of an edge.
    func triple(_ edge: Edge) -> GraphQuestion.Triple {
        GraphQuestion.Triple(from: nodes[edge.from], edge: edge.label, to: nodes[edge.to])
    }

    /// `814 -302-> 077`, with names where there are some, and ? for what is left out.
    fileprivate func text(_ triple: GraphQuestion.Triple) -> String {
        func text(_ label: Int?, _ names: [Int: String]) -> String {
            guard let label else { return "?" }
            let digits = "\(label)"
            return names[label]?.shown(atMost: 40) ?? String(repeating: "0", count: 3 - digits.count) + digits
        }
        return "\(text(triple.from, nodeNames)) -\(text(triple.edge, edgeNames))-> \(text(triple.to, nodeNames))"
    }
}

extension SettingDescription {
    /// Those of all tasks of questions about a graph.
    static func graphs(path: String) -> [SettingDescription] {
        [
            SettingDescription(
                "map", "The path of a map of stations and lines to ask about, or its text; random graphs without one"),
            SettingDescription(
                "minimumDegree", "The fewest edges that leave a node of a random graph", unit: "edges", in: 1...999,
                note: "not above maximumDegree"),
            SettingDescription(
                "maximumDegree", "The most edges that leave a node of a random graph", unit: "edges", in: 1...999,
                note: "not below minimumDegree"),
            SettingDescription(
                "minimumPath", "The fewest edges of \(path)", unit: "edges", in: 1...1000,
                note: "not above maximumPath"),
            SettingDescription(
                "maximumPath", "The most edges of \(path), of which there are never more than nodes", unit: "edges",
                in: 1...1000, note: "not below minimumPath"),
            SettingDescription(
                "minimumLength", "The fewest nodes of a graph to train at", unit: "nodes", in: 2...1000,
                note: "not above maximumLength, nor the stations of a map"),
            SettingDescription(
                "maximumLength", "The most nodes of a graph to train at", unit: "nodes", in: 2...1000,
                note: "not below minimumLength, nor above the stations of a map")
        ]
    }
}
