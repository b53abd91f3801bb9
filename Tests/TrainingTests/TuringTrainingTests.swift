// Training with a Turing memory: segments of the replay, extreme head parameters, smallest memories, wrong bits as a
// criterion, and changes to trained networks.

import NeuralMemory
import NeuralMemoryTasks
import TestSupport
import Testing
import NeuralMemoryTraining

@Suite struct TuringTrainingTests {
    /// Copy of bits by a small controller.
    private func configuration(
        _ memory: TuringMemory = TuringMemory(rows: 8, columns: 5), lengths: ClosedRange<Int> = 1...4
    ) -> RunConfiguration {
        var task = CopyBits()
        task.width = 4
        task.minimumLength = lengths.lowerBound
        task.maximumLength = lengths.upperBound
        var configuration = RunConfiguration()
        configuration.task = task
        configuration.network.controller = LSTM(units: 10)
        configuration.network.memory = memory
        configuration.network.output.source = .controllerAndReads
        configuration.training.optimizer = Adam(learningRate: 1e-2)
        configuration.training.batchSize = 3
        configuration.training.steps = 6
        configuration.training.evaluation.interval = 2
        configuration.training.evaluation.episodes = 5
        return configuration
    }

    /// Loss and all gradients of one batch.
    private func gradients(_ configuration: RunConfiguration) throws -> [[Float]] {
        let task = configuration.task
        let network = try Network(configuration.network, signature: task.signature, seed: testSeed(1))
        var generator = RandomGenerator(seed: testSeed(2))
        let batch = try task.batch(count: 2, using: &generator)
        let gradients = network.makeGradients()
        let loss = try network.forward(batch).loss()
        let nats = loss.report.nats
        try loss.backward(into: gradients)
        return try [[Float(nats)]] + gradients.layout.parameters.map { try gradients.values(of: $0) }
    }

    /// 401 steps.
    ///
    /// The replay of writes gives the very numbers that were there.
    @Test func gradientsAreTheSameBitsForAllSegments() throws {
        var memory = TuringMemory(rows: 32, columns: 6, heads: 2)
        memory.initialMemory = .learned
        memory.initialFocus = .learned
        let all = try [1, nil, 2, 7, 400, 401, 1000].map { segment in
            memory.segment = segment
            return try gradients(configuration(memory, lengths: 200...200))
        }
        #expect(all[0].contains { $0.contains { $0 != 0 } })
        for other in all.dropFirst() {
            #expect(zip(all[0], other).allSatisfy { $0.map(\.bitPattern) == $1.map(\.bitPattern) })
        }
    }

    /// A raw key of 0 has no direction, and a focus raised to the power of 100 vanishes in all rows but the largest.
    @Test(arguments: [0, 99] as [Float], [0, 1000] as [Float])
    func extremeHeadsStayFinite(rawSharpening: Float, rawKeyStrength: Float) throws {
        let configuration = configuration(lengths: 12...12)
        let network = try Network(configuration.network, signature: configuration.task.signature, seed: testSeed(1))
        let parameters = network.parameters
        let (weight, bias) = (parameters.layout["interface.weight"], parameters.layout["interface.bias"])
        let slices = try [#require(weight), #require(bias)]
        try parameters.setValues(Array(repeating: 0, count: slices[0].count), of: slices[0])
        // A head is [k (5) | β | g | s (3) | γ]; the write head has e and a besides.
        var raw = [Float](repeating: 0, count: slices[1].count)
        for head in [0, 11] {
            raw[head + 5] = rawKeyStrength
            raw[head + 10] = rawSharpening
        }
        try parameters.setValues(raw, of: slices[1])
        var generator = RandomGenerator(seed: testSeed(1))
        let batch = try configuration.task.batch(count: 2, using: &generator)
        let gradients = network.makeGradients()
        for _ in 0..<2 {
            let loss = try network.forward(batch).loss()
            let nats = loss.report.nats
            #expect(nats.isFinite)
            try loss.backward(into: gradients)
        }
        #expect(gradients.firstNonFinite() == nil)
    }

    @Test(arguments: [(1, 5), (8, 1), (1, 1)]) func smallestMemoriesTrain(rows: Int, columns: Int) throws {
        var memory = TuringMemory(rows: rows, columns: columns)
        memory.maximumShift = rows == 1 ? 0 : 1
        let trainer = try Trainer(configuration(memory))
        while !trainer.isFinished { _ = try trainer.step() }
        #expect(trainer.network.parameters.firstNonFinite() == nil)
    }

    /// So many read heads and as many write heads are so many pairs: the same parameters, and the same bits.
    @Test func pairsAreReadHeadsAndAsManyWriteHeads() throws {
        func trained(_ memory: TuringMemory) throws -> [Float] {
            var memory = memory
            memory.initialFocus = .learned
            memory.initialReads = .learned
            let trainer = try Trainer(configuration(memory))
            while !trainer.isFinished { _ = try trainer.step() }
            let parameters = trainer.network.parameters
            return try parameters.layout.parameters.flatMap { try parameters.values(of: $0) }
        }
        let pairs = try trained(TuringMemory(rows: 8, columns: 5, heads: 2))
        #expect(try trained(TuringMemory(rows: 8, columns: 5, readHeads: 2, writeHeads: 2)) == pairs)
    }

    @Test func impossibleHeadsAreRefused() throws {
        var memory = TuringMemory(rows: 4, columns: 5)
        memory.maximumShift = 2
        #expect(throws: ConfigurationError.self) { try Trainer(configuration(memory)) }
        #expect(throws: ConfigurationError.self) {
            try Trainer(configuration(TuringMemory(rows: 4, columns: 5, heads: 0)))
        }
        for clip in [0, -1, .nan, 1e7] {
            memory = TuringMemory(rows: 4, columns: 5)
            memory.clip = clip
            #expect(throws: ConfigurationError.self) { try Trainer(configuration(memory)) }
        }
    }

