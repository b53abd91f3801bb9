// StackLearningTests.swift: a stack alone, in the first steps of its tutorial: figure 1(a) of Grefenstette et al. 2015;
// then strengths that plain gradient descent learns, so that three values pushed come out reversed. No controller: the
// strengths are numbers of their own, or rows of matrices.

import Foundation
import NeuralMemory
import ReferenceKernels
import TestSupport
import Testing

extension NetworkSuites {
    @Suite struct StackLearningTests {
        /// Figure 1(a), with unit vectors as v_1, v_2, v_3: each read shows its weights.
        @Test func figureOneA() {
            let episode = StackEpisode(steps: 3, width: 3, values: [1, 0, 0, /**/ 0, 1, 0, /**/ 0, 0, 1])
            let reads = episode.forward(pops: [0, 0.1, 0.9], pushes: [0.8, 0.5, 0.9])
            let expected = [0.8, 0, 0, /**/ 0.5, 0.5, 0, /**/ 0.1, 0, 0.9]
            // Three strengths, rounded to Float, some sums of them within 1, and a product with 1.
            expectClose(reads, expected, within: .rounding(6, of: 1), "reads", "figure 1(a)")
        }

        /// d = 1, 1, 1, 0, 0, 0 is given, u is learned: nothing may go before the first value is read back, and one
        /// value before each other one.
        @Test func popStrengthsAreLearned() {
            expectMostSeedsSolve(8, of: 1...10) { seed in
                let result = learnStrengths(seed: seed, pushes: [1, 1, 1, 0, 0, 0])
                let pops = result.pops[3] <= 0.1 && result.pops[4] >= 0.9 && result.pops[5] >= 0.9
                return Learned(
                    result.first >= 0.1 && result.last <= 0.002 && pops,
                    "error \(result.first) to \(result.last), u = \(result.pops)")
            }
        }

        /// Both are learned.
        @Test func popAndPushStrengthsAreLearned() {
            expectMostSeedsSolve(8, of: 1...10) { seed in
                let result = learnStrengths(seed: seed, pushes: nil)
                let pushes = result.pushes[1] >= 0.9 && result.pushes[2] >= 0.9 && result.pushes[3] <= 0.1
                return Learned(
                    result.first >= 0.1 && result.last <= 0.002 && pushes,
                    "error \(result.first) to \(result.last), u = \(result.pops), d = \(result.pushes)")
            }
        }

        /// o'_t is one-hot: the interface vector of step t is row t of a matrix, whose columns for u and d are learned.
        ///
        /// Through the library's memory, with its sigmoids.
        @Test func matricesAreLearned() throws {
            try expectMostSeedsSolve(8, of: 1...10) { seed in
                let result = try learnMatrices(seed: seed)
                return Learned(
                    (0.5...1.1).contains(result.first) && result.last <= 0.002,
                    "error \(result.first) to \(result.last)")
            }
        }

        // MARK: Gradient descent

        private static let rate = 2.0
        private static let descents = 1000

        private struct Descent {
            var first = 0.0
            var last = 0.0
            var pops: [Float] = []
            var pushes: [Float] = []
        }

        /// Learns numbers behind a sigmoid, from a random start around 0.
        private func learnStrengths(seed: UInt64, pushes: [Float]?) -> Descent {
            var generator = RandomGenerator(seed: seed)
            var popNumbers = (0..<Reversing.steps).map { _ in generator.uniform(-0.5, 0.5) }
            var pushNumbers = (0..<Reversing.steps).map { _ in generator.uniform(-0.5, 0.5) }
            let episode = StackEpisode(steps: Reversing.steps, width: Reversing.width, values: Reversing.values)
            var learned = Descent()
            for descent in 0..<Self.descents {
                learned.pops = popNumbers.map(sigmoid)
                learned.pushes = pushes ?? pushNumbers.map(sigmoid)
                let error = Reversing.error(episode.forward(pops: learned.pops, pushes: learned.pushes))
                if descent == 0 { learned.first = error.value }
                learned.last = error.value
                let gradients = episode.backward(error.gradient)
                descend(&popNumbers, learned.pops, gradients.pops)
                descend(&pushNumbers, learned.pushes, gradients.pushes)
            }
            return learned
        }

        private func sigmoid(_ x: Double) -> Float { Float(1 / (1 + exp(-x))) }

        /// One step against dL/dx = dL/dy y (1 − y).
        private func descend(_ numbers: inout [Double], _ y: [Float], _ dy: [Float]) {
            for index in numbers.indices { numbers[index] -= Self.rate * Double(dy[index] * y[index] * (1 - y[index])) }
        }

        /// Learns the columns of u and d; the others hold the values, so large that tanh makes them 0 and 1.
        private func learnMatrices(seed: UInt64) throws -> Descent {
            var generator = RandomGenerator(seed: seed)
            let episode = try MemoryEpisode(NeuralStack(width: Reversing.width), steps: Reversing.steps)
            let columns = 2 + Reversing.width
            var matrix: [Float] = []
            for step in 0..<Reversing.steps {
                let value = Reversing.values[step * Reversing.width..<(step + 1) * Reversing.width]
                matrix += (0..<2).map { _ in Float(generator.uniform(-0.5, 0.5)) } + value.map { 12 * $0 }
            }
            var learned = Descent()
            for descent in 0..<Self.descents {
                let error = try Reversing.error(episode.forward(matrix))
                if descent == 0 { learned.first = error.value }
                learned.last = error.value
                let gradient = episode.backward(error.gradient)
                for index in matrix.indices where index % columns < 2 {
                    matrix[index] -= Float(Self.rate) * gradient[index]
                }
            }
            return learned
        }
    }
}
