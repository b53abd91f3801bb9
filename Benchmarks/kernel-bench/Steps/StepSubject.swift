// What `kernel-bench step` runs again and again: a training step, or a memory alone.

import ArgumentParser
import NeuralMemory
import NeuralMemoryTasks
import NeuralMemoryTraining

/// How a training step is spread over threads, or ranks.
struct Division {
    let shards: Int
    let parameters: Int
    /// What is not spread: the optimiser.
    let update: () throws -> Void
}

/// Something to time, with its data.
struct StepSubject {
    /// What it is, in one line.
    let summary: String
    /// B.
    let sequences: Int
    /// Multiplications and additions of one run.
    let operations: Double
    /// How a training step is spread over threads, or ranks; of a training step.
    var division: Division?
    /// Goes back to the weights of the start; not timed.
    let reset: () -> Void
    let run: () throws -> Void
}

// MARK: - A training step

extension StepSubject {
    /// Forward, loss, backward, clipping and optimiser on one batch, which is drawn now.
    ///
    /// Under a clock, where one is given. Throws `ConfigurationError`.
    static func training(_ plain: RunConfiguration, length: Int, clock: PhaseClock? = nil) throws -> StepSubject {
        try plain.task.requireLengths(length...length, "--length")
        var configuration = plain
        if let clock {
            configuration.network.controller = ClockedController(plain.network.controller, clock)
            configuration.network.memory = ClockedMemory(plain.network.memory, clock)
        }
        let trainer = try Trainer(configuration)
        let training = configuration.training
        func bytes(_ length: Int) -> Double {
            let steps = plain.task.steps(length: length)
            return trainer.network.model.bytes(of: [.pass(steps: steps, batch: training.batchSize)])
        }
        try MemoryCheck.require(bytes(length), levers: [MemoryLever("--length", length, bytes: bytes)])
        var generator = RandomGenerator(seed: training.seed, stream: 1)
        let batch = try plain.task.batch(count: training.batchSize, lengths: length...length, using: &generator)
        let network = plain.network
        return StepSubject(
            summary: "training step: \(plain.task.kind), controller \(network.controller.kind), memory "
                + "\(network.memory.kind), \(trainer.network.parameters.layout.count) parameters; "
                + "\(batch.count) sequences of \(batch.steps) steps",
            sequences: batch.count,
            operations: try operations(trainer.network, rows: batch.steps * batch.count),
            division: Division(
                shards: trainer.network.model.partition(.training(steps: batch.steps, batch: batch.count)).shards.count,
                parameters: trainer.network.parameters.layout.count, update: trainer.makeUpdate()),
            reset: trainer.makeReset(), run: { _ = try trainer.train(on: batch) })
    }

    /// Each weight takes part in one multiplication and addition for each row forward, and in two backward, for its own
    /// gradient and its input's.
    ///
    /// Inputs that are not embedded want no gradient. Embeddings are looked up, not multiplied.
    private static func operations(
        _ network: Network, rows: Int
    ) throws -> Double {
        let weights = network.parameters.layout.parameters.filter {
            $0.name.hasSuffix(".weight") && $0.name != "embedding.weight"
        }
        var perRow = 6 * weights.reduce(0) { $0 + $1.count }
        let isEmbedded = network.parameters.layout["embedding.weight"] != nil
        if !isEmbedded, let lowest = weights.first { perRow -= 2 * network.signature.inputs.size * lowest.shape[1] }
        perRow += network.memoryOperations
        return Double(perRow) * Double(rows)
    }
}

extension Trainer {
    /// The optimiser's part of a step.
    fileprivate func makeUpdate() -> () throws -> Void {
        let gradients = network.makeGradients()
        return { [self] in
            gradients.zero()
            _ = try optimizer.update(gradients, step: 1)
        }
    }

    /// Brings back the parameters and the optimiser's state of now.
    fileprivate func makeReset() -> () -> Void {
        let parameters = network.parameters.storage
        let values = FloatBuffer(zeros: network.parameters.floats.count)
        values.copy(parameters)
        let start = state
        return { [self] in
            parameters.copy(values)
            for (_, values) in optimizer.state { values.zero() }
            state = start
            optimizer.updates = 0
        }
    }
}

// MARK: - A memory alone

