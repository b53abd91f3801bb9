// The gradient check: it passes for each memory and controller, and it fails where a gradient is wrong. The second is
// the test of the checker; without it the first says nothing.

import NeuralMemory
import NeuralMemoryTasks
import TestSupport
import Testing
import NeuralMemoryTraining

@Suite struct GradientCheckTests {
    /// All but the sparse DNC, whose links get no gradient.
    private static let memories = Registry.standard.memories.names.filter { $0 != SparseDNC.kind }

    @Test(arguments: memories, Registry.standard.controllers.names)
    func passesForEachNetwork(memory: String, controller: String) throws {
        for source in OutputConfiguration.Source.allCases {
            var configuration = try NetworkConfiguration.small(memory: memory, controller: controller)
            configuration.output.source = source
            try expectNoError(configuration, seeds: 7..<37, "\(memory), \(controller), \(source)")
        }
    }

    @Test func passesWithEveryLayer() throws {
        var configuration = try NetworkConfiguration.small(memory: "deque", controller: "lstm")
        var controller = LSTM(units: 10, layers: 2)
        controller.inputLayer = true
        configuration.controller = controller
        configuration.controllerOutputSize = 9
        configuration.output.hiddenSize = 7
        configuration.input.encoding = .oneHot
        let report = try GradientCheck().run(subject(configuration, seed: testSeed(3)), seed: testSeed(3))
        #expect(report.passes, "\(report.summary)\(seedNote)")
    }

    @Test(arguments: [1, 2], [nil, 0.5]) func passesForEveryPartOfTheTuringMemory(heads: Int, clip: Double?) throws {
        var configuration = try NetworkConfiguration.small(memory: "ntm", controller: "rnn")
        var memory = TuringMemory(rows: 6, columns: 5, heads: heads)
        memory.clip = clip
        memory.initialMemory = .learned
        memory.initialFocus = .learned
        memory.initialReads = .learned
        configuration.memory = memory
        try expectNoError(configuration, seeds: 4..<34, "\(heads) heads, clip \(clip ?? 0)")
    }

    /// Where there are many kinks, one seed may leave too few comparisons: one of the seeds must have enough, and none
    /// up to that may find an error.
    private func expectNoError(_ configuration: NetworkConfiguration, seeds: Range<UInt64>, _ name: String) throws {
        var summaries: [String] = []
        for seed in seeds.map(testSeed) {
            let report = try GradientCheck().run(subject(configuration, seed: seed), seed: seed)
            #expect(report.wrong.isEmpty, "\(name): \(report.summary)\(seedNote)")
            if report.passes { return }
            summaries.append(report.summary)
        }
        Issue.record("\(name): too few comparisons with every seed: \(summaries)\(seedNote)")
    }

    @Test func leavesTheParametersAsTheyWere() throws {
        let checked = try subject(.small(memory: "stack", controller: "rnn"), seed: testSeed(1))
        let before = try checked.slices.map(checked.values)
        _ = try GradientCheck().run(checked, seed: testSeed(1))
        #expect(try checked.slices.map(checked.values) == before)
    }

    @Test func theSameSeedGivesTheSameReport() throws {
        func errors() throws -> [Double] {
            let checked = try subject(.small(memory: "queue", controller: "rnn"), seed: testSeed(5))
            return try GradientCheck().run(checked, seed: testSeed(5)).tensors.map(\.largestError)
        }
        #expect(try errors() == errors())
    }
}

/// Ways to spoil one tensor's gradient.
///
/// Each must be found, in that tensor and in no other.
enum PlantedError: String, CaseIterable {
    case sign, missing, doubled, tenthTooLarge, oneRowMissing, largestElementWrong, transposed, notANumber

    func spoil(_ gradient: [Float], shape: [Int]) -> [Float] {
        var result = gradient
        let columns = shape[shape.count - 1]
        switch self {
        case .sign: return gradient.map { -$0 }
        case .missing: return gradient.map { _ in 0 }
        case .doubled: return gradient.map { 2 * $0 }
        case .tenthTooLarge: return gradient.map { 1.1 * $0 }
        case .oneRowMissing:
            let row = largest(gradient) / columns
            for column in 0..<columns { result[row * columns + column] = 0 }
        case .largestElementWrong: result[largest(gradient)] *= -1
        case .transposed:
            let rows = gradient.count / columns
            for index in result.indices { result[index] = gradient[index % rows * columns + index / rows] }
        case .notANumber: result[gradient.count / 2] = .nan
        }
        return result
    }

