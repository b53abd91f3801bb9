// TrainingUsageTests.swift: wrong calls of decoders, evaluation, trainer and files are refused with a message.

import Foundation
import NeuralMemory
import NeuralMemoryTasks
import TestSupport
import Testing
import NeuralMemoryTraining

@Suite struct TrainingUsageTests {
    private let task = Reversal(symbols: 3, lengths: 1...4)

    private func network() throws -> Network {
        let configuration = NetworkConfiguration(controller: ElmanRNN(units: 4), memory: NeuralStack(width: 2))
        return try Network(configuration, signature: task.signature, seed: 1)
    }

    @Test func decoders() throws {
        let network = try network()
        let other = Vocabulary(shared: ["a"])
        expectUsageError("GreedyDecoder: the network has signature") {
            _ = try GreedyDecoder(network: network, vocabulary: other)
        }
        expectUsageError("BeamDecoder: the network has signature") {
            _ = try BeamDecoder(network: network, vocabulary: other, width: 1)
        }
        for width in [0, -1] {
            expectUsageError("BeamDecoder: width is \(width)") {
                _ = try BeamDecoder(network: network, vocabulary: task.vocabulary, width: width)
            }
        }
        let greedy = try GreedyDecoder(network: network, vocabulary: task.vocabulary)
        let beam = try BeamDecoder(network: network, vocabulary: task.vocabulary, width: 2)
        for source in [[3], [-1], [0, Int.max]] {
            expectUsageError("a source has symbol") { _ = try greedy.decode(source: source, maximumLength: 2) }
            expectUsageError("a source has symbol") { _ = try beam.decode(source: source, maximumLength: 2) }
        }
        expectUsageError("GreedyDecoder.decode: maximumLength is -1") {
            _ = try greedy.decode(source: [0], maximumLength: -1)
        }
        expectUsageError("BeamDecoder.decode: maximumLength is -1") {
            _ = try beam.decode(source: [0], maximumLength: -1)
        }
    }

    @Test func evaluations() throws {
        let network = try network()
        for episodes in [0, -1] {
            expectUsageError("Evaluation.run: episodes are \(episodes)") {
                _ = try Evaluation(task: task, seed: 1, episodes: episodes).run(network, lengths: 1...2)
            }
        }
        #expect(throws: ConfigurationError.self) {
            _ = try Evaluation(task: task, seed: 1, episodes: 1).run(network, lengths: -3...(-1))
        }
        expectUsageError("Network.evaluate: inputs are vectors; this network takes symbols") {
            _ = try Evaluation(task: CopyBits(), seed: 1, episodes: 1).run(network, lengths: 1...2)
        }
    }

    @Test func aGeneratorThatIsNone() throws {
        let trainer = try Trainer(smallConfiguration())
        trainer.state.generator = [0, 0, 0, 0]
        expectUsageError("Trainer.step: state.generator is [0, 0, 0, 0]") { _ = try trainer.step() }
    }

    @Test func arraysThatCannotBeWritten() throws {
        let folder = try TemporaryFolder()
        let file = folder.file("a.safetensors")
        let array = SafetensorsEntry(name: "a", shape: [1], values: [Float(1)])
        expectUsageError("Safetensors.write: two arrays are named a") {
            try Safetensors.write([array, array], metadata: [:], to: file)
        }
        for shape in [[2], [-1], [Int.max, Int.max]] {
            expectUsageError("Safetensors.write: b has 4 bytes, which are not those of shape") {
                let other = SafetensorsEntry(name: "b", shape: shape, values: [Float(1)])
                try Safetensors.write([array, other], metadata: [:], to: file)
            }
        }
        #expect(!FileManager.default.fileExists(atPath: file.path))
    }
}
