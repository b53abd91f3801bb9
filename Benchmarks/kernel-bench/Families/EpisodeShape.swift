// What shapes of episodes have in common: arrays are time-major, the reference's are of one batch element.

import NeuralMemory

/// Sizes of a batch of episodes.
protocol EpisodeShape {
    var steps: Int { get }
    var batch: Int { get }
}

extension EpisodeShape {
    /// (T, size) of one batch element, from (T, B, size).
    func element(_ element: Int, of buffer: FloatBuffer, _ size: Int) -> [Double] {
        (0..<steps).flatMap { step in
            (0..<size).map { Double(buffer.pointer[(step * batch + element) * size + $0]) }
        }
    }

    /// (T, B, size) from (T, size) of each batch element.
    func batched(_ elements: [[Double]], _ size: Int) -> [Double] {
        (0..<steps).flatMap { step in elements.flatMap { $0[step * size..<(step + 1) * size] } }
    }

    func sum(_ elements: [[Double]]) -> [Double] {
        elements.dropFirst().reduce(elements[0]) { sum, other in zip(sum, other).map { $0 + $1 } }
    }
}
