// What a study's file comes to: cells, seeds and searches, and what is refused.

import Foundation
import NeuralMemory
import NeuralMemoryTasks
import TestSupport
import Testing
import NeuralMemoryTraining

@Suite struct StudyFileTests {
    private func file(_ yaml: String) throws -> StudyFile { try StudyFile(yaml: Data(yaml.utf8), source: "study.yaml") }

    @Test func theGridHasEveryCombination() throws {
        let study = try file(
            """
            base:
              extends: fast/reversal-stack
              training.steps: 50
            grid:
              network.memory.kind: [stack, deque]
              training.batchSize: [5, 7]
            seeds: 1-3, 7
            """)
        let cells = try study.cells()
        #expect(study.cellCount == 4 && study.runCount == 16)
        #expect(
            cells.map(\.name) == ["stack,batchSize=5", "stack,batchSize=7", "deque,batchSize=5", "deque,batchSize=7"])
        #expect(cells.map(\.configuration.network.memory.kind) == ["stack", "stack", "deque", "deque"])
        #expect(cells.map(\.configuration.training.batchSize) == [5, 7, 5, 7])
        #expect(cells.allSatisfy { $0.configuration.training.steps == 50 && $0.seeds == [1, 2, 3, 7] })
        // What is not named is the preset's.
        let preset = try Presets.load("fast/reversal-stack")
        #expect(cells[0].configuration.network.controller.kind == preset.network.controller.kind)
    }

    /// A kind starts its section anew, wherever it stands in the file.
    @Test func aCellLaysItsSettingsOverTheBase() throws {
        let cells = try file(
            """
            base: {extends: fast/copy-queue, network.controller: {kind: lstm, units: 12}}
            cells:
              as it is:
              again: {}
              wide: {network.controller.units: 99, seeds: [5, 6]}
              other: {network.controller.units: 7, network.controller.kind: rnn}
              preset: {extends: fast/reversal-stack}
            seeds: 1
            """
        ).cells()
        #expect(cells.map(\.name) == ["as-it-is", "again", "wide", "other", "preset"])
        #expect(cells.map(\.seeds) == [[1], [1], [5, 6], [1], [1]])
        let controllers = cells.map { ConfigurationText.setting("network.controller.units", of: $0.configuration) }
        #expect(controllers == ["12", "12", "99", "7", "12"])
        #expect(cells.map(\.configuration.network.controller.kind) == ["lstm", "lstm", "lstm", "rnn", "lstm"])
        #expect(cells.map(\.configuration.network.memory.kind) == ["queue", "queue", "queue", "queue", "stack"])
    }

    @Test(arguments: [
        ("", "study.yaml: the file is empty"),
        ("grid: {}\nseeds: 1", "line 1: grid is empty"),
        ("grid:\n  training.batchSize: []\nseeds: 1", "line 2: grid, training.batchSize has no values"),
        ("grid:\n  training.batchSize: 5\nseeds: 1", "must be a list of values"),
        ("base: {extends: fast/reversal-stack}", "seeds are missing"),
        ("seeds: 5-1", "goes down"),
        (
            "seeds: 1\nsedes: 2",
            "line 2: a study has no part sedes; its parts are base, grid, cells, seeds, search; did you mean seeds"
        ),
        ("cells: {a: {seeds: x}}", "a, seeds"),
        ("cells: {a: }", "cell a has no seeds"),
        ("cells:\n  a:\n    training.batchsize: 5\nseeds: 1", "line 3: there is no setting training.batchsize"),
        ("cells:\n  a:\n    training.batchSize: 0\nseeds: 1", "line 3: training.batchSize is 0; it must be from 1"),
        ("cells: {a: {extends: fast/nothing}}\nseeds: 1", "there is no preset of this name"),
        ("cells: {a b: , a-b: }\nseeds: 1", "two cells are called a-b"),
        ("cells: {a: , a: }\nseeds: 1", "a"),
        ("grid: {training.batchSize: [5, 5]}\nseeds: 1", "two cells are called batchSize=5"),
        ("seeds: [1, [2]]", "is not a seed"),
        ("[1, 2]", "it must be a section"),
        ("seeds: 1\nsearch: {samples: 9, seeds: 1-3, ranges: {training.batchSize: [5]}}", "seed 1 is among the seeds"),
        ("seeds: 1\nsearch: {samples: 1, seeds: 2, ranges: {training.batchSize: [5]}}", "from 2 to 10000"),
        ("seeds: 1\nsearch: {samples: 9, ranges: {training.batchSize: [5]}}", "search has no seeds"),
        (
            "seeds: 1\nsearch: {samples: 9, seeds: 2, ranges: {training.batchSize: {from: 2, to: 1}}}",
            "or numbers, as in"
        ),
        (
            "seeds: 1\nsearch:\n  samples: 9\n  seeds: 2\n  ranges:\n    training.batchSize: {from: 0, to: 9}",
            "line 6: search, training.batchSize: training.batchSize is 0"
        ),
        (
            "seeds: 1\nsearch: {samples: 9, seeds: 2, ranges: {training.batch: [5]}}",
            "there is no setting training.batch"
        )
    ])
    func whatCannotBeUsedIsNamed(yaml: String, message: String) throws {
        let error = try #require(throws: (any Error).self) { _ = try file(yaml).cells() }
        #expect("\(error)".contains(message), "\(error)")
    }

    /// Counted, not made.
    @Test func aHugeGridIsCounted() throws {
        let values = "[" + (1...100).map(String.init).joined(separator: ", ") + "]"
        let names = ["training.batchSize", "training.steps", "training.warmupSteps"]
        let grid = names.map { "  \($0): \(values)\n" }.joined()
        #expect(try file("grid:\n" + grid + "seeds: 1-10").runCount == 10_000_000)
        let wider = grid + (0..<20).map { "  training.evaluation.interval\($0): \(values)\n" }.joined()
        let widest = try file("grid:\n" + wider + "seeds: 1-10")
        #expect(widest.runCount >= 1_000_000_000_000)
        let error = try #require(throws: SettingError.self) { _ = try widest.cells() }
        #expect(error.message.contains("1000000 are the most"), "\(error)")
    }

    // MARK: Searches

    private let search = """
        base: {extends: fast/reversal-stack}
        seeds: 101-110
        search:
          samples: 27
          seeds: 1-9
          ranges:
            training.optimizer.learningRate: {from: 1e-4, to: 1e-2, scale: logarithmic}
            training.batchSize: {from: 8, to: 64}
            network.memory.kind: [stack, deque]
            training.evaluation.lengths: [[64], [32, 65-70]]
        """

    @Test func fewerAndFewerSamplesGetMoreAndMoreSeeds() throws {
        let study = try file(search)
        let plan = try #require(study.search)
        #expect(plan.rounds.map(\.samples) == [27, 9, 3] && plan.rounds.map(\.seeds) == [1, 3, 9])
        // 27 runs, two more of 9, six more of 3, and the study's own.
        #expect(study.runCount == 27 + 18 + 18 + 10)
        _ = try study.cells()
    }
}
