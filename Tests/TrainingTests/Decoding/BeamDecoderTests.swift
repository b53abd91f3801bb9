// Beam search: width 1 is greedy, a beam wide enough finds the best of all answers, and an answer's log-probability is
// that of its loss.

import Foundation
import NeuralMemory
import ReferenceKernels
import NeuralMemoryTasks
import TestSupport
import Testing
import NeuralMemoryTraining

@Suite struct BeamDecoderTests {
    private let vocabulary = Vocabulary(source: ["a", "b", "c"], target: ["x", "y"])
    private static let memories: [any MemoryKind] = [
        NeuralStack(width: 3), NeuralQueue(width: 3), NeuralDeque(width: 3), TuringMemory(rows: 6, columns: 3),
        DNC(rows: 6, columns: 3), NoMemory(), SparseMemory(rows: 6, columns: 3), SparseDNC(rows: 6, columns: 3),
        TuringMemory(rows: 6, columns: 3, readHeads: 2, writeHeads: 1)
    ]

    /// Not trained, with weights so large that answers are far from equally likely.
    private func network(_ memory: any MemoryKind, seed: UInt64) throws -> Network {
        var configuration = NetworkConfiguration(controller: LSTM(units: 6), memory: memory)
        configuration.weights.scale = 6
        return try Network(configuration, signature: vocabulary.signature, seed: testSeed(seed))
    }

    private func source(_ generator: inout RandomGenerator) -> [Int] {
        (0..<generator.integer(in: 1...5)).map { _ in generator.integer(in: 0...2) }
    }

    @Test func widthOneIsGreedy() throws {
        var generator = RandomGenerator(seed: testSeed(1))
        var ends = 0
        for memory in Self.memories {
            for seed in 1...8 {
                let network = try network(memory, seed: UInt64(seed))
                let source = source(&generator)
                let greedy = try GreedyDecoder(network: network, vocabulary: vocabulary)
                    .decode(source: source, maximumLength: 100)
                let beam = try BeamDecoder(network: network, vocabulary: vocabulary, width: 1)
                    .decode(source: source, maximumLength: 100)
                #expect(beam.answer == greedy, "\(memory.kind), seed \(seed)\(seedNote)")
                ends += greedy.isComplete ? 1 : 0
            }
        }
        #expect(ends > 5 && ends < 8 * Self.memories.count, "some answers end and some are cut: \(ends)\(seedNote)")
    }

    /// −Σ ln p of an answer and its end mark, in one batch of its own.
    private func cost(_ network: Network, _ source: [Int], _ target: [Int]) throws -> Double {
        let batch = try vocabulary.batch([Transduction(source: source, target: target)])
        return try network.evaluate(batch).nats
    }

    /// All answers of up to 3 symbols are tried.
    @Test func aWideBeamFindsTheBest() throws {
        var generator = RandomGenerator(seed: testSeed(2))
        var answers: [[Int]] = [[]]
        for length in 0..<3 { answers += answers.filter { $0.count == length }.flatMap { [$0 + [0], $0 + [1]] } }
        #expect(answers.count == 15)
        var notGreedy = 0
        for memory in Self.memories {
            for seed in 1...8 {
                let network = try network(memory, seed: UInt64(seed))
                let source = source(&generator)
                // Rows of a beam and answers in batches of their own go through other products.
                let ownSeed = testSeed(UInt64(seed))
                let (costs, bounds) = try network.conditioned(ErrorBound.Factor.evaluations, seed: ownSeed) {
                    [try answers.map { try cost(network, source, $0) }]
                }
                let least = try #require(costs[0].min())
                let found = try BeamDecoder(network: network, vocabulary: vocabulary, width: 24)
                    .decode(source: source, maximumLength: 3)
                #expect(found.answer.isComplete)
                expectClose(
                    [-found.logProbability, try cost(network, source, found.answer.target)], [least, least],
                    within: bounds[0], "costs", "\(memory.kind), seed \(seed)")
                let greedy = try GreedyDecoder(network: network, vocabulary: vocabulary)
                    .decode(source: source, maximumLength: 3)
                notGreedy += greedy.target == found.answer.target ? 0 : 1
            }
        }
        #expect(notGreedy > 0, "otherwise the search finds nothing that greedy decoding does not")
    }

    @Test func aCutAnswerIsTheLikeliestBeginning() throws {
        let network = try network(NeuralStack(width: 3), seed: 1)
        let bias = try #require(network.parameters.layout["output.bias"])
        let weight = try #require(network.parameters.layout["output.weight"])
        try network.parameters.setValues(Array(repeating: 0, count: weight.count), of: weight)
        // The end mark hardly ever, the second symbol twice as often as the first.
        try network.parameters.setValues([-100, 0, Float(log(2.0))], of: bias)
        for length in [0, 1, 70] {
            let found = try BeamDecoder(network: network, vocabulary: vocabulary, width: 2)
                .decode(source: [0, 1], maximumLength: length)
            #expect(found.answer == .init(target: Array(repeating: 1, count: length), isComplete: false))
            // As many losses of a softmax over three, 10 roundings of 1 + ln 3 each, and their sum.
            expectClose(
                [found.logProbability], [Double(length) * log(2.0 / 3)],
                within: .rounding(10 + length, of: Double(length) * (1 + log(3))), "log-probability", "\(length)")
        }
    }
}