    // MARK: Wrong bits

    @Test func wrongBitsMayBeTheCriterion() throws {
        for (wrong, steps) in [(nil, 6), (0, 6), (1e9, 2)] as [(Double?, Int)] {
            var configuration = configuration()
            configuration.training.solved.wrong = wrong
            let trainer = try Trainer(configuration)
            while !trainer.isFinished { _ = try trainer.step() }
            #expect(trainer.state.step == steps && trainer.isSolved == (wrong == 1e9))
        }
        var configuration = configuration()
        for wrong in [-2, -1, .nan] {
            configuration.training.solved.wrong = wrong
            #expect(throws: ConfigurationError.self) { try configuration.validate() }
        }
    }

    @Test func onlyBitsHaveWrongBits() throws {
        let bits = try Trainer(configuration()).evaluate()[0]
        #expect(bits.wrongBits == bits.report.wrong)
        #expect(EvaluationSummary(checkpoint: "", task: "", results: [bits]).json.contains("\"wrong_bits\": "))
        let symbols = try Trainer(smallConfiguration()).evaluate()[0]
        #expect(symbols.wrongBits == nil)
        #expect(!EvaluationSummary(checkpoint: "", task: "", results: [symbols]).json.contains("wrong"))
    }

    // MARK: Changes to trained networks

    @Test func rowsChangeWhereNothingLearnedCountsThem() throws {
        let trainer = try Trainer(configuration())
        let changed = try Checkpoint(trainer).makeNetwork(trainer.configuration.withMemoryRows(20))
        #expect((changed.configuration.memory as? TuringMemory)?.rows == 20)
        for slice in changed.parameters.layout.parameters {
            let old = try #require(trainer.network.parameters.layout[slice.name])
            #expect(try changed.parameters.values(of: slice) == trainer.network.parameters.values(of: old))
        }
        var focus = TuringMemory(rows: 8, columns: 5)
        focus.initialFocus = .learned
        #expect(throws: ConfigurationError.self) { try configuration(focus).withMemoryRows(9) }
        #expect(throws: Never.self) { try configuration(focus).withMemoryRows(8) }
        #expect(throws: ConfigurationError.self) { try smallConfiguration().withMemoryRows(8) }
    }

    /// Settings that make sense together only are laid over at once.
    @Test func taskSettingsChangeTogether() throws {
        var configuration = RunConfiguration()
        configuration.task = RepeatCopy()
        func changed(_ settings: [String]) throws -> RunConfiguration {
            try configuration.withTaskSettings(settings.map { try SettingOverride(assignment: $0) })
        }
        let task = try changed(["task.minimumRepeats=20", "task.maximumRepeats=20"]).task as? RepeatCopy
        #expect(task?.minimumRepeats == 20 && task?.maximumRepeats == 20)
        #expect(throws: SettingError.self) { try changed(["task.width=3"]) }
        #expect(throws: SettingError.self) { try changed(["training.steps=3"]) }
    }

    /// A map has no lengths beyond its stations.
    @Test func lengthsThatATaskNoLongerHasAreNotEvaluatedAt() throws {
        var configuration = RunConfiguration()
        configuration.task = GraphTraversal()
        configuration.training.evaluation.lengths = [12, 2, 3]
        let settings = ["task.map=\"line,X,both,A,B,C\\n\"", "task.maximumLength=3"]
        let changed = try configuration.withTaskSettings(settings.map { try SettingOverride(assignment: $0) })
        #expect(changed.training.evaluation.lengths == [2, 3])
        #expect(throws: Never.self) { try changed.validate() }
    }

    @Test func episodesLongerThanTheMemoryAreWarnedOf() {
        #expect(configuration().warning(longestLength: 3) == nil)
        #expect(configuration().warning(longestLength: 4)?.contains("9 steps, and the memory has 8 rows") == true)
        #expect(smallConfiguration().warning(longestLength: 1000) == nil)
    }

    /// What more steps than rows do depends on where a memory writes.
    @Test func theWarningSaysWhatHoldsForTheMemory() {
        var configuration = configuration()
        let cases: [(any MemoryKind, String)] = [
            (TuringMemory(rows: 8, columns: 5), "come back to rows already written"),
            (DNC(rows: 8, columns: 5), "at least as many rows as vectors are kept at once"),
            (SparseMemory(rows: 8, columns: 5), "whose last access is longest ago")
        ]
        for (memory, words) in cases {
            configuration.network.memory = memory
            #expect(configuration.warning(longestLength: 3) == nil)
            let warning = configuration.warning(longestLength: 4) ?? ""
            let found = cases.map(\.1).filter(warning.contains)
            #expect(warning.contains("9 steps, and the memory has 8 rows: ") && found == [words], "\(warning)")
        }
    }
}
