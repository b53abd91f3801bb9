// OwnKinds.swift: a memory, a task, an optimiser and a schedule that the package does not have.

import NeuralMemory
import NeuralMemoryTasks
import NeuralMemoryTraining

/// r_t = decay · r_{t-1} + z_t.
struct LeakySum: MemoryKind {
    static let kind = "leaky-sum"
    static let summary = "a sum that forgets"
    var width = 4
    var decay = 0.5

    func makeMemory(_ layout: inout ParameterLayout) throws -> any Memory {
        try require("network.memory.width", width, in: 1...1000)
        return LeakySumMemory(interfaceSize: width, decay: Float(decay))
    }
}

private struct LeakySumMemory: Memory {
    let interfaceSize: Int
    let decay: Float
    var readSize: Int { interfaceSize }
    let interfaceBias: [Float] = []

    func footprint(steps: Int, batch: Int, mode: EpisodeMode) -> Footprint { .none }

    func makeState(_ parameters: ParameterBuffer) -> any MemoryState { LeakySumState(self) }
}

/// All that it remembers is the last read, which the network keeps.
private final class LeakySumState: MemoryState {
    private let memory: LeakySumMemory
    private var batch = 0
    private var ports, gradients: MemoryPorts?

    init(_ memory: LeakySumMemory) { self.memory = memory }

    func begin(
        steps: Int, batch: Int, mode: EpisodeMode, _ ports: MemoryPorts, from snapshots: [Snapshot]?
    ) {
        (self.batch, self.ports) = (batch, ports)
        guard snapshots == nil else { return }
        for b in 0..<batch { ports.reads.advanced(by: b).pointer.update(repeating: 0, count: memory.readSize) }
    }

    func save(sequence: Int, to snapshot: inout Snapshot) {}

    func forward(steps: Range<Int>) {
        guard let ports else { return }
        for row in steps.lowerBound * batch..<steps.upperBound * batch {
            let (z, before) = (ports.interface.advanced(by: row).pointer, ports.reads.advanced(by: row).pointer)
            let after = ports.reads.advanced(by: row + batch).pointer
            for column in 0..<memory.readSize { after[column] = memory.decay * before[column] + z[column] }
        }
    }

    func beginBackward(_ gradients: MemoryPorts) { self.gradients = gradients }

    func backward(steps: Range<Int>) {
        guard let gradients else { return }
        for row in (steps.lowerBound * batch..<steps.upperBound * batch).reversed() {
            let (dz, before) = (
                gradients.interface.advanced(by: row).pointer, gradients.reads.advanced(by: row).pointer
            )
            let after = gradients.reads.advanced(by: row + batch).pointer
            for column in 0..<memory.readSize {
                dz[column] = after[column]
                before[column] += memory.decay * after[column]
            }
        }
    }

    func accumulateGradients(into gradients: ParameterBuffer) {}
}

/// Each parameter moves by the rate against its gradient's sign; with momentum on the signs.
struct SignDescent: OptimizerKind {
    static let kind = "sign-descent"
    static let summary = "gradient signs with momentum"
    static let stateNames = ["momentum"]
    var learningRate = 1e-3
    var momentum = 0.5

    func validate() throws { try require("training.optimizer.momentum", momentum, in: 0...0.99) }

    func update(
        _ values: UnsafeMutableBufferPointer<Float>, gradients: UnsafeMutableBufferPointer<Float>,
        state: [UnsafeMutablePointer<Float>], number: Int, learningRate: Float
    ) {
        for (index, gradient) in gradients.enumerated() where gradient != 0 {
            state[0][index] = Float(momentum) * state[0][index] + (gradient < 0 ? -1 : 1)
            values[index] -= learningRate * state[0][index]
        }
    }
}

/// The learning rate halves with each evaluation, down to 1/8.
struct Staircase: LearningRateScheduleKind {
    static let kind = "staircase"
    static let summary = "halves with each evaluation"
    static let stateNames = ["evaluations"]
    var floor = 0.125

    func validate() throws { try require("training.schedule.floor", floor, in: 0...1) }

    func multiplier(step: Int, state: [String: Double]) -> Double {
        (0..<Int(state["evaluations"] ?? 0)).reduce(1) { multiplier, _ in max(floor, multiplier / 2) }
    }

    func observe(loss: Double, state: inout [String: Double]) { state["evaluations", default: 0] += 1 }
}

/// The target is the source with its first symbol at the end.
struct Rotation: RandomSymbolTask {
    static let kind = "rotation"
    static let summary = "move the first symbol to the end"
    var symbols = 3
    var minimumLength = 1
    var maximumLength = 3
    var separateVocabularies = false

    func target(of source: [Int]) -> [Int] { Array(source.dropFirst() + source.prefix(1)) }
}

/// Pairs that a program has: a number's digits, and the same backwards.
struct OwnPairs: TransductionTask, DataTask {
    static let kind = "own-pairs"
    static let summary = "pairs of the program"
    /// How many are trained on; the four after these are evaluated.
    var trained = 10

    let vocabulary = Vocabulary(shared: ["a", "b", "c"])
    var lengths: ClosedRange<Int> { 1...3 }
    func steps(length: Int) -> Int { 2 * length + 2 }
    func validate() throws { try require("task.trained", trained, in: 1...10) }

    func pair(_ number: Int) -> Transduction {
        let source = String(number + 1, radix: 3).compactMap(\.wholeNumberValue)
        return Transduction(source: source, target: source.reversed())
    }

    func pair(lengths: ClosedRange<Int>, using generator: inout RandomGenerator) -> Transduction {
        pair(generator.integer(in: 0...trained - 1))
    }
    func shortPair(using generator: inout RandomGenerator) -> Transduction { pair(1) }

    func trainingBatch(count: Int, after sequences: Int, seed: UInt64) throws -> Batch {
        try vocabulary.batch((sequences..<sequences + count).map { pair($0 % trained) })
    }

    let evaluationCount = 4
    func evaluationBatch(_ numbers: [Int]) throws -> Batch { try vocabulary.batch(numbers.map { pair(trained + $0) }) }
    func evaluationSteps(_ number: Int) throws -> Int { 2 * pair(trained + number).source.count + 2 }
}

/// What is in the program is no setting.
extension OwnPairs: CustomReflectable, Codable {
    enum CodingKeys: String, CodingKey { case trained }
    var customMirror: Mirror { Mirror(self, children: ["trained": trained]) }
}

/// A sum that forgets, with a number of rows that nothing trained depends on.
struct RowedSum: MemoryKind {
    static let kind = "rowed-sum"
    static let summary = "a sum with rows"
    var slots = 8

    var rowCount: Int? { slots }
    func withRowCount(_ rows: Int) throws -> RowedSum {
        try require("network.memory.slots", rows, in: 1...100)
        return RowedSum(slots: rows)
    }
    func makeMemory(_ layout: inout ParameterLayout) throws -> any Memory {
        try LeakySum().makeMemory(&layout)
    }
}