extension StepSubject {
    /// A memory's own forward and backward over `steps` steps, in calls of as many steps as fit a cache.
    ///
    /// Raw interface numbers are logistic, so that strengths and gates are uniform in (0, 1); gradients of reads are
    /// uniform in [-1, 1). With `untouchedRows` the numbers of a sparse access memory's keys are 1. Throws
    /// `ConfigurationError`.
    static func memory(
        _ configuration: RunConfiguration, steps: Int, untouchedRows: Bool = false, clock: PhaseClock? = nil
    ) throws -> StepSubject {
        let network = configuration.network
        let kind = clock.map { ClockedMemory(network.memory, $0) } ?? network.memory
        var layout = ParameterLayout()
        let memory = try kind.makeMemory(&layout)
        guard memory.readSize > 0 else {
            let others = Registry.standard.memories.names.filter { $0 != network.memory.kind }.joined(separator: ", ")
            throw ConfigurationError(
                field: "network.memory.kind", value: network.memory.kind,
                allowed: "one of \(others) with --memory-only: there is nothing here to measure")
        }
        let batch = configuration.training.batchSize
        func bytes(_ steps: Int) -> Double {
            let arrays = Footprint(rows: Double(steps) * Double(batch), columns: memory.interfaceSize + memory.readSize)
            return (memory.footprint(steps: steps, batch: batch, mode: .training) + arrays).bytes(withGradients: true)
        }
        try MemoryCheck.require(bytes(steps), levers: [MemoryLever("--length", steps, bytes: bytes)])
        var generator = RandomGenerator(seed: configuration.training.seed, stream: 0)
        let parameters = ParameterBuffer(layout, network.weights, using: &generator)
        let tape = MemoryTape(memory, parameters, steps: steps, batch: batch)
        if untouchedRows, let sparse = network.memory as? SparseMemory { tape.setKeys(of: sparse, to: 1) }
        return StepSubject(
            summary: "memory alone: \(network.memory.kind), \(batch) sequences of \(steps) steps"
                + (untouchedRows ? ", keys nearest to untouched rows" : ""), sequences: batch,
            operations: Double(memory.operations) * Double(steps) * Double(batch), reset: {}, run: tape.run)
    }
}

/// The arrays that a memory works on, filled with random numbers.
private final class MemoryTape {
    private let memory: any Memory
    private let state: any MemoryState
    private let gradients: ParameterBuffer
    private let steps: Int
    private let batch: Int
    private let interface: FloatBuffer
    private let interfaceGradients: FloatBuffer
    private let reads: FloatBuffer
    private let readGradients: FloatBuffer

    init(_ memory: any Memory, _ parameters: ParameterBuffer, steps: Int, batch: Int) {
        self.memory = memory
        state = memory.makeState(parameters)
        gradients = ParameterBuffer(zeros: parameters.layout)
        self.steps = steps
        self.batch = batch
        let rows = steps * batch
        interface = FloatBuffer(zeros: rows * memory.interfaceSize)
        interfaceGradients = FloatBuffer(zeros: rows * memory.interfaceSize)
        reads = FloatBuffer(zeros: (rows + batch) * memory.readSize)
        readGradients = FloatBuffer((rows + batch) * memory.readSize, -1, 1, seed: 1)
        var generator = RandomGenerator(seed: 2)
        for index in 0..<interface.capacity { interface.pointer[index] = generator.logistic() }
    }

    /// Rows that no step has touched hold the same number in each column, so none is nearer to a key that does.
    func setKeys(of memory: SparseMemory, to value: Float) {
        let size = self.memory.interfaceSize / memory.heads
        for head in 0..<steps * batch * memory.heads {
            (interface.pointer + head * size).update(repeating: value, count: memory.columns)
        }
    }

    func run() throws {
        func ports(_ interface: FloatBuffer, _ reads: FloatBuffer) -> MemoryPorts {
            MemoryPorts(
                interface: Rows(interface.pointer, stride: memory.interfaceSize),
                reads: Rows(reads.pointer, stride: memory.readSize))
        }
        try state.begin(steps: steps, batch: batch, mode: .training, ports(interface, reads), from: nil)
        let ranges = stride(from: 0, to: steps, by: stepsPerCall).map { $0..<min($0 + stepsPerCall, steps) }
        for range in ranges { state.forward(steps: range) }
        state.beginBackward(ports(interfaceGradients, readGradients))
        for range in ranges.reversed() { state.backward(steps: range) }
        state.accumulateGradients(into: gradients)
    }

    /// A memory that does its activations for a whole call, and then the rest, finds them in the cache.
    private var stepsPerCall: Int { max(1, 16_384 / (batch * memory.interfaceSize)) }
}
