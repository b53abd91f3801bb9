// LibraryExampleTests.swift: the README's example of using the library, run, and compared with the README.

import Foundation
import NeuralMemory
import NeuralMemoryTasks
import TestSupport
import Testing
import NeuralMemoryTraining

extension NetworkSuites {
    @Suite struct LibraryExampleTests {
        @Test func theExampleLearnsReversal() throws { try expectMostSeedsSolve { try learnReversal(seed: $0) } }

        private func learnReversal(seed: UInt64) throws -> Learned {
            // README example begins
            let task = Reversal(symbols: 8, lengths: 1...8)
            let configuration = NetworkConfiguration(controller: ElmanRNN(units: 32), memory: NeuralStack(width: 16))
            let network = try Network(configuration, signature: task.signature, seed: seed)
            let gradients = network.makeGradients()
            let chain = OptimizerChain(Adam(learningRate: 0.003), clipping: GradientClipping(norm: 1))
            let optimizer = try Optimizer(chain, for: network.parameters)

            var generator = RandomGenerator(seed: seed)
            for step in 1...800 {
                let batch = try task.batch(count: 32, using: &generator)
                gradients.zero()
                let loss = try network.forward(batch).loss().backward(into: gradients)
                try optimizer.update(gradients)
                if step % 100 == 0 { print("step \(step): \(loss.coarse) of the sequences are right") }
            }

            let evaluation = Evaluation(task: task, seed: 2, episodes: 200)
            let result = try evaluation.run(network, lengths: 16...16)
            print("twice as long as any before: \(result.report.coarse) are right")
            // README example ends
            let trained = try evaluation.run(network, lengths: task.lengths).report.coarse
            return Learned(
                trained >= 0.98 && result.report.coarse >= 0.9,
                "\(trained) right, \(result.report.coarse) of those twice as long")
        }

        @Test func theReadmeShowsTheExample() throws {
            let example = try Self.example(in: Self.text(of: URL(filePath: #filePath)))
            #expect((15...25).contains(example.filter { !$0.isEmpty }.count))
            let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
                .deletingLastPathComponent()
            let readme = try Self.text(of: root.appending(path: "README.md"))
            let isShown = readme.contains(example.joined(separator: "\n"))
            #expect(isShown, "README.md does not show this file's example, line for line, without its indentation")
        }

        private static func text(of file: URL) throws -> String { try String(contentsOf: file, encoding: .utf8) }

        /// The lines between the marks, without the indentation that they share, for seed 1.
        private static func example(in source: String) throws -> [String] {
            let lines = source.components(separatedBy: "\n")
            let first = try #require(lines.firstIndex { $0.hasSuffix("// README example begins") })
            let last = try #require(lines.firstIndex { $0.hasSuffix("// README example ends") })
            let indentation = lines[first].prefix { $0 == " " }.count
            return lines[(first + 1)..<last].map {
                String($0.dropFirst(indentation)).replacing("seed: seed", with: "seed: 1")
            }
        }
    }
}
