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

    func makeMemory(_ parameters: Parameters) throws -> any Memory {
        try require("network.memory.width", width, in: 1...1000)
        return LeakySumMemory(width: width, decay: Float(decay))
    }
}

private final class LeakySumMemory: Memory {
    let interfaceSize: Int
    var readSize: Int { interfaceSize }
    let interfaceBias: [Float] = []
    let carriedSteps = 0
    private let decay: Float
    private var batch = 0
    private var interface, reads, interfaceGradients, readGradients: Rows?

    init(width: Int, decay: Float) {
        interfaceSize = width
        self.decay = decay
    }

    func footprint(steps: Int, batch: Int) -> Footprint { .none }

    func begin(steps: Int, batch: Int, interface: Rows, reads: Rows) {
        (self.batch, self.interface, self.reads) = (batch, interface, reads)
        for b in 0..<batch { reads.advanced(by: b).pointer.update(repeating: 0, count: readSize) }
    }

    func proceed(steps: Int, rows: [Int], interface: Rows, reads: Rows) {
        (batch, self.interface, self.reads) = (rows.count, interface, reads)
    }

    func forward(steps: Range<Int>) {
        guard let interface, let reads else { return }
        for row in steps.lowerBound * batch..<steps.upperBound * batch {
            let (z, before) = (interface.advanced(by: row).pointer, reads.advanced(by: row).pointer)
            let after = reads.advanced(by: row + batch).pointer
            for column in 0..<readSize { after[column] = decay * before[column] + z[column] }
        }
    }

    func beginBackward(interfaceGradients: Rows, readGradients: Rows) {
        (self.interfaceGradients, self.readGradients) = (interfaceGradients, readGradients)
    }

    func backward(steps: Range<Int>) {
        guard let interfaceGradients, let readGradients else { return }
        for row in (steps.lowerBound * batch..<steps.upperBound * batch).reversed() {
            let (dz, before) = (interfaceGradients.advanced(by: row).pointer, readGradients.advanced(by: row).pointer)
            let after = readGradients.advanced(by: row + batch).pointer
            for column in 0..<readSize {
                dz[column] = after[column]
                before[column] += decay * after[column]
            }
        }
    }

    func finishBackward() {}
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
