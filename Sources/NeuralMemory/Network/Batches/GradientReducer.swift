// How the gradients of shards are added: in one process, or in several.

/// The balanced tree in which shards are added: neighbours, then neighbouring sums, and so on.
///
/// A *node* is a sum that the tree has: of 2^l shards, the first of which is a multiple of 2^l; the last one of a level may
/// have fewer. So a process that has all shards of a node computes the tree's own sum of them, bit for bit.
package enum ShardTree {
    /// Which of so many shards each process takes: neighbours, and as many each as possible.
    ///
    /// The first process has one wherever there is any.
    package static func shares(of shards: Int, processes count: Int) -> [Range<Int>] {
        let starts = (0...count).map { ($0 * shards + count - 1) / count }
        return zip(starts, starts.dropFirst()).map { $0..<$1 }
    }

    /// The largest nodes that neighbouring shards are made of, in order; `count` shards there are in all.
    package static func nodes(of shards: Range<Int>, outOf count: Int) -> [Range<Int>] {
        var nodes: [Range<Int>] = []
        var start = shards.lowerBound
        while start < shards.upperBound {
            var end = start + 1
            var size = 2
            while start.isMultiple(of: size), min(start + size, count) <= shards.upperBound {
                end = min(start + size, count)
                if end == count { break }
                size *= 2
            }
            nodes.append(start..<end)
            start = end
        }
        return nodes
    }

    /// The additions that nodes are left to be added by, in order, as places in the list: the second to the first.
    ///
    /// - Parameter starts: the first shard of each node, in order; together they are all shards.
    package static func additions(_ starts: [Int], outOf count: Int) -> [(Int, Int)] {
        var places = Dictionary(uniqueKeysWithValues: zip(starts, starts.indices))
        var additions: [(Int, Int)] = []
        var distance = 1
        while distance < count {
            for start in stride(from: 0, to: count, by: 2 * distance) {
                guard let first = places[start], let second = places.removeValue(forKey: start + distance) else {
                    continue
                }
                additions.append((first, second))
            }
            distance *= 2
        }
        return additions
    }
}

/// Adds the gradients of a batch's shards, in an order that depends on how many there are alone.
package final class GradientReducer {
    private let group: (any ProcessGroup)?
    /// Numbers that are exchanged at once by each process: these bound the two buffers, and the counts of a message.
    private static let mostNumbers = 1 << 22
    private let sent = FloatBuffer()
    private let received = FloatBuffer()

    package init(_ group: (any ProcessGroup)?) { self.group = group }

    /// Leaves the sum over all shards of the batch in the first buffer, and anything in the others.
    ///
    /// - Parameters:
    ///   - gradients: a buffer for each of this process's shards, or one of zeros where it has none.
    ///   - shards: which these are.
    ///   - count: how many the batch has.
    package func reduce(_ gradients: [ParameterBuffer], of shards: Range<Int>, outOf count: Int) {
        let nodes = ShardTree.nodes(of: shards, outOf: count)
        let size = gradients[0].count
        let buffers = gradients.map(\.pointer)
        for node in nodes {
            let own = node.lowerBound - shards.lowerBound..<node.upperBound - shards.lowerBound
            Kernels.sumTree(Array(buffers[own]), count: size)
        }
        guard let group else { return }
        let sums = nodes.map { buffers[$0.lowerBound - shards.lowerBound] }
        for start in stride(from: 0, to: size, by: Self.mostNumbers) {
            add(sums, to: buffers[0], numbers: start..<min(start + Self.mostNumbers, size), outOf: count, group)
        }
    }

    /// Adds the nodes of all processes, each of which adds up a part of the numbers.
    private func add(
        _ own: [UnsafeMutablePointer<Float>], to total: UnsafeMutablePointer<Float>, numbers: Range<Int>,
        outOf count: Int, _ group: any ProcessGroup
    ) {
        let nodes = group.shares(of: count).map { ShardTree.nodes(of: $0, outOf: count) }
        let parts = (0..<group.count).map { part in
            let bounds = [part, part + 1].map { numbers.count * $0 / group.count }
            return numbers.lowerBound + bounds[0]..<numbers.lowerBound + bounds[1]
        }
        let mine = parts[group.rank].count
        sent.reserve(own.count * numbers.count)
        received.reserve(nodes.joined().count * mine)
        var target = sent.pointer
        for part in parts {
            for sum in own {
                target.update(from: sum + part.lowerBound, count: part.count)
                target += part.count
            }
        }
        group.exchange(
            sent.pointer, counts: parts.map { own.count * $0.count }, into: received.pointer,
            counts: nodes.map { $0.count * mine })
        for (first, second) in ShardTree.additions(nodes.joined().map(\.lowerBound), outOf: count) {
            Kernels.sumTree([received.pointer + first * mine, received.pointer + second * mine], count: mine)
        }
        let width = MemoryLayout<Float>.stride
        group.gather(
            UnsafeRawBufferPointer(start: received.pointer, count: mine * width),
            counts: parts.map { $0.count * width },
            into: total + numbers.lowerBound)
    }
}