    private func largest(_ gradient: [Float]) -> Int {
        gradient.indices.max { abs(gradient[$0]) < abs(gradient[$1]) } ?? 0
    }
}

@Suite struct GradientCheckFailureTests {
    @Test(arguments: PlantedError.allCases, ["controller.layer0.weight", "interface.weight", "embedding.weight"])
    func findsAPlantedError(error: PlantedError, name: String) throws {
        for seed in UInt64(1)...2 {
            var spoiled = try subject(.small(memory: "stack", controller: "lstm"), seed: seed)
            let index = try #require(spoiled.slices.firstIndex { $0.name == name })
            let right = spoiled.gradients
            let shape = spoiled.slices[index].shape
            spoiled.gradients = {
                var gradients = try right()
                gradients[index] = error.spoil(gradients[index], shape: shape)
                return gradients
            }
            let report = try GradientCheck().run(spoiled, seed: seed)
            #expect(!report.passes)
            #expect(report.wrong.map(\.name) == [name], "\(error), seed \(seed): \(report.summary)")
            #expect(report.worst?.name == name)
        }
    }

    @Test func rejectsALossThatIsNotANumber() throws {
        var spoiled = try subject(.small(memory: "none", controller: "rnn"), seed: testSeed(2))
        spoiled.loss = { .nan }
        let report = try GradientCheck().run(spoiled, seed: testSeed(2))
        #expect(!report.passes)
        #expect(report.wrong.count == spoiled.slices.count)
    }

    /// A loss that nothing changes agrees with gradients of 0, and says nothing: it must not pass.
    @Test func doesNotPassWhereNothingWasCompared() throws {
        var spoiled = try subject(.small(memory: "none", controller: "rnn"), seed: testSeed(2))
        let slices = spoiled.slices
        spoiled.loss = { 1 }
        spoiled.gradients = { slices.map { Array(repeating: 0, count: $0.count) } }
        let report = try GradientCheck().run(spoiled, seed: testSeed(2))
        #expect(!report.passes)
        #expect(report.wrong.isEmpty && report.unclear.count == slices.count)
    }

    @Test func doesNotPassWithoutTensors() throws {
        var empty = try subject(.small(memory: "none", controller: "rnn"), seed: testSeed(2))
        empty.slices = []
        #expect(try !GradientCheck().run(empty, seed: testSeed(2)).passes)
    }

    /// |x| has a kink at 0, where no slope is right: attempts there are rejected, whatever the analytic gradient says.
    @Test(arguments: [Float(-1), 0.5, 1]) func rejectsAKink(slope: Float) throws {
        var value: [Float] = [0]
        let slices = try subject(.small(memory: "none", controller: "rnn"), seed: testSeed(2)).slices
        let slice = try #require(slices.first { $0.name == "output.bias" })
        let kinked = GradientCheckSubject(
            slices: [slice], values: { _ in value + Array(repeating: 0, count: slice.count - 1) },
            setValues: { value = [$1[0]] }, loss: { Double(abs(value[0])) },
            gradients: { [[slope] + Array(repeating: 0, count: slice.count - 1)] }, drawBatch: {})
        let report = try GradientCheck().run(kinked, seed: testSeed(2))
        #expect(report.tensors[0].comparisons == 0 && report.tensors[0].rejections > 0)
        #expect(!report.passes)
    }
}

private func subject(_ configuration: NetworkConfiguration, seed: UInt64) throws -> GradientCheckSubject {
    let task = Reversal(symbols: 5, lengths: 1...6)
    let network = try Network(configuration, signature: task.signature, seed: seed)
    return try GradientCheckSubject(network: network, task: task, batchSize: 3, lengths: 1...6, seed: seed)
}

extension NetworkConfiguration {
    fileprivate static func small(memory: String, controller: String) throws -> NetworkConfiguration {
        let kinds = ["network.memory.kind=\(memory)", "network.controller.kind=\(controller)"]
        return try GradientCheck.configuration(overrides: kinds.map(SettingOverride.init(assignment:))).network
    }
}

extension GradientCheckReport {
    /// For messages of failed tests.
    fileprivate var summary: String {
        tensors.map { "\($0.name) \($0.largestError) \($0.place) \($0.comparisons)/\($0.rejections)" }
            .joined(separator: "; ")
    }
}
