// Directed graphs whose nodes and edges have labels of three digits, and random ones (Graves et al. 2016, Methods).

import NeuralMemory

/// A directed graph with labels; of the edges that leave a node no two have the same label.
public struct LabelledGraph: Sendable, Equatable {
    /// From a node to a node.
    public struct Edge: Sendable, Equatable {
        /// The number of a node.
        public let from: Int
        /// The number of a node.
        public let to: Int
        /// The edge's own label.
        public let label: Int
    }

    /// How many labels there are: 000 to 999.
    public static let labels = 1000

    /// The label of each node; no two have the same one.
    public let nodes: [Int]
    /// In the order in which they are described.
    public let edges: [Edge]
    /// Of each node, the numbers of the edges that leave it.
    let outgoing: [[Int]]
    /// What labels stand for, for people to read; empty where they stand for nothing.
    let nodeNames: [Int: String]
    /// The same for labels of edges.
    let edgeNames: [Int: String]

    init(
        nodes: [Int], edges: [Edge], nodeNames: [Int: String] = [:], edgeNames: [Int: String] = [:]
    ) {
        self.nodes = nodes
        self.edges = edges
        self.nodeNames = nodeNames
        self.edgeNames = edgeNames
        var outgoing: [[Int]] = Array(repeating: [], count: nodes.count)
        for (number, edge) in edges.enumerated() { outgoing[edge.from].append(number) }
        self.outgoing = outgoing
    }

    /// How many edges there are at least on the way from one node to each; `nil` where there is no way.
    func distances(from start: Int) -> [Int?] {
        var distances: [Int?] = Array(repeating: nil, count: nodes.count)
        distances[start] = 0
        var (reached, next) = ([start], 0)
        while next < reached.count {
            let node = reached[next]
            next += 1
            for edge in outgoing[node] where distances[edges[edge].to] == nil {
                distances[edges[edge].to] = distances[node].map { $0 + 1 }
                reached.append(edges[edge].to)
            }
        }
        return distances
    }

    /// The same graph with every edge turned round; labels then are as they were.
    var reversed: LabelledGraph {
        LabelledGraph(nodes: nodes, edges: edges.map { Edge(from: $0.to, to: $0.from, label: $0.label) })
    }
}

extension LabelledGraph {
    /// A random graph: nodes are random points of the unit square, and each has edges to those nearest to it.
    ///
    /// Labels of nodes are different, and so are those of the edges that leave one node. The edges come in random
    /// order.
    ///
    /// - Parameters:
    ///   - count: from 2 to `labels` nodes.
    ///   - degrees: how many edges leave a node, all equally likely; never more than there are other nodes.
    init(nodes count: Int, degrees: ClosedRange<Int>, using generator: inout RandomGenerator) {
        let labels = generator.differentNumbers(count, below: Self.labels)
        let points = (0..<count).map { _ in (x: generator.uniform(), y: generator.uniform()) }
        var edges: [Edge] = []
        for from in 0..<count {
            let degree = min(generator.integer(in: degrees), count - 1)
            let names = generator.differentNumbers(degree, below: Self.labels)
            edges += zip(Self.nearest(degree, to: from, points), names).map { Edge(from: from, to: $0, label: $1) }
        }
        edges.shuffleInPlace(using: &generator)
        self.init(nodes: labels, edges: edges)
    }

    /// The points nearest to one of them, the nearest first, in one pass over all.
    private static func nearest(_ count: Int, to center: Int, _ points: [(x: Double, y: Double)]) -> [Int] {
        var nearest: [(distance: Double, point: Int)] = []
        for point in points.indices where point != center {
            let (x, y) = (points[point].x - points[center].x, points[point].y - points[center].y)
            let distance = x * x + y * y
            guard nearest.count < count || distance < nearest[count - 1].distance else { continue }
            let place = nearest.firstIndex { distance < $0.distance } ?? nearest.count
            nearest.insert((distance, point), at: place)
            if nearest.count > count { nearest.removeLast() }
        }
        return nearest.map(\.point)
    }
}

extension RandomGenerator {
    /// So many different numbers from 0 up to a limit, in random order: the start of Fisher and Yates's shuffle.
    mutating func differentNumbers(_ count: Int, below limit: Int) -> [Int] {
        var numbers = Array(0..<limit)
        for place in 0..<count { numbers.swapAt(place, integer(in: place...limit - 1)) }
        return Array(numbers.prefix(count))
    }
}
