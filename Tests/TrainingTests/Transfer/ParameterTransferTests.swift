// ParameterTransferTests.swift: runs that start from the parameters of a trained network.

import Foundation
import NeuralMemory
import NeuralMemoryTasks
import TestSupport
import Testing

import NeuralMemoryTraining

@Suite struct ParameterTransferTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// Trains a run, and gives what evaluations use of it.
    private func trained(_ configuration: RunConfiguration, _ name: String = "trained") throws -> TrainedParameters {
        _ = try TrainingRun.start(configuration, at: folder.file(name)).run()
        return try TrainedParameters(at: folder.file(name).path)
    }

    private func started(
        _ configuration: RunConfiguration, _ source: TrainedParameters, _ patterns: [String] = []
    ) throws -> Network {
        let url = folder.file("started-\(UUID().uuidString)")
        let transfer = ParameterTransfer(from: source, taking: patterns)
        return try TrainingRun.start(configuration, at: url, from: transfer).trainer.network
    }

    private func values(_ network: Network, _ name: String) throws -> [Float] {
        let parameter = try #require(network.parameters.layout[name])
        return try network.parameters.values(of: parameter)
    }

    private func numbers(_ network: Network) -> [Float] { Array(network.parameters.floats) }

    private func network(at name: String) throws -> Network {
        let file = try RunDirectory.locateCheckpoint(folder.file(name).path)
        return try Checkpoint.read(from: file).makeNetwork()
    }

    // MARK: What is taken

    @Test func allParametersOfTheBestCheckpoint() throws {
        var configuration = smallConfiguration()
        configuration.training.averaging = 0.5
        let source = try trained(configuration)
        configuration.task = Copy(symbols: 4, lengths: 1...6)
        configuration.training.seed = 7
        configuration.training.steps = 1
        let transfer = ParameterTransfer(from: source)
        let plan = try transfer.plan(for: configuration)
        #expect(plan.new.isEmpty && plan.taken.count == 8)
        #expect(plan.description.hasSuffix("it gives all 8 parameters."), "\(plan.description)")
        let run = try TrainingRun.start(configuration, at: folder.file("next"), from: transfer)
        #expect(try numbers(run.trainer.network) == numbers(network(at: "trained")))
        // Averages begin with them.
        #expect(try numbers(run.trainer.network) == numbers(network(at: "next")))
        _ = try run.run()
        let sessions = try RunSession.read(from: run.directory.sessionsFile)
        #expect(sessions.map(\.from?.step) == [source.step])
        #expect(sessions[0].from?.path == source.file.path)
        #expect(try RunSession.read(from: folder.file("trained/sessions.jsonl"))[0].from == nil)
    }

    @Test func withPatternsTheRestIsNew() throws {
        let source = try trained(smallConfiguration())
        var configuration = smallConfiguration()
        configuration.training.seed = 5
        let fresh = try Trainer(configuration).network
        let former = try network(at: "trained")
        let transfer = ParameterTransfer(from: source, taking: ["controller.*", "output.bias"])
        let plan = try transfer.plan(for: configuration)
        let taken = ["controller.layer0.weight", "controller.layer0.bias", "controller.layer0.h0", "output.bias"]
        #expect(plan.taken == taken)
        #expect(
            plan.description.contains("it gives 4 of 8 parameters.\nNew are embedding.weight"), "\(plan.description)")
        let network = try started(configuration, source, transfer.patterns)
        for parameter in network.parameters.layout.parameters {
            let origin = taken.contains(parameter.name) ? former : fresh
            #expect(try values(network, parameter.name) == values(origin, parameter.name), "\(parameter.name)")
        }
    }

    // MARK: Symbols

    /// Rows and columns of symbols that both tasks have; those of new symbols are as they were drawn.
    @Test(arguments: [InputConfiguration.Encoding.embedding, .oneHot]) func symbolsByName(
        _ encoding: InputConfiguration.Encoding
    ) throws {
        var configuration = smallConfiguration()
        configuration.network.input.encoding = encoding
        configuration.network.reconstruction.weight = 0.1
        let source = try trained(configuration)
        let former = try network(at: "trained")
        configuration.task = Reversal(symbols: 6, lengths: 1...4)
        configuration.training.seed = 9
        let fresh = try Trainer(configuration).network
        let plan = try ParameterTransfer(from: source).plan(for: configuration)
        #expect(
            plan.description.contains("2 of 8 input symbols are new.\n2 of 7 outputs are new."), "\(plan.description)")
        let network = try started(configuration, source)
        // <s>, ||| and a to d are the first six inputs in both; </s> and a to d the first five outputs.
        let rows = encoding == .embedding ? "embedding.weight" : "controller.layer0.weight"
        let width = encoding == .embedding ? 4 : 8
        let (found, before, drawn) = try (values(network, rows), values(former, rows), values(fresh, rows))
        #expect(found[..<(6 * width)] == before[..<(6 * width)])
        #expect(found[(6 * width)..<(8 * width)] == drawn[(6 * width)..<(8 * width)])
        // Reads and the last hidden state stand behind the symbols.
        #expect(found[(8 * width)...] == before[(6 * width)...])
        for (name, known, count) in [("output", 5, 7), ("reconstruction.controller", 6, 8)] {
            for part in ["weight", "bias"] {
                let name = "\(name).\(part)"
                let (found, before, drawn) = try (values(network, name), values(former, name), values(fresh, name))
                for index in found.indices {
                    let (row, column) = (index / count, index % count)
                    let isKnown = column < known
                    #expect(
                        found[index] == (isKnown ? before[row * (count - 2) + column] : drawn[index]),
                        "\(name) \(index)")
                }
            }
        }
    }

    /// A symbol's number is another where source and target are separate inputs.
    @Test func separateVocabularies() throws {
        let source = try trained(smallConfiguration())
        let former = try values(network(at: "trained"), "embedding.weight")
        var configuration = smallConfiguration()
        var task = Reversal(symbols: 4, lengths: 1...4)
        task.separateVocabularies = true
        configuration.task = task
        let plan = try ParameterTransfer(from: source).plan(for: configuration)
        #expect(plan.description.contains("All 10 input symbols are known by their names."), "\(plan.description)")
        let found = try values(started(configuration, source), "embedding.weight")
        // Marks and source, then the target's symbols, which were the source's.
        #expect(found == former + former[8...])
    }

    // MARK: What is refused

    @Test func anotherKindOfNetworkIsRefusedByNames() throws {
        let source = try trained(smallConfiguration())
        var configuration = smallConfiguration()
        configuration.network.memory = TuringMemory(rows: 4, columns: 3)
        configuration.network.output.hiddenSize = 5
        let error = try #require(throws: TransferError.self) { try started(configuration, source) }
        #expect(error.file == source.file.path)
        for part in [
            "interface.weight is [8, 24], and [8, 6] there", "output.hidden.weight [8, 5] is missing",
            "--take 'controller.*'"
        ] { #expect(error.reason.contains(part), "\(error)") }
        #expect(!error.reason.contains("embedding.weight"), "\(error)")
        #expect(folder.names.allSatisfy { !$0.hasPrefix("started") })
    }

    @Test func aPatternWithAnotherShapeNamesBoth() throws {
        let source = try trained(smallConfiguration())
        var configuration = smallConfiguration()
        configuration.network.controller = ElmanRNN(units: 6)
        let error = try #require(throws: TransferError.self) { try started(configuration, source, ["*.bias"]) }
        #expect(error.reason.contains("controller.layer0.bias is [6], and [8] there"), "\(error)")
        #expect(try started(configuration, source, ["embedding.*", "output.bias"]).parameters.layout.count > 0)
    }

    @Test func aPatternThatMatchesNothingIsRefused() throws {
        let source = try trained(smallConfiguration())
        let error = try #require(throws: SettingError.self) { try started(smallConfiguration(), source, ["memry.*"]) }
        #expect(error.source == "--take memry.*" && error.isOption)
        #expect(error.message.contains("there are embedding.weight"), "\(error)")
        let other = try #require(throws: SettingError.self) { try started(smallConfiguration(), source, ["outptu.*"]) }
        #expect(other.message.contains("the nearest are output.weight, output.bias"), "\(other)")
    }

    @Test func restartsAreRefused() throws {
        let source = try trained(smallConfiguration())
        var configuration = smallConfiguration()
        configuration.training.restart.steps = 5
        let error = try #require(throws: ConfigurationError.self) { try started(configuration, source) }
        #expect(error.field == "training.restart.steps" && error.allowed.hasPrefix("null"))
    }

    /// Rows of a Turing machine's memory may differ, unless a parameter has a number for each.
    @Test func otherMemoryRows() throws {
        var configuration = smallConfiguration()
        configuration.network.memory = TuringMemory(rows: 4, columns: 3)
        let source = try trained(configuration)
        configuration.network.memory = TuringMemory(rows: 9, columns: 3)
        #expect(try ParameterTransfer(from: source).plan(for: configuration).new.isEmpty)
        var memory = TuringMemory(rows: 4, columns: 3)
        memory.initialMemory = .learned
        configuration.network.memory = memory
        let learned = try trained(configuration, "learned")
        memory.rows = 9
        configuration.network.memory = memory
        let error = try #require(throws: TransferError.self) {
            try ParameterTransfer(from: learned).plan(for: configuration)
        }
        #expect(error.reason.contains("memory.initial_memory is [9, 3], and [4, 3] there"), "\(error)")
    }

    // MARK: Settings, and several seeds

    @Test func settingsOfTheTrainedNetworkUnlessOptionsSayOtherwise() throws {
        var own = smallConfiguration()
        own.training.restart.steps = 100
        let same = try own.startingFromThis(overrides: [SettingOverride(assignment: "task.maximumLength=6")])
        #expect(same.preset == nil && same.dropsRestarts && same.configuration.training.restart.steps == nil)
        #expect(same.configuration.task.lengths == 1...6 && same.configuration.training.steps == 12)
        let other = try own.startingFromThis(overrides: [
            SettingOverride(assignment: "task.kind=copy"), SettingOverride(assignment: "training.steps=7")
        ])
        #expect(other.preset == StartingPoint.all.first { $0.task == "copy" }?.preset)
        #expect(other.configuration.task.kind == "copy" && other.configuration.training.steps == 7)
        #expect(other.configuration.network.controller.kind == "rnn")
        #expect(other.configuration.network.input.embeddingSize == 4)
        let preset = try own.startingFromThis(preset: "fast/copy-lstm")
        #expect(preset.configuration.network.controller.kind == "lstm" && preset.preset == nil)
    }

    /// The network is kept in the folder: it stays the same when the first run goes on, or is gone.
    @Test func seedsStartFromTheSameNetwork() throws {
        let source = try trained(smallConfiguration())
        let former = try network(at: "trained")
        var configuration = smallConfiguration()
        configuration.training.steps = 1
        let transfer = ParameterTransfer(from: source, taking: ["controller.*"])
        let url = folder.file("seeds")
        let directory = try SeedDirectory.create(at: url, configuration, seeds: [3, 4], from: transfer)
        try FileManager.default.removeItem(at: folder.file("trained"))
        let runs = try directory.seeds.map { try SeedDirectory.openRun(at: directory.folder(of: $0)) }
        for run in runs {
            let network = run.trainer.network
            #expect(try values(network, "controller.layer0.weight") == values(former, "controller.layer0.weight"))
            _ = try run.run()
            let session = try RunSession.read(from: run.directory.sessionsFile)[0]
            #expect(session.from?.path == source.file.path && session.from?.step == source.step)
        }
        #expect(
            try values(runs[0].trainer.network, "output.weight") != values(runs[1].trainer.network, "output.weight"))
    }
}
