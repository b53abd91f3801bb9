// Greedy decoding: a network trained on short reversals gives words back reversed, and decoding agrees with what
// evaluation counts under teacher forcing.

import NeuralMemory
import NeuralMemoryTasks
import TestSupport
import Testing
import NeuralMemoryTraining

@Suite struct GreedyDecoderTests {
    /// A network that has learned to reverse up to 6 of 4 symbols, in about a second; whichever seed did.
    private static func trained() throws -> (network: Network, task: Reversal) {
        try firstLearned { seed in try trained(seed: seed) }
    }

    private static func trained(seed: UInt64) throws -> (network: Network, task: Reversal)? {
        var configuration = RunConfiguration()
        let task = Reversal(symbols: 4, lengths: 1...6)
        configuration.task = task
        configuration.network.controller = ElmanRNN(units: 32)
        configuration.network.memory = NeuralStack(width: 16)
        configuration.network.input.embeddingSize = 16
        configuration.training.optimizer = Adam(learningRate: 5e-3)
        configuration.training.seed = seed
        configuration.training.steps = 4000
        configuration.training.evaluation.interval = 200
        configuration.training.solved.coarse = 1
        let trainer = try Trainer(configuration)
        while !trainer.isFinished { _ = try trainer.step() }
        return trainer.isSolved ? (trainer.network, task) : nil
    }

    @Test func givesWordsBackReversed() throws {
        let (network, task) = try Self.trained()
        let decoder = try GreedyDecoder(network: network, vocabulary: task.vocabulary)
        let reader = SymbolReader(source: task.vocabulary)
        for (word, expected) in [("a", "a"), ("a b", "b a"), ("d c b a", "a b c d"), ("b b a c", "c a b b")] {
            let answer = try decoder.decode(source: reader.numbers(of: word), maximumLength: 10)
            #expect(answer.isComplete)
            #expect(answer.target.map { task.vocabulary.target[$0] }.joined(separator: " ") == expected)
        }
    }

    /// Up to the first error the inputs are the same, so an answer is wholly right under both or under neither.
    @Test func agreesWithTeacherForcing() throws {
        // A network that is always right, or always wrong, would say nothing.
        let counts = try firstLearned { seed -> [Int]? in
            let counts = try countAgreement(seed: seed)
            return counts.allSatisfy { $0 > 5 } ? counts : nil
        }
        #expect(counts.reduce(0, +) == 60)
    }

    /// How many of 60 answers are wrong and right, under both.
    private func countAgreement(seed: UInt64) throws -> [Int] {
        let task = Reversal(symbols: 2, lengths: 1...3)
        let network = try trainedALittle(task, seed: seed)
        var generator = RandomGenerator(seed: seed, stream: 11)
        var counts = [0, 0]
        for _ in 0..<60 {
            let pair = task.pair(lengths: 1...3, using: &generator)
            let batch = try task.vocabulary.batch([pair])
            let isRight = try network.evaluate(batch).rightSequences == 1
            let answer = try GreedyDecoder(network: network, vocabulary: task.vocabulary)
                .decode(source: pair.source, maximumLength: 10)
            #expect(isRight == (answer == .init(target: pair.target, isComplete: true)), "seed \(seed)")
            counts[isRight ? 1 : 0] += 1
        }
        return counts
    }

    /// A network that may be right sometimes, and wrong sometimes.
    private func trainedALittle(_ task: Reversal, seed: UInt64) throws -> Network {
        var configuration = RunConfiguration()
        configuration.task = task
        configuration.network.controller = ElmanRNN(units: 12)
        configuration.network.memory = NeuralStack(width: 8)
        configuration.training.optimizer = Adam(learningRate: 5e-3)
        configuration.training.seed = seed
        configuration.training.steps = 60
        let trainer = try Trainer(configuration)
        while !trainer.isFinished { _ = try trainer.step() }
        return trainer.network
    }

    @Test(arguments: [0, 1, 5]) func isCutAtTheMaximum(length: Int) throws {
        let task = Copy(symbols: 3, lengths: 1...4)
        let network = try Network(NetworkConfiguration(), signature: task.signature, seed: 1)
        // All outputs the same but for the end mark, which never comes.
        let bias = try #require(network.parameters.layout["output.bias"])
        let weight = try #require(network.parameters.layout["output.weight"])
        try network.parameters.setValues(Array(repeating: 0, count: weight.count), of: weight)
        try network.parameters.setValues([-1, 0, 0, 0], of: bias)
        let answer = try GreedyDecoder(network: network, vocabulary: task.vocabulary)
            .decode(source: [1, 2], maximumLength: length)
        // Of equally likely symbols the first is taken.
        #expect(answer == .init(target: Array(repeating: 0, count: length), isComplete: false))
    }
}

@Suite struct SymbolReaderTests {
    private let reader = SymbolReader(source: Vocabulary(shared: ["a", "b", "c"]))

    @Test(arguments: ["a c b", "  a\tc   b ", "a c b\r"]) func readsWords(line: String) throws {
        #expect(try reader.numbers(of: line) == [0, 2, 1])
    }

    @Test(arguments: ["", "  \t"]) func refusesAnEmptyLine(line: String) {
        #expect(throws: SymbolReaderError.empty) { try reader.numbers(of: line) }
    }

    @Test func namesAnUnknownSymbol() throws {
        let error = #expect(throws: SymbolReaderError.self) { try reader.numbers(of: "a x b") }
        #expect(error == .unknown(symbol: "x", position: 2, known: ["a", "b", "c"]))
        #expect(error?.description == "symbol 2, 'x', is unknown; symbols are a b c")
    }

    @Test func abbreviatesManySymbols() throws {
        let many = SymbolReader(source: Vocabulary(shared: Vocabulary.names(128)))
        let error = #expect(throws: SymbolReaderError.self) { try many.numbers(of: "128") }
        #expect(error?.description.hasSuffix("symbols are 0 1 2 3 4 5 6 7 … 127 (128 in all)") == true)
    }
}
