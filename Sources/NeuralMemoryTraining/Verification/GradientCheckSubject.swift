// What a gradient check looks at: a loss as a function of named tensors. Closures, and not the network itself, so that
// the check can be tested on a gradient that is known to be wrong.

import NeuralMemory
import NeuralMemoryTasks

/// A loss over named tensors, and its gradients by backpropagation.
public struct GradientCheckSubject {
    /// The tensors to check.
    public var slices: [Parameter]
    /// A tensor's numbers, row-major.
    public var values: (Parameter) throws -> [Float]
    /// Sets a tensor's numbers, row-major.
    public var setValues: (Parameter, [Float]) throws -> Void
    /// The loss of the batch at hand, with the numbers at hand.
    public var loss: () throws -> Double
    /// Its gradients by backpropagation, in the order of `slices`.
    public var gradients: () throws -> [[Float]]
    /// Draws another batch.
    public var drawBatch: () throws -> Void

    /// The closures must speak of one and the same loss.
    public init(
        slices: [Parameter], values: @escaping (Parameter) throws -> [Float],
        setValues: @escaping (Parameter, [Float]) throws -> Void, loss: @escaping () throws -> Double,
        gradients: @escaping () throws -> [[Float]], drawBatch: @escaping () throws -> Void
    ) {
        self.slices = slices
        self.values = values
        self.setValues = setValues
        self.loss = loss
        self.gradients = gradients
        self.drawBatch = drawBatch
    }
}

extension GradientCheckSubject {
    /// A network on batches of a task: the loss that training differentiates.
    ///
    /// - `batchSize`: B, at least 1.
    /// - `lengths`: of the sequences; the task says what they count.
    /// - `seed`: decides the batches.
    ///
    /// Throws as `SequenceTask.batch` does.
    public init(
        network: Network, task: any SequenceTask, batchSize: Int, lengths: ClosedRange<Int>, seed: UInt64
    ) throws {
        var generator = RandomGenerator(seed: seed, stream: 3)
        var batch = try task.batch(count: batchSize, lengths: lengths, using: &generator)
        let parameters = network.parameters
        self.init(
            slices: parameters.layout.parameters,
            values: { try parameters.values(of: $0) },
            setValues: { try parameters.setValues($1, of: $0) },
            loss: {
                try network.evaluate(batch).objective
            },
            gradients: {
                let gradients = network.makeGradients()
                try network.forward(batch).loss().backward(into: gradients)
                return try gradients.layout.parameters.map { try gradients.values(of: $0) }
            },
            drawBatch: { batch = try task.batch(count: batchSize, lengths: lengths, using: &generator) })
    }
}
